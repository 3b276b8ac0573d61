//! The `outbox` table: what happened, written in the transaction that did it. Its stream drives `dispatch`;
//! who was away for a while reads it again. Rows are never changed, and forgotten by themselves.

use super::{StoreError, keys, transaction::Action, write};
use crate::{config::Tables, domain::event::Change};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a change is kept: longer than the stream keeps it, so that what a stream lost can be told again.
const KEPT: Duration = Duration::from_secs(2 * 24 * 60 * 60);

#[derive(Serialize, Deserialize)]
struct ChangeRow {
    #[serde(flatten)]
    change: Change,
    expires_at: u64,
}

/// Puts a change.
pub(super) fn put(tables: &Tables, change: &Change) -> Result<Action, StoreError> {
    let key = keys::change(tables, change);
    let row = ChangeRow { change: change.clone(), expires_at: change.at.plus(KEPT).seconds() };
    Ok(Action::put(key.clone(), write(key, row)?))
}

/// Reads a change from the image of its row, as a stream has it.
pub fn read(image: serde_dynamo::Item) -> Result<Change, StoreError> {
    serde_dynamo::from_item::<_, ChangeRow>(image).map(|row| row.change).map_err(StoreError::broken)
}
