//! Every key of every table. A key's fixed words end before its one variable part begins, or the parts
//! have a fixed length, so that two different things never share a key.
//!
//! | table | partition | sort | row |
//! |---|---|---|---|
//! | users | `user#<uuid>` | `profile` | an account |
//! | users | `user#<uuid>` | `login#<uuid>` | a sign-in |
//! | users | `user#<uuid>` | `address#<address>` | an address that signed in lately |
//! | users | `name#<folded>` | `owner` | whose username or e-mail this is |
//! | users | `credential#<sha256>` | `owner` | whose opaque token this is |
//! | users | `counter` | `users` | the last user's integer |
//! | sessions | `conversation#<uuid>` | `about` | a conversation |
//! | sessions | `conversation#<uuid>` | `message#<turn>#<0 or 1>` | a user's message, its reply |
//! | balances | `user#<uuid>` | `balance` | what is available, and the holds |
//! | balances | `user#<uuid>` | `ledger#<time>#<uuid>` | one immutable change |
//! | balances | `user#<uuid>` | `key#<sha256>` | what an `Idempotency-Key` stands for |
//! | files | `user#<uuid>` | `file#<uuid>` | an uploaded file; its content is in the bucket |
//! | limits | `<policy>#<block>#<subject>` | | counted requests of ten minutes |
//!
//! Indexes: users `directory` (`directory` = `users`, `number`) lists accounts; sessions `by-owner`
//! (`owner`, `listed`) lists a user's conversations by time. Nothing that must be exact is read from them.

use super::{Item, s};
use crate::{
    config::Tables,
    domain::{
        ids::{ConversationId, FileId, LoginId, TurnNumber, UserId},
        names::FoldedName,
        time::Timestamp,
    },
};
use std::collections::HashMap;
use uuid::Uuid;

/// The index that lists accounts.
pub const DIRECTORY: &str = "directory";
/// The directory's only partition.
pub const ALL_USERS: &str = "users";
/// The index that lists a user's conversations.
pub const BY_OWNER: &str = "by-owner";
/// Where the rows of a conversation's messages begin.
pub const FIRST_MESSAGE: &str = "message#";
/// After the last message of every conversation.
pub const AFTER_MESSAGES: &str = "message$";

/// Which row of which table.
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

    /// Whether `item` is the row with this key.
    pub fn is_of(&self, item: &Item) -> bool {
        self.attributes.iter().all(|(name, value)| item.get(name) == Some(value))
    }
}

fn user_partition(user: UserId) -> String {
    format!("user#{user}")
}

/// An account.
pub fn profile(tables: &Tables, user: UserId) -> Key<'_> {
    Key::of(&tables.users, user_partition(user), "profile".to_owned())
}

/// A sign-in.
pub fn login(tables: &Tables, user: UserId, login: LoginId) -> Key<'_> {
    Key::of(&tables.users, user_partition(user), format!("login#{login}"))
}

/// An address that signed in to this account.
pub fn known_address<'a>(tables: &'a Tables, user: UserId, address: &str) -> Key<'a> {
    Key::of(&tables.users, user_partition(user), format!("address#{address}"))
}

/// Whose username or e-mail address this is.
pub fn name<'a>(tables: &'a Tables, name: &FoldedName) -> Key<'a> {
    Key::of(&tables.users, format!("name#{}", name.as_str()), "owner".to_owned())
}

/// Whose opaque token this is; `hash` is its SHA-256 in hex.
pub fn credential<'a>(tables: &'a Tables, hash: &str) -> Key<'a> {
    Key::of(&tables.users, format!("credential#{hash}"), "owner".to_owned())
}

/// The last user's integer.
pub fn user_counter(tables: &Tables) -> Key<'_> {
    Key::of(&tables.users, "counter".to_owned(), "users".to_owned())
}

/// A row that never exists.
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

/// A conversation's place in its owner's list: by time, then by id.
pub fn listed(created_at: Timestamp, conversation: ConversationId) -> String {
    format!("{:015}#{conversation}", created_at.millis())
}

/// The user's message of a turn.
pub fn user_message(tables: &Tables, conversation: ConversationId, turn: TurnNumber) -> Key<'_> {
    message(tables, conversation, turn, 0)
}

/// The reply of a turn.
pub fn reply(tables: &Tables, conversation: ConversationId, turn: TurnNumber) -> Key<'_> {
    message(tables, conversation, turn, 1)
}

fn message(tables: &Tables, conversation: ConversationId, turn: TurnNumber, part: u8) -> Key<'_> {
    Key::of(&tables.sessions, conversation_partition(conversation), format!("{FIRST_MESSAGE}{:020}#{part}", turn.0))
}

/// A user's balance.
pub fn balance(tables: &Tables, user: UserId) -> Key<'_> {
    Key::of(&tables.balances, user_partition(user), "balance".to_owned())
}

/// An entry of a user's ledger.
pub fn ledger_entry(tables: &Tables, user: UserId, at: Timestamp, id: Uuid) -> Key<'_> {
    Key::of(&tables.balances, user_partition(user), format!("ledger#{:015}#{id}", at.millis()))
}

/// What an `Idempotency-Key` stands for; `hash` is its SHA-256 in hex.
pub fn idempotency<'a>(tables: &'a Tables, user: UserId, hash: &str) -> Key<'a> {
    Key::of(&tables.balances, user_partition(user), format!("key#{hash}"))
}

/// An uploaded file.
pub fn file(tables: &Tables, user: UserId, file: FileId) -> Key<'_> {
    Key::of(&tables.files, user_partition(user), format!("file#{file}"))
}

/// Requests counted in one block of time.
pub fn limit<'a>(tables: &'a Tables, policy: &'static str, block: u64, subject: &str) -> Key<'a> {
    let partition = format!("{policy}#{block:012}#{subject}");
    Key { table: &tables.limits, attributes: HashMap::from([("pk".to_owned(), s(partition))]) }
}
