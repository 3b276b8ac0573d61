//! Users, who are the same in every dialect.

use super::{
    Error, Problem,
    ids::{ApiKeyId, LoginId, UserId, UserNumber},
    names::{Email, Username},
    text::FullName,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// The rights of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Access to the user's own objects.
    User,
    /// Access to everything.
    Admin,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::User, Self::Admin];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }

    /// Reads the word on the wire.
    pub fn parse(word: &str) -> Result<Self, Problem> {
        let known = Self::ALL.into_iter().find(|role| role.as_str() == word);
        known.ok_or(Problem::NotAChoice { choices: "user, admin" })
    }
}

/// An account.
#[derive(Debug, Clone)]
pub struct User {
    /// The UUID.
    pub id: UserId,
    /// The number.
    pub number: UserNumber,
    /// As registered.
    pub username: Username,
    /// As registered, if any.
    pub email: Option<Email>,
    /// The full name, if any.
    pub full_name: Option<FullName>,
    /// The rights.
    pub role: Role,
    /// Whether the user may sign in and act.
    pub is_active: bool,
    /// The number of the user's conversations.
    pub conversations: u64,
    /// The number of the user's deleted default conversations.
    pub resets: u64,
    /// The number of the user's API keys.
    pub api_keys: u64,
    /// When the account was created.
    pub created_at: Timestamp,
    /// When the account's own data last changed.
    pub updated_at: Timestamp,
}

/// The user behind a request with a valid credential.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The account.
    pub user: User,
    /// The credential, for signing out.
    pub credential: CallerCredential,
}

impl Caller {
    /// The administrator, or [`Error::Forbidden`].
    pub fn into_administrator(self) -> Result<Administrator, Error> {
        match self.user.role {
            Role::Admin => Ok(Administrator(self)),
            Role::User => Err(Error::Forbidden),
        }
    }
}

/// A caller who is an administrator. Operations for administrators require this type.
#[derive(Debug, Clone)]
pub struct Administrator(Caller);

impl Administrator {
    /// The account.
    pub const fn user(&self) -> &User {
        &self.0.user
    }
}

/// The credential behind a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallerCredential {
    /// An access token of this sign-in.
    Login(LoginId),
    /// An opaque token, by its stored hash.
    Opaque(String),
    /// An API key.
    ApiKey(ApiKeyId),
}

/// An account as the list of spec 003 shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DirectoryEntry {
    /// The account's integer.
    pub number: UserNumber,
    /// The username as registered.
    pub username: String,
}
