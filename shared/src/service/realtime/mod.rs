//! Live updates: who is connected hears what happens. Here it is told; `connecting` says who hears, `messages`
//! what clients may say, `frames` how it looks, `resuming` how somebody who was away catches up, and `replies`
//! tells of answers while they are being made.

mod connecting;
mod frames;
mod messages;
mod replies;
mod resuming;

pub use connecting::Handshake;
pub use replies::Feed;

use super::{Deps, limits::Limits, logins::Logins};
use crate::{
    clock::Clock,
    domain::{
        Error,
        connection::Connection,
        event::{EventDetails, OutboxEntry},
    },
    entropy::Entropy,
    gateway::{Gateway, Posted},
    queue::Queue,
    store::{Store, keys::CONNECTION_PARTS},
};
use frames::Frame;
use futures::{StreamExt, stream};
use std::{sync::Arc, time::Duration};

/// The most connections of a user: one more closes the oldest.
const CONNECTIONS_MAX: usize = 100;
/// How many connections are sent to at the same time.
const AT_ONCE: usize = 32;
/// How long a connection that is being made may be unknown to the gateway.
const BEING_MADE: Duration = Duration::from_secs(30);

/// Live updates. Cheap to clone.
#[derive(Clone)]
pub struct Realtime {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    logins: Logins,
    limits: Limits,
    gateway: Gateway,
    later: Queue,
}

/// What became of frames for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pushed {
    /// All were sent.
    Whole,
    /// The connection is not there, or not yet.
    Gone,
    /// The gateway did not take one. The connection was closed, if that was possible, so that its client knows.
    Failed,
}

impl Realtime {
    /// Sends through `gateway`; what concerns connections later than now goes to `later`.
    pub fn new(
        Deps { store, clock, entropy }: Deps,
        logins: Logins,
        limits: Limits,
        gateway: Gateway,
        later: Queue,
    ) -> Self {
        Self { store, clock, entropy, logins, limits, gateway, later }
    }

    /// Tells those who are connected of a change: its user, or everybody. Whoever hears twice of an event sees
    /// by its id that it is the same. Connections whose credential ended are closed.
    ///
    /// # Errors
    /// When it cannot be found out who is connected, or what the change was; a connection that cannot be
    /// reached is no error.
    pub async fn tell(&self, change: &OutboxEntry) -> Result<(), Error> {
        let frames = || self.frames(change.user, std::slice::from_ref(change));
        let Some(user) = change.audience() else {
            return self.tell_everybody(&frames().await?).await;
        };
        let has_ended = change.events.contains(&EventDetails::AccessEnded);
        if !has_ended && !change.events.iter().any(frames::is_told) {
            return Ok(());
        }
        let mut connections = self.store.connections_of(user, usize::MAX).await?;
        if has_ended {
            connections = self.without_dead(connections).await?;
        }
        if connections.is_empty() {
            return Ok(());
        }
        let frames = frames().await?;
        self.push_to_all(connections, &frames).await;
        Ok(())
    }

    async fn tell_everybody(&self, frames: &[Frame]) -> Result<(), Error> {
        for part in 0..CONNECTION_PARTS {
            let mut start = None;
            loop {
                let (connections, next) = self.store.some_connections(part, start).await?;
                self.push_to_all(connections, frames).await;
                start = next;
                if start.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Sends all `frames` to all `connections`, and tells which of them are still there.
    async fn push_to_all(&self, connections: Vec<Connection>, frames: &[Frame]) -> Vec<Connection> {
        let pushes = connections.into_iter().map(|connection| async move {
            let pushed = self.push(&connection, frames).await;
            (pushed == Pushed::Whole).then_some(connection)
        });
        stream::iter(pushes).buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await
    }

    /// Sends `frames` in their order.
    async fn push(&self, connection: &Connection, frames: &[Frame]) -> Pushed {
        let now = self.clock.now();
        if connection.ends_at <= now {
            self.end(connection).await;
            return Pushed::Gone;
        }
        for frame in frames {
            match self.gateway.post(&connection.id, &frame.text).await {
                Ok(Posted::Delivered) => {}
                Ok(Posted::Gone) => {
                    if now.since(connection.connected_at) > BEING_MADE {
                        self.forget(connection).await;
                    }
                    return Pushed::Gone;
                }
                Err(error) => {
                    tracing::warn!(error = %crate::log::Causes(&error), "a frame was not sent");
                    self.end(connection).await;
                    return Pushed::Failed;
                }
            }
        }
        Pushed::Whole
    }

    /// Closes connections whose credential is dead, and gives the others.
    async fn without_dead(&self, connections: Vec<Connection>) -> Result<Vec<Connection>, Error> {
        let looks = connections.into_iter().map(|connection| async move {
            if self.logins.standing(&connection.proven).await?.is_some() {
                return Ok(Some(connection));
            }
            self.end(&connection).await;
            Ok(None)
        });
        let looked: Vec<Result<Option<Connection>, Error>> =
            stream::iter(looks).buffer_unordered(AT_ONCE).collect().await;
        looked.into_iter().filter_map(Result::transpose).collect()
    }

    /// Closes a connection and forgets it. One that cannot be closed is not forgotten: it would stay open
    /// without hearing anything.
    async fn end(&self, connection: &Connection) {
        match self.gateway.close(&connection.id).await {
            Ok(_) => self.forget(connection).await,
            Err(error) => {
                tracing::warn!(error = %crate::log::Causes(&error), "a connection was not closed");
            }
        }
    }

    /// Rows that are left behind go by themselves.
    async fn forget(&self, connection: &Connection) {
        if let Err(error) = self.store.remove_connections(std::slice::from_ref(connection)).await {
            tracing::warn!(error = %crate::log::Causes(&error), "a connection was not forgotten");
        }
    }
}
