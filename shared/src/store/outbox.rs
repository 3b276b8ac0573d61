//! The `outbox` table: what happened, written in the transaction that did it. Its stream drives `dispatch`;
//! who was away for a while reads it again. Rows are never changed, and forgotten by themselves.

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

/// How long a change is kept: longer than the stream keeps it, so that what a stream lost can be told again.
const KEPT: Duration = Duration::from_secs(2 * 24 * 60 * 60);

#[derive(Serialize, Deserialize)]
struct ChangeRow {
    #[serde(flatten)]
    change: OutboxEntry,
    expires_at: u64,
}

/// Puts a change.
pub(super) fn put(tables: &Tables, change: &OutboxEntry) -> Result<Action, CallError> {
    let key = keys::change(tables, change);
    let row = ChangeRow { change: change.clone(), expires_at: change.at.plus(KEPT).seconds() };
    Ok(Action::put(key.clone(), write(key, row)?))
}

/// Reads a change from the image of its row, as a stream has it.
pub fn read(image: serde_dynamo::Item) -> Result<OutboxEntry, CallError> {
    serde_dynamo::from_item::<_, ChangeRow>(image).map(|row| row.change).map_err(CallError::broken)
}

impl Store {
    /// Tells everybody something, and keeps the answer under the request's idempotency key if it has one.
    /// `false`: a record is there for the key.
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

    /// What `audience` may hear of (a user; `None`: everybody) from the moment `since` on, the earliest first:
    /// at most `max` changes.
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
        let items = Walk { client: &self.client, query, items_per_entry: 1 }.take(max, None, <[Item]>::len).await?;
        Ok(read_all::<ChangeRow>(items)?.into_iter().map(|row| row.change).collect())
    }
}
