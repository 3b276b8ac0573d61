//! Fan-out of events to webhooks and live connections: the stream of the outbox, record by record.

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

/// The maximum number of users whose entries are dispatched concurrently.
const USERS_AT_ONCE: usize = 16;

/// A record of the stream: one entry of the outbox.
struct Record {
    sequence_number: String,
    entry: Result<OutboxEntry, Error>,
}

/// Dispatches each entry, those of one user in order. After a failure, the stream delivers that entry and all later
/// ones again, which creates no second delivery. A record that cannot be read fails until it is put aside.
///
/// # Errors
/// None. Failures are in the response.
pub async fn dispatch(services: Services, event: Event) -> Result<DynamoDbEventResponse, Error> {
    let mut by_user: Vec<(Option<UserId>, Vec<Record>)> = Vec::new();
    // Entries are never changed, and they expire by themselves.
    for record in event.records.into_iter().filter(|record| record.event_name == "INSERT") {
        let record = read(record);
        let user = record.entry.as_ref().ok().map(|entry| entry.user);
        match by_user.iter_mut().find(|(other, _)| *other == user) {
            Some((_, entries)) => entries.push(record),
            None => by_user.push((user, vec![record])),
        }
    }
    let dispatched = by_user.into_iter().map(|(_, entries)| dispatch_in_order(&services, entries));
    let failed: Vec<Option<String>> = stream::iter(dispatched).buffer_unordered(USERS_AT_ONCE).collect().await;
    let mut answer = DynamoDbEventResponse::default();
    answer.batch_item_failures = failed.into_iter().flatten().map(failure).collect();
    Ok(answer)
}

fn read(record: EventRecord) -> Record {
    let sequence_number = record.change.sequence_number.unwrap_or_default();
    Record { sequence_number, entry: outbox::read(record.change.new_image).map_err(Error::from) }
}

fn failure(sequence_number: String) -> DynamoDbBatchItemFailure {
    let mut failure = DynamoDbBatchItemFailure::default();
    failure.item_identifier = Some(sequence_number);
    failure
}

/// Dispatches the entries in order. Returns the sequence number of the first one that failed.
async fn dispatch_in_order(services: &Services, entries: Vec<Record>) -> Option<String> {
    for Record { sequence_number, entry } in entries {
        let dispatched = match entry {
            Ok(entry) => services.dispatch.dispatch(&entry).await,
            Err(error) => Err(error),
        };
        if let Err(error) = dispatched {
            tracing::error!(sequence_number, error = %shared::log::Causes(&error), "an outbox entry was not dispatched");
            return Some(sequence_number);
        }
    }
    None
}
