//! The `health` function on AWS Lambda.

use shared::lambda::{self, Keys};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::run(Keys::NotNeeded, |services| health::routes().router(&services)).await
}
