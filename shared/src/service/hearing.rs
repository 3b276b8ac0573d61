//! Receiving a model's reply: limits of time and size, who gets the pieces, and what remains of a reply when the client
//! disconnects.

use super::{realtime::Feed, turns::Answered};
use crate::{
    domain::{
        Error,
        conversation::{Message, MessageStatus, Said},
        ids::{ConversationId, MessageId, Speaker, TurnNumber},
        time::Timestamp,
    },
    model::{ChatModel, Delta, EndReason, ModelError, Prompt},
    store::turns::TurnLocation,
};
use futures::StreamExt;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::mpsc;

/// The time limit of a reply that is not streamed. The gateway gives up after 29 seconds.
const WAITING_PATIENCE: Duration = Duration::from_secs(25);
/// The time limit of a streamed reply.
pub const STREAMING_PATIENCE: Duration = Duration::from_secs(600);
/// The maximum size of a reply in bytes. Together with the longest message, it fits into one item of the store.
const REPLY_BYTES_MAX: usize = 120_000;
/// The maximum number of events queued for a slow client. When the queue is full, the model waits.
const EVENTS_WAITING: usize = 16;

/// The events of a turn, in this order.
#[derive(Debug)]
pub enum TurnEvent {
    /// The user's message was stored.
    Said(ConversationId, Message),
    /// A piece of the reply.
    Delta(String),
    /// The reply was stored and paid for.
    Done(Answered),
    /// The turn failed and costs nothing.
    Failed(Error),
}

/// The recipient of a reply.
#[derive(Clone)]
pub enum Listener {
    /// A client that waits for the whole reply.
    Waits,
    /// A client that gets each piece, and may disconnect.
    Hears {
        /// The client's events.
        events: mpsc::Sender<TurnEvent>,
        /// Whether the client's stream of events has begun.
        has_begun: Arc<AtomicBool>,
        /// Sends the pieces to the user's live connections.
        feed: Feed,
    },
}

/// The outcome of receiving a reply.
pub enum Heard {
    /// A reply to store and charge for.
    Reply {
        /// The text.
        text: String,
        /// Whether the reply was cut off.
        is_cut: bool,
    },
    /// No usable reply.
    Nothing(Error),
}

impl Listener {
    /// A client that gets each piece, and the events for it.
    pub fn streaming(feed: Feed) -> (Self, mpsc::Receiver<TurnEvent>) {
        let (sender, events) = mpsc::channel(EVENTS_WAITING);
        (Self::Hears { events: sender, has_begun: Arc::default(), feed }, events)
    }

    /// Returns the sender of the client's events, which keeps the stream open. Drops the feed of live connections.
    pub fn into_events(self) -> Option<mpsc::Sender<TurnEvent>> {
        match self {
            Self::Waits => None,
            Self::Hears { events, has_begun: _, feed: _ } => Some(events),
        }
    }

    /// Sends a piece of the reply to the user's live connections.
    pub fn feed(&self, conversation: ConversationId, turn: TurnNumber, text: &str) {
        if let Self::Hears { feed, .. } = self {
            feed.send(conversation, MessageId { turn, speaker: Speaker::Assistant }, text);
        }
    }

    /// The model's time limit.
    pub const fn patience(&self) -> Duration {
        match self {
            Self::Waits => WAITING_PATIENCE,
            Self::Hears { .. } => STREAMING_PATIENCE,
        }
    }

    /// Reports that the user's message was stored.
    pub async fn said(&self, place: &TurnLocation, said: &Said, created_at: Timestamp) {
        if let Self::Hears { has_begun, .. } = self {
            has_begun.store(true, Ordering::Relaxed);
            let message = Message {
                id: MessageId { turn: place.turn, speaker: Speaker::User },
                content: said.text.as_str().to_owned(),
                attachments: said.attachments.clone(),
                status: MessageStatus::Pending,
                charged: None,
                created_at,
            };
            self.send(TurnEvent::Said(place.conversation, message)).await;
        }
    }

    /// Reports how the turn ended. A reply that was not streamed is sent as one piece.
    pub async fn conclude(&self, answered: Result<Answered, Error>) {
        match answered {
            Err(error) => drop(self.send(TurnEvent::Failed(error)).await),
            Ok(answered) => {
                if !self.has_begun() {
                    let [said, reply] = answered.turn.clone().into_messages();
                    self.send(TurnEvent::Said(answered.conversation, said)).await;
                    self.send(TurnEvent::Delta(reply.content)).await;
                }
                self.send(TurnEvent::Done(answered)).await;
            }
        }
    }

    /// Receives the reply of `model` until it is complete, the model fails or reaches a limit of time or size, or the
    /// client disconnects. `place` is the turn.
    pub async fn hear(&self, model: &dyn ChatModel, prompt: Prompt, place: (ConversationId, TurnNumber)) -> Heard {
        let mut text = String::new();
        let all = self.hear_into(&mut text, model, prompt, place);
        match tokio::time::timeout(self.patience(), all).await {
            Err(_) => Heard::Nothing(Error::ModelTimedOut),
            Ok(Err(error)) => Heard::Nothing(error),
            // An empty reply is a failure: there is nothing to charge for.
            Ok(Ok(_)) if text.is_empty() => Heard::Nothing(Error::ModelFailed),
            Ok(Ok(is_cut)) => Heard::Reply { text, is_cut },
        }
    }

    /// Appends the pieces to `text`. Returns whether the reply was cut off.
    async fn hear_into(
        &self,
        text: &mut String,
        model: &dyn ChatModel,
        prompt: Prompt,
        (conversation, turn): (ConversationId, TurnNumber),
    ) -> Result<bool, Error> {
        let mut pieces = model.answer(prompt);
        loop {
            let piece = tokio::select! {
                piece = pieces.next() => piece,
                () = self.gone() => return Ok(true),
            };
            match piece {
                // A stream without an end is broken off.
                None => return Err(Error::ModelFailed),
                Some(Ok(Delta::End(end))) => return Ok(end.reason == EndReason::Length),
                Some(Ok(Delta::Reasoning(_) | Delta::ToolCall(_))) => {}
                Some(Err(ModelError::TimedOut)) => return Err(Error::ModelTimedOut),
                Some(Err(error)) => {
                    tracing::warn!(error = %crate::log::Causes(&error), "the model failed");
                    return Err(Error::ModelFailed);
                }
                Some(Ok(Delta::Text(mut piece))) => {
                    let is_full = text.len() + piece.len() > REPLY_BYTES_MAX;
                    while text.len() + piece.len() > REPLY_BYTES_MAX {
                        piece.pop();
                    }
                    text.push_str(&piece);
                    self.feed(conversation, turn, &piece);
                    if !self.send(TurnEvent::Delta(piece)).await || is_full {
                        return Ok(true);
                    }
                }
            }
        }
    }

    /// Sends an event. Returns whether the client is still connected.
    async fn send(&self, event: TurnEvent) -> bool {
        match self {
            Self::Waits => true,
            Self::Hears { events, .. } => events.send(event).await.is_ok(),
        }
    }

    async fn gone(&self) {
        match self {
            Self::Waits => std::future::pending().await,
            Self::Hears { events, .. } => events.closed().await,
        }
    }

    fn has_begun(&self) -> bool {
        match self {
            Self::Waits => false,
            Self::Hears { has_begun, .. } => has_begun.load(Ordering::Relaxed),
        }
    }
}
