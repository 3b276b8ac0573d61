//! The `chat` function on AWS Lambda. It also is the child process that reads a document that a message has attached.

use shared::lambda::{self, Keys};
use std::process::ExitCode;

fn main() -> ExitCode {
    // Before any thread starts: the child limits itself.
    extraction::child().unwrap_or_else(run)
}

#[tokio::main(flavor = "current_thread")]
async fn run() -> ExitCode {
    lambda::run(Keys::Needed, |services| chat::routes().router(&services)).await
}
