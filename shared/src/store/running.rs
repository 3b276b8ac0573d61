//! Turns that run: who runs them and until when, the parts of an answer that is not finished, and what others need to
//! follow a turn or to end one whose process died. All rows lie in the partition of the conversation.

use super::{
    CallError, Item, Store,
    balances::Balance,
    boolean,
    client::{self, Request},
    keys, n, read, read_all, read_if_any, s,
    sessions::{ConversationRow, MessageRow, turns_of},
    transaction::{Action, EXISTS, IS_NEW, UpdateExpression},
    turns::TurnLocation,
    write,
};
use crate::domain::{
    conversation::{Message, MessageStatus, StepEvent, Turn, TurnFailure},
    ids::{ConversationId, TurnNumber, UserId},
    list::ListPosition,
    money::Tokens,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// How long the parts of an answer are kept.
const PARTS_KEPT: Duration = Duration::from_secs(2 * 60 * 60);
/// How often the rows of a turn are read until they fit together.
const READS_OF_A_TURN: u32 = 5;
/// The most turns that one call finds in a part of the index.
const RUNNING_AT_ONCE: i32 = 100;

/// A turn that runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunningTurn {
    /// Whose turn it is.
    pub user: UserId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The number of the turn.
    pub turn: TurnNumber,
    /// The hold that pays for it.
    pub hold_id: Uuid,
    /// The tokens on hold.
    pub amount: Tokens,
    /// The hash of the request's idempotency key, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_hash: Option<String>,
    /// When the hold ends by itself, and the record of the key with it.
    pub held_until: Timestamp,
    /// Until when its process is taken to be alive.
    pub alive_until: Timestamp,
    /// Whether somebody asked to stop it.
    pub is_cancelled: bool,
}

/// The row: the turn, and its place in the index.
#[derive(Serialize)]
struct RunningRow {
    #[serde(flatten)]
    turn: RunningTurn,
    /// The part of the index.
    running: String,
    by_created: ListPosition,
}

#[derive(Serialize, Deserialize)]
struct PartRow {
    start: usize,
    text: String,
    expires_at: u64,
}

#[derive(Serialize, Deserialize)]
struct StepEventRow {
    #[serde(flatten)]
    event: StepEvent,
    expires_at: u64,
}

/// A turn that runs, and what is new in it.
#[derive(Debug)]
pub struct Progress {
    /// The turn.
    pub turn: RunningTurn,
    /// The text of the answer that comes next.
    pub text: String,
    /// The events about tool calls that come next.
    pub steps: Vec<StepEvent>,
}

/// What the process that runs a turn learns when it says that it is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// The turn is still its own.
    Held,
    /// The turn is still its own, and somebody asked to stop it.
    Cancelled,
    /// The turn was ended by somebody else, or its conversation was deleted.
    Lost,
}

/// A turn as others see it.
#[derive(Debug)]
pub struct Followed {
    /// The user's message.
    pub question: Message,
    /// How it stands.
    pub state: FollowedState,
}

/// How a turn stands.
#[derive(Debug)]
pub enum FollowedState {
    /// It runs, or its process died.
    Running(RunningTurn),
    /// It was answered. The user's available tokens come with it.
    Answered(Turn, Tokens),
    /// It failed, after the model had said this.
    Failed(String, TurnFailure),
}

/// The row of a turn that begins.
pub(super) fn begin(tables: &crate::config::Tables, turn: RunningTurn, at: Timestamp) -> Result<Action, CallError> {
    let key = keys::running(tables, turn.conversation, turn.turn);
    let part = turn.hold_id.as_u128() % u128::from(keys::RUNNING_PARTS);
    let by_created = ListPosition::by_time(at, turn.conversation);
    let row = RunningRow { turn, running: part.to_string(), by_created };
    Ok(Action::put_new(key.clone(), write(key, row)?))
}

/// Removes the row of a turn that ends.
pub(super) fn end(tables: &crate::config::Tables, place: &TurnLocation) -> Action {
    Action::delete(keys::running(tables, place.conversation, place.turn))
}

/// Removes the row of a turn whose process died. Refused if it is alive after all.
pub(super) fn end_abandoned(tables: &crate::config::Tables, place: &TurnLocation, now: Timestamp) -> Action {
    let key = keys::running(tables, place.conversation, place.turn);
    let condition = "attribute_not_exists(pk) OR alive_until <= :now";
    Action::delete_if(key, condition, &[], vec![(":now", n(now.millis()))])
}

fn ended(question: Item, outcome: Item, balance: Option<Balance>) -> Result<FollowedState, CallError> {
    let row: MessageRow = read(outcome.clone())?;
    if row.status == Some(MessageStatus::Failed) {
        return Ok(FollowedState::Failed(row.content, row.failure.unwrap_or(TurnFailure::Model)));
    }
    let turn = turns_of(vec![question, outcome])?.pop();
    let turn = turn.ok_or_else(|| CallError::broken("an answered turn has no answer"))?;
    Ok(FollowedState::Answered(turn, balance.map_or(0, |balance| balance.available)))
}

impl Store {
    /// Says that the turn of this hold is alive until `alive_until`.
    pub async fn renew_lease(
        &self,
        place: &TurnLocation,
        hold_id: Uuid,
        alive_until: Timestamp,
    ) -> Result<Lease, CallError> {
        let change = UpdateExpression {
            update: "SET alive_until = :until",
            condition: "hold_id = :hold",
            names: &[],
            values: vec![(":until", n(alive_until.millis())), (":hold", s(hold_id))],
        };
        let key = keys::running(&self.tables, place.conversation, place.turn);
        let row: Option<RunningTurn> = read_if_any(self.update_if(key, change).await?)?;
        Ok(match row {
            Some(RunningTurn { is_cancelled: true, .. }) => Lease::Cancelled,
            Some(_) => Lease::Held,
            None => Lease::Lost,
        })
    }

    /// Asks whoever runs a turn to stop it. `false` if it does not run any more.
    pub async fn request_cancel(&self, conversation: ConversationId, turn: TurnNumber) -> Result<bool, CallError> {
        let change = UpdateExpression {
            update: "SET is_cancelled = :true",
            condition: EXISTS,
            names: &[],
            values: vec![(":true", boolean(true))],
        };
        Ok(self.update_if(keys::running(&self.tables, conversation, turn), change).await?.is_some())
    }

    /// Stores the part of an answer that comes after `start` bytes.
    pub async fn add_answer_part(
        &self,
        place: &TurnLocation,
        start: usize,
        text: String,
        now: Timestamp,
    ) -> Result<(), CallError> {
        let key = keys::answer_part(&self.tables, place.conversation, place.turn, start);
        let row = PartRow { start, text, expires_at: now.plus(PARTS_KEPT).seconds() };
        let item = write(key.clone(), row)?;
        // A repeated attempt finds its own row.
        self.put_if(key, item, IS_NEW, Vec::new()).await.map(drop)
    }

    /// The stored text of an answer that comes after `start` bytes, where a part begins.
    pub async fn answer_after(
        &self,
        conversation: ConversationId,
        turn: TurnNumber,
        start: usize,
    ) -> Result<String, CallError> {
        let mut text = String::new();
        let mut from = None;
        loop {
            let found = client::query()
                .table_name(&self.tables.sessions)
                .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
                .expression_attribute_values(":pk", s(keys::conversation_partition(conversation)))
                .expression_attribute_values(":first", s(keys::answer_part_sort(turn, start)))
                .expression_attribute_values(":last", s(keys::answer_part_sort(turn, 9_999_999_999)))
                .consistent_read(true)
                .set_exclusive_start_key(from)
                .call(&self.client)
                .await?;
            for part in read_all::<PartRow>(found.items.unwrap_or_default())? {
                // What comes after a missing part is of no use.
                if part.start != start + text.len() {
                    return Ok(text);
                }
                text.push_str(&part.text);
            }
            from = found.last_evaluated_key;
            if from.is_none() {
                return Ok(text);
            }
        }
    }

    /// Stores that tool calls began or ended, the first of which is event `number`.
    pub async fn add_step_events(
        &self,
        place: &TurnLocation,
        number: usize,
        events: Vec<StepEvent>,
        now: Timestamp,
    ) -> Result<(), CallError> {
        for (number, event) in (number..).zip(events) {
            let key = keys::step_event(&self.tables, place.conversation, place.turn, number);
            let item = write(key.clone(), StepEventRow { event, expires_at: now.plus(PARTS_KEPT).seconds() })?;
            // A repeated attempt finds its own row.
            self.put_if(key, item, IS_NEW, Vec::new()).await?;
        }
        Ok(())
    }

    /// The stored events about tool calls from event `number` on.
    async fn step_events_after(
        &self,
        conversation: ConversationId,
        turn: TurnNumber,
        number: usize,
    ) -> Result<Vec<StepEvent>, CallError> {
        let query = client::query()
            .table_name(&self.tables.sessions)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(":pk", s(keys::conversation_partition(conversation)))
            .expression_attribute_values(":first", s(keys::step_event_sort(turn, number)))
            .expression_attribute_values(":last", s(keys::step_event_sort(turn, 9_999)))
            .consistent_read(true);
        let found = query.call(&self.client).await?;
        let rows: Vec<StepEventRow> = read_all(found.items.unwrap_or_default())?;
        Ok(rows.into_iter().map(|row| row.event).collect())
    }

    /// A turn that runs, and what is stored of its answer after `bytes`, where a part begins, and after `steps` events
    /// about tool calls. `None` if it has ended. The caller must find out whose conversation it is.
    pub async fn progress(
        &self,
        conversation: ConversationId,
        turn: TurnNumber,
        (bytes, steps): (usize, usize),
    ) -> Result<Option<Progress>, CallError> {
        let running = self.get(keys::running(&self.tables, conversation, turn));
        let text = self.answer_after(conversation, turn, bytes);
        let steps = self.step_events_after(conversation, turn, steps);
        let (running, text, steps) = futures::future::try_join3(running, text, steps).await?;
        Ok(read_if_any(running)?.map(|turn| Progress { turn, text, steps }))
    }

    /// A turn of a user's conversation, for those who follow it. `None` if there is no such turn.
    pub async fn follow(
        &self,
        user: UserId,
        conversation: ConversationId,
        turn: TurnNumber,
    ) -> Result<Option<Followed>, CallError> {
        for tried in 0..READS_OF_A_TURN {
            let [about, question, outcome, running, balance] = self
                .get_together([
                    keys::conversation(&self.tables, conversation),
                    keys::user_message(&self.tables, conversation, turn),
                    keys::reply(&self.tables, conversation, turn),
                    keys::running(&self.tables, conversation, turn),
                    keys::balance(&self.tables, user),
                ])
                .await?;
            let about: Option<ConversationRow> = read_if_any(about)?;
            let (Some(_), Some(question)) = (about.and_then(|row| row.if_owned_by(user)), question) else {
                return Ok(None);
            };
            let state = match (outcome, read_if_any(running)?) {
                (Some(outcome), _) => ended(question.clone(), outcome, read_if_any(balance)?)?,
                (None, Some(running)) => FollowedState::Running(running),
                // A batch is not read at one moment: the turn ended meanwhile.
                (None, None) => {
                    self.pause(tried).await;
                    continue;
                }
            };
            let status = match &state {
                FollowedState::Running(_) => None,
                FollowedState::Answered(turn, _) => Some(turn.status),
                FollowedState::Failed(..) => Some(MessageStatus::Failed),
            };
            let question = read::<MessageRow>(question)?.shown(status);
            let question = question.ok_or_else(|| CallError::broken("a question is not shown"))?;
            return Ok(Some(Followed { question, state }));
        }
        Err(CallError::broken("a turn neither runs nor has ended"))
    }

    /// The turns among `turns` of a conversation that run, or whose process died.
    pub async fn running_turns(
        &self,
        conversation: ConversationId,
        turns: &[TurnNumber],
    ) -> Result<Vec<RunningTurn>, CallError> {
        let keys = turns.iter().map(|&turn| keys::running(&self.tables, conversation, turn));
        let found = self.get_many(keys.collect()).await?;
        read_all(found.into_iter().flatten().collect())
    }

    /// Reads some of the turns in one part of the index that began before `begun_before` and still run, or whose process
    /// died: those after `start`. Also returns where to continue.
    pub async fn some_running(
        &self,
        part: u8,
        begun_before: Timestamp,
        start: Option<Item>,
    ) -> Result<(Vec<RunningTurn>, Option<Item>), CallError> {
        let found = client::query()
            .table_name(&self.tables.sessions)
            .index_name(keys::RUNNING)
            .key_condition_expression("running = :part AND by_created < :before")
            .expression_attribute_values(":part", s(part))
            .expression_attribute_values(":before", s(ListPosition::by_time(begun_before, "").0))
            .limit(RUNNING_AT_ONCE)
            .set_exclusive_start_key(start)
            .call(&self.client)
            .await?;
        let items = found.items.unwrap_or_default().into_iter();
        let keys = items.map(|item| keys::Key::of_indexed(&self.tables.sessions, item)).collect();
        let running = read_all(self.get_many(keys).await?.into_iter().flatten().collect())?;
        Ok((running, found.last_evaluated_key))
    }
}
