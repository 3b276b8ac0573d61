//! Idempotency records: rows of the `balances` table, one for each `Idempotency-Key` in use. They are stored beside
//! the balance, so that a turn reads both in one call and writes both in one transaction.

use super::{CallError, Store, keys, n, read_if_any, transaction::Action, write};
use crate::{
    config::Tables,
    domain::{ids::UserId, time::Timestamp},
};
use serde::{Deserialize, Serialize};

/// The value of an idempotency record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// The request, as a SHA-256 in hex. A different request with the same key is a client error.
    pub fingerprint: String,
    /// The facts of the outcome as JSON; absent while the first request runs.
    pub outcome: Option<String>,
    /// Until when a request without an outcome counts as running.
    pub running_until: Timestamp,
    /// When the key becomes free again, in milliseconds. `expires_at` has it for DynamoDB, in seconds.
    pub forgotten_at: Timestamp,
    expires_at: u64,
}

/// A record with its key.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key's SHA-256 in hex.
    pub key_hash: String,
    /// The record's value.
    pub record: Record,
    /// The current time. The record may replace one that has expired, or whose request died without an outcome.
    pub now: Timestamp,
}

impl Record {
    /// A record that expires at `forgotten_at`.
    pub fn new(
        fingerprint: String,
        outcome: Option<String>,
        running_until: Timestamp,
        forgotten_at: Timestamp,
    ) -> Self {
        Self { fingerprint, outcome, running_until, forgotten_at, expires_at: forgotten_at.seconds() + 1 }
    }
}

impl Store {
    /// Reads the record of a user's key; `hash` is the key's SHA-256 in hex.
    pub async fn idempotency_record(&self, user: UserId, hash: &str) -> Result<Option<Record>, CallError> {
        read_if_any(self.get(keys::idempotency(&self.tables, user, hash)).await?)
    }
}

impl Store {
    /// Frees the key of a request whose process died while it was running until `running_until`.
    pub async fn free_key(&self, user: UserId, hash: &str, running_until: Timestamp) -> Result<(), CallError> {
        let key = keys::idempotency(&self.tables, user, hash);
        let condition = "attribute_not_exists(pk) OR (attribute_type(outcome, :null) AND running_until = :until)";
        let values = vec![(":null", super::s("NULL")), (":until", n(running_until.millis()))];
        // If another request has the key by now, it keeps it.
        self.transact(vec![((), Action::delete_if(key, condition, &[], values))]).await.map(drop)
    }
}

impl Entry {
    /// Claims the key. Refused while another request holds it.
    pub(super) fn put(self, tables: &Tables, user: UserId) -> Result<Action, CallError> {
        let key = keys::idempotency(tables, user, &self.key_hash);
        let item = write(key.clone(), self.record)?;
        let condition = "attribute_not_exists(pk) OR forgotten_at <= :now \
                         OR (attribute_type(outcome, :null) AND running_until <= :now)";
        let values = vec![(":now", n(self.now.millis())), (":null", super::s("NULL"))];
        Ok(Action::put_if(key, item, condition, values))
    }

    /// Stores the outcome of the request that claimed the key.
    pub(super) fn settle(self, tables: &Tables, user: UserId) -> Result<Action, CallError> {
        let key = keys::idempotency(tables, user, &self.key_hash);
        Ok(Action::put(key.clone(), write(key, self.record)?))
    }

    /// Frees the key after a failed request, so that the next request runs again.
    pub(super) fn forget(self, tables: &Tables, user: UserId) -> Action {
        Action::delete(keys::idempotency(tables, user, &self.key_hash))
    }
}
