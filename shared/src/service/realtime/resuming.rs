//! What concerns connections later than now, and catching up: whoever was away says which event was the last
//! that it heard of, and is sent what happened since.

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

/// How long a connection that was just decided about takes to open.
pub(super) const SETTLES: Duration = Duration::from_secs(1);
/// How far back somebody can catch up.
const BACK: Duration = Duration::from_secs(60 * 60);
/// Ids sort by when a change was begun, and it is there some moments later: so much earlier ones are sent again.
const OVERLAP: Duration = Duration::from_secs(10);
/// The most changes that are sent at once. Whoever missed more resumes again from the last of them.
const CHANGES_MAX: usize = 1_000;
/// How many changes are read, with their messages, before they are sent.
const PORTION: usize = 25;

/// A message on the queue.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Later {
    /// Close it unless it is known by then who is at its other end.
    Close {
        /// Which.
        close_if_unknown: ConnectionId,
    },
    /// Send what happened since.
    Resume {
        /// To which.
        resume: ConnectionId,
        /// The last event that was heard of.
        last_event_id: EventId,
    },
}

impl Realtime {
    pub(super) async fn send_later(&self, later: Later, delay: Duration) -> Result<(), Error> {
        let (Later::Close { close_if_unknown: id } | Later::Resume { resume: id, .. }) = &later;
        let group = id.to_string();
        let body = serde_json::to_string(&later).map_err(Error::internal)?;
        Ok(self.later.send(vec![Outgoing { body, group, delay }]).await?)
    }

    /// Does what a message on the queue says.
    ///
    /// # Errors
    /// When it may succeed later; then the message has to come again. `Internal` for one that makes no sense.
    pub async fn do_later(&self, body: &str) -> Result<(), Error> {
        match serde_json::from_str(body).map_err(Error::internal)? {
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

    /// Sends what happened since `last`, in order. What is near to it may come twice; nothing is left out.
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
