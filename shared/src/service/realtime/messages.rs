//! What clients may say. Nobody hears an error: what makes no sense is ignored from somebody who is known, and
//! closes the connection of somebody who is not.

use super::{Realtime, frames::Frame};
use crate::{
    domain::{
        Error,
        connection::{Connection, ConnectionId},
        ids::EventId,
    },
    service::limits::Address,
};
use serde::Deserialize;

/// `{"type": "authenticate", "token": "…", "last_event_id": "…"}`, `{"type": "resume", "last_event_id": "…"}` or
/// `{"type": "ping"}`.
#[derive(Deserialize)]
struct Message {
    r#type: String,
    token: Option<String>,
    last_event_id: Option<String>,
}

impl Message {
    fn last_event(&self) -> Option<EventId> {
        self.last_event_id.as_deref().and_then(EventId::parse)
    }
}

impl Realtime {
    /// Takes a message from a connection. Whatever goes wrong closes it: its client may come again.
    pub async fn hear(&self, id: &ConnectionId, address: &Address, text: &str) {
        if let Err(error) = self.try_to_hear(id, address, text).await {
            match error {
                Error::InvalidCredential | Error::NoCredential | Error::RateLimited(_) => {}
                error => {
                    tracing::error!(error = %crate::log::Causes(&error), "a message was not understood");
                }
            }
            self.close(id).await;
        }
    }

    async fn try_to_hear(&self, id: &ConnectionId, address: &Address, text: &str) -> Result<(), Error> {
        let message: Option<Message> = serde_json::from_str(text).ok();
        match self.store.connection(id).await? {
            None => self.hear_unknown(id, address, message).await,
            Some(connection) => self.hear_known(connection, message).await,
        }
    }

    /// The first thing to say is who one is.
    async fn hear_unknown(&self, id: &ConnectionId, address: &Address, message: Option<Message>) -> Result<(), Error> {
        let message = message.filter(|message| message.r#type == "authenticate");
        let token = message.as_ref().and_then(|message| message.token.as_deref());
        let caller = self.logins.authenticate(token, address).await?;
        let connection = self.admit(id.clone(), caller.into()).await?.ok_or(Error::InvalidCredential)?;
        match message.and_then(|message| message.last_event()) {
            Some(last_event) => self.resume(&connection, last_event).await.map(drop),
            None => Ok(()),
        }
    }

    async fn hear_known(&self, connection: Connection, message: Option<Message>) -> Result<(), Error> {
        let now = self.clock.now();
        if connection.ends_at <= now {
            return Err(Error::InvalidCredential);
        }
        self.limits.request(connection.proven.user, now).await?;
        let Some(message) = message else { return Ok(()) };
        match (message.r#type.as_str(), message.last_event()) {
            ("ping", _) => drop(self.push(&connection, &[Frame::pong(now)?]).await),
            ("resume", Some(last_event)) => drop(self.resume(&connection, last_event).await?),
            _ => {}
        }
        Ok(())
    }

    /// Closes a connection, whoever is at its other end.
    async fn close(&self, id: &ConnectionId) {
        if let Err(error) = self.gateway.close(id).await {
            tracing::warn!(error = %crate::log::Causes(&error), "a connection was not closed");
            return;
        }
        if let Err(error) = self.disconnect(id).await {
            tracing::warn!(error = %crate::log::Causes(&error), "a connection was not forgotten");
        }
    }
}
