//! All keys of all tables. In each key the constant text ends before the single variable part begins, or the parts
//! have a fixed length. Two different things therefore never share a key.
//!
//! | table | partition | sort | row |
//! |---|---|---|---|
//! | users | `user#<uuid>` | `profile` | an account |
//! | users | `user#<uuid>` | `login#<uuid>` | a sign-in |
//! | users | `user#<uuid>` | `address#<address>` | an address that recently signed in |
//! | users | `name#<folded>` | `owner` | the owner of a username or e-mail address |
//! | users | `credential#<sha256>` | `owner` | the owner of an opaque token |
//! | users | `user#<uuid>` | `api-key#<uuid>` | an API key |
//! | users | `counter` | `users` | the last user's integer |
//! | users | `counter` | `administrators` | the number of active administrators |
//! | users | `population#<0 to 7>` | `count` | the number of accounts, in eight parts |
//! | users | `sweep` | `user#<uuid>` | a deleted account whose data is still to be removed |
//! | assistants | `owner#<uuid>` | `assistant#<uuid>` | an assistant |
//! | assistants | `owner#<uuid>` | `usage#<uuid>` | how an assistant is used, and whether it is active |
//! | assistants | `owner#<uuid>` | `name#<sha256>` | the assistant with this name |
//! | assistants | `owner#<uuid>` | `number#<20 digits>` | the assistant with this integer |
//! | assistants | `owner#<uuid>` | `count#<status>#<category>` | the number of assistants that a filter matches |
//! | assistants | `owner#<uuid>` | `counter` | the last assistant's integer |
//! | tools | `tools` | `tool#<id>` | a tool that an administrator added |
//! | tools | `tools` | `count` | the number of these tools |
//! | sessions | `conversation#<uuid>` | `about` | a conversation |
//! | sessions | `conversation#<uuid>` | `message#<turn>#<0 or 1>` | a user's message, its reply |
//! | sessions | `conversation#<uuid>` | `running#<turn>` | a turn that runs; index `running` lists them |
//! | sessions | `conversation#<uuid>` | `step#<turn>#<number>` | a tool call of a turn that runs began or ended; expires |
//! | sessions | `conversation#<uuid>` | `stream#<turn>#<byte>` | a part of the answer of a turn that runs; expires |
//! | sessions | `sweep` | `conversation#<uuid>` | a deleted conversation whose messages are still to be removed |
//! | balances | `user#<uuid>` | `balance` | available tokens, and the holds |
//! | balances | `user#<uuid>` | `ledger#<time>#<uuid>` | an immutable ledger entry |
//! | balances | `user#<uuid>` | `key#<sha256>` | the record of an `Idempotency-Key` |
//! | files | `user#<uuid>` | `file#<uuid>` | an uploaded file; its content is in the bucket |
//! | files | `user#<uuid>` | `announced#<uuid>` | a file that its owner is going to send to the bucket |
//! | files | `user#<uuid>` | `usage` | how many bytes and files a user has |
//! | files | `sweep` | `file#<user>#<uuid>` | a deleted file whose content is still to be removed |
//! | outbox | `user#<uuid>` | `change#<uuid>` | the events of one transaction; the id sorts by time |
//! | webhooks | `owner#<uuid>` | `webhook#<uuid>` | a webhook |
//! | webhooks | `owner#<uuid>` | `count` | the number of an owner's webhooks |
//! | webhooks | `directory` | `webhook#<uuid>#<uuid>` | an administrator's webhook that receives events of all
//! accounts |
//! | webhooks | `webhook#<uuid>` | `delivery#<uuid>` | an event on its way to a webhook; the id sorts by time |
//! | outbox | `everybody` | `change#<uuid>` | events for all users |
//! | connections | `connection#<id>` | `about` | a connection whose user is known; index `everyone` lists them |
//! | connections | `user#<uuid>` | `connection#<id>` | the same connection, in its user's partition |
//! | connections | `ticket#<sha256>` | `about` | a ticket that opens one connection |
//! | limits | `<policy>#<block>#<subject>` | | the counted requests of ten minutes |
//! | limits | `probe` | | what the health check writes |
//!
//! Every list has an index for each of its filters and orders. Index rows hold keys only, except those of users
//! `directory`, which also hold the usernames, and those of webhooks `waiting`, which also hold the owners. An index's
//! partition is the filter's value; its sort key is the order's value followed by the id. Index reads are eventually
//! consistent, so nothing that must be exact is read from an index.

use super::{Item, files::OwnedFile, s};
use crate::{
    config::Tables,
    domain::{
        assistant::AssistantStatus,
        connection::ConnectionId,
        event::OutboxEntry,
        file::FileStatus,
        ids::{
            ApiKeyId, AssistantId, AssistantNumber, ConversationId, EventId, FileId, LoginId, MessageId, Speaker,
            TurnNumber, UserId, WebhookId,
        },
        names::FoldedName,
        text::{AssistantName, Category},
        time::Timestamp,
        tool::ToolId,
    },
};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use uuid::Uuid;

/// The index that lists accounts.
pub const DIRECTORY: &str = "directory";
/// The only partition of the directory.
pub const ALL_USERS: &str = "users";
/// The partition of deleted things whose rows are still to be removed.
pub const SWEEP: &str = "sweep";
/// The partition of all tools.
pub const TOOLS: &str = "tools";
/// The prefix of the sort keys of tools.
pub const FIRST_TOOL: &str = "tool#";
/// The prefix of the sort keys of API keys.
pub const FIRST_API_KEY: &str = "api-key#";
/// The beginning of the sort keys of sign-ins.
pub const FIRST_LOGIN: &str = "login#";
/// The prefix of the sort keys of webhooks.
pub const FIRST_WEBHOOK: &str = "webhook#";
/// The prefix of the sort keys of deliveries.
pub const FIRST_DELIVERY: &str = "delivery#";
/// The number of parts in the index of waiting deliveries.
pub const WAITING_PARTS: u8 = 8;
/// The partition of outbox entries for all users.
pub const EVERYBODY: &str = "everybody";
/// The index of all connections. It has [`CONNECTION_PARTS`] partitions.
pub const EVERYONE: &str = "everyone";
/// The number of parts in the index of connections, so that many connections can be opened at once.
pub const CONNECTION_PARTS: u8 = 8;
/// The prefix of the sort keys of a user's connections.
pub const FIRST_CONNECTION: &str = "connection#";
/// The prefix of the sort keys of outbox entries.
pub const FIRST_CHANGE: &str = "change#";
/// The number of parts of the count of accounts, so that registrations do not wait for each other.
pub const POPULATION_PARTS: u8 = 8;
/// The prefix of the sort keys of a conversation's messages.
pub const FIRST_MESSAGE: &str = "message#";
/// The index of turns that run. It has [`RUNNING_PARTS`] partitions.
pub const RUNNING: &str = "running";
/// The number of parts in the index of turns that run, so that many turns can begin at once.
pub const RUNNING_PARTS: u8 = 8;
/// A sort key after the last message of every conversation.
pub const AFTER_MESSAGES: &str = "message$";

/// A row of a table.
#[derive(Debug, Clone)]
pub struct Key<'a> {
    /// The table's name.
    pub table: &'a str,
    /// The key attributes.
    pub attributes: Item,
}

impl<'a> Key<'a> {
    fn of(table: &'a str, partition: String, sort: String) -> Self {
        Self { table, attributes: HashMap::from([("pk".to_owned(), s(partition)), ("sk".to_owned(), s(sort))]) }
    }

    /// The key of a row that an index returned.
    pub fn of_indexed(table: &'a str, mut item: Item) -> Self {
        item.retain(|name, _| name == "pk" || name == "sk");
        Self { table, attributes: item }
    }

    /// The key of the row in `table` with the same partition key and the sort key `sort`.
    pub fn beside<'b>(&self, table: &'b str, sort: &str) -> Key<'b> {
        let mut attributes = self.attributes.clone();
        attributes.insert("sk".to_owned(), s(sort));
        Key { table, attributes }
    }

    /// Whether `item` is the row with this key.
    pub fn is_of(&self, item: &Item) -> bool {
        self.attributes.iter().all(|(name, value)| item.get(name) == Some(value))
    }
}

/// The partition of a user's rows in several tables.
pub fn user_partition(user: UserId) -> String {
    format!("user#{user}")
}

/// An account.
pub fn profile(tables: &Tables, user: UserId) -> Key<'_> {
    Key::of(&tables.users, user_partition(user), "profile".to_owned())
}

/// A sign-in.
pub fn login(tables: &Tables, user: UserId, login: LoginId) -> Key<'_> {
    Key::of(&tables.users, user_partition(user), format!("{FIRST_LOGIN}{login}"))
}

/// An address that recently signed in to this account.
pub fn known_address<'a>(tables: &'a Tables, user: UserId, address: &str) -> Key<'a> {
    Key::of(&tables.users, user_partition(user), format!("address#{address}"))
}

/// The owner of a username or e-mail address.
pub fn name<'a>(tables: &'a Tables, name: &FoldedName) -> Key<'a> {
    Key::of(&tables.users, format!("name#{}", name.as_str()), "owner".to_owned())
}

/// The owner of an opaque token; `hash` is its SHA-256 in hex.
pub fn credential<'a>(tables: &'a Tables, hash: &str) -> Key<'a> {
    Key::of(&tables.users, format!("credential#{hash}"), "owner".to_owned())
}

/// The counter of the users' integers.
pub fn user_counter(tables: &Tables) -> Key<'_> {
    Key::of(&tables.users, "counter".to_owned(), "users".to_owned())
}

/// An API key.
pub fn api_key(tables: &Tables, user: UserId, id: ApiKeyId) -> Key<'_> {
    Key::of(&tables.users, user_partition(user), format!("{FIRST_API_KEY}{id}"))
}

/// The number of active administrators.
pub fn administrators(tables: &Tables) -> Key<'_> {
    Key::of(&tables.users, "counter".to_owned(), "administrators".to_owned())
}

/// The part of the count of accounts that counts `user`.
pub fn population_with(tables: &Tables, user: UserId) -> Key<'_> {
    let last = user.uuid().as_bytes()[15];
    population(tables, last % POPULATION_PARTS)
}

/// A part of the count of accounts.
pub fn population(tables: &Tables, part: u8) -> Key<'_> {
    Key::of(&tables.users, format!("population#{part}"), "count".to_owned())
}

/// A deleted account whose data is still to be removed.
pub fn swept_user(tables: &Tables, user: UserId) -> Key<'_> {
    Key::of(&tables.users, SWEEP.to_owned(), user_partition(user))
}

/// The partition of an owner's assistants.
pub fn owner_partition(owner: UserId) -> String {
    format!("owner#{owner}")
}

/// An assistant.
pub fn assistant(tables: &Tables, owner: UserId, id: AssistantId) -> Key<'_> {
    Key::of(&tables.assistants, owner_partition(owner), format!("assistant#{id}"))
}

/// How an assistant is used.
pub fn assistant_usage(tables: &Tables, owner: UserId, id: AssistantId) -> Key<'_> {
    Key::of(&tables.assistants, owner_partition(owner), format!("usage#{id}"))
}

/// How the assistant with this key is used.
pub fn usage_of_assistant<'a>(assistant: &Key<'a>) -> Key<'a> {
    let sort = assistant.attributes.get("sk").and_then(|sort| sort.as_s().ok());
    assistant.beside(assistant.table, &sort.map_or_else(String::new, |sort| sort.replacen("assistant#", "usage#", 1)))
}

/// The owner's assistant with this name.
pub fn assistant_name<'a>(tables: &'a Tables, owner: UserId, name: &AssistantName) -> Key<'a> {
    let hash = hex::encode(Sha256::digest(name.as_str()));
    Key::of(&tables.assistants, owner_partition(owner), format!("name#{hash}"))
}

/// The owner's assistant with this integer.
pub fn assistant_number(tables: &Tables, owner: UserId, number: AssistantNumber) -> Key<'_> {
    Key::of(&tables.assistants, owner_partition(owner), format!("number#{:020}", number.0))
}

/// The counter of the assistants' integers.
pub fn assistant_counter(tables: &Tables, owner: UserId) -> Key<'_> {
    Key::of(&tables.assistants, owner_partition(owner), "counter".to_owned())
}

/// The number of an owner's assistants with this status and category. No status contains a `#`.
pub fn assistant_count<'a>(
    tables: &'a Tables,
    owner: UserId,
    status: Option<AssistantStatus>,
    category: Option<&Category>,
) -> Key<'a> {
    let (status, category) = (status.map_or("", AssistantStatus::as_str), category.map_or("", Category::as_str));
    Key::of(&tables.assistants, owner_partition(owner), format!("count#{status}#{category}"))
}

/// The partition of an index that lists the owner's assistants with this status and category.
pub fn assistant_list(owner: UserId, status: Option<AssistantStatus>, category: Option<&Category>) -> String {
    let (status, category) = (status.map_or("", AssistantStatus::as_str), category.map_or("", Category::as_str));
    format!("{owner}#{status}#{category}")
}

/// A tool that an administrator added.
pub fn tool<'a>(tables: &'a Tables, id: &ToolId) -> Key<'a> {
    Key::of(&tables.tools, TOOLS.to_owned(), format!("{FIRST_TOOL}{}", id.as_str()))
}

/// The number of tools that administrators added.
pub fn tool_count(tables: &Tables) -> Key<'_> {
    Key::of(&tables.tools, TOOLS.to_owned(), "count".to_owned())
}

/// A row that never exists, for the health check.
pub fn nothing(tables: &Tables) -> Key<'_> {
    Key::of(&tables.users, "nothing".to_owned(), "nothing".to_owned())
}

/// The partition of a conversation and its messages.
pub fn conversation_partition(conversation: ConversationId) -> String {
    format!("conversation#{conversation}")
}

/// A conversation.
pub fn conversation(tables: &Tables, conversation: ConversationId) -> Key<'_> {
    Key::of(&tables.sessions, conversation_partition(conversation), "about".to_owned())
}

/// A conversation whose messages are still to be removed.
pub fn swept_conversation(tables: &Tables, conversation: ConversationId) -> Key<'_> {
    Key::of(&tables.sessions, SWEEP.to_owned(), conversation_partition(conversation))
}

/// A message of a turn.
pub fn message(tables: &Tables, conversation: ConversationId, id: MessageId) -> Key<'_> {
    Key::of(&tables.sessions, conversation_partition(conversation), message_sort(id))
}

/// The user's message of a turn.
pub fn user_message(tables: &Tables, conversation: ConversationId, turn: TurnNumber) -> Key<'_> {
    message(tables, conversation, MessageId { turn, speaker: Speaker::User })
}

/// The reply of a turn.
pub fn reply(tables: &Tables, conversation: ConversationId, turn: TurnNumber) -> Key<'_> {
    message(tables, conversation, MessageId { turn, speaker: Speaker::Assistant })
}

/// The sort key of a message.
pub fn message_sort(MessageId { turn, speaker }: MessageId) -> String {
    let part = match speaker {
        Speaker::User => 0,
        Speaker::Assistant => 1,
    };
    format!("{FIRST_MESSAGE}{:020}#{part}", turn.0)
}

/// A turn that runs.
pub fn running(tables: &Tables, conversation: ConversationId, turn: TurnNumber) -> Key<'_> {
    Key::of(&tables.sessions, conversation_partition(conversation), format!("running#{:020}", turn.0))
}

/// A part of the answer of a turn that runs. `start` is the number of bytes before it.
pub fn answer_part(tables: &Tables, conversation: ConversationId, turn: TurnNumber, start: usize) -> Key<'_> {
    Key::of(&tables.sessions, conversation_partition(conversation), answer_part_sort(turn, start))
}

/// The event with this number about the tool calls of a turn that runs.
pub fn step_event(tables: &Tables, conversation: ConversationId, turn: TurnNumber, number: usize) -> Key<'_> {
    Key::of(&tables.sessions, conversation_partition(conversation), step_event_sort(turn, number))
}

/// The sort key of such an event.
pub fn step_event_sort(turn: TurnNumber, number: usize) -> String {
    format!("step#{:020}#{number:04}", turn.0)
}

/// The sort key of a part of an answer.
pub fn answer_part_sort(turn: TurnNumber, start: usize) -> String {
    format!("stream#{:020}#{start:010}", turn.0)
}

/// A user's balance.
pub fn balance(tables: &Tables, user: UserId) -> Key<'_> {
    Key::of(&tables.balances, user_partition(user), "balance".to_owned())
}

/// An entry of a user's ledger.
pub fn ledger_entry(tables: &Tables, user: UserId, at: Timestamp, id: Uuid) -> Key<'_> {
    Key::of(&tables.balances, user_partition(user), format!("ledger#{:015}#{id}", at.millis()))
}

/// The record of an `Idempotency-Key`; `hash` is the key's SHA-256 in hex.
pub fn idempotency<'a>(tables: &'a Tables, user: UserId, hash: &str) -> Key<'a> {
    Key::of(&tables.balances, user_partition(user), format!("key#{hash}"))
}

/// An uploaded file.
pub fn file(tables: &Tables, user: UserId, file: FileId) -> Key<'_> {
    Key::of(&tables.files, user_partition(user), format!("file#{file}"))
}

/// A file that its owner is going to send to the bucket.
pub fn announced_file(tables: &Tables, user: UserId, file: FileId) -> Key<'_> {
    Key::of(&tables.files, user_partition(user), format!("announced#{file}"))
}

/// What a user's files amount to.
pub fn file_usage(tables: &Tables, user: UserId) -> Key<'_> {
    Key::of(&tables.files, user_partition(user), "usage".to_owned())
}

/// The partition of an index that lists the user's files with this status.
pub fn file_list(user: UserId, status: Option<FileStatus>) -> String {
    format!("{user}#{}", status.map_or("", FileStatus::as_str))
}

/// Marks a deleted file.
pub fn swept_file(tables: &Tables, OwnedFile { user, file }: OwnedFile) -> Key<'_> {
    Key::of(&tables.files, SWEEP.to_owned(), format!("file#{user}#{file}"))
}

/// The file that the sort key of such a mark names.
pub fn owned_file_of(sort: &str) -> Option<OwnedFile> {
    let (user, file) = sort.strip_prefix("file#")?.split_once('#')?;
    Some(OwnedFile { user: UserId::parse(user)?, file: FileId::parse(file)? })
}

/// The outbox entry of a transaction.
pub fn change<'a>(tables: &'a Tables, change: &OutboxEntry) -> Key<'a> {
    Key::of(&tables.outbox, change_partition(change.audience()), change_sort(change.id()))
}

/// The partition of outbox entries for `audience`: one user, or all users.
pub fn change_partition(audience: Option<UserId>) -> String {
    audience.map_or_else(|| EVERYBODY.to_owned(), user_partition)
}

/// The sort key of an outbox entry.
pub fn change_sort(id: EventId) -> String {
    format!("{FIRST_CHANGE}{id}")
}

/// A connection whose user is known.
pub fn connection<'a>(tables: &'a Tables, id: &ConnectionId) -> Key<'a> {
    Key::of(&tables.connections, format!("connection#{id}"), "about".to_owned())
}

/// The same connection, in its user's partition.
pub fn user_connection<'a>(tables: &'a Tables, user: UserId, id: &ConnectionId) -> Key<'a> {
    Key::of(&tables.connections, user_partition(user), format!("{FIRST_CONNECTION}{id}"))
}

/// The part of the index of all connections that `id` belongs to.
pub fn connection_part(id: &ConnectionId) -> String {
    let digest: [u8; 32] = Sha256::digest(id.as_str()).into();
    (digest[0] % CONNECTION_PARTS).to_string()
}

/// A ticket that opens one connection; `hash` is its SHA-256 in hex.
pub fn ticket<'a>(tables: &'a Tables, hash: &str) -> Key<'a> {
    Key::of(&tables.connections, format!("ticket#{hash}"), "about".to_owned())
}

/// A webhook.
pub fn webhook(tables: &Tables, owner: UserId, webhook: WebhookId) -> Key<'_> {
    Key::of(&tables.webhooks, owner_partition(owner), webhook_partition(webhook))
}

/// The number of an owner's webhooks.
pub fn webhook_count(tables: &Tables, owner: UserId) -> Key<'_> {
    Key::of(&tables.webhooks, owner_partition(owner), "count".to_owned())
}

/// The directory row of an administrator's webhook that receives events of all accounts.
pub fn directory_webhook(tables: &Tables, owner: UserId, webhook: WebhookId) -> Key<'_> {
    Key::of(&tables.webhooks, DIRECTORY.to_owned(), format!("{FIRST_WEBHOOK}{owner}#{webhook}"))
}

/// The partition of a webhook's deliveries.
pub fn webhook_partition(webhook: WebhookId) -> String {
    format!("{FIRST_WEBHOOK}{webhook}")
}

/// A delivery of an event to a webhook.
pub fn delivery(tables: &Tables, webhook: WebhookId, event: EventId) -> Key<'_> {
    Key::of(&tables.webhooks, webhook_partition(webhook), delivery_sort(event))
}

/// The sort key of a delivery. It sorts by time.
pub fn delivery_sort(event: EventId) -> String {
    format!("{FIRST_DELIVERY}{event}")
}

/// The part of the index of waiting deliveries that a delivery belongs to.
pub fn waiting(event: EventId) -> String {
    waiting_part(event.uuid().as_bytes()[15] % WAITING_PARTS)
}

/// A part of the index of waiting deliveries.
pub fn waiting_part(part: u8) -> String {
    format!("waiting#{part}")
}

/// A row that only the health check writes.
pub fn probe(tables: &Tables) -> Key<'_> {
    Key { table: &tables.limits, attributes: HashMap::from([("pk".to_owned(), s("probe"))]) }
}

/// Requests counted in one block of time.
pub fn limit<'a>(tables: &'a Tables, policy: &'static str, block: u64, subject: &str) -> Key<'a> {
    let partition = format!("{policy}#{block:012}#{subject}");
    Key { table: &tables.limits, attributes: HashMap::from([("pk".to_owned(), s(partition))]) }
}
