//! Deliveries to webhooks: each message of the queue names a delivery to attempt.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use shared::{domain::Error, service::Services};

/// Attempts the deliveries of all messages concurrently. A message that fails is received again.
///
/// # Errors
/// None. Failures are in the response.
pub async fn deliver(services: Services, event: SqsEvent) -> Result<SqsBatchResponse, Error> {
    let attempted = join_all(event.records.into_iter().map(|message| attempt(&services, message))).await;
    let mut answer = SqsBatchResponse::default();
    answer.set_failures(attempted.into_iter().flatten());
    Ok(answer)
}

/// Attempts one delivery. Returns the message's id if that failed.
async fn attempt(services: &Services, message: SqsMessage) -> Option<String> {
    let id = message.message_id.unwrap_or_default();
    let delivered = match serde_json::from_str(&message.body.unwrap_or_default()) {
        Ok(delivery) => services.deliveries.deliver(delivery).await,
        Err(error) => Err(Error::internal(error)),
    };
    let error = delivered.err()?;
    tracing::error!(message = id, error = %shared::log::Causes(&error), "a delivery could not be attempted");
    Some(id)
}
