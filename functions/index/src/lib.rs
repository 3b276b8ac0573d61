//! Reads the text of uploaded files: each message of the queue names a file.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use shared::{domain::Error, service::Services};

/// Reads the files of all messages, one after the other. A message that fails is received again.
///
/// # Errors
/// None. Failures are in the response.
pub async fn index(services: Services, event: SqsEvent) -> Result<SqsBatchResponse, Error> {
    let mut answer = SqsBatchResponse::default();
    let mut failed = Vec::new();
    for message in event.records {
        let id = message.message_id.unwrap_or_default();
        let indexed = match serde_json::from_str(&message.body.unwrap_or_default()) {
            Ok(file) => services.indexing.index(file).await,
            Err(error) => Err(Error::internal(error)),
        };
        if let Err(error) = indexed {
            tracing::error!(message = id, error = %shared::log::Causes(&error), "a file could not be read");
            failed.push(id);
        }
    }
    answer.set_failures(failed);
    Ok(answer)
}
