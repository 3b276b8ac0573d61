//! The `deliver` function on AWS Lambda, called by the queue of deliveries.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared::lambda::Error> {
    shared::lambda::run_on_events(deliver::deliver).await
}
