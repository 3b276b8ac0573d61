//! The `janitor` function on AWS Lambda, called by a schedule.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared::lambda::Error> {
    shared::lambda::run_on_schedule(janitor::tidy).await
}
