//! The `sessions` table: conversations and their messages. Each message is an item of its own, so a conversation can
//! grow without limit.

use super::{
    CallError, Item, Store, assistants,
    client::{self, Request},
    idempotency, json_bytes, keys,
    listing::{Index, KeyPage},
    outbox, read, read_all, read_if_any, s, text_bytes,
    transaction::{Action, Outcome, UpdateExpression},
    users::{self, Account},
    walk::Walk,
    write,
};
use crate::{
    config::Tables,
    domain::{
        conversation::{AboutReply, Attachment, Conversation, Message, MessageStatus, Preview, Turn, TurnFailure},
        event::OutboxEntry,
        ids::{AssistantId, ConversationId, MessageId, Speaker, TurnNumber, UserId},
        list::{ConversationField, ListPosition, ListRequest},
        page::{PageRequest, RESPONSE_BYTES_MAX},
        text::{MessageText, Title},
        time::Timestamp,
    },
};
use aws_sdk_dynamodb::{operation::query::builders::QueryInputBuilder, types::AttributeValue};
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

/// The most turns of a conversation that are shown at once.
pub const LATEST_TURNS: usize = 50;
/// The most bytes of their texts.
const LATEST_BYTES_MAX: usize = 4_000_000;
const ITEMS_PER_TURN: usize = 2;
/// The conversations whose previews one call reads.
const PREVIEWS_PER_CALL: usize = 10;
const PREVIEW_CALLS_AT_ONCE: usize = 4;
/// The most turns that a model is told of.
const HISTORY_TURNS: usize = 50;

#[derive(Serialize, Deserialize)]
pub(super) struct ConversationRow {
    id: ConversationId,
    owner: UserId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assistant: Option<AssistantId>,
    title: Title,
    /// Whether the user chose the title. Absent if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    own_title: bool,
    said: u64,
    turns: u64,
    broken_off: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_turn: Option<TurnNumber>,
    /// The number of turns that have begun.
    begun: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Positions in lists.
    by_created: ListPosition,
    by_updated: ListPosition,
    by_title: ListPosition,
}

impl ConversationRow {
    fn new(conversation: Conversation, owner: UserId) -> Self {
        let Conversation {
            id,
            assistant,
            title,
            own_title,
            said,
            turns,
            broken_off,
            last_turn,
            begun,
            created_at,
            updated_at,
        } = conversation;
        Self {
            by_created: ListPosition::by_time(created_at, id),
            by_updated: ListPosition::by_time(updated_at, id),
            by_title: ListPosition::by_text(title.as_str(), id),
            id,
            owner,
            assistant,
            title,
            own_title,
            said,
            turns,
            broken_off,
            last_turn,
            begun,
            created_at,
            updated_at,
        }
    }

    pub(super) fn if_owned_by(self, user: UserId) -> Option<Conversation> {
        let Self {
            id,
            owner,
            assistant,
            title,
            own_title,
            said,
            turns,
            broken_off,
            last_turn,
            begun,
            created_at,
            updated_at,
            by_created: _,
            by_updated: _,
            by_title: _,
        } = self;
        (owner == user).then_some(Conversation {
            id,
            assistant,
            title,
            own_title,
            said,
            turns,
            broken_off,
            last_turn,
            begun,
            created_at,
            updated_at,
        })
    }
}

/// A row of a turn: the question, written once when the turn begins, or the outcome, written once when it ends. So a
/// long text is never written again for the sake of a status.
#[derive(Serialize, Deserialize)]
pub(super) struct MessageRow {
    pub turn: TurnNumber,
    pub speaker: Speaker,
    pub content: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// How the turn ended, in the row of its outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<MessageStatus>,
    /// How the reply came about, in the row of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<AboutReply>,
    /// Why the turn failed, in the row of an outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<TurnFailure>,
    pub created_at: Timestamp,
}

impl MessageRow {
    pub(super) const fn new(turn: TurnNumber, speaker: Speaker, content: String, created_at: Timestamp) -> Self {
        Self { turn, speaker, content, attachments: Vec::new(), status: None, about: None, failure: None, created_at }
    }

    /// The message, if it can be seen. `outcome` is how the turn of a question ended, if it did.
    pub(super) fn shown(self, outcome: Option<MessageStatus>) -> Option<Message> {
        let Self { turn, speaker, content, attachments, status, about, failure: _, created_at } = self;
        let status = match (speaker, status, outcome) {
            (Speaker::Assistant, status, _) => status.unwrap_or(MessageStatus::Complete),
            (Speaker::User, _, None) => MessageStatus::Pending,
            (Speaker::User, _, Some(MessageStatus::Failed)) => MessageStatus::Failed,
            (Speaker::User, _, Some(_)) => MessageStatus::Complete,
        };
        // A turn that failed before the model said anything has an outcome without a text.
        let is_shown = speaker == Speaker::User || status != MessageStatus::Failed || !content.is_empty();
        let id = MessageId { turn, speaker };
        is_shown.then_some(Message { id, content, attachments, status, about, created_at })
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
            (None, new_conversation(&self.tables, owner, conversation.clone())?),
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

    /// Gives a user's conversation the title that the user chose. Returns whether the user has this conversation.
    pub async fn rename_conversation(
        &self,
        owner: UserId,
        id: ConversationId,
        title: &Title,
        outbox_entry: &OutboxEntry,
    ) -> Result<bool, CallError> {
        let change = UpdateExpression {
            update: "SET #title = :title, by_title = :place, own_title = :yes",
            condition: "#owner = :owner",
            names: &TITLE_NAMES,
            values: [vec![(":yes", AttributeValue::Bool(true))], title_values(owner, id, title)].concat(),
        };
        self.change_title(id, change, outbox_entry).await
    }

    /// Gives a user's conversation a title that the user did not choose, unless the user chose one. Returns whether it
    /// has the title now.
    pub async fn title_if_unset(
        &self,
        owner: UserId,
        id: ConversationId,
        title: &Title,
        outbox_entry: &OutboxEntry,
    ) -> Result<bool, CallError> {
        let change = UpdateExpression {
            update: "SET #title = :title, by_title = :place",
            condition: "#owner = :owner AND attribute_not_exists(own_title)",
            names: &TITLE_NAMES,
            values: title_values(owner, id, title),
        };
        self.change_title(id, change, outbox_entry).await
    }

    async fn change_title(
        &self,
        id: ConversationId,
        change: UpdateExpression<'_>,
        outbox_entry: &OutboxEntry,
    ) -> Result<bool, CallError> {
        let rename = Action::update(keys::conversation(&self.tables, id), change);
        let actions = vec![((), rename), ((), outbox::put(&self.tables, outbox_entry)?)];
        Ok(self.transact(actions).await? == Outcome::Committed)
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
        let about = assistants::rows(&self.tables, owner, assistant).into_iter();
        let mut found = self.get_many(about.chain(keys).collect()).await?.into_iter();
        let Some(assistant) = assistants::read_assistant(found.next().flatten(), found.next().flatten())? else {
            return Ok(None);
        };
        Ok(Some((owned_by(owner, found)?, assistant.usage.conversations, next)))
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
        let enough = |items: &[Item]| match text_bytes(items) > bytes_max {
            true => wanted_items,
            false => items.iter().filter(|item| !is_failure_without_text(item)).count(),
        };
        let messages = walk.take(wanted_items, None, enough);
        let (about, items) = futures::future::try_join(self.conversation(owner, id), messages).await?;
        let Some(conversation) = about else {
            return Ok(None);
        };
        let rows: Vec<MessageRow> = read_all(items)?;
        let mut messages = Vec::new();
        let mut bytes = 0;
        let mut outcome = None;
        // Newest first, so that a turn's outcome comes before its question.
        let shown = rows.into_iter().filter_map(|row| {
            let of_turn = outcome.filter(|(turn, _)| *turn == row.turn).and_then(|(_, status)| status);
            outcome = Some((row.turn, row.status));
            row.shown(of_turn)
        });
        for message in shown.filter(|message| before != Some(message.id)).take(wanted) {
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
        let items = walk.page(page.skipped(), page.size(), is_answer, RESPONSE_BYTES_MAX).await?;
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
        let left = turns.saturating_sub(items.iter().filter(|item| is_answer(item)).count());
        if left > 0 && first.last_evaluated_key.is_some() {
            let walk = Walk { client: &self.client, query, items_per_entry: ITEMS_PER_TURN, tidy: drop_unanswered };
            let replies = |items: &[Item]| match text_bytes(items) > RESPONSE_BYTES_MAX {
                true => left,
                false => items.iter().filter(|item| is_answer(item)).count(),
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

    /// The latest answered turns of a conversation, oldest first: at most 50, with about `bytes_max` bytes
    /// of text. The caller must find out whose conversation it is.
    pub async fn history(&self, id: ConversationId, bytes_max: usize) -> Result<Vec<Turn>, CallError> {
        let query = self.messages(id).scan_index_forward(false);
        let walk =
            Walk { client: &self.client, query, items_per_entry: ITEMS_PER_TURN, tidy: drop_unanswered_backwards };
        let enough = |items: &[Item]| match text_bytes(items) > bytes_max {
            true => HISTORY_TURNS,
            false => complete_turns_backwards(items),
        };
        let mut items = walk.take(HISTORY_TURNS, None, enough).await?;
        items.reverse();
        turns_of(items)
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
        let keys = ids.iter().flat_map(|&(conversation, MessageId { turn, speaker: _ })| {
            [
                keys::conversation(&self.tables, conversation),
                keys::user_message(&self.tables, conversation, turn),
                keys::reply(&self.tables, conversation, turn),
            ]
        });
        let items = self.get_many(keys.collect()).await?;
        let message = |(found, (_, id)): (&[Option<Item>], &(ConversationId, MessageId))| {
            let [about, question, outcome] = found else { return Ok(None) };
            let about: Option<ConversationRow> = read_if_any(about.clone())?;
            if about.and_then(|row| row.if_owned_by(owner)).is_none() {
                return Ok(None);
            }
            let outcome: Option<MessageRow> = read_if_any(outcome.clone())?;
            let status = outcome.as_ref().and_then(|row| row.status);
            let row = match id.speaker {
                Speaker::User => read_if_any(question.clone())?,
                Speaker::Assistant => outcome,
            };
            Ok(row.and_then(|row: MessageRow| row.shown(status)))
        };
        items.chunks(3).zip(ids).map(message).collect()
    }

    /// The beginnings of the latest answered turns, in the order of `conversations`. Takes one call for ten conversations,
    /// so that few of the whole texts are in memory at once.
    pub async fn previews(&self, conversations: &[Conversation]) -> Result<Vec<Option<Preview>>, CallError> {
        let calls = conversations.chunks(PREVIEWS_PER_CALL).map(|some| self.some_previews(some));
        stream::iter(calls.collect::<Vec<_>>()).buffered(PREVIEW_CALLS_AT_ONCE).try_concat().await
    }

    async fn some_previews(&self, conversations: &[Conversation]) -> Result<Vec<Option<Preview>>, CallError> {
        let keys = conversations.iter().filter_map(|conversation| Some((conversation.id, conversation.last_turn?)));
        let keys = keys
            .flat_map(|(id, turn)| [keys::user_message(&self.tables, id, turn), keys::reply(&self.tables, id, turn)]);
        let mut items = self.get_many(keys.collect()).await?.into_iter();
        let preview = |conversation: &Conversation| {
            let Some(_) = conversation.last_turn else { return Ok(None) };
            let rows = items.by_ref().take(ITEMS_PER_TURN).flatten().collect();
            Ok(turns_of(rows)?.last().map(Preview::from))
        };
        conversations.iter().map(preview).collect()
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
) -> Result<Action, CallError> {
    let key = keys::conversation(tables, conversation.id);
    Ok(Action::put_new(key.clone(), write(key, ConversationRow::new(conversation, owner))?))
}

const TITLE_NAMES: [(&str, &str); 2] = [("#owner", "owner"), ("#title", "title")];

fn title_values(owner: UserId, id: ConversationId, title: &Title) -> Vec<(&'static str, AttributeValue)> {
    let place = ListPosition::by_text(title.as_str(), id).0;
    vec![(":owner", s(owner)), (":title", s(title.as_str())), (":place", s(place))]
}

fn owned_by(owner: UserId, items: impl IntoIterator<Item = Option<Item>>) -> Result<Vec<Conversation>, CallError> {
    let rows: Vec<ConversationRow> = read_all(items.into_iter().flatten().collect())?;
    Ok(rows.into_iter().filter_map(|row| row.if_owned_by(owner)).collect())
}

/// Whether an item is the outcome of a turn that was answered.
fn is_answer(item: &Item) -> bool {
    is_outcome(item) && status_of(item) != Some(MessageStatus::Failed.as_str())
}

/// Whether an item is the outcome of a turn.
fn is_outcome(item: &Item) -> bool {
    item.get("sk").and_then(|sk| sk.as_s().ok()).is_some_and(|sk| sk.ends_with("#1"))
}

fn is_failure_without_text(item: &Item) -> bool {
    let is_empty = item.get("content").and_then(|text| text.as_s().ok()).is_some_and(String::is_empty);
    is_outcome(item) && is_empty
}

fn status_of(item: &Item) -> Option<&str> {
    Some(item.get("status")?.as_s().ok()?)
}

/// Drops turns that were not answered, except a question at the end, whose answer may follow.
fn drop_unanswered(items: &mut Vec<Item>) {
    let is_kept = |at: usize| match is_outcome(&items[at]) {
        true => is_answer(&items[at]),
        false => items.get(at + 1).is_none_or(is_answer),
    };
    keep(items, (0..items.len()).map(is_kept).collect());
}

/// The same when reading backwards.
fn drop_unanswered_backwards(items: &mut Vec<Item>) {
    let is_kept = |at: usize| match is_outcome(&items[at]) {
        true => is_answer(&items[at]),
        false => at > 0 && is_answer(&items[at - 1]),
    };
    keep(items, (0..items.len()).map(is_kept).collect());
}

fn keep(items: &mut Vec<Item>, is_kept: Vec<bool>) {
    let mut is_kept = is_kept.into_iter();
    items.retain(|_| is_kept.next().unwrap_or(true));
}

/// Reading backwards, a turn is complete when its question follows its answer.
fn complete_turns_backwards(items: &[Item]) -> usize {
    items.windows(2).filter(|pair| is_answer(&pair[0]) && !is_outcome(&pair[1])).count()
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

/// Joins questions and answers. Turns that failed or are not answered yet are left out.
pub(super) fn turns_of(items: Vec<Item>) -> Result<Vec<Turn>, CallError> {
    let mut turns = Vec::new();
    let mut question: Option<MessageRow> = None;
    for row in read_all::<MessageRow>(items)? {
        match (row.speaker, question.take()) {
            (Speaker::User, _) => question = Some(row),
            (Speaker::Assistant, Some(question)) if question.turn == row.turn => {
                turns.extend(turn_of(question, row)?);
            }
            (Speaker::Assistant, _) => {}
        }
    }
    Ok(turns)
}

fn turn_of(question: MessageRow, outcome: MessageRow) -> Result<Option<Turn>, CallError> {
    let MessageRow { turn: number, content, attachments, created_at, .. } = question;
    let status = outcome.status.unwrap_or(MessageStatus::Complete);
    if status == MessageStatus::Failed {
        return Ok(None);
    }
    Ok(Some(Turn {
        number,
        message: MessageText::parse(content).map_err(|problem| CallError::broken(problem.to_string()))?,
        attachments,
        response: outcome.content,
        status,
        about: outcome.about.ok_or_else(|| CallError::broken("an answer without a price"))?,
        created_at,
        answered_at: outcome.created_at,
    }))
}
