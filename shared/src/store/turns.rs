//! The transactions of a turn, which write the conversation, balance and idempotency record: [`Store::hold`] before
//! the model is asked, then [`Store::settle`] or [`Store::fail`]. The question is written by the first and never again,
//! the outcome by the second.

use super::{
    CallError, Store, assistants, balances,
    balances::{Balance, Hold},
    idempotency, keys, n, outbox, read_if_any,
    running::{self, RunningTurn},
    s,
    sessions::{self, ConversationRow, MessageRow},
    transaction::{Action, EXISTS, Outcome, UpdateExpression},
    users, write,
};
use crate::domain::{
    assistant::Assistant,
    conversation::{Conversation, MessageStatus, Said, Turn, TurnFailure},
    event::OutboxEntry,
    ids::{AssistantId, ConversationId, Speaker, TurnNumber, UserId},
    list::ListPosition,
    money::Tokens,
    text::Title,
    time::Timestamp,
};
use uuid::Uuid;

/// The data that a turn depends on.
pub struct BeforeTurn {
    /// The conversation, if it exists and belongs to the user.
    pub conversation: Option<Conversation>,
    /// The requested assistant, if it exists and belongs to the user.
    pub assistant: Option<Assistant>,
    /// The user's balance, unless the account was deleted.
    pub balance: Option<Balance>,
    /// The record of the request's idempotency key, if the request has a key that is in use.
    pub record: Option<idempotency::Record>,
}

/// The user, conversation, assistant and number of a turn.
#[derive(Debug, Clone)]
pub struct TurnLocation {
    /// The user.
    pub user: UserId,
    /// The conversation.
    pub conversation: ConversationId,
    /// Its assistant.
    pub assistant: Option<AssistantId>,
    /// The turn's number in the conversation.
    pub turn: TurnNumber,
    /// The conversation to create with this turn; `None` if it exists.
    pub begins: Option<Begins>,
}

/// A conversation that is created with its first turn.
#[derive(Debug, Clone)]
pub struct Begins {
    /// The conversation, still without a turn.
    pub conversation: Conversation,
    /// For a default conversation: how many default conversations were deleted before. The transaction is refused if
    /// this number has changed.
    pub resets: Option<u64>,
}

/// Why a turn's transaction was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The available balance is less than the price, or the account was deleted.
    Balance,
    /// The conversation was created or removed in the meantime, or another turn began in it.
    Conversation,
    /// The assistant is not active, or was removed in the meantime.
    Assistant,
    /// The idempotency key was claimed in the meantime.
    Key,
    /// The turn has ended in the meantime because its hold had expired, or the account was deleted.
    Hold,
}

/// How a turn failed.
#[derive(Debug, Clone)]
pub struct Failed {
    /// Why.
    pub failure: TurnFailure,
    /// What the model had said.
    pub said: String,
    /// When.
    pub at: Timestamp,
}

type Refused = Result<(), Vec<Refusal>>;

impl Store {
    /// Reads the conversation, balance, idempotency record and assistant in one call.
    pub async fn before_turn(
        &self,
        user: UserId,
        conversation: ConversationId,
        assistant: Option<AssistantId>,
        key_hash: Option<&str>,
    ) -> Result<BeforeTurn, CallError> {
        let about = keys::conversation(&self.tables, conversation);
        let record = key_hash.map(|hash| keys::idempotency(&self.tables, user, hash));
        let has_record = record.is_some();
        let assistant = assistant.map(|assistant| assistants::rows(&self.tables, user, assistant));
        let wanted = [about, keys::balance(&self.tables, user)].into_iter();
        let wanted = wanted.chain(record).chain(assistant.into_iter().flatten()).collect();
        let mut found = self.get_many(wanted).await?.into_iter();
        let about: Option<ConversationRow> = read_if_any(found.next().flatten())?;
        let balance = found.next().flatten();
        let record = if has_record { found.next().flatten() } else { None };
        Ok(BeforeTurn {
            conversation: about.and_then(|row| row.if_owned_by(user)),
            assistant: assistants::read_assistant(found.next().flatten(), found.next().flatten())?,
            balance: read_if_any(balance)?,
            record: read_if_any(record)?,
        })
    }

    /// Writes what precedes the call of the model: the hold, the user's message, and the claim on the idempotency key.
    pub async fn hold(
        &self,
        place: TurnLocation,
        said: Said,
        (hold, running): (&Hold, RunningTurn),
        outbox_entry: &OutboxEntry,
        record: Option<idempotency::Entry>,
    ) -> Result<Refused, CallError> {
        let (user, hold_id) = (place.user, running.hold_id);
        let mut actions = vec![
            (Refusal::Conversation, running::begin(&self.tables, running, outbox_entry.at)?),
            (Refusal::Balance, balances::place_hold(&self.tables, user, hold_id, hold)?),
            (Refusal::Conversation, self.put_question(&place, said, outbox_entry.at)?),
            (Refusal::Conversation, outbox::put(&self.tables, outbox_entry)?),
        ];
        match place.begins.clone() {
            Some(Begins { conversation, resets }) => {
                let conversation = Conversation { said: 1, begun: 1, ..conversation };
                actions.extend(self.begin(&place, Begins { conversation, resets })?);
            }
            None => {
                // Another turn that began meanwhile has the number.
                let change = UpdateExpression {
                    update: "SET said = said + :one, begun = :number",
                    condition: "begun = :before",
                    names: &[],
                    values: vec![(":one", n(1)), (":number", n(place.turn.0)), (":before", n(place.turn.0 - 1))],
                };
                let about = keys::conversation(&self.tables, place.conversation);
                actions.push((Refusal::Conversation, Action::update(about, change)));
                actions.extend(self.ask_assistant(&place));
            }
        }
        if let Some(record) = record {
            actions.push((Refusal::Key, record.put(&self.tables, user)?));
        }
        self.refusals(actions).await
    }

    /// Stores the model's reply. What was charged of the `held` tokens becomes a charge; the others are available again.
    /// The conversation gets the `title`, if there is one, unless its user chose another.
    pub async fn settle(
        &self,
        place: &TurnLocation,
        turn: &Turn,
        title: Option<&Title>,
        ids: (Uuid, Tokens, Uuid),
        outbox_entry: &OutboxEntry,
        record: Option<idempotency::Entry>,
    ) -> Result<Refused, CallError> {
        let settle = |title| {
            let actions = self.settling(place, (turn, title), ids, outbox_entry, record.clone());
            async { self.refusals(actions?).await }
        };
        match settle(title).await? {
            Err(refusals) if title.is_some() && refusals == [Refusal::Conversation] => settle(None).await,
            settled => Ok(settled),
        }
    }

    fn settling(
        &self,
        place: &TurnLocation,
        (turn, title): (&Turn, Option<&Title>),
        (hold_id, held, entry_id): (Uuid, Tokens, Uuid),
        outbox_entry: &OutboxEntry,
        record: Option<idempotency::Entry>,
    ) -> Result<Vec<(Refusal, Action)>, CallError> {
        let user = place.user;
        let mut actions = vec![
            (Refusal::Hold, balances::end_hold(&self.tables, user, hold_id, held.saturating_sub(turn.about.charged))),
            (Refusal::Hold, self.put_answer(place, turn)?),
            (Refusal::Conversation, self.note_answer(place, turn, title)),
            (Refusal::Conversation, outbox::put(&self.tables, outbox_entry)?),
            (Refusal::Hold, running::end(&self.tables, place)),
        ];
        // Nothing said, nothing charged.
        if turn.about.charged > 0 || !turn.response.is_empty() {
            actions.push((Refusal::Hold, self.charge(place, turn, entry_id)?));
        }
        if let Some(record) = record {
            actions.push((Refusal::Key, record.settle(&self.tables, user)?));
        }
        Ok(actions)
    }

    /// Ends a turn that failed: the `held` tokens are available again, and what the model had said is kept. If the
    /// conversation was deleted in the meantime, the tokens are available again nevertheless.
    pub async fn fail(
        &self,
        place: TurnLocation,
        (hold_id, held): (Uuid, Tokens),
        failed: Failed,
        record: Option<idempotency::Entry>,
    ) -> Result<Refused, CallError> {
        let user = place.user;
        let release = || {
            let forget = record.clone().map(|record| (Refusal::Key, record.forget(&self.tables, user)));
            let release = (Refusal::Hold, balances::end_hold(&self.tables, user, hold_id, held));
            let running = match failed.failure {
                TurnFailure::Interrupted => running::end_abandoned(&self.tables, &place, failed.at),
                TurnFailure::Model | TurnFailure::Timeout => running::end(&self.tables, &place),
            };
            [release, (Refusal::Hold, running)].into_iter().chain(forget)
        };
        let failure = [
            (Refusal::Conversation, self.note_failure(&place, &failed)),
            (Refusal::Hold, self.put_failure(&place, &failed)?),
        ];
        match self.refusals(release().chain(failure).collect()).await? {
            Err(refusals) if refusals == [Refusal::Conversation] => self.refusals(release().collect()).await,
            ended => Ok(ended),
        }
    }

    async fn refusals(&self, actions: Vec<(Refusal, Action)>) -> Result<Refused, CallError> {
        match self.transact(actions).await? {
            Outcome::Committed => Ok(Ok(())),
            Outcome::Refused(refusals) => Ok(Err(refusals)),
        }
    }

    fn charge(&self, place: &TurnLocation, turn: &Turn, id: Uuid) -> Result<Action, CallError> {
        let about = (place.conversation, place.turn);
        balances::charge(&self.tables, place.user, turn.about.charged, about, turn.answered_at, id)
    }

    /// Creates the conversation and counts it, also as the first question to an assistant.
    fn begin(&self, place: &TurnLocation, begins: Begins) -> Result<Vec<(Refusal, Action)>, CallError> {
        let Begins { conversation, resets } = begins;
        let user = place.user;
        let on_account = match (conversation.assistant, resets) {
            (None, Some(resets)) => users::count_default_conversation(&self.tables, user, resets),
            _ => users::count_conversation(&self.tables, user),
        };
        let on_assistant = conversation
            .assistant
            .map(|assistant| (Refusal::Assistant, assistants::ask_first(&self.tables, user, assistant, resets)));
        let about = sessions::new_conversation(&self.tables, user, conversation)?;
        let actions = [(Refusal::Conversation, about), (Refusal::Conversation, on_account)];
        Ok(actions.into_iter().chain(on_assistant).collect())
    }

    fn ask_assistant(&self, place: &TurnLocation) -> Option<(Refusal, Action)> {
        let assistant = place.assistant?;
        Some((Refusal::Assistant, assistants::ask(&self.tables, place.user, assistant)))
    }

    fn put_question(&self, place: &TurnLocation, said: Said, at: Timestamp) -> Result<Action, CallError> {
        let Said { text, attachments, model: _ } = said;
        let row = MessageRow { attachments, ..MessageRow::new(place.turn, Speaker::User, text.into_string(), at) };
        let key = keys::user_message(&self.tables, place.conversation, place.turn);
        Ok(Action::put_new(key.clone(), write(key, row)?))
    }

    fn put_answer(&self, place: &TurnLocation, turn: &Turn) -> Result<Action, CallError> {
        let row = MessageRow {
            status: Some(turn.status),
            about: Some(turn.about.clone()),
            ..MessageRow::new(turn.number, Speaker::Assistant, turn.response.clone(), turn.answered_at)
        };
        self.put_outcome(place, row)
    }

    fn put_failure(&self, place: &TurnLocation, Failed { failure, said, at }: &Failed) -> Result<Action, CallError> {
        let row = MessageRow {
            status: Some(MessageStatus::Failed),
            failure: Some(*failure),
            ..MessageRow::new(place.turn, Speaker::Assistant, said.clone(), *at)
        };
        self.put_outcome(place, row)
    }

    fn put_outcome(&self, place: &TurnLocation, row: MessageRow) -> Result<Action, CallError> {
        let key = keys::reply(&self.tables, place.conversation, place.turn);
        Ok(Action::put_new(key.clone(), write(key, row)?))
    }

    /// The conversation counts what the model had said before it failed.
    fn note_failure(&self, place: &TurnLocation, failed: &Failed) -> Action {
        let about = keys::conversation(&self.tables, place.conversation);
        if failed.said.is_empty() {
            return Action::must_exist(about);
        }
        let change = UpdateExpression {
            update: "SET broken_off = broken_off + :one",
            condition: EXISTS,
            names: &[],
            values: vec![(":one", n(1))],
        };
        Action::update(about, change)
    }

    fn note_answer(&self, place: &TurnLocation, turn: &Turn, title: Option<&Title>) -> Action {
        let at = turn.answered_at;
        let mut values = vec![
            (":one", n(1)),
            (":last", n(turn.number.0)),
            (":at", n(at.millis())),
            (":place", s(ListPosition::by_time(at, place.conversation).0)),
        ];
        let change = match title {
            None => UpdateExpression {
                update: "SET turns = turns + :one, last_turn = :last, updated_at = :at, by_updated = :place",
                condition: EXISTS,
                names: &[],
                values,
            },
            Some(title) => {
                let by_title = ListPosition::by_text(title.as_str(), place.conversation).0;
                values.extend([(":title", s(title.as_str())), (":by_title", s(by_title))]);
                UpdateExpression {
                    update: "SET turns = turns + :one, last_turn = :last, updated_at = :at, by_updated = :place, \
                             #title = :title, by_title = :by_title",
                    condition: "attribute_exists(pk) AND attribute_not_exists(own_title)",
                    names: &[("#title", "title")],
                    values,
                }
            }
        };
        Action::update(keys::conversation(&self.tables, place.conversation), change)
    }
}
