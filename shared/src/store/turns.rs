//! The transactions of a turn, which span conversation, balance and idempotency record.
//!
//! A model that answers in this process takes one transaction ([`Store::answer_at_once`]). Any other takes
//! two: [`Store::hold`] before it is asked, then [`Store::answer_held`] or [`Store::fail_held`].

use super::{
    Item, Store, StoreError, balances,
    balances::{Balance, Hold},
    idempotency, keys, n, read, read_if_any, s,
    sessions::{self, ConversationRow, MessageRow, Speaker},
    transaction::{Action, Change, EXISTS, Outcome},
    users, write,
};
use crate::domain::{
    conversation::{Conversation, LastTurn, MessageStatus, Turn},
    ids::{ConversationId, TurnNumber, UserId},
    money::Tokens,
    text::MessageText,
    time::Timestamp,
};
use uuid::Uuid;

/// What has to be known before a turn.
pub struct BeforeTurn {
    /// The conversation, if it exists and is the user's own.
    pub conversation: Option<Conversation>,
    /// The user's balance.
    pub balance: Balance,
    /// What the request's idempotency key stands for, if it has one that is in use.
    pub record: Option<idempotency::Record>,
}

/// Whose turn it is, and where.
#[derive(Debug, Clone)]
pub struct TurnPlace {
    /// The user.
    pub user: UserId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The turn's number in it.
    pub turn: TurnNumber,
    /// The conversation to make with this turn; `None` when it exists.
    pub begins: Option<Conversation>,
}

/// Why a turn's transaction was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Less is available than the price.
    Balance,
    /// The conversation was made, or removed, in the meantime.
    Conversation,
    /// The idempotency key was claimed in the meantime.
    Key,
    /// The hold was released in the meantime, because it had expired.
    Hold,
    /// The number is in use. It never is: numbers are taken one by one.
    Number,
}

type Refused = Result<(), Vec<Refusal>>;

impl Store {
    /// Conversation, balance and idempotency record in one call.
    pub async fn before_turn(
        &self,
        user: UserId,
        conversation: ConversationId,
        key_hash: Option<&str>,
    ) -> Result<BeforeTurn, StoreError> {
        let about = keys::conversation(&self.tables, conversation);
        let balance = keys::balance(&self.tables, user);
        let (about, balance, record): (Option<Item>, Option<Item>, Option<Item>) = match key_hash {
            Some(hash) => {
                self.get_together([about, balance, keys::idempotency(&self.tables, user, hash)]).await?.into()
            }
            None => {
                let [about, balance] = self.get_together([about, balance]).await?;
                (about, balance, None)
            }
        };
        let about: Option<ConversationRow> = read_if_any(about)?;
        Ok(BeforeTurn {
            conversation: about.and_then(|row| row.if_owned_by(user)),
            balance: read(balance.ok_or_else(|| StoreError::broken("a user without a balance"))?)?,
            record: read_if_any(record)?,
        })
    }

    /// Everything about a turn whose reply is known already: message, reply, charge, idempotency record.
    pub async fn answer_at_once(
        &self,
        place: TurnPlace,
        turn: &Turn,
        price: Tokens,
        entry_id: Uuid,
        record: Option<idempotency::Entry>,
    ) -> Result<Refused, StoreError> {
        let user = place.user;
        let mut actions = vec![
            (Refusal::Balance, balances::spend(&self.tables, user, price)),
            (Refusal::Number, self.charge(&place, price, turn.created_at, entry_id)?),
            (Refusal::Number, self.put_message(&place, &turn.message, MessageStatus::Complete, turn.created_at)?),
            (Refusal::Number, self.put_reply(&place, &turn.response, turn.created_at)?),
        ];
        match place.begins.clone() {
            Some(conversation) => actions.extend(self.begin(
                user,
                Conversation { turns: 1, last_turn: Some(last_turn(turn)), ..conversation },
                place.turn,
            )?),
            None => actions.push((Refusal::Conversation, self.note_answer(&place, turn, turn.created_at)?)),
        }
        if let Some(record) = record {
            actions.push((Refusal::Key, record.put(&self.tables, user)?));
        }
        self.refusals(actions).await
    }

    /// Before the model is asked: the hold, the user's message, and the claim on the idempotency key.
    pub async fn hold(
        &self,
        place: TurnPlace,
        message: &MessageText,
        hold_id: Uuid,
        hold: &Hold,
        now: Timestamp,
        record: Option<idempotency::Entry>,
    ) -> Result<Refused, StoreError> {
        let user = place.user;
        let mut actions = vec![
            (Refusal::Balance, balances::place_hold(&self.tables, user, hold_id, hold)?),
            (Refusal::Number, self.put_message(&place, message, MessageStatus::Pending, now)?),
        ];
        if let Some(conversation) = place.begins.clone() {
            actions.extend(self.begin(user, conversation, place.turn)?);
        }
        if let Some(record) = record {
            actions.push((Refusal::Key, record.put(&self.tables, user)?));
        }
        self.refusals(actions).await
    }

    /// The model answered: the hold becomes a charge, the reply is stored.
    pub async fn answer_held(
        &self,
        place: TurnPlace,
        turn: &Turn,
        (hold_id, price): (Uuid, Tokens),
        now: Timestamp,
        entry_id: Uuid,
        record: Option<idempotency::Entry>,
    ) -> Result<Refused, StoreError> {
        let user = place.user;
        let mut actions = vec![
            (Refusal::Hold, balances::settle_hold(&self.tables, user, hold_id)),
            (Refusal::Number, self.charge(&place, price, now, entry_id)?),
            (Refusal::Number, self.mark_message(&place, MessageStatus::Complete)),
            (Refusal::Number, self.put_reply(&place, &turn.response, now)?),
            (Refusal::Conversation, self.note_answer(&place, turn, now)?),
        ];
        if let Some(record) = record {
            actions.push((Refusal::Key, record.settle(&self.tables, user)?));
        }
        self.refusals(actions).await
    }

    /// The model failed, or the hold expired: the tokens are given back, the message stays as failed.
    pub async fn fail_held(
        &self,
        place: TurnPlace,
        hold_id: Uuid,
        amount: Tokens,
        record: Option<idempotency::Entry>,
    ) -> Result<Refused, StoreError> {
        let user = place.user;
        let mut actions = vec![
            (Refusal::Hold, balances::release_hold(&self.tables, user, hold_id, amount)),
            (Refusal::Number, self.mark_message(&place, MessageStatus::Failed)),
        ];
        if let Some(record) = record {
            actions.push((Refusal::Key, record.forget(&self.tables, user)));
        }
        self.refusals(actions).await
    }

    async fn refusals(&self, actions: Vec<(Refusal, Action)>) -> Result<Refused, StoreError> {
        match self.transact(actions).await? {
            Outcome::Committed => Ok(Ok(())),
            Outcome::Refused(refusals) => Ok(Err(refusals)),
        }
    }

    fn charge(&self, place: &TurnPlace, price: Tokens, at: Timestamp, id: Uuid) -> Result<Action, StoreError> {
        balances::charge(&self.tables, place.user, price, (place.conversation, place.turn), at, id)
    }

    fn begin(
        &self,
        user: UserId,
        conversation: Conversation,
        turn: TurnNumber,
    ) -> Result<[(Refusal, Action); 2], StoreError> {
        Ok([
            (Refusal::Conversation, sessions::new_conversation(&self.tables, user, conversation, turn.0)?),
            (Refusal::Conversation, users::count_conversation(&self.tables, user)),
        ])
    }

    fn put_message(
        &self,
        place: &TurnPlace,
        message: &MessageText,
        status: MessageStatus,
        at: Timestamp,
    ) -> Result<Action, StoreError> {
        let key = keys::user_message(&self.tables, place.conversation, place.turn);
        let content = message.as_str().to_owned();
        let row = MessageRow { turn: place.turn, speaker: Speaker::User, content, status, created_at: at };
        Ok(Action::put_new(key.clone(), write(key, row)?))
    }

    fn put_reply(&self, place: &TurnPlace, response: &str, at: Timestamp) -> Result<Action, StoreError> {
        let key = keys::reply(&self.tables, place.conversation, place.turn);
        let (content, status) = (response.to_owned(), MessageStatus::Complete);
        let row = MessageRow { turn: place.turn, speaker: Speaker::Assistant, content, status, created_at: at };
        Ok(Action::put_new(key.clone(), write(key, row)?))
    }

    fn mark_message(&self, place: &TurnPlace, status: MessageStatus) -> Action {
        let status = match status {
            MessageStatus::Pending => "pending",
            MessageStatus::Complete => "complete",
            MessageStatus::Failed => "failed",
        };
        let change = Change {
            update: "SET #status = :status",
            condition: "#status = :pending",
            names: &[("#status", "status")],
            values: vec![(":status", s(status)), (":pending", s("pending"))],
        };
        Action::update(keys::user_message(&self.tables, place.conversation, place.turn), change)
    }

    fn note_answer(&self, place: &TurnPlace, turn: &Turn, at: Timestamp) -> Result<Action, StoreError> {
        let last = serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(last_turn(turn)).map_err(StoreError::broken)?;
        let change = Change {
            update: "SET turns = turns + :one, last_turn = :last, updated_at = :at",
            condition: EXISTS,
            names: &[],
            values: vec![(":one", n(1)), (":last", last), (":at", n(at.millis()))],
        };
        Ok(Action::update(keys::conversation(&self.tables, place.conversation), change))
    }
}

fn last_turn(turn: &Turn) -> LastTurn {
    let Turn { number: _, message, response, created_at } = turn.clone();
    LastTurn { message, response, created_at }
}
