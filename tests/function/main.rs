//! The `auth` function, as a process for tests, with a few routes more. It also reads documents.
#![expect(clippy::panic, reason = "a test wants it")]

mod bodies;

use shared::lambda::{self, Keys};
use std::process::ExitCode;

fn main() -> ExitCode {
    // Also the program that reads documents.
    extraction::child().unwrap_or_else(run)
}

#[tokio::main(flavor = "current_thread")]
async fn run() -> ExitCode {
    lambda::run(Keys::Needed, |services| auth::routes().router(&services).merge(bodies::routes())).await
}
