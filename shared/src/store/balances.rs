//! The `balances` table: what a user can spend, the tokens on hold, and the ledger. A ledger entry is written once and
//! never changed. Invariant between transactions: available + holds = sum of the ledger.

use super::{
    CallError, Store, keys, n, read_if_any,
    transaction::{Action, EXISTS, Outcome, UpdateExpression},
    write,
};
use crate::{
    config::Tables,
    domain::{
        ids::{ConversationId, TurnNumber, UserId},
        money::{EntryKind, Tokens},
        time::Timestamp,
    },
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A user's available tokens and the tokens on hold.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Balance {
    /// Tokens that are neither spent nor on hold.
    pub available: Tokens,
    /// Tokens reserved for turns that are not answered yet, by the hold's id.
    pub holds: BTreeMap<Uuid, Hold>,
    /// The time up to which refills were given; initially the registration.
    pub refilled_at: Timestamp,
}

/// Tokens reserved before the model is asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hold {
    /// The number of tokens.
    pub amount: Tokens,
    /// When the hold counts as abandoned after a crash.
    pub expires_at: Timestamp,
    /// The turn's conversation.
    pub conversation: ConversationId,
    /// The turn's number in its conversation.
    pub turn: TurnNumber,
}

#[derive(Serialize)]
struct EntryRow {
    kind: EntryKind,
    amount: i64,
    conversation: Option<ConversationId>,
    turn: Option<TurnNumber>,
    at: Timestamp,
}

impl Store {
    /// Reads a user's balance.
    pub async fn balance(&self, user: UserId) -> Result<Option<Balance>, CallError> {
        read_if_any(self.get(keys::balance(&self.tables, user)).await?)
    }

    /// Adds `tokens` for the refill periods between `from` and `to`. `false` if a concurrent call already did.
    pub async fn refill(
        &self,
        user: UserId,
        tokens: Tokens,
        from: Timestamp,
        to: Timestamp,
        entry_id: Uuid,
    ) -> Result<bool, CallError> {
        let change = UpdateExpression {
            update: "SET available = available + :tokens, refilled_at = :to",
            condition: "refilled_at = :from",
            names: &[],
            values: vec![(":tokens", n(tokens)), (":from", n(from.millis())), (":to", n(to.millis()))],
        };
        let entry =
            EntryRow { kind: EntryKind::Refill, amount: signed(tokens), conversation: None, turn: None, at: to };
        let actions = vec![
            ((), Action::update(keys::balance(&self.tables, user), change)),
            ((), append(&self.tables, user, entry, entry_id)?),
        ];
        Ok(self.transact(actions).await? == Outcome::Committed)
    }
}

/// A new account's balance, with the initial grant in its ledger.
pub(super) fn opening(
    tables: &Tables,
    user: UserId,
    grant: Tokens,
    entry_id: Uuid,
    at: Timestamp,
) -> Result<(Action, Action), CallError> {
    let key = keys::balance(tables, user);
    let balance = Balance { available: grant, holds: BTreeMap::new(), refilled_at: at };
    let entry = EntryRow { kind: EntryKind::Grant, amount: signed(grant), conversation: None, turn: None, at };
    Ok((Action::put_new(key.clone(), write(key, balance)?), append(tables, user, entry, entry_id)?))
}

/// Adds `tokens` that an administrator granted to a user.
pub(super) fn grant(
    tables: &Tables,
    user: UserId,
    tokens: Tokens,
    entry_id: Uuid,
    at: Timestamp,
) -> Result<[Action; 2], CallError> {
    let change = UpdateExpression {
        update: "SET available = available + :tokens",
        condition: EXISTS,
        names: &[],
        values: vec![(":tokens", n(tokens))],
    };
    let entry = EntryRow { kind: EntryKind::Gift, amount: signed(tokens), conversation: None, turn: None, at };
    Ok([Action::update(keys::balance(tables, user), change), append(tables, user, entry, entry_id)?])
}

/// Reserves tokens for a turn. Refused if fewer are available.
pub(super) fn place_hold(tables: &Tables, user: UserId, id: Uuid, hold: &Hold) -> Result<Action, CallError> {
    let row = serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(hold).map_err(CallError::broken)?;
    let change = UpdateExpression {
        update: "SET available = available - :price, holds.#hold = :hold",
        condition: "available >= :price AND attribute_not_exists(holds.#hold)",
        names: &[("#hold", &id.to_string())],
        values: vec![(":price", n(hold.amount)), (":hold", row)],
    };
    Ok(Action::update(keys::balance(tables, user), change))
}

/// Ends a hold: `released` of its tokens are available again, the others stay spent. Refused if the hold has already
/// ended.
pub(super) fn end_hold(tables: &Tables, user: UserId, id: Uuid, released: Tokens) -> Action {
    let change = UpdateExpression {
        update: "SET available = available + :released REMOVE holds.#hold",
        condition: "attribute_exists(holds.#hold)",
        names: &[("#hold", &id.to_string())],
        values: vec![(":released", n(released))],
    };
    Action::update(keys::balance(tables, user), change)
}

/// The ledger entry of an answered turn.
pub(super) fn charge(
    tables: &Tables,
    user: UserId,
    price: Tokens,
    (conversation, turn): (ConversationId, TurnNumber),
    at: Timestamp,
    entry_id: Uuid,
) -> Result<Action, CallError> {
    let amount = -signed(price);
    let entry = EntryRow { kind: EntryKind::Charge, amount, conversation: Some(conversation), turn: Some(turn), at };
    append(tables, user, entry, entry_id)
}

fn append(tables: &Tables, user: UserId, entry: EntryRow, id: Uuid) -> Result<Action, CallError> {
    let key = keys::ledger_entry(tables, user, entry.at, id);
    Ok(Action::put_new(key.clone(), write(key, entry)?))
}

/// Converts an amount. The settings bound amounts far below the limit of the type.
fn signed(tokens: Tokens) -> i64 {
    i64::try_from(tokens).unwrap_or(i64::MAX)
}
