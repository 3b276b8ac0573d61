//! The `index` function on AWS Lambda, called by the queue of files to read. It also is the child process that reads one.

use shared::lambda::{self, Keys};
use std::process::ExitCode;

fn main() -> ExitCode {
    // Before any thread starts: the child limits itself.
    extraction::child().unwrap_or_else(run)
}

#[tokio::main(flavor = "current_thread")]
async fn run() -> ExitCode {
    lambda::run_on_events(Keys::NotNeeded, index::index).await
}
