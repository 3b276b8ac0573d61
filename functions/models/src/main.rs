//! The `models` function on AWS Lambda.

use shared::lambda::{self, Keys};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::run(Keys::Needed, |services| models::routes().router(&services)).await
}
