//! Delivers events to webhooks. Each message of the queue names a delivery.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use shared::{domain::Error, service::Services};

/// Runs the deliveries of all messages at the same time. The queue repeats a message that fails.
///
/// # Errors
/// None. The response lists the failures.
pub async fn deliver(services: Services, event: SqsEvent) -> Result<SqsBatchResponse, Error> {
    let failed = join_all(event.records.into_iter().map(|message| attempt(&services, message))).await;
    let mut answer = SqsBatchResponse::default();
    answer.set_failures(failed.into_iter().flatten());
    Ok(answer)
}

/// Runs one delivery. Returns the message's id if that fails.
async fn attempt(services: &Services, message: SqsMessage) -> Option<String> {
    let id = message.message_id.unwrap_or_default();
    let delivered = match serde_json::from_str(&message.body.unwrap_or_default()) {
        Ok(delivery) => services.deliveries.deliver(delivery).await,
        Err(error) => Err(Error::internal(error)),
    };
    let error = delivered.err()?;
    tracing::error!(message = id, error = %shared::log::Causes(&error), "could not process a delivery");
    Some(id)
}
