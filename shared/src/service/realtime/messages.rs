//! Messages from clients. Clients get no error messages. An unreadable message from an authenticated client is ignored;
//! one from an unknown client closes the connection.

use super::{Frame, Realtime};
use crate::{
    domain::{
        Error,
        connection::{Connection, ConnectionId},
        ids::EventId,
    },
    service::limits::Address,
};
use secrecy::{ExposeSecret, SecretString};

/// A message of a client.
pub enum ClientMessage {
    /// The first message of a client that connected without a ticket and without a session.
    Authenticate {
        /// A credential.
        token: Option<SecretString>,
        /// The last event that the client received on an earlier connection.
        last_event: Option<EventId>,
    },
    /// Asks for the events since an earlier connection.
    Resume {
        /// The last event that the client received.
        last_event: EventId,
    },
    /// Asks for a `pong`.
    Ping,
}

impl Realtime {
    /// Handles a message. `None` is one that could not be read. Any failure closes the connection; the client may
    /// connect again.
    pub async fn hear(&self, id: &ConnectionId, address: &Address, message: Option<ClientMessage>) {
        if let Err(error) = self.try_to_hear(id, address, message).await {
            match error {
                Error::InvalidCredential | Error::NoCredential | Error::RateLimited(_) => {}
                error => {
                    tracing::error!(error = %crate::log::Causes(&error), "a client's message could not be handled");
                }
            }
            self.close(id).await;
        }
    }

    async fn try_to_hear(
        &self,
        id: &ConnectionId,
        address: &Address,
        message: Option<ClientMessage>,
    ) -> Result<(), Error> {
        match self.store.connection(id).await? {
            None => self.hear_unknown(id, address, message).await,
            Some(connection) => self.hear_known(connection, message).await,
        }
    }

    /// The first message must authenticate the client.
    async fn hear_unknown(
        &self,
        id: &ConnectionId,
        address: &Address,
        message: Option<ClientMessage>,
    ) -> Result<(), Error> {
        let (token, last_event) = match message {
            Some(ClientMessage::Authenticate { token, last_event }) => (token, last_event),
            Some(ClientMessage::Resume { .. } | ClientMessage::Ping) | None => (None, None),
        };
        let caller = self.logins.authenticate(token.as_ref().map(ExposeSecret::expose_secret), address).await?;
        let connection = self.admit(id.clone(), caller.into()).await?.ok_or(Error::InvalidCredential)?;
        match last_event {
            Some(last_event) => self.resume(&connection, last_event).await.map(drop),
            None => Ok(()),
        }
    }

    async fn hear_known(&self, connection: Connection, message: Option<ClientMessage>) -> Result<(), Error> {
        let now = self.clock.now();
        if connection.ends_at <= now {
            return Err(Error::InvalidCredential);
        }
        self.limits.request(connection.proven.user, now).await?;
        match message {
            Some(ClientMessage::Ping) => {
                let pong = Frame { event: None, bytes: self.format.pong(now)? };
                self.push(&connection, &[pong]).await;
            }
            Some(ClientMessage::Resume { last_event }) => drop(self.resume(&connection, last_event).await?),
            Some(ClientMessage::Authenticate { .. }) | None => {}
        }
        Ok(())
    }

    /// Closes a connection, whether or not its client is authenticated.
    async fn close(&self, id: &ConnectionId) {
        if let Err(error) = self.gateway.close(id).await {
            tracing::warn!(error = %crate::log::Causes(&error), "a connection was not closed");
            return;
        }
        if let Err(error) = self.disconnect(id).await {
            tracing::warn!(error = %crate::log::Causes(&error), "the rows of a connection were not removed");
        }
    }
}
