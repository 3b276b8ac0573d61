//! The `auth` function, as a process for tests, with a few routes more.
#![expect(clippy::panic, reason = "a test wants it")]

mod bodies;

use shared::lambda::{self, Keys};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::run(Keys::Needed, |services| auth::routes().router(&services).merge(bodies::routes())).await
}
