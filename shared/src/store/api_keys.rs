//! API keys: rows of the `users` table, in the partition of their account.

use super::{
    CallError, Store, boolean, client, idempotency, keys, n, outbox, read_all, read_if_any, s,
    transaction::{Action, EXISTS, Outcome, UpdateExpression},
    users::{self, Account},
    walk::Walk,
    write,
};
use crate::domain::{
    api_key::ApiKey,
    event::OutboxEntry,
    ids::{ApiKeyId, UserId},
    text::Label,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// An API key, including the fields that are never shown.
#[derive(Debug, Clone)]
pub struct StoredKey {
    /// The fields that may be shown.
    pub key: ApiKey,
    /// SHA-256 of its secret, in hex.
    pub hash: String,
    /// The account's key epoch when the key was created.
    pub key_epoch: u64,
}

#[derive(Serialize, Deserialize)]
struct ApiKeyRow {
    id: ApiKeyId,
    name: Label,
    hash: String,
    key_epoch: u64,
    created_at: Timestamp,
    /// Not `expires_at`, by which DynamoDB would remove the row: an expired key counts towards the maximum until its
    /// owner removes it.
    ends_at: Option<Timestamp>,
}

impl From<StoredKey> for ApiKeyRow {
    fn from(StoredKey { key, hash, key_epoch }: StoredKey) -> Self {
        let ApiKey { id, name, created_at, expires_at: ends_at } = key;
        Self { id, name, hash, key_epoch, created_at, ends_at }
    }
}

impl From<ApiKeyRow> for StoredKey {
    fn from(row: ApiKeyRow) -> Self {
        let ApiKeyRow { id, name, hash, key_epoch, created_at, ends_at } = row;
        Self { key: ApiKey { id, name, created_at, expires_at: ends_at }, hash, key_epoch }
    }
}

impl Store {
    /// Reads an account and one of its API keys, in one call.
    pub async fn account_and_api_key(
        &self,
        user: UserId,
        id: ApiKeyId,
    ) -> Result<(Option<Account>, Option<StoredKey>), CallError> {
        let keys = [keys::profile(&self.tables, user), keys::api_key(&self.tables, user, id)];
        let [profile, key] = self.get_together(keys).await?;
        Ok((users::account(profile)?, read_if_any::<ApiKeyRow>(key)?.map(StoredKey::from)))
    }

    /// Reads all API keys of a user, oldest first. `max` limits the read; it is the most that a user can have.
    pub async fn api_keys(&self, user: UserId, max: usize) -> Result<Vec<ApiKey>, CallError> {
        let query = client::query()
            .table_name(&self.tables.users)
            .key_condition_expression("pk = :pk AND begins_with(sk, :first)")
            .expression_attribute_values(":pk", s(keys::user_partition(user)))
            .expression_attribute_values(":first", s(keys::FIRST_API_KEY))
            .consistent_read(true);
        let items = Walk { client: &self.client, query, items_per_entry: 1, tidy: |_| {} }
            .take(max, None, <[super::Item]>::len)
            .await?;
        Ok(read_all::<ApiKeyRow>(items)?.into_iter().map(|row| StoredKey::from(row).key).collect())
    }

    /// Adds an API key. `false` if the user already has `max` keys, the account was disabled in the meantime, or a
    /// record exists for the idempotency key.
    pub async fn add_api_key(
        &self,
        user: UserId,
        key: StoredKey,
        max: u64,
        record: Option<idempotency::Entry>,
    ) -> Result<bool, CallError> {
        let row = keys::api_key(&self.tables, user, key.key.id);
        let counted = UpdateExpression {
            update: "SET api_keys = api_keys + :one",
            condition: "api_keys < :max AND key_epoch = :epoch AND is_active = :true",
            names: &[],
            values: vec![(":one", n(1)), (":max", n(max)), (":epoch", n(key.key_epoch)), (":true", boolean(true))],
        };
        let mut actions = vec![
            ((), Action::update(keys::profile(&self.tables, user), counted)),
            ((), Action::put_new(row.clone(), write(row, ApiKeyRow::from(key))?)),
        ];
        if let Some(record) = record {
            actions.push(((), record.put(&self.tables, user)?));
        }
        Ok(self.transact(actions).await? == Outcome::Committed)
    }

    /// Removes an API key. `false` if the user has no key with this id.
    pub async fn remove_api_key(
        &self,
        user: UserId,
        id: ApiKeyId,
        outbox_entry: &OutboxEntry,
    ) -> Result<bool, CallError> {
        let counted = UpdateExpression {
            update: "SET api_keys = api_keys - :one",
            condition: EXISTS,
            names: &[],
            values: vec![(":one", n(1))],
        };
        let row = keys::api_key(&self.tables, user, id);
        let actions = vec![
            ((), Action::delete_if(row, EXISTS, &[], Vec::new())),
            ((), Action::update(keys::profile(&self.tables, user), counted)),
            ((), outbox::put(&self.tables, outbox_entry)?),
        ];
        Ok(self.transact(actions).await? == Outcome::Committed)
    }
}
