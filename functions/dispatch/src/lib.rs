//! What happened, told to whoever wants to hear it: the stream of the outbox, record by record.

use aws_lambda_events::{
    dynamodb::{Event, EventRecord},
    streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse},
};
use futures::{StreamExt, stream};
use shared::{
    domain::{Error, event::OutboxEntry, ids::UserId},
    service::Services,
    store::outbox,
};

/// How many users' changes are told at the same time.
const USERS_AT_ONCE: usize = 16;

/// A record of the stream that tells of a change.
struct Told {
    sequence_number: String,
    change: Result<OutboxEntry, Error>,
}

/// Tells of each change, those of one user in their order. What fails is tried again with all that follows it,
/// which makes no second delivery; a record that cannot be read fails until it is put aside.
///
/// # Errors
/// None: failures are in the answer.
pub async fn dispatch(services: Services, event: Event) -> Result<DynamoDbEventResponse, Error> {
    let mut by_user: Vec<(Option<UserId>, Vec<Told>)> = Vec::new();
    // Rows are only made, and forgotten by themselves.
    for record in event.records.into_iter().filter(|record| record.event_name == "INSERT") {
        let told = read(record);
        let user = told.change.as_ref().ok().map(|change| change.user);
        match by_user.iter_mut().find(|(other, _)| *other == user) {
            Some((_, changes)) => changes.push(told),
            None => by_user.push((user, vec![told])),
        }
    }
    let telling = by_user.into_iter().map(|(_, changes)| tell_in_order(&services, changes));
    let failed: Vec<Option<String>> = stream::iter(telling).buffer_unordered(USERS_AT_ONCE).collect().await;
    let mut answer = DynamoDbEventResponse::default();
    answer.batch_item_failures = failed.into_iter().flatten().map(failure).collect();
    Ok(answer)
}

fn read(record: EventRecord) -> Told {
    let sequence_number = record.change.sequence_number.unwrap_or_default();
    Told { sequence_number, change: outbox::read(record.change.new_image).map_err(Error::from) }
}

fn failure(sequence_number: String) -> DynamoDbBatchItemFailure {
    let mut failure = DynamoDbBatchItemFailure::default();
    failure.item_identifier = Some(sequence_number);
    failure
}

/// The sequence number of the first change that could not be told.
async fn tell_in_order(services: &Services, changes: Vec<Told>) -> Option<String> {
    for Told { sequence_number, change } in changes {
        let told = match change {
            Ok(change) => services.dispatch.tell(&change).await,
            Err(error) => Err(error),
        };
        if let Err(error) = told {
            tracing::error!(sequence_number, error = %shared::log::Causes(&error), "a change could not be told");
            return Some(sequence_number);
        }
    }
    None
}
