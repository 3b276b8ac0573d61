//! The `realtime` function on AWS Lambda, behind a WebSocket API and a queue.

use shared::lambda::{self, Keys};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::run_on_events(Keys::Needed, realtime::handle).await
}
