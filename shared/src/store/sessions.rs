//! The `sessions` table: conversations and their messages. Each message is an item of its own, so a conversation can
//! grow without limit.

use super::{
    CallError, Item, Store, assistants,
    client::{self, Request},
    idempotency, json_bytes, keys,
    listing::{Index, KeyPage},
    outbox, read, read_all, read_if_any, s, text_bytes,
    transaction::{Action, Outcome},
    users::{self, Account},
    walk::Walk,
    write,
};
use crate::{
    config::Tables,
    domain::{
        conversation::{Attachment, Conversation, LastTurn, Message, MessageStatus, Turn},
        event::OutboxEntry,
        ids::{AssistantId, ConversationId, MessageId, Speaker, TurnNumber, UserId},
        list::{ConversationField, ListPosition, ListRequest},
        money::Tokens,
        page::{PageRequest, RESPONSE_BYTES_MAX},
        text::{MessageText, Title},
        time::Timestamp,
    },
};
use aws_sdk_dynamodb::operation::query::builders::QueryInputBuilder;
use serde::{Deserialize, Serialize};

/// The most turns of a conversation that are shown at once.
pub const LATEST_TURNS: usize = 50;
/// The most bytes of their texts.
const LATEST_BYTES_MAX: usize = 4_000_000;
const ITEMS_PER_TURN: usize = 2;

#[derive(Serialize, Deserialize)]
pub(super) struct ConversationRow {
    id: ConversationId,
    owner: UserId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assistant: Option<AssistantId>,
    title: Title,
    said: u64,
    turns: u64,
    last_turn: Option<LastTurn>,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Positions in lists.
    by_created: ListPosition,
    by_updated: ListPosition,
    by_title: ListPosition,
    /// The last number given to a turn.
    last_number: u64,
}

impl ConversationRow {
    fn new(conversation: Conversation, owner: UserId, last_number: u64) -> Self {
        let Conversation { id, assistant, title, said, turns, last_turn, created_at, updated_at } = conversation;
        Self {
            by_created: ListPosition::by_time(created_at, id),
            by_updated: ListPosition::by_time(updated_at, id),
            by_title: ListPosition::by_text(title.as_str(), id),
            id,
            owner,
            assistant,
            title,
            said,
            turns,
            last_turn,
            created_at,
            updated_at,
            last_number,
        }
    }

    pub(super) fn if_owned_by(self, user: UserId) -> Option<Conversation> {
        let Self {
            id,
            owner,
            assistant,
            title,
            said,
            turns,
            last_turn,
            created_at,
            updated_at,
            by_created: _,
            by_updated: _,
            by_title: _,
            last_number: _,
        } = self;
        (owner == user).then_some(Conversation { id, assistant, title, said, turns, last_turn, created_at, updated_at })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct MessageRow {
    pub turn: TurnNumber,
    pub speaker: Speaker,
    pub content: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    pub status: MessageStatus,
    /// The price that was charged for a reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charged: Option<Tokens>,
    pub created_at: Timestamp,
}

impl From<MessageRow> for Message {
    fn from(row: MessageRow) -> Self {
        let MessageRow { turn, speaker, content, attachments, status, charged, created_at } = row;
        Self { id: MessageId { turn, speaker }, content, attachments, status, charged, created_at }
    }
}

/// Why a conversation was not created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotBegun {
    /// A record exists for the request's idempotency key.
    Key,
    /// The assistant is gone.
    Assistant,
    /// The account is gone.
    Owner,
}

impl Store {
    /// Creates a conversation, and stores the outcome under the request's idempotency key if it has one.
    pub async fn begin_conversation(
        &self,
        owner: UserId,
        conversation: &Conversation,
        outbox_entry: &OutboxEntry,
        record: Option<idempotency::Entry>,
    ) -> Result<Result<(), Vec<NotBegun>>, CallError> {
        let mut actions = vec![
            (None, new_conversation(&self.tables, owner, conversation.clone(), 0)?),
            (Some(NotBegun::Owner), users::count_conversation(&self.tables, owner)),
            (None, outbox::put(&self.tables, outbox_entry)?),
        ];
        if let Some(assistant) = conversation.assistant {
            actions.push((Some(NotBegun::Assistant), assistants::count_conversation(&self.tables, owner, assistant)));
        }
        if let Some(record) = record {
            actions.push((Some(NotBegun::Key), record.put(&self.tables, owner)?));
        }
        match self.transact(actions).await? {
            Outcome::Committed => Ok(Ok(())),
            Outcome::Refused(labels) => Ok(Err(labels.into_iter().flatten().collect())),
        }
    }

    /// A page of a user's conversations, and where the next page begins.
    pub async fn conversations(
        &self,
        owner: UserId,
        request: &ListRequest<ConversationField>,
    ) -> Result<(Vec<Conversation>, Option<ListPosition>), CallError> {
        let KeyPage { keys, next } = self.keys_of_conversations(owner, request).await?;
        Ok((owned_by(owner, self.get_many(keys).await?)?, next))
    }

    /// The keys of a page of a user's conversations, as the index lists them. Recent changes may be missing.
    pub(super) async fn keys_of_conversations(
        &self,
        owner: UserId,
        request: &ListRequest<ConversationField>,
    ) -> Result<KeyPage<'_>, CallError> {
        let (name, order) = match request.sort.field {
            ConversationField::CreatedAt => ("owner-by-created", "by_created"),
            ConversationField::UpdatedAt => ("owner-by-updated", "by_updated"),
            ConversationField::Title => ("owner-by-title", "by_title"),
        };
        let partition = ("owner", owner.to_string());
        let index = Index { table: &self.tables.sessions, name, partition, order };
        self.conversation_keys(index, request).await
    }

    /// A page of a user's conversations with one assistant, the total count, and where the next page begins. `None` if
    /// the user has no such assistant.
    pub async fn conversations_with(
        &self,
        owner: UserId,
        assistant: AssistantId,
        request: &ListRequest<ConversationField>,
    ) -> Result<Option<(Vec<Conversation>, u64, Option<ListPosition>)>, CallError> {
        let (name, order) = match request.sort.field {
            ConversationField::CreatedAt => ("assistant-by-created", "by_created"),
            ConversationField::UpdatedAt => ("assistant-by-updated", "by_updated"),
            ConversationField::Title => ("assistant-by-title", "by_title"),
        };
        let partition = ("assistant", assistant.to_string());
        let index = Index { table: &self.tables.sessions, name, partition, order };
        let KeyPage { keys, next } = self.conversation_keys(index, request).await?;
        let about = keys::assistant(&self.tables, owner, assistant);
        let mut found = self.get_many(std::iter::once(about).chain(keys).collect()).await?.into_iter();
        let Some(assistant) = assistants::read_row(found.next().flatten())? else {
            return Ok(None);
        };
        Ok(Some((owned_by(owner, found)?, assistant.conversations, next)))
    }

    async fn conversation_keys<'a>(
        &'a self,
        index: Index<'a>,
        request: &ListRequest<ConversationField>,
    ) -> Result<KeyPage<'a>, CallError> {
        let row = |id: &str| Some(keys::conversation(&self.tables, ConversationId::parse(id)?));
        self.list_keys(index, request, row).await
    }

    /// A user's conversation with the messages before `before`, oldest first: at most `wanted` messages with at most
    /// `bytes_max` bytes of text, but at least one message.
    pub async fn conversation_with_messages(
        &self,
        owner: UserId,
        id: ConversationId,
        before: Option<MessageId>,
        wanted: usize,
        bytes_max: usize,
    ) -> Result<Option<(Conversation, Vec<Message>)>, CallError> {
        let end = before.map_or_else(|| keys::AFTER_MESSAGES.to_owned(), keys::message_sort);
        let query = self.conversation_query(id).key_condition_expression("pk = :pk AND sk BETWEEN :first AND :end");
        let query = query.expression_attribute_values(":first", s(keys::FIRST_MESSAGE));
        let query = query.expression_attribute_values(":end", s(end)).scan_index_forward(false);
        let walk = Walk { client: &self.client, query, items_per_entry: 1, tidy: |_| {} };
        // The query also returns the message `before`, which is not wanted.
        let wanted_items = wanted + usize::from(before.is_some());
        let enough = |items: &[Item]| if text_bytes(items) > bytes_max { wanted_items } else { items.len() };
        let messages = walk.take(wanted_items, None, enough);
        let (about, items) = futures::future::try_join(self.conversation(owner, id), messages).await?;
        let Some(conversation) = about else {
            return Ok(None);
        };
        let rows: Vec<MessageRow> = read_all(items)?;
        let mut messages = Vec::new();
        let mut bytes = 0;
        for message in rows.into_iter().map(Message::from).filter(|message| before != Some(message.id)).take(wanted) {
            bytes += json_bytes(&message.content);
            if bytes > bytes_max && !messages.is_empty() {
                break;
            }
            messages.push(message);
        }
        messages.reverse();
        Ok(Some((conversation, messages)))
    }

    /// A user's conversation with its latest turns, oldest first: at most 50 turns with 4 MB of text. Takes one call
    /// while there are few turns, because the conversation's row directly precedes its messages.
    pub async fn conversation_with_turns(
        &self,
        owner: UserId,
        id: ConversationId,
    ) -> Result<Option<(Conversation, Vec<Turn>)>, CallError> {
        let Some((conversation, first)) = self.conversation_and_first(owner, id, LATEST_TURNS).await? else {
            return Ok(None);
        };
        if conversation.turns <= LATEST_TURNS as u64 && text_bytes(&first) <= LATEST_BYTES_MAX {
            return Ok(Some((conversation, turns_of(first)?)));
        }
        let query = self.messages(id).scan_index_forward(false);
        let walk =
            Walk { client: &self.client, query, items_per_entry: ITEMS_PER_TURN, tidy: drop_unanswered_backwards };
        let enough = |items: &[Item]| match text_bytes(items) > LATEST_BYTES_MAX {
            true => LATEST_TURNS,
            false => complete_turns_backwards(items),
        };
        let mut items = walk.take(LATEST_TURNS, None, enough).await?;
        items.reverse();
        let mut turns = turns_of(items)?;
        let sizes = turns.iter().rev().scan(0, |sum, turn| {
            *sum += bytes_of(turn);
            Some(*sum)
        });
        let shown = sizes.take(LATEST_TURNS).take_while(|sum| *sum <= LATEST_BYTES_MAX).count();
        turns.drain(..turns.len() - shown);
        Ok(Some((conversation, turns)))
    }

    /// A user's conversation and a page of its turns, oldest first. The first page takes one call.
    ///
    /// # Errors
    /// `PageTooLarge` if the turns are too large for one response.
    pub async fn conversation_with_page(
        &self,
        owner: UserId,
        id: ConversationId,
        page: PageRequest,
    ) -> Result<Option<(Conversation, Vec<Turn>)>, CallError> {
        if page.number() == 1 {
            let Some((conversation, items)) = self.conversation_and_first(owner, id, page.size()).await? else {
                return Ok(None);
            };
            return Ok(Some((conversation, turns_of_page(items)?)));
        }
        let Some(conversation) = self.conversation(owner, id).await? else {
            return Ok(None);
        };
        if !page.exists_in(conversation.turns) {
            return Ok(Some((conversation, Vec::new())));
        }
        let walk = Walk {
            client: &self.client,
            query: self.messages(id),
            items_per_entry: ITEMS_PER_TURN,
            tidy: drop_unanswered,
        };
        let items = walk.page(page.skipped(), page.size(), is_reply, RESPONSE_BYTES_MAX).await?;
        Ok(Some((conversation, turns_of_page(items)?)))
    }

    /// The items of the first `turns` turns. Stops when they are larger than a response may be.
    async fn conversation_and_first(
        &self,
        owner: UserId,
        id: ConversationId,
        turns: usize,
    ) -> Result<Option<(Conversation, Vec<Item>)>, CallError> {
        let query = self.conversation_query(id).key_condition_expression("pk = :pk AND sk < :end");
        let query = query.expression_attribute_values(":end", s(keys::AFTER_MESSAGES));
        // One call reads the conversation's row and all wanted turns, unless some turns failed.
        let first = query
            .clone()
            .limit(i32::try_from(1 + turns * ITEMS_PER_TURN).unwrap_or(i32::MAX))
            .call(&self.client)
            .await?;
        let mut items = first.items.unwrap_or_default();
        if items.is_empty() {
            return Ok(None);
        }
        let row: ConversationRow = read(items.remove(0))?;
        let Some(conversation) = row.if_owned_by(owner) else {
            return Ok(None);
        };
        drop_unanswered(&mut items);
        let left = turns.saturating_sub(items.iter().filter(|item| is_reply(item)).count());
        if left > 0 && first.last_evaluated_key.is_some() {
            let walk = Walk { client: &self.client, query, items_per_entry: ITEMS_PER_TURN, tidy: drop_unanswered };
            let replies = |items: &[Item]| match text_bytes(items) > RESPONSE_BYTES_MAX {
                true => left,
                false => items.iter().filter(|item| is_reply(item)).count(),
            };
            items.extend(walk.take(left, first.last_evaluated_key, replies).await?);
        }
        Ok(Some((conversation, items)))
    }

    /// Reads a user's conversation.
    pub async fn conversation(&self, owner: UserId, id: ConversationId) -> Result<Option<Conversation>, CallError> {
        let row: Option<ConversationRow> = read_if_any(self.get(keys::conversation(&self.tables, id)).await?)?;
        Ok(row.and_then(|row| row.if_owned_by(owner)))
    }

    /// Reads an account and one of its conversations, in one call.
    pub async fn account_and_conversation(
        &self,
        owner: UserId,
        id: ConversationId,
    ) -> Result<(Option<Account>, Option<Conversation>), CallError> {
        let keys = [keys::profile(&self.tables, owner), keys::conversation(&self.tables, id)];
        let [profile, about] = self.get_together(keys).await?;
        let about: Option<ConversationRow> = read_if_any(about)?;
        Ok((users::account(profile)?, about.and_then(|row| row.if_owned_by(owner))))
    }

    /// Reads one answered turn of a user's conversation, in one call.
    pub async fn turn(&self, owner: UserId, id: ConversationId, number: TurnNumber) -> Result<Option<Turn>, CallError> {
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

    /// Reads messages of a user's conversations, in the order of `ids`. Messages of deleted conversations and of other
    /// users are left out.
    pub async fn messages_of(
        &self,
        owner: UserId,
        ids: &[(ConversationId, MessageId)],
    ) -> Result<Vec<Option<Message>>, CallError> {
        let keys = ids.iter().flat_map(|&(conversation, id)| {
            [keys::conversation(&self.tables, conversation), keys::message(&self.tables, conversation, id)]
        });
        let items = self.get_many(keys.collect()).await?;
        let message = |pair: &[Option<Item>]| {
            let [about, message] = pair else { return Ok(None) };
            let about: Option<ConversationRow> = read_if_any(about.clone())?;
            let is_own = about.and_then(|row| row.if_owned_by(owner)).is_some();
            let message: Option<MessageRow> = read_if_any(message.clone().filter(|_| is_own))?;
            Ok(message.map(Message::from))
        };
        items.chunks(2).map(message).collect()
    }

    /// Takes the next number for a turn. `None` if the conversation is gone.
    pub async fn take_turn_number(&self, id: ConversationId) -> Result<Option<TurnNumber>, CallError> {
        Ok(self.next_number(keys::conversation(&self.tables, id)).await?.map(TurnNumber))
    }

    fn conversation_query(&self, id: ConversationId) -> QueryInputBuilder {
        client::query()
            .table_name(&self.tables.sessions)
            .expression_attribute_values(":pk", s(keys::conversation_partition(id)))
            .consistent_read(true)
    }

    fn messages(&self, id: ConversationId) -> QueryInputBuilder {
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
) -> Result<Action, CallError> {
    let key = keys::conversation(tables, conversation.id);
    Ok(Action::put_new(key.clone(), write(key, ConversationRow::new(conversation, owner, last_number))?))
}

fn owned_by(owner: UserId, items: impl IntoIterator<Item = Option<Item>>) -> Result<Vec<Conversation>, CallError> {
    let rows: Vec<ConversationRow> = read_all(items.into_iter().flatten().collect())?;
    Ok(rows.into_iter().filter_map(|row| row.if_owned_by(owner)).collect())
}

fn is_reply(item: &Item) -> bool {
    item.get("sk").and_then(|sk| sk.as_s().ok()).is_some_and(|sk| sk.ends_with("#1"))
}

/// Drops messages that have no reply, except the last one, whose reply may follow.
fn drop_unanswered(items: &mut Vec<Item>) {
    let is_kept: Vec<bool> =
        (0..items.len()).map(|at| items.get(at + 1).is_none_or(is_reply) || is_reply(&items[at])).collect();
    let mut is_kept = is_kept.into_iter();
    items.retain(|_| is_kept.next().unwrap_or(true));
}

/// The same when reading backwards.
fn drop_unanswered_backwards(items: &mut Vec<Item>) {
    let follows_reply = |at: usize| at > 0 && is_reply(&items[at - 1]);
    let is_kept: Vec<bool> = (0..items.len()).map(|at| is_reply(&items[at]) || follows_reply(at)).collect();
    let mut is_kept = is_kept.into_iter();
    items.retain(|_| is_kept.next().unwrap_or(true));
}

/// Reading backwards, a turn is complete when its user message follows its reply.
fn complete_turns_backwards(items: &[Item]) -> usize {
    items.windows(2).filter(|pair| is_reply(&pair[0]) && !is_reply(&pair[1])).count()
}

fn turns_of_page(items: Vec<Item>) -> Result<Vec<Turn>, CallError> {
    let turns = turns_of(items)?;
    if turns.iter().map(bytes_of).sum::<usize>() > RESPONSE_BYTES_MAX {
        Err(CallError::PageTooLarge)
    } else {
        Ok(turns)
    }
}

fn bytes_of(turn: &Turn) -> usize {
    json_bytes(turn.message.as_str()) + json_bytes(&turn.response)
}

/// Joins messages and replies. Messages without a reply (failed, or not answered yet) are left out.
fn turns_of(items: Vec<Item>) -> Result<Vec<Turn>, CallError> {
    let mut turns = Vec::new();
    let mut said: Option<MessageRow> = None;
    for row in read_all::<MessageRow>(items)? {
        match (row.speaker, said.take()) {
            (Speaker::User, _) => said = Some(row),
            (Speaker::Assistant, Some(said)) if said.turn == row.turn => turns.push(turn_of(said, row)?),
            (Speaker::Assistant, _) => {}
        }
    }
    Ok(turns)
}

fn turn_of(said: MessageRow, reply: MessageRow) -> Result<Turn, CallError> {
    let MessageRow { turn: number, content, attachments, created_at, speaker: _, status: _, charged: _ } = said;
    Ok(Turn {
        number,
        message: MessageText::parse(content).map_err(|problem| CallError::broken(problem.to_string()))?,
        attachments,
        response: reply.content,
        is_cut: reply.status == MessageStatus::Cut,
        charged: reply.charged.unwrap_or(0),
        created_at,
        answered_at: reply.created_at,
    })
}
