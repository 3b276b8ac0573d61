//! Sends the pieces of a reply while it is generated. A turn never waits for this, and never fails because of it.

use super::{Frame, Realtime};
use crate::{
    domain::{
        Error,
        connection::Connection,
        ids::{ConversationId, MessageId, UserId},
    },
    service::format::{ReplyFailure, ReplyPiece},
};
use std::time::Duration;
use tokio::{sync::mpsc, task::JoinHandle};
use tracing::Instrument;

/// The time between two frames about one reply.
const PAUSE: Duration = Duration::from_millis(100);
/// The maximum number of characters of one piece. The JSON of any such piece fits into a frame.
const PIECE_MAX: usize = 4_000;

/// Takes the pieces of a reply. Cheap to clone.
#[derive(Clone)]
pub struct Feed(mpsc::UnboundedSender<Piece>);

struct Piece {
    reply: (ConversationId, MessageId),
    text: String,
}

impl Feed {
    /// Sends the next piece of a reply.
    pub fn send(&self, conversation: ConversationId, reply: MessageId, text: &str) {
        // Fails if the user has no connections.
        drop(self.0.send(Piece { reply: (conversation, reply), text: text.to_owned() }));
    }
}

impl Realtime {
    /// A feed for the pieces of a reply to `user`, and a task that ends soon after all clones of the feed are dropped.
    pub fn feed(&self, user: UserId) -> (Feed, JoinHandle<()>) {
        let (sender, pieces) = mpsc::unbounded_channel();
        let realtime = self.clone();
        let pass_on = async move {
            if let Err(error) = realtime.pass_on(user, pieces).await {
                tracing::warn!(error = %crate::log::Causes(&error), "the pieces of a reply were not sent to live connections");
            }
        };
        (Feed(sender), tokio::spawn(pass_on.in_current_span()))
    }

    /// Tells the connections of `user` that a reply failed.
    pub async fn tell_failure(
        &self,
        user: UserId,
        (conversation, reply): (ConversationId, MessageId),
    ) -> Result<(), Error> {
        let connections = self.store.connections_of(user, usize::MAX).await?;
        let failure = ReplyFailure { at: self.clock.now(), user, conversation, reply };
        let frame = Frame { event: None, bytes: self.format.reply_failure(failure)? };
        self.push_to_all(connections, &[frame]).await;
        Ok(())
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
        let (conversation, reply) = reply;
        let frames = pieces.map(|text| {
            let piece = ReplyPiece { at: now, user, conversation, reply, text: &text };
            Ok(Frame { event: None, bytes: self.format.reply_piece(piece)? })
        });
        let frames = frames.collect::<Result<Vec<_>, Error>>()?;
        Ok(self.push_to_all(connections, &frames).await)
    }
}

/// The pieces that arrive during the pause, or the first one after it. The last piece is not delayed.
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
