//! The `dispatch` function on AWS Lambda, called by the stream of the outbox.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared::lambda::Error> {
    shared::lambda::run_on_events(dispatch::dispatch).await
}
