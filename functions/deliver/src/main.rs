//! The `deliver` function on AWS Lambda, called by the queue of deliveries.

use shared::lambda::{self, Keys};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::run_on_events(Keys::NotNeeded, deliver::deliver).await
}
