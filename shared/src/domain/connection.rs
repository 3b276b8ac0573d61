//! WebSocket connections, and who is at their other end.

use super::{
    ids::UserId,
    time::Timestamp,
    user::{Caller, CallerCredential},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The longest that a connection lasts: the gateway ends it then.
pub const LASTS: Duration = Duration::from_secs(2 * 60 * 60);
/// The most characters of an id.
const ID_MAX: usize = 128;

/// What the gateway calls a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionId(String);

impl ConnectionId {
    /// Reads an id: letters, digits and `+ / = _ -`, as in any kind of Base64.
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

/// Who is known by what: a user, and the credential that proved it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proven {
    /// The user.
    pub user: UserId,
    /// What lives as long as this is believed: of an access token the sign-in behind it.
    pub credential: CallerCredential,
}

impl From<Caller> for Proven {
    fn from(Caller { user, credential }: Caller) -> Self {
        Self { user: user.id, credential }
    }
}

/// An open connection to somebody who is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Which.
    pub id: ConnectionId,
    /// Who is at its other end.
    #[serde(flatten)]
    pub proven: Proven,
    /// When it became known who that is.
    pub connected_at: Timestamp,
    /// When it ends at the latest: with the credential, or after [`LASTS`].
    pub ends_at: Timestamp,
}

/// What opens one connection for somebody: shown once, kept as its hash.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ticket {
    /// For whom.
    #[serde(flatten)]
    pub proven: Proven,
    /// Until when.
    pub ends_at: Timestamp,
}
