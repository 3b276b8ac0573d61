//! The `auth` function, as a process for tests.

use shared::lambda::{self, Keys};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::run(Keys::Needed, |services| auth::routes().router(&services)).await
}
