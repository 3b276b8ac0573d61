//! The `realtime` function on AWS Lambda, behind a WebSocket API and a queue.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared::lambda::Error> {
    shared::lambda::run_on_events(realtime::handle).await
}
