//! Listening to a model: how long and how much, who hears the pieces, and what is left of an answer when
//! somebody stops listening.

use super::{realtime::Feed, turns::Answered};
use crate::{
    domain::{
        Error,
        conversation::{Message, MessageStatus, Said},
        ids::{ConversationId, MessageId, Speaker, TurnNumber},
        time::Timestamp,
    },
    model::{ChatModel, Prompt},
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

/// How long a whole answer is waited for: the gateway gives up on one that is not streamed after 29 seconds.
const WAITING_PATIENCE: Duration = Duration::from_secs(25);
/// How long an answer may be streamed.
pub const STREAMING_PATIENCE: Duration = Duration::from_secs(600);
/// The most bytes of a reply: with the longest message beside it, it still fits into one item of the store.
const REPLY_BYTES_MAX: usize = 120_000;
/// Events that wait for a slow reader; then the model waits too.
const EVENTS_WAITING: usize = 16;

/// What happens in a turn, in this order.
#[derive(Debug)]
pub enum TurnEvent {
    /// The user's message is stored.
    Said(ConversationId, Message),
    /// A piece of the reply.
    Delta(String),
    /// The turn is over and paid for.
    Done(Answered),
    /// The turn failed, and is not paid for.
    Failed(Error),
}

/// Who hears the answer.
#[derive(Clone)]
pub enum Listener {
    /// Somebody who waits until it is whole.
    Waits,
    /// Somebody who hears each piece, and may go away.
    Hears {
        /// Where the pieces go.
        events: mpsc::Sender<TurnEvent>,
        /// Whether any went there.
        has_begun: Arc<AtomicBool>,
        /// Where they go for the user's live connections.
        feed: Feed,
    },
}

/// What came of listening.
pub enum Heard {
    /// A reply that is stored and paid for.
    Reply {
        /// The text.
        text: String,
        /// Whether there would have been more.
        is_cut: bool,
    },
    /// Nothing that is worth anything.
    Nothing(Error),
}

impl Listener {
    /// Somebody who hears each piece, and where.
    pub fn streaming(feed: Feed) -> (Self, mpsc::Receiver<TurnEvent>) {
        let (sender, events) = mpsc::channel(EVENTS_WAITING);
        (Self::Hears { events: sender, has_begun: Arc::default(), feed }, events)
    }

    /// Only the end of the stream of events: nothing is fed any more.
    pub fn into_events(self) -> Option<mpsc::Sender<TurnEvent>> {
        match self {
            Self::Waits => None,
            Self::Hears { events, has_begun: _, feed: _ } => Some(events),
        }
    }

    /// Tells the user's live connections a piece of the reply.
    pub fn feed(&self, conversation: ConversationId, turn: TurnNumber, text: &str) {
        if let Self::Hears { feed, .. } = self {
            feed.tell(conversation, MessageId { turn, speaker: Speaker::Assistant }, text);
        }
    }

    /// How long the model may take.
    pub const fn patience(&self) -> Duration {
        match self {
            Self::Waits => WAITING_PATIENCE,
            Self::Hears { .. } => STREAMING_PATIENCE,
        }
    }

    /// Tells that the user's message is stored.
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
            self.tell(TurnEvent::Said(place.conversation, message)).await;
        }
    }

    /// Tells how the turn ended. An answer that was not heard in pieces is told as one.
    pub async fn conclude(&self, answered: Result<Answered, Error>) {
        match answered {
            Err(error) => drop(self.tell(TurnEvent::Failed(error)).await),
            Ok(answered) => {
                if !self.has_begun() {
                    let [said, reply] = answered.turn.clone().into_messages();
                    self.tell(TurnEvent::Said(answered.conversation, said)).await;
                    self.tell(TurnEvent::Delta(reply.content)).await;
                }
                self.tell(TurnEvent::Done(answered)).await;
            }
        }
    }

    /// Listens to `model` until it is done, fails, takes too long, says too much, or nobody listens any more.
    /// The turn takes place at `place`.
    pub async fn hear(&self, model: &dyn ChatModel, prompt: Prompt, place: (ConversationId, TurnNumber)) -> Heard {
        let mut text = String::new();
        let all = self.hear_into(&mut text, model, prompt, place);
        match tokio::time::timeout(self.patience(), all).await {
            Err(_) => Heard::Nothing(Error::ModelTimedOut),
            Ok(Err(error)) => Heard::Nothing(error),
            // Without a word there is nothing to pay for.
            Ok(Ok(_)) if text.is_empty() => Heard::Nothing(Error::ModelFailed),
            Ok(Ok(is_cut)) => Heard::Reply { text, is_cut },
        }
    }

    /// Whether there would have been more.
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
                None => return Ok(false),
                Some(Err(error)) => {
                    tracing::warn!(error = %crate::log::Causes(&error), "the model failed");
                    return Err(Error::ModelFailed);
                }
                Some(Ok(mut piece)) => {
                    let is_full = text.len() + piece.len() > REPLY_BYTES_MAX;
                    while text.len() + piece.len() > REPLY_BYTES_MAX {
                        piece.pop();
                    }
                    text.push_str(&piece);
                    self.feed(conversation, turn, &piece);
                    if !self.tell(TurnEvent::Delta(piece)).await || is_full {
                        return Ok(true);
                    }
                }
            }
        }
    }

    /// Whether somebody still listens.
    async fn tell(&self, event: TurnEvent) -> bool {
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
