//! Deliveries to webhooks: the queue tells which one somebody should look at.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use shared::{domain::Error, service::Services};

/// Looks at the deliveries of all messages at the same time. A message that fails comes again.
///
/// # Errors
/// None: failures are in the answer.
pub async fn deliver(services: Services, event: SqsEvent) -> Result<SqsBatchResponse, Error> {
    let looked_at = join_all(event.records.into_iter().map(|message| look_at(&services, message))).await;
    let mut answer = SqsBatchResponse::default();
    answer.set_failures(looked_at.into_iter().flatten());
    Ok(answer)
}

/// The message's id, if it failed.
async fn look_at(services: &Services, message: SqsMessage) -> Option<String> {
    let id = message.message_id.unwrap_or_default();
    let delivered = match serde_json::from_str(&message.body.unwrap_or_default()) {
        Ok(delivery) => services.deliveries.deliver(delivery).await,
        Err(error) => Err(Error::internal(error)),
    };
    let error = delivered.err()?;
    tracing::error!(message = id, error = %shared::log::Causes(&error), "a delivery could not be looked at");
    Some(id)
}
