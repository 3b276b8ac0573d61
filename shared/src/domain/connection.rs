//! WebSocket connections and their users.

use super::{
    ids::UserId,
    time::Timestamp,
    user::{Caller, CallerCredential},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The maximum duration of a connection. The gateway then closes it.
pub const LASTS: Duration = Duration::from_secs(2 * 60 * 60);
/// The maximum length of an id, in characters.
const ID_MAX: usize = 128;

/// The gateway's id of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionId(String);

impl ConnectionId {
    /// Reads an id: letters, digits and `+ / = _ -`, as in all kinds of Base64.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-".contains(&byte));
        (fits && (1..=ID_MAX).contains(&text.len())).then(|| Self(text.to_owned()))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A user, and the credential that identified the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proven {
    /// The user.
    pub user: UserId,
    /// The credential. The identity is valid as long as it is. For an access token, it is the sign-in.
    pub credential: CallerCredential,
}

impl From<Caller> for Proven {
    fn from(Caller { user, credential }: Caller) -> Self {
        Self { user: user.id, credential }
    }
}

/// An open connection of an identified user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// The id.
    pub id: ConnectionId,
    /// The user.
    #[serde(flatten)]
    pub proven: Proven,
    /// When the user was identified.
    pub connected_at: Timestamp,
    /// When it ends at the latest: with the credential, or after [`LASTS`].
    pub ends_at: Timestamp,
}

/// A ticket for one connection. The user sees it once, and the store keeps its hash.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ticket {
    /// The user.
    #[serde(flatten)]
    pub proven: Proven,
    /// When it expires.
    pub ends_at: Timestamp,
}
