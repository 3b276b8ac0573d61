//! Authentication of connections: by a ticket, by a browser's session or by the first message.

use super::{
    CONNECTIONS_MAX, Realtime,
    resuming::{Later, SETTLES},
};
use crate::{
    domain::{
        Error,
        connection::{Connection, ConnectionId, LASTS, Proven, Ticket},
        ids::EventId,
        user::Caller,
    },
    service::{limits::Address, logins::hash},
};
use secrecy::SecretString;
use std::time::Duration;

/// The lifetime of a ticket.
pub const TICKET_LASTS: Duration = Duration::from_secs(30);
/// How long a connection may stay open without authentication.
const PATIENCE: Duration = Duration::from_secs(10);

/// A request to open a connection.
pub struct Handshake<'a> {
    /// The gateway's id for it.
    pub id: ConnectionId,
    /// The client's address.
    pub address: Address,
    /// A ticket.
    pub ticket: Option<&'a str>,
    /// The access token of a browser's session, from a page that may use it.
    pub session: Option<&'a str>,
    /// The last event that the client received.
    pub last_event: Option<EventId>,
}

impl Realtime {
    /// A ticket for one connection of the caller, and its lifetime.
    pub async fn ticket(&self, caller: Caller) -> Result<(SecretString, Duration), Error> {
        let ticket = hex::encode(self.entropy.bytes::<32>());
        let ends_at = self.clock.now().plus(TICKET_LASTS);
        self.store.add_ticket(&hash(&ticket), Ticket { proven: caller.into(), ends_at }).await?;
        Ok((ticket.into(), TICKET_LASTS))
    }

    /// Accepts or refuses a connection. Without a ticket or a session it is accepted too, and must authenticate with
    /// its first message.
    ///
    /// # Errors
    /// `InvalidCredential` for an unknown or used ticket; `RateLimited`.
    pub async fn connect(&self, handshake: Handshake<'_>) -> Result<(), Error> {
        let Handshake { id, address, ticket, session, last_event } = handshake;
        let proven = match (ticket, session) {
            (Some(ticket), _) => Some(self.by_ticket(ticket, &address).await?),
            (None, Some(token)) => self.by_session(token, &address).await?,
            (None, None) => {
                self.limits.visit(&address).await?;
                None
            }
        };
        let Some(proven) = proven else {
            return self.send_later(Later::Close { close_if_unknown: id }, PATIENCE).await;
        };
        self.admit(id.clone(), proven).await?.ok_or(Error::InvalidCredential)?;
        match last_event {
            // Nothing can be sent before the connection is open.
            Some(last_event_id) => self.send_later(Later::Resume { resume: id, last_event_id }, SETTLES).await,
            None => Ok(()),
        }
    }

    async fn by_ticket(&self, ticket: &str, address: &Address) -> Result<Proven, Error> {
        let now = self.clock.now();
        match self.store.take_ticket(&hash(ticket), now).await? {
            Some(ticket) => {
                self.limits.request(ticket.proven.user, now).await?;
                Ok(ticket.proven)
            }
            None => {
                self.limits.visit(address).await?;
                Err(Error::InvalidCredential)
            }
        }
    }

    async fn by_session(&self, token: &str, address: &Address) -> Result<Option<Proven>, Error> {
        match self.logins.authenticate(Some(token), address).await {
            Ok(caller) => Ok(Some(caller.into())),
            Err(Error::InvalidCredential) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// From this call on, the connection receives its user's events. `None` if the credential has ended in the
    /// meantime, or the connection was already authenticated.
    pub(super) async fn admit(&self, id: ConnectionId, proven: Proven) -> Result<Option<Connection>, Error> {
        let Some(standing) = self.logins.standing(&proven).await? else {
            return Ok(None);
        };
        let now = self.clock.now();
        let longest = now.plus(LASTS);
        let ends_at = standing.ends_at.map_or(longest, |ends_at| ends_at.min(longest));
        let connection = Connection { id, proven, connected_at: now, ends_at };
        self.make_room(&connection).await?;
        if !self.store.add_connection(&connection).await? {
            return Ok(None);
        }
        // If the credential ended just before the row was written, nothing else would close this connection.
        if self.logins.standing(&connection.proven).await?.is_none() {
            self.forget(&connection).await;
            return Ok(None);
        }
        Ok(Some(connection))
    }

    /// Closes the user's oldest connections if a new one would exceed the limit.
    async fn make_room(&self, new: &Connection) -> Result<(), Error> {
        let mut open = self.store.connections_of(new.proven.user, usize::MAX).await?;
        open.sort_by_key(|connection| connection.connected_at);
        let too_many = (open.len() + 1).saturating_sub(CONNECTIONS_MAX);
        for (number, connection) in open.iter().enumerate() {
            if number < too_many || connection.ends_at <= new.connected_at {
                self.end(connection).await;
            }
        }
        Ok(())
    }

    /// Records that a connection was closed.
    ///
    /// # Errors
    /// If its rows cannot be removed. They expire by themselves.
    pub async fn disconnect(&self, id: &ConnectionId) -> Result<(), Error> {
        if let Some(connection) = self.store.connection(id).await? {
            self.store.remove_connections(&[connection]).await?;
        }
        Ok(())
    }
}
