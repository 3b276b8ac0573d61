//! DynamoDB access only: one file per table. All keys are built in `keys`, and every change is a transaction or a
//! single conditional write. The store writes what it is given; it creates no ids and contains no business rules.

pub mod api_keys;
pub mod assistants;
pub mod balances;
pub mod client;
pub mod connections;
pub mod deliveries;
pub mod files;
pub mod idempotency;
pub mod keys;
pub mod limits;
mod listing;
pub mod logins;
pub mod outbox;
pub mod profiles;
pub mod registration;
pub mod running;
pub mod sessions;
pub mod sweep;
pub mod tools;
pub mod transaction;
pub mod turns;
pub mod users;
mod walk;
pub mod webhooks;

use crate::{aws::CallError, config::Tables, domain::page::RESPONSE_BYTES_MAX, entropy::Entropy};
use aws_sdk_dynamodb::{
    operation::{put_item::PutItemError, update_item::UpdateItemError},
    types::{AttributeValue, KeysAndAttributes, ReturnValue},
};
use client::{Client, Request};
use keys::Key;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{collections::HashMap, sync::Arc};
use transaction::{EXISTS, UpdateExpression};

/// A stored item.
pub type Item = HashMap<String, AttributeValue>;

/// The tables of one deployment.
pub struct Store {
    client: Client,
    tables: Tables,
    entropy: Arc<dyn Entropy>,
}

/// How often the unprocessed keys of a batch are requested again.
const BATCH_TRIES: u32 = 5;
/// The most keys of a batch.
const BATCH_MOST: usize = 100;

impl Store {
    /// Accesses the tables named `tables` through `client`. `entropy` adds jitter to the pauses before retries.
    pub fn new(client: Client, tables: Tables, entropy: Arc<dyn Entropy>) -> Self {
        Self { client, tables, entropy }
    }

    /// Checks that the database can be read and written: reads a key that does not exist, and writes a row that is there
    /// for that alone.
    pub async fn probe(&self) -> Result<(), CallError> {
        let key = keys::probe(&self.tables);
        let write = client::put_item().table_name(key.table).set_item(Some(key.attributes)).call(&self.client);
        let write = async { write.await.map(drop).map_err(CallError::from) };
        let read = async { self.get(keys::nothing(&self.tables)).await.map(drop) };
        futures::future::try_join(read, write).await.map(drop)
    }

    /// Reads one item, strongly consistent.
    async fn get(&self, key: Key<'_>) -> Result<Option<Item>, CallError> {
        let output = client::get_item()
            .table_name(key.table)
            .set_key(Some(key.attributes))
            .consistent_read(true)
            .call(&self.client)
            .await?;
        Ok(output.item)
    }

    /// Puts an item if `condition` holds for the existing item, and returns whether it was written. If the first
    /// attempt succeeded but its response was lost, the retry returns `false`.
    async fn put_if(
        &self,
        key: Key<'_>,
        item: Item,
        condition: &'static str,
        values: Vec<(&'static str, AttributeValue)>,
    ) -> Result<bool, CallError> {
        let put = client::put_item().table_name(key.table).set_item(Some(item)).condition_expression(condition);
        match put.set_expression_attribute_values(transaction::placeholders(values)).call(&self.client).await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Updates an item if the condition of `change` holds for it, and returns the item as it is then. `None` if it
    /// does not hold.
    async fn update_if(&self, key: Key<'_>, change: UpdateExpression<'_>) -> Result<Option<Item>, CallError> {
        let UpdateExpression { update, condition, names, values } = change;
        let sent = client::update_item()
            .table_name(key.table)
            .set_key(Some(key.attributes))
            .update_expression(update)
            .condition_expression(condition)
            .set_expression_attribute_names(transaction::aliases(names))
            .set_expression_attribute_values(transaction::placeholders(values))
            .return_values(ReturnValue::AllNew)
            .call(&self.client)
            .await;
        match sent {
            Ok(output) => Ok(Some(output.attributes.unwrap_or_default())),
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Takes the next number of a row that counts them in `last_number`. `None` if the row does not exist.
    async fn next_number(&self, key: Key<'_>) -> Result<Option<u64>, CallError> {
        #[derive(Deserialize)]
        struct Numbered {
            last_number: u64,
        }
        let change = UpdateExpression {
            update: "SET last_number = last_number + :one",
            condition: EXISTS,
            names: &[],
            values: vec![(":one", n(1))],
        };
        let row: Option<Numbered> = read_if_any(self.update_if(key, change).await?)?;
        Ok(row.map(|row| row.last_number))
    }

    /// Reads several items of any tables in one call, strongly consistent, in the order of `keys`.
    async fn get_together<const N: usize>(&self, keys: [Key<'_>; N]) -> Result<[Option<Item>; N], CallError> {
        let found = self.get_many(keys.into()).await?;
        found.try_into().map_err(|_| CallError::broken("a batch has another length than its keys"))
    }

    /// Reads any number of items of any tables, strongly consistent, in the order of `keys`: one call for each hundred
    /// keys, all concurrently. `keys` may contain duplicates.
    async fn get_many(&self, keys: Vec<Key<'_>>) -> Result<Vec<Option<Item>>, CallError> {
        let batches = keys.chunks(BATCH_MOST).map(|keys| self.get_batch(keys));
        let found = futures::future::try_join_all(batches).await?;
        let item = |(number, key): (usize, &Key<'_>)| {
            let batch = found.get(number / BATCH_MOST)?;
            batch.get(key.table)?.iter().find(|item| key.is_of(item)).cloned()
        };
        Ok(keys.iter().enumerate().map(item).collect())
    }

    /// Reads one batch: the items with these keys that exist, by table.
    ///
    /// # Errors
    /// `PageTooLarge` if the items are too large for one response.
    async fn get_batch(&self, keys: &[Key<'_>]) -> Result<HashMap<String, Vec<Item>>, CallError> {
        let mut wanted: HashMap<String, KeysAndAttributes> = HashMap::new();
        for (table, keys) in keys_by_table(keys) {
            let together = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
            wanted.insert(table, together.map_err(CallError::broken)?);
        }
        let mut found: HashMap<String, Vec<Item>> = HashMap::new();
        let mut bytes = 0;
        for tried in 0..BATCH_TRIES {
            let output = client::batch_get_item().set_request_items(Some(wanted)).call(&self.client).await?;
            for (table, items) in output.responses.unwrap_or_default() {
                bytes += text_bytes(&items);
                found.entry(table).or_default().extend(items);
            }
            if bytes > RESPONSE_BYTES_MAX {
                return Err(CallError::PageTooLarge);
            }
            wanted = output.unprocessed_keys.unwrap_or_default();
            if wanted.is_empty() {
                return Ok(found);
            }
            self.pause(tried).await;
        }
        Err(CallError::Unavailable("keys of a batch stayed unprocessed".into()))
    }
}

/// Groups keys by table without duplicates, because DynamoDB refuses a batch with the same key twice.
fn keys_by_table(keys: &[Key<'_>]) -> HashMap<String, Vec<Item>> {
    let mut tables: HashMap<String, Vec<Item>> = HashMap::new();
    for key in keys {
        let keys = tables.entry(key.table.to_owned()).or_default();
        if !keys.contains(&key.attributes) {
            keys.push(key.attributes.clone());
        }
    }
    tables
}

/// The size of a text in JSON, in bytes. Control characters have six.
fn json_bytes(text: &str) -> usize {
    let of = |byte| match byte {
        0..0x20 => 6,
        b'"' | b'\\' => 2,
        _ => 1,
    };
    text.bytes().map(of).sum()
}

/// The size of items: of their texts in JSON, of which all large items consist.
fn text_bytes(items: &[Item]) -> usize {
    fn of(value: &AttributeValue) -> usize {
        match value {
            AttributeValue::S(text) => json_bytes(text),
            AttributeValue::M(fields) => fields.values().map(of).sum(),
            AttributeValue::L(values) => values.iter().map(of).sum(),
            _ => 0,
        }
    }
    items.iter().flat_map(HashMap::values).map(of).sum()
}

/// Deserializes a stored row.
fn read<T: DeserializeOwned>(item: Item) -> Result<T, CallError> {
    serde_dynamo::aws_sdk_dynamodb_1::from_item(item).map_err(CallError::broken)
}

/// Deserializes stored rows.
fn read_all<T: DeserializeOwned>(items: Vec<Item>) -> Result<Vec<T>, CallError> {
    items.into_iter().map(read).collect()
}

/// The value of a counter; 0 if it has no row yet.
fn read_count(item: Option<Item>) -> Result<u64, CallError> {
    #[derive(Deserialize)]
    struct CountRow {
        count: u64,
    }
    Ok(read_if_any::<CountRow>(item)?.map_or(0, |row| row.count))
}

/// Deserializes a stored row that may be absent.
fn read_if_any<T: DeserializeOwned>(item: Option<Item>) -> Result<Option<T>, CallError> {
    item.map(read).transpose()
}

/// Serializes a row and adds its key.
fn write<T: Serialize>(key: Key<'_>, row: T) -> Result<Item, CallError> {
    let mut item: Item = serde_dynamo::aws_sdk_dynamodb_1::to_item(row).map_err(CallError::broken)?;
    item.extend(key.attributes);
    Ok(item)
}

/// A number attribute.
fn n(number: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(number.into().to_string())
}

/// A text attribute.
fn s(text: impl ToString) -> AttributeValue {
    AttributeValue::S(text.to_string())
}

/// A boolean attribute.
const fn boolean(value: bool) -> AttributeValue {
    AttributeValue::Bool(value)
}

/// An attribute without a value.
const fn null() -> AttributeValue {
    AttributeValue::Null(true)
}
