//! The `sessions` table: conversations and their messages, one item per message, so that a conversation
//! can grow for ever.

use super::{
    Item, Store, StoreError, idempotency, keys, n, read, read_all, read_if_any, s,
    transaction::{Action, Outcome},
    users,
    walk::Walk,
    write,
};
use crate::{
    config::Tables,
    domain::{
        conversation::{Conversation, LastTurn, MessageStatus, Turn},
        ids::{ConversationId, TurnNumber, UserId},
        page::PageRequest,
        text::{MessageText, Title},
        time::Timestamp,
    },
};
use aws_sdk_dynamodb::{
    operation::{query::builders::QueryFluentBuilder, update_item::UpdateItemError},
    types::ReturnValue,
};
use serde::{Deserialize, Serialize};

/// How many turns a conversation shows at once.
pub const LATEST_TURNS: usize = 50;
const ITEMS_PER_TURN: usize = 2;

#[derive(Serialize, Deserialize)]
pub(super) struct ConversationRow {
    id: ConversationId,
    owner: UserId,
    title: Title,
    turns: u64,
    last_turn: Option<LastTurn>,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Place in the owner's list. Absent from an index's row.
    #[serde(default)]
    listed: String,
    /// The last number given to a turn. Absent from an index's row, so that taking one costs no write there.
    #[serde(default)]
    last_number: u64,
}

impl ConversationRow {
    fn new(conversation: Conversation, owner: UserId, last_number: u64) -> Self {
        let Conversation { id, title, turns, last_turn, created_at, updated_at } = conversation;
        let listed = keys::listed(created_at, id);
        Self { id, owner, title, turns, last_turn, created_at, updated_at, listed, last_number }
    }

    pub(super) fn if_owned_by(self, user: UserId) -> Option<Conversation> {
        let Self { id, owner, title, turns, last_turn, created_at, updated_at, listed: _, last_number: _ } = self;
        (owner == user).then_some(Conversation { id, title, turns, last_turn, created_at, updated_at })
    }
}

/// Who said a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Speaker {
    User,
    Assistant,
}

#[derive(Serialize, Deserialize)]
pub(super) struct MessageRow {
    pub turn: TurnNumber,
    pub speaker: Speaker,
    pub content: String,
    pub status: MessageStatus,
    pub created_at: Timestamp,
}

impl Store {
    /// Makes a conversation, and keeps the answer under the request's idempotency key if it has one.
    /// `false`: a record is there for that key already.
    pub async fn begin_conversation(
        &self,
        owner: UserId,
        conversation: &Conversation,
        record: Option<idempotency::Entry>,
    ) -> Result<bool, StoreError> {
        let mut actions = vec![
            ((), new_conversation(&self.tables, owner, conversation.clone(), 0)?),
            ((), users::count_conversation(&self.tables, owner)),
        ];
        if let Some(record) = record {
            actions.push(((), record.put(&self.tables, owner)?));
        }
        Ok(self.transact(actions).await? == Outcome::Committed)
    }

    /// A user's conversations, newest first.
    pub async fn conversations(&self, owner: UserId, page: PageRequest) -> Result<Vec<Conversation>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.tables.sessions)
            .index_name(keys::BY_OWNER)
            .key_condition_expression("#owner = :owner")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", s(owner))
            .scan_index_forward(false);
        let walk = Walk { query, items_per_entry: 1 };
        let rows: Vec<ConversationRow> = read_all(walk.page(page.skipped(), page.size(), |_| true).await?)?;
        Ok(rows.into_iter().filter_map(|row| row.if_owned_by(owner)).collect())
    }

    /// A user's conversation with its latest turns, oldest first. One call while there are few turns,
    /// because the conversation's row lies just before its messages.
    pub async fn conversation_with_turns(
        &self,
        owner: UserId,
        id: ConversationId,
    ) -> Result<Option<(Conversation, Vec<Turn>)>, StoreError> {
        let Some((conversation, turns)) = self.conversation_and_first(owner, id, LATEST_TURNS).await? else {
            return Ok(None);
        };
        if conversation.turns <= LATEST_TURNS as u64 {
            return Ok(Some((conversation, turns)));
        }
        let query = self.messages(id).scan_index_forward(false);
        let walk = Walk { query, items_per_entry: ITEMS_PER_TURN };
        let mut items = walk.take(LATEST_TURNS, None, complete_turns_backwards).await?;
        items.reverse();
        let mut turns = turns_of(items)?;
        turns.drain(..turns.len().saturating_sub(LATEST_TURNS));
        Ok(Some((conversation, turns)))
    }

    /// A user's conversation and a page of its turns, oldest first. The first page is one call.
    pub async fn conversation_with_page(
        &self,
        owner: UserId,
        id: ConversationId,
        page: PageRequest,
    ) -> Result<Option<(Conversation, Vec<Turn>)>, StoreError> {
        if page.number() == 1 {
            return self.conversation_and_first(owner, id, page.size()).await;
        }
        let Some(conversation) = self.conversation(owner, id).await? else {
            return Ok(None);
        };
        if !page.exists_in(conversation.turns) {
            return Ok(Some((conversation, Vec::new())));
        }
        let walk = Walk { query: self.messages(id), items_per_entry: ITEMS_PER_TURN };
        let items = walk.page(page.skipped(), page.size(), is_reply).await?;
        Ok(Some((conversation, turns_of(items)?)))
    }

    async fn conversation_and_first(
        &self,
        owner: UserId,
        id: ConversationId,
        turns: usize,
    ) -> Result<Option<(Conversation, Vec<Turn>)>, StoreError> {
        let query = self.conversation_query(id).key_condition_expression("pk = :pk AND sk < :end");
        let query = query.expression_attribute_values(":end", s(keys::AFTER_MESSAGES));
        // One call reads the conversation's row and, unless turns failed, all wanted ones.
        let first = query.clone().limit(i32::try_from(1 + turns * ITEMS_PER_TURN).unwrap_or(i32::MAX)).send().await?;
        let mut items = first.items.unwrap_or_default();
        if items.is_empty() {
            return Ok(None);
        }
        let row: ConversationRow = read(items.remove(0))?;
        let Some(conversation) = row.if_owned_by(owner) else {
            return Ok(None);
        };
        let left = turns.saturating_sub(items.iter().filter(|item| is_reply(item)).count());
        if left > 0 && first.last_evaluated_key.is_some() {
            let walk = Walk { query, items_per_entry: ITEMS_PER_TURN };
            let replies = |items: &[Item]| items.iter().filter(|item| is_reply(item)).count();
            items.extend(walk.take(left, first.last_evaluated_key, replies).await?);
        }
        Ok(Some((conversation, turns_of(items)?)))
    }

    /// A user's conversation.
    pub async fn conversation(&self, owner: UserId, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        let row: Option<ConversationRow> = read_if_any(self.get(keys::conversation(&self.tables, id)).await?)?;
        Ok(row.and_then(|row| row.if_owned_by(owner)))
    }

    /// One answered turn of a user's conversation, in one call.
    pub async fn turn(
        &self,
        owner: UserId,
        id: ConversationId,
        number: TurnNumber,
    ) -> Result<Option<Turn>, StoreError> {
        let [about, message, reply] = self
            .get_together([
                keys::conversation(&self.tables, id),
                keys::user_message(&self.tables, id, number),
                keys::reply(&self.tables, id, number),
            ])
            .await?;
        let about: Option<ConversationRow> = read_if_any(about)?;
        if about.and_then(|row| row.if_owned_by(owner)).is_none() {
            return Ok(None);
        }
        Ok(turns_of(message.into_iter().chain(reply).collect())?.pop())
    }

    /// Takes the next number for a turn. `None`: the conversation is gone.
    pub async fn take_turn_number(&self, id: ConversationId) -> Result<Option<TurnNumber>, StoreError> {
        let key = keys::conversation(&self.tables, id);
        let sent = self
            .client
            .update_item()
            .table_name(key.table)
            .set_key(Some(key.attributes))
            .update_expression("SET last_number = last_number + :one")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await;
        match sent {
            Ok(output) => {
                let number = output.attributes.and_then(|new| new.get("last_number")?.as_n().ok()?.parse().ok());
                number.map(|number| Some(TurnNumber(number))).ok_or_else(|| StoreError::broken("no turn number"))
            }
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn conversation_query(&self, id: ConversationId) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.tables.sessions)
            .expression_attribute_values(":pk", s(keys::conversation_partition(id)))
            .consistent_read(true)
    }

    fn messages(&self, id: ConversationId) -> QueryFluentBuilder {
        self.conversation_query(id)
            .key_condition_expression("pk = :pk AND begins_with(sk, :message)")
            .expression_attribute_values(":message", s(keys::FIRST_MESSAGE))
    }
}

/// Puts a conversation that must not exist yet.
pub(super) fn new_conversation(
    tables: &Tables,
    owner: UserId,
    conversation: Conversation,
    last_number: u64,
) -> Result<Action, StoreError> {
    let key = keys::conversation(tables, conversation.id);
    Ok(Action::put_new(key.clone(), write(key, ConversationRow::new(conversation, owner, last_number))?))
}

fn is_reply(item: &Item) -> bool {
    item.get("sk").and_then(|sk| sk.as_s().ok()).is_some_and(|sk| sk.ends_with("#1"))
}

/// Read backwards, a turn is complete with the message that follows its reply.
fn complete_turns_backwards(items: &[Item]) -> usize {
    items.windows(2).filter(|pair| is_reply(&pair[0]) && !is_reply(&pair[1])).count()
}

/// Joins messages and replies; messages without a reply (failed, or not answered yet) are left out.
fn turns_of(items: Vec<Item>) -> Result<Vec<Turn>, StoreError> {
    let mut turns = Vec::new();
    let mut said: Option<MessageRow> = None;
    for row in read_all::<MessageRow>(items)? {
        match (row.speaker, said.take()) {
            (Speaker::User, _) => said = Some(row),
            (Speaker::Assistant, Some(said)) if said.turn == row.turn => turns.push(Turn {
                number: said.turn,
                message: MessageText::parse(said.content).map_err(|problem| StoreError::broken(problem.to_string()))?,
                response: row.content,
                created_at: said.created_at,
            }),
            (Speaker::Assistant, _) => {}
        }
    }
    Ok(turns)
}
