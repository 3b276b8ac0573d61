//! Notifications: messages of administrators to all users.

use super::{
    Deps,
    idempotency::{Idempotency, IdempotencyKey, Keyed},
    retry::Attempt,
};
use crate::{
    domain::{
        Error,
        event::{EventDetails, OutboxEntry},
        ids::EventId,
        text::Announcement,
        time::Timestamp,
        user::Administrator,
    },
    store::Store,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A notification that was sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Notification {
    /// The event's id.
    pub id: EventId,
    /// The text that all users see.
    pub message: Announcement,
    /// When it was sent.
    pub created_at: Timestamp,
}

/// Notifications.
pub struct Notifications {
    store: Arc<Store>,
    idempotency: Idempotency,
}

impl Notifications {
    /// Writes notifications to the store.
    pub fn new(deps: Deps) -> Self {
        Self { store: deps.store.clone(), idempotency: Idempotency::new(deps) }
    }

    /// Sends a message to every live connection. Clients that reconnect within an hour also receive it.
    ///
    /// # Errors
    /// `KeyReused` and `StillRunning` for the idempotency key.
    pub async fn send(
        &self,
        administrator: &Administrator,
        message: Announcement,
        key: Option<IdempotencyKey>,
    ) -> Result<Notification, Error> {
        let keyed = key.map(|key| Keyed::new(key, &["notification", message.as_str()]));
        let user = administrator.user().id;
        let sent = self.idempotency.run(user, keyed, async |run| {
            let event = EventDetails::SystemNotification { message: message.as_str().to_owned() };
            let entry = OutboxEntry::new(user, run.now, vec![event]);
            let notification = Notification { id: entry.id(), message: message.clone(), created_at: run.now };
            let record = run.record(&notification)?;
            Ok(match self.store.announce(&entry, record).await? {
                true => Attempt::Done(notification),
                false => Attempt::KeyClaimed,
            })
        });
        Ok(sent.await?.into_inner())
    }
}
