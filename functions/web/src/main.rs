//! The `web` function on AWS Lambda, and its streaming twin for messages.

use shared::lambda::{self, Keys};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::run(Keys::Needed, |services| web::router(&services)).await
}
