//! The `outbox` table: events, written in the transaction that caused them. Its stream triggers `dispatch`, and
//! clients that reconnect read the events they missed. Rows are immutable and expire.

use super::{
    CallError, Item, Store, client, idempotency, keys, read_all, s,
    transaction::{Action, Outcome},
    walk::Walk,
    write,
};
use crate::{
    config::Tables,
    domain::{
        event::OutboxEntry,
        ids::{EventId, UserId},
        time::Timestamp,
    },
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long an entry is kept: longer than the stream keeps it, so that events that the stream lost can be dispatched
/// again.
const KEPT: Duration = Duration::from_secs(2 * 24 * 60 * 60);

#[derive(Serialize, Deserialize)]
struct ChangeRow {
    #[serde(flatten)]
    change: OutboxEntry,
    expires_at: u64,
}

/// Puts an outbox entry.
pub(super) fn put(tables: &Tables, change: &OutboxEntry) -> Result<Action, CallError> {
    let key = keys::change(tables, change);
    let row = ChangeRow { change: change.clone(), expires_at: change.at.plus(KEPT).seconds() };
    Ok(Action::put(key.clone(), write(key, row)?))
}

/// Reads an outbox entry from the image of its row in a stream record.
pub fn read(image: serde_dynamo::Item) -> Result<OutboxEntry, CallError> {
    serde_dynamo::from_item::<_, ChangeRow>(image).map(|row| row.change).map_err(CallError::broken)
}

impl Store {
    /// Adds an event for all users, and stores the outcome under the request's idempotency key if it has one. `false`
    /// if a record exists for the key.
    pub async fn announce(
        &self,
        outbox_entry: &OutboxEntry,
        record: Option<idempotency::Entry>,
    ) -> Result<bool, CallError> {
        let mut actions = vec![((), put(&self.tables, outbox_entry)?)];
        if let Some(record) = record {
            actions.push(((), record.put(&self.tables, outbox_entry.user)?));
        }
        Ok(self.transact(actions).await? == Outcome::Committed)
    }

    /// Reads the entries for `audience` (a user; `None`: the entries for all users) since `since`, the earliest first:
    /// at most `max` entries.
    pub async fn changes(
        &self,
        audience: Option<UserId>,
        since: Timestamp,
        max: usize,
    ) -> Result<Vec<OutboxEntry>, CallError> {
        let query = client::query()
            .table_name(&self.tables.outbox)
            .key_condition_expression("pk = :pk AND sk >= :first")
            .expression_attribute_values(":pk", s(keys::change_partition(audience)))
            .expression_attribute_values(":first", s(keys::change_sort(EventId::first_at(since))))
            .consistent_read(true);
        let items = Walk { client: &self.client, query, items_per_entry: 1, tidy: |_| {} }
            .take(max, None, <[Item]>::len)
            .await?;
        Ok(read_all::<ChangeRow>(items)?.into_iter().map(|row| row.change).collect())
    }
}
