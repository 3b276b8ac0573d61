//! The `janitor` function on AWS Lambda, called by a schedule.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), shared::lambda::Error> {
    shared::lambda::run_on_events(|services, _: serde::de::IgnoredAny| janitor::tidy(services)).await
}
