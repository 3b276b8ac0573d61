//! A user as every dialect sees one.

use super::{
    Error, Problem,
    ids::{ApiKeyId, LoginId, UserId, UserNumber},
    names::{Email, Username},
    text::FullName,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// What a user may do beyond its own things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Its own things only.
    User,
    /// Everything.
    Admin,
}

impl Role {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }

    /// Reads the word on the wire.
    pub fn parse(word: &str) -> Result<Self, Problem> {
        match word {
            "user" => Ok(Self::User),
            "admin" => Ok(Self::Admin),
            _ => Err(Problem::NotAChoice { choices: "user, admin" }),
        }
    }
}

/// An account.
#[derive(Debug, Clone)]
pub struct User {
    /// The UUID.
    pub id: UserId,
    /// The integer.
    pub number: UserNumber,
    /// As registered.
    pub username: Username,
    /// As registered, if any.
    pub email: Option<Email>,
    /// Free text, if any.
    pub full_name: Option<FullName>,
    /// What the user may do.
    pub role: Role,
    /// Whether the user may sign in and act.
    pub is_active: bool,
    /// How many conversations the user has.
    pub conversations: u64,
    /// How many of the user's default conversations were deleted.
    pub resets: u64,
    /// How many API keys the user has.
    pub api_keys: u64,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When the account's own data last changed.
    pub updated_at: Timestamp,
}

/// Who makes a request, after the credential was checked.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The account.
    pub user: User,
    /// What the credential was, for signing out.
    pub credential: CallerCredential,
}

impl Caller {
    /// Refuses everybody but administrators.
    pub fn into_administrator(self) -> Result<Administrator, Error> {
        match self.user.role {
            Role::Admin => Ok(Administrator(self)),
            Role::User => Err(Error::Forbidden),
        }
    }
}

/// A caller who was found to be an administrator: what only they may do asks for this type.
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
    /// An opaque token, by the hash that it is stored under.
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
