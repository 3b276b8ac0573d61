//! Live updates: connected clients receive events as they happen. This file sends frames and ends connections.
//! `connecting` authenticates connections, `messages` handles messages from clients, `resuming` sends missed events,
//! and `replies` sends the pieces of replies that are being generated.

mod connecting;
mod messages;
mod replies;
mod resuming;

pub use connecting::Handshake;
pub use messages::ClientMessage;
pub use replies::Feed;
pub use resuming::Later;

use super::{Deps, format::FrameFormat, limits::Limits, logins::Logins};
use crate::{
    clock::Clock,
    domain::{
        Error,
        connection::Connection,
        event::{Event, EventDetails, OutboxEntry},
        ids::{EventId, UserId},
    },
    entropy::Entropy,
    gateway::{Gateway, Posted},
    queue::Queue,
    store::{Store, keys::CONNECTION_PARTS},
};
use futures::{StreamExt, stream};
use std::{sync::Arc, time::Duration};

/// The maximum number of connections of a user. One more closes the oldest.
const CONNECTIONS_MAX: usize = 100;
/// The maximum number of connections to which frames are sent concurrently.
const AT_ONCE: usize = 32;
/// How long a new connection may be unknown to the gateway.
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
    format: Arc<dyn FrameFormat>,
}

/// An encoded frame.
struct Frame {
    /// The event that it reports, if any.
    event: Option<EventId>,
    bytes: Vec<u8>,
}

/// The result of sending frames to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pushed {
    /// All frames were sent.
    Whole,
    /// The connection does not exist, or does not exist yet.
    Gone,
    /// The gateway rejected a frame. The connection was closed if possible, so that the client notices.
    Failed,
}

impl Realtime {
    /// Sends frames through `gateway`, in `format`; delayed work goes to `later`.
    pub fn new(
        Deps { store, clock, entropy }: Deps,
        logins: Logins,
        limits: Limits,
        (gateway, format): (Gateway, Arc<dyn FrameFormat>),
        later: Queue,
    ) -> Self {
        Self { store, clock, entropy, logins, limits, gateway, later, format }
    }

    /// Sends the events of `entry` to its user's connections, or to all. An event that is sent twice has the same id.
    /// Connections whose credential ended are closed.
    ///
    /// # Errors
    /// If the connections or the messages cannot be read. A connection that cannot be reached is not an error.
    pub async fn dispatch(&self, entry: &OutboxEntry) -> Result<(), Error> {
        let frames = || self.frames(entry.user, std::slice::from_ref(entry));
        let Some(user) = entry.audience() else {
            return self.to_everybody(&frames().await?).await;
        };
        let has_ended = entry.events.contains(&EventDetails::AccessEnded);
        if !has_ended && !entry.events.iter().any(EventDetails::is_live) {
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

    async fn to_everybody(&self, frames: &[Frame]) -> Result<(), Error> {
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

    /// Sends all `frames` to all `connections`. Returns the connections that are still open.
    async fn push_to_all(&self, connections: Vec<Connection>, frames: &[Frame]) -> Vec<Connection> {
        let pushes = connections.into_iter().map(|connection| async move {
            let pushed = self.push(&connection, frames).await;
            (pushed == Pushed::Whole).then_some(connection)
        });
        stream::iter(pushes).buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await
    }

    /// The frames that `user` may see of `entries`, in order.
    async fn frames(&self, user: UserId, entries: &[OutboxEntry]) -> Result<Vec<Frame>, Error> {
        let events: Vec<Event> = entries.iter().flat_map(OutboxEntry::events).collect();
        let received = |event: &Event| match event.details {
            EventDetails::MessageReceived { conversation, message, assistant: _ } => Some((conversation, message)),
            _ => None,
        };
        let ids: Vec<_> = events.iter().filter_map(received).collect();
        let messages = if ids.is_empty() { Vec::new() } else { self.store.messages_of(user, &ids).await? };
        let mut messages = messages.into_iter();
        let mut frames = Vec::new();
        for event in &events {
            let message = received(event).and_then(|_| messages.next()).flatten();
            let bytes = self.format.event(event, message.as_ref())?;
            frames.extend(bytes.map(|bytes| Frame { event: Some(event.id), bytes }));
        }
        Ok(frames)
    }

    /// Sends `frames` in order.
    async fn push(&self, connection: &Connection, frames: &[Frame]) -> Pushed {
        let now = self.clock.now();
        if connection.ends_at <= now {
            self.end(connection).await;
            return Pushed::Gone;
        }
        for frame in frames {
            match self.gateway.post(&connection.id, &frame.bytes).await {
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

    /// Closes connections whose credential has ended. Returns the others.
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

    /// Closes a connection and removes its rows. If closing fails, the rows stay: without them, the connection would be
    /// open but receive no events.
    async fn end(&self, connection: &Connection) {
        match self.gateway.close(&connection.id).await {
            Ok(_) => self.forget(connection).await,
            Err(error) => {
                tracing::warn!(error = %crate::log::Causes(&error), "a connection was not closed");
            }
        }
    }

    /// Removes a connection's rows. If that fails, they expire by themselves.
    async fn forget(&self, connection: &Connection) {
        if let Err(error) = self.store.remove_connections(std::slice::from_ref(connection)).await {
            tracing::warn!(error = %crate::log::Causes(&error), "the rows of a connection were not removed");
        }
    }
}
