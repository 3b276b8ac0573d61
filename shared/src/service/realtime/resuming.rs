//! Delayed work on connections, and catching up: a client that reconnects names the last event that it received, and
//! gets the events since then.

use super::{Pushed, Realtime};
use crate::{
    domain::{
        Error,
        connection::{Connection, ConnectionId},
        event::OutboxEntry,
        ids::EventId,
    },
    queue::Outgoing,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a connection takes to open after its handshake was accepted.
pub(super) const SETTLES: Duration = Duration::from_secs(1);
/// How far back in time a client can catch up.
const BACK: Duration = Duration::from_secs(60 * 60);
/// Ids sort by the start of their transaction, which becomes visible a little later. So events from this long before
/// the last one are sent again.
const OVERLAP: Duration = Duration::from_secs(10);
/// The maximum number of outbox entries that are sent at once. A client that missed more resumes again from the last
/// one.
const CHANGES_MAX: usize = 1_000;
/// How many entries are read, with their messages, before their frames are sent.
const PORTION: usize = 25;

/// Work for later, as a message on the queue.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Later {
    /// Close a connection unless its client is authenticated by then.
    Close {
        /// The connection.
        close_if_unknown: ConnectionId,
    },
    /// Send the events that a client missed.
    Resume {
        /// The connection.
        resume: ConnectionId,
        /// The last event that the client received.
        last_event_id: EventId,
    },
}

impl Realtime {
    pub(super) async fn send_later(&self, later: Later, delay: Duration) -> Result<(), Error> {
        let (Later::Close { close_if_unknown: id } | Later::Resume { resume: id, .. }) = &later;
        let group = id.to_string();
        Ok(self.later.send(vec![Outgoing::json(&later, group, delay)?]).await?)
    }

    /// Does the work of a message on the queue.
    ///
    /// # Errors
    /// If the message must be received again.
    pub async fn do_later(&self, later: Later) -> Result<(), Error> {
        match later {
            Later::Close { close_if_unknown: id } => {
                if self.store.connection(&id).await?.is_none() {
                    self.gateway.close(&id).await.map_err(|error| Error::Unavailable(error.into()))?;
                }
                Ok(())
            }
            Later::Resume { resume: id, last_event_id } => {
                let Some(connection) = self.store.connection(&id).await? else {
                    return Ok(());
                };
                let is_new = self.clock.now().since(connection.connected_at) <= super::BEING_MADE;
                match self.resume(&connection, last_event_id).await? {
                    Pushed::Gone if is_new => Err(Error::Unavailable("the connection is not open yet".into())),
                    Pushed::Whole | Pushed::Gone | Pushed::Failed => Ok(()),
                }
            }
        }
    }

    /// Sends the events since `last`, in order. Events near `last` may be sent twice. None is left out.
    pub(super) async fn resume(&self, connection: &Connection, last: EventId) -> Result<Pushed, Error> {
        let since = last.at().minus(OVERLAP).max(self.clock.now().minus(BACK));
        let user = connection.proven.user;
        let own = self.store.changes(Some(user), since, CHANGES_MAX);
        let (mut changes, of_all) =
            futures::future::try_join(own, self.store.changes(None, since, CHANGES_MAX)).await?;
        changes.extend(of_all);
        changes.sort_by_key(OutboxEntry::id);
        changes.truncate(CHANGES_MAX);
        for changes in changes.chunks(PORTION) {
            let mut frames = self.frames(user, changes).await?;
            frames.retain(|frame| frame.event != Some(last));
            let pushed = self.push(connection, &frames).await;
            if pushed != Pushed::Whole {
                return Ok(pushed);
            }
        }
        Ok(Pushed::Whole)
    }
}
