//! The `webhooks` function on AWS Lambda.

use shared::lambda::{self, Keys};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::run(Keys::Needed, |services| webhooks::routes().router(&services)).await
}
