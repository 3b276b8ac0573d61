//! Telling of an answer while it is being made. A turn never waits for this, and never fails by it.

use super::{Realtime, frames::Frame};
use crate::domain::{
    Error,
    connection::Connection,
    ids::{ConversationId, MessageId, UserId},
};
use std::time::Duration;
use tokio::{sync::mpsc, task::JoinHandle};
use tracing::Instrument;

/// How much time lies between two frames about one reply.
const PAUSE: Duration = Duration::from_millis(100);
/// The most characters of one piece: however they are written in JSON, they fit into a frame.
const PIECE_MAX: usize = 4_000;

/// Where the pieces of a reply go. Cheap to clone.
#[derive(Clone)]
pub struct Feed(mpsc::UnboundedSender<Piece>);

struct Piece {
    reply: (ConversationId, MessageId),
    text: String,
}

impl Feed {
    /// Tells the next piece of a reply.
    pub fn tell(&self, conversation: ConversationId, reply: MessageId, text: &str) {
        // Nobody may be there to hear it.
        drop(self.0.send(Piece { reply: (conversation, reply), text: text.to_owned() }));
    }
}

impl Realtime {
    /// Where the pieces of a reply to `user` go, and a task that ends soon after all of these are dropped.
    pub fn feed(&self, user: UserId) -> (Feed, JoinHandle<()>) {
        let (sender, pieces) = mpsc::unbounded_channel();
        let realtime = self.clone();
        let pass_on = async move {
            if let Err(error) = realtime.pass_on(user, pieces).await {
                tracing::warn!(error = %crate::log::Causes(&error), "a reply was not told of while it was made");
            }
        };
        (Feed(sender), tokio::spawn(pass_on.in_current_span()))
    }

    async fn pass_on(&self, user: UserId, mut pieces: mpsc::UnboundedReceiver<Piece>) -> Result<(), Error> {
        let mut next = pieces.recv().await;
        if next.is_none() {
            return Ok(());
        }
        let mut connections = self.store.connections_of(user, usize::MAX).await?;
        while let Some(Piece { reply, mut text }) = next.take() {
            while let Ok(more) = pieces.try_recv() {
                text.push_str(&more.text);
            }
            connections = self.push_piece(connections, user, reply, &text).await?;
            if connections.is_empty() {
                return Ok(());
            }
            next = next_after_pause(&mut pieces).await;
        }
        Ok(())
    }

    async fn push_piece(
        &self,
        connections: Vec<Connection>,
        user: UserId,
        reply: (ConversationId, MessageId),
        text: &str,
    ) -> Result<Vec<Connection>, Error> {
        let now = self.clock.now();
        let characters: Vec<char> = text.chars().collect();
        let pieces = characters.chunks(PIECE_MAX).map(|piece| piece.iter().collect::<String>());
        let frames = pieces.map(|piece| Frame::delta(now, user, reply, &piece)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.push_to_all(connections, &frames).await)
    }
}

/// What came during the pause, or the first piece after it. The last piece does not wait.
async fn next_after_pause(pieces: &mut mpsc::UnboundedReceiver<Piece>) -> Option<Piece> {
    let mut next = pieces.recv().await?;
    let pause = tokio::time::sleep(PAUSE);
    tokio::pin!(pause);
    loop {
        tokio::select! {
            () = &mut pause => return Some(next),
            piece = pieces.recv() => match piece {
                Some(more) => next.text.push_str(&more.text),
                None => return Some(next),
            },
        }
    }
}
