//! Dispatches the events of the outbox's stream to webhooks and WebSocket connections.

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

/// How many users' events are dispatched at the same time.
const USERS_AT_ONCE: usize = 16;

/// A record of the stream, and the entry of the outbox in it.
struct Record {
    sequence_number: String,
    entry: Result<OutboxEntry, Error>,
}

/// Dispatches each entry, those of one user in their order. After a failure, the stream repeats the record and all that
/// follow it, which creates no second delivery. A record that cannot be read fails until the stream discards it.
///
/// # Errors
/// None. The response lists the failures.
pub async fn dispatch(services: Services, event: Event) -> Result<DynamoDbEventResponse, Error> {
    let mut by_user: Vec<(Option<UserId>, Vec<Record>)> = Vec::new();
    // Rows are inserted, and expire. Only inserts matter.
    for record in event.records.into_iter().filter(|record| record.event_name == "INSERT") {
        let record = read(record);
        let user = record.entry.as_ref().ok().map(|entry| entry.user);
        match by_user.iter_mut().find(|(other, _)| *other == user) {
            Some((_, records)) => records.push(record),
            None => by_user.push((user, vec![record])),
        }
    }
    let running = by_user.into_iter().map(|(_, records)| dispatch_in_order(&services, records));
    let failed: Vec<Option<String>> = stream::iter(running).buffer_unordered(USERS_AT_ONCE).collect().await;
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

/// The sequence number of the first entry that could not be dispatched.
async fn dispatch_in_order(services: &Services, records: Vec<Record>) -> Option<String> {
    for Record { sequence_number, entry } in records {
        let dispatched = match entry {
            Ok(entry) => services.dispatch.tell(&entry).await,
            Err(error) => Err(error),
        };
        if let Err(error) = dispatched {
            tracing::error!(sequence_number, error = %shared::log::Causes(&error), "could not dispatch an entry of the outbox");
            return Some(sequence_number);
        }
    }
    None
}
