//! Several writes that all succeed or all fail.

use super::{
    CallError, Item, Store,
    client::{self, Request},
    keys::{self, Key},
};
use crate::domain::ids::UserId;
use aws_sdk_dynamodb::{
    operation::transact_write_items::TransactWriteItemsError,
    types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update},
};
use std::{collections::HashMap, time::Duration};

/// A write with its condition.
pub struct Action(Result<TransactWriteItem, CallError>);

/// A constant expression and the values of its placeholders.
pub struct UpdateExpression<'a> {
    /// The update expression.
    pub update: &'static str,
    /// The condition for the update; none when empty.
    pub condition: &'static str,
    /// `#placeholder` → attribute name.
    pub names: &'a [(&'static str, &'a str)],
    /// `:placeholder` → value.
    pub values: Vec<(&'static str, AttributeValue)>,
}

/// The row must not exist yet.
pub const IS_NEW: &str = "attribute_not_exists(pk)";
/// The row must exist.
pub const EXISTS: &str = "attribute_exists(pk)";

impl Action {
    /// Puts a row that must not exist yet.
    pub fn put_new(key: Key<'_>, item: Item) -> Self {
        Self::put_if(key, item, IS_NEW, Vec::new())
    }

    /// Puts a row, replacing any existing one.
    pub fn put(key: Key<'_>, item: Item) -> Self {
        let put = Put::builder().table_name(key.table).set_item(Some(item)).build();
        Self(put.map(|put| TransactWriteItem::builder().put(put).build()).map_err(CallError::broken))
    }

    /// Puts a row if `condition` holds for the existing one.
    pub fn put_if(
        key: Key<'_>,
        item: Item,
        condition: &'static str,
        values: Vec<(&'static str, AttributeValue)>,
    ) -> Self {
        let put = Put::builder()
            .table_name(key.table)
            .set_item(Some(item))
            .condition_expression(condition)
            .set_expression_attribute_values(placeholders(values))
            .build();
        Self(put.map(|put| TransactWriteItem::builder().put(put).build()).map_err(CallError::broken))
    }

    /// Updates a row.
    pub fn update(key: Key<'_>, change: UpdateExpression<'_>) -> Self {
        let condition = Some(change.condition).filter(|condition| !condition.is_empty());
        let update = Update::builder()
            .table_name(key.table)
            .set_key(Some(key.attributes))
            .update_expression(change.update)
            .set_condition_expression(condition.map(str::to_owned))
            .set_expression_attribute_names(aliases(change.names))
            .set_expression_attribute_values(placeholders(change.values))
            .build();
        Self(update.map(|update| TransactWriteItem::builder().update(update).build()).map_err(CallError::broken))
    }

    /// Removes a row if `condition` holds for it.
    pub fn delete_if(
        key: Key<'_>,
        condition: &'static str,
        names: &[(&'static str, &str)],
        values: Vec<(&'static str, AttributeValue)>,
    ) -> Self {
        let delete = Delete::builder()
            .table_name(key.table)
            .set_key(Some(key.attributes))
            .condition_expression(condition)
            .set_expression_attribute_names(aliases(names))
            .set_expression_attribute_values(placeholders(values))
            .build();
        Self(delete.map(|delete| TransactWriteItem::builder().delete(delete).build()).map_err(CallError::broken))
    }

    /// Writes nothing, but refuses the transaction unless the row exists.
    pub fn must_exist(key: Key<'_>) -> Self {
        let check = ConditionCheck::builder()
            .table_name(key.table)
            .set_key(Some(key.attributes))
            .condition_expression(EXISTS)
            .build();
        Self(check.map(|check| TransactWriteItem::builder().condition_check(check).build()).map_err(CallError::broken))
    }

    /// Removes a row, if it exists.
    pub fn delete(key: Key<'_>) -> Self {
        let delete = Delete::builder().table_name(key.table).set_key(Some(key.attributes)).build();
        Self(delete.map(|delete| TransactWriteItem::builder().delete(delete).build()).map_err(CallError::broken))
    }
}

pub(super) fn aliases(names: &[(&'static str, &str)]) -> Option<HashMap<String, String>> {
    (!names.is_empty()).then(|| names.iter().map(|&(alias, name)| (alias.to_owned(), name.to_owned())).collect())
}

pub(super) fn placeholders(values: Vec<(&'static str, AttributeValue)>) -> Option<HashMap<String, AttributeValue>> {
    (!values.is_empty()).then(|| values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Adds `by` to the counter in `key`. The counter is created if it does not exist.
pub fn count(key: Key<'_>, by: i64) -> Action {
    Action::update(
        key,
        UpdateExpression {
            update: "ADD #count :by",
            condition: "",
            names: &[("#count", "count")],
            values: vec![(":by", AttributeValue::N(by.to_string()))],
        },
    )
}

/// The result of a transaction.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<L> {
    /// Everything was written.
    Committed,
    /// Nothing was written, because the conditions with these labels failed.
    Refused(Vec<L>),
}

/// How often a transaction is tried again after a conflict with another one.
const CONFLICT_TRIES: u32 = 8;

impl Store {
    /// Writes all `actions` or none. Each action has a label, so that a refusal names the condition that failed. A
    /// conflict with another transaction on the same rows is not a refusal: the transaction is retried after a short
    /// pause.
    pub async fn transact<L: Copy>(&self, actions: Vec<(L, Action)>) -> Result<Outcome<L>, CallError> {
        let (labels, actions): (Vec<L>, Vec<Action>) = actions.into_iter().unzip();
        let writes = actions.into_iter().map(|action| action.0).collect::<Result<Vec<_>, _>>()?;
        let mut tried = 0;
        loop {
            let sent = client::transact_write_items().set_transact_items(Some(writes.clone())).call(&self.client).await;
            let Err(error) = sent else {
                return Ok(Outcome::Committed);
            };
            let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = error.as_service_error() else {
                return Err(error.into());
            };
            let codes: Vec<&str> = canceled.cancellation_reasons().iter().filter_map(|reason| reason.code()).collect();
            if codes.contains(&"ConditionalCheckFailed") {
                let failed = codes.iter().zip(labels).filter(|(code, _)| **code == "ConditionalCheckFailed");
                return Ok(Outcome::Refused(failed.map(|(_, label)| label).collect()));
            }
            let passing = codes.iter().all(|code| {
                matches!(*code, "None" | "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded")
            });
            tried += 1;
            if !passing {
                return Err(CallError::broken(error));
            }
            if tried == CONFLICT_TRIES {
                return Err(CallError::Unavailable(error.into()));
            }
            self.pause(tried).await;
        }
    }

    /// As [`Store::transact`], for what belongs to `owner`: nothing is written unless the account exists. `actions`
    /// must not contain the account's own row.
    ///
    /// # Errors
    /// `NoAccount` if the account was deleted.
    pub async fn transact_for<L: Copy>(
        &self,
        owner: UserId,
        actions: Vec<(L, Action)>,
    ) -> Result<Outcome<L>, CallError> {
        let exists = (None, Action::must_exist(keys::profile(&self.tables, owner)));
        let actions = actions.into_iter().map(|(label, action)| (Some(label), action)).chain([exists]);
        match self.transact(actions.collect()).await? {
            Outcome::Committed => Ok(Outcome::Committed),
            Outcome::Refused(labels) if labels.iter().any(Option::is_none) => Err(CallError::NoAccount),
            Outcome::Refused(labels) => Ok(Outcome::Refused(labels.into_iter().flatten().collect())),
        }
    }

    /// As [`Store::commit`], for what belongs to `owner`: nothing is written unless the account exists.
    ///
    /// # Errors
    /// `NoAccount` if the account was deleted.
    pub async fn commit_for(&self, owner: UserId, actions: Vec<Action>) -> Result<(), CallError> {
        let actions = actions.into_iter().map(|action| ((), action));
        must_commit(self.transact_for(owner, actions.collect()).await?)
    }

    /// Writes all `actions`. They have no conditions that can fail without a bug.
    pub async fn commit(&self, actions: Vec<Action>) -> Result<(), CallError> {
        must_commit(self.transact(actions.into_iter().map(|action| ((), action)).collect()).await?)
    }

    /// Waits before the next retry: up to 5, 10, 20 … milliseconds, with jitter so that conflicting transactions do
    /// not meet again.
    pub async fn pause(&self, tried: u32) {
        let most_millis = 5_u64 << tried.min(7);
        let spread = u64::from_le_bytes(self.entropy.bytes());
        tokio::time::sleep(Duration::from_millis(1 + spread % most_millis)).await;
    }
}

fn must_commit(outcome: Outcome<()>) -> Result<(), CallError> {
    match outcome {
        Outcome::Committed => Ok(()),
        Outcome::Refused(_) => Err(CallError::broken("a condition failed that always holds")),
    }
}
