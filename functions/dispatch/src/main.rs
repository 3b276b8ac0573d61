//! The `dispatch` function on AWS Lambda, called by the stream of the outbox.

use shared::lambda::{self, Keys};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::run_on_events(Keys::NotNeeded, dispatch::dispatch).await
}
