//! What administrators tell everybody.

use super::{
    Deps,
    idempotency::{IdempotencyKey, Keyed},
};
use crate::{
    clock::Clock,
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

/// How often a notification is tried when its idempotency key is claimed at the same moment.
const TRIES: usize = 3;

/// A notification that was sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Notification {
    /// The event's id.
    pub id: EventId,
    /// What everybody is told.
    pub message: Announcement,
    /// When.
    pub created_at: Timestamp,
}

/// Notifications.
pub struct Notifications {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
}

impl Notifications {
    /// With these parts.
    pub fn new(Deps { store, clock, entropy: _ }: Deps) -> Self {
        Self { store, clock }
    }

    /// Tells everybody who is connected, now or within an hour.
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
        for _ in 0..TRIES {
            let now = self.clock.now();
            if let Some(keyed) = &keyed {
                let record = self.store.idempotency_record(user, keyed.hash()).await?;
                if let Some(notification) = keyed.replay(record.as_ref(), now)? {
                    return Ok(notification);
                }
            }
            let outbox_entry = EventDetails::SystemNotification { message: message.as_str().to_owned() };
            let outbox_entry = OutboxEntry::new(user, now, vec![outbox_entry]);
            let notification = Notification { id: outbox_entry.id(), message: message.clone(), created_at: now };
            let record = keyed.as_ref().map(|keyed| keyed.done(&notification, now)).transpose()?;
            // If not, another look tells what came between.
            if self.store.announce(&outbox_entry, record).await? {
                return Ok(notification);
            }
        }
        Err(Error::StillRunning)
    }
}
