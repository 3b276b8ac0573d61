//! The `janitor` function on AWS Lambda, called by a schedule.

use shared::lambda::{self, Keys};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::run_on_events(Keys::NotNeeded, |services, _: serde::de::IgnoredAny| janitor::tidy(services)).await
}
