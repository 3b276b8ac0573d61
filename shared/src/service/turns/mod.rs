//! Sending a message to the model, for all dialects. A turn is charged exactly when its reply is stored, and no two
//! turns can spend the same tokens. `preparing` reads and checks what a turn needs, `answering` generates and stores
//! the reply, and `events` lists the events.

mod answering;
mod events;
mod preparing;
mod prompt;

pub use prompt::ContextLimits;

use super::{
    Deps,
    balance::Balances,
    hearing::{Listener, TurnEvent},
    idempotency::{IdempotencyKey, Keyed, meaning_of},
    realtime::Realtime,
    retry::{Attempt, retry},
};
use crate::{
    clock::Clock,
    domain::{
        Error,
        conversation::{Conversation, Said, Turn},
        ids::{AssistantId, ConversationId, TurnNumber, UserId},
        money::Tokens,
        text::Title,
        user::User,
    },
    entropy::Entropy,
    model::ChatModel,
    store::Store,
};
use futures::{Stream, StreamExt};
use prompt::prompt;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use tracing::Instrument;

/// How long a finished stream may stay open until live connections have received the last pieces.
const FAREWELL: Duration = Duration::from_secs(2);

/// The conversation that a turn belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TurnTarget {
    /// In the caller's conversation for dialects without sessions. Created when first used.
    Default,
    /// In the caller's conversation with this assistant, for the dialect without sessions. Created when first used.
    With(AssistantId),
    /// In this conversation.
    In(ConversationId),
    /// In a new conversation.
    New {
        /// The assistant that answers in it.
        assistant: Option<AssistantId>,
        /// Its title.
        title: Title,
    },
}

impl TurnTarget {
    /// Whether a turn whose conversation was deleted meanwhile can take place in another one.
    ///
    /// # Errors
    /// `NotFound` if the caller asked for this conversation.
    const fn if_deleted(&self) -> Result<(), Error> {
        match self {
            Self::Default | Self::With(_) => Ok(()),
            Self::In(_) | Self::New { .. } => Err(Error::NotFound),
        }
    }

    /// The part of the idempotency fingerprint.
    fn meaning(&self, user: &User) -> Vec<String> {
        match self {
            Self::Default => vec![ConversationId::default_of(user.id, user.resets).to_string()],
            Self::With(assistant) => vec!["with".to_owned(), assistant.to_string()],
            Self::In(id) => vec![id.to_string()],
            Self::New { assistant, title } => {
                let assistant = assistant.map_or_else(String::new, |assistant| assistant.to_string());
                vec!["new".to_owned(), assistant, title.as_str().to_owned()]
            }
        }
    }
}

/// An answered turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The conversation.
    pub conversation: ConversationId,
    /// Message, reply and price.
    pub turn: Turn,
    /// The user's available tokens after the turn.
    pub left: Tokens,
}

/// The record of an answered turn under its idempotency key: where to find it again.
#[derive(Serialize, Deserialize)]
struct RecordedTurn {
    conversation: ConversationId,
    turn: TurnNumber,
    left: Tokens,
}

impl Answered {
    const fn recorded(&self) -> RecordedTurn {
        RecordedTurn { conversation: self.conversation, turn: self.turn.number, left: self.left }
    }
}

/// Turns.
#[derive(Clone)]
pub struct Turns {
    store: Arc<Store>,
    balance: Balances,
    model: Arc<dyn ChatModel>,
    limits: ContextLimits,
    realtime: Realtime,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// A request for a turn.
struct Saying {
    user: User,
    place: TurnTarget,
    said: Said,
    keyed: Option<Keyed>,
}

impl Turns {
    /// Generates replies with `model`, whose prompts keep to `limits`, and sends streamed ones to live connections through
    /// `realtime`.
    pub fn new(
        Deps { store, clock, entropy }: Deps,
        balance: Balances,
        (model, limits): (Arc<dyn ChatModel>, ContextLimits),
        realtime: Realtime,
    ) -> Self {
        Self { store, balance, model, limits, realtime, clock, entropy }
    }

    /// Sends a message and waits for the reply.
    ///
    /// # Errors
    /// `NotFound` for a conversation or an assistant that is not the user's, `Invalid` for the unknown assistant of a
    /// new conversation, `Conflict` if the assistant is not active, `InsufficientTokens`, `KeyReused` and
    /// `StillRunning` for the idempotency key, `ModelFailed` and `ModelTimedOut`.
    pub async fn say(
        &self,
        user: &User,
        place: TurnTarget,
        said: Said,
        key: Option<IdempotencyKey>,
    ) -> Result<Answered, Error> {
        let saying = Saying::new(user, place, said, key)?;
        self.run(Arc::new(saying), Listener::Waits).await
    }

    /// Sends a message in a new conversation and waits for the reply. Also returns the conversation as it was then.
    ///
    /// # Errors
    /// As [`Turns::say`].
    pub async fn begin(
        &self,
        user: &User,
        (assistant, title): (Option<AssistantId>, Title),
        said: Said,
        key: Option<IdempotencyKey>,
    ) -> Result<(Conversation, Answered), Error> {
        let answered = self.say(user, TurnTarget::New { assistant, title: title.clone() }, said, key).await?;
        let conversation = Conversation::new(answered.conversation, assistant, title, answered.turn.created_at);
        Ok((conversation.after_first(&answered.turn), answered))
    }

    /// Sends a message and streams the reply. Dropping the stream stops the model. The text up to then becomes the
    /// reply and is charged like any other. Without any text, the turn fails and costs nothing.
    ///
    /// # Errors
    /// As [`Turns::say`], before the first piece. Later errors are the stream's last event.
    pub async fn stream(
        &self,
        user: &User,
        place: TurnTarget,
        said: Said,
        key: Option<IdempotencyKey>,
    ) -> Result<impl Stream<Item = TurnEvent> + Send + use<>, Error> {
        let saying = Arc::new(Saying::new(user, place, said, key)?);
        let (feed, fed) = self.realtime.feed(user.id);
        let (listener, mut events) = Listener::streaming(feed);
        let turns = self.clone();
        let run = async move {
            let answered = turns.run(saying, listener.clone()).await;
            listener.conclude(answered).await;
            // When the stream ends, a function may be suspended before live connections have received the last pieces.
            let _open = listener.into_events();
            tokio::time::timeout(FAREWELL, fed).await.ok();
        };
        tokio::spawn(run.in_current_span());
        match events.recv().await {
            None => Err(Error::internal("a turn ended without an event")),
            Some(TurnEvent::Failed(error)) => Err(error),
            Some(first) => {
                let later = futures::stream::unfold(events, async |mut events| {
                    events.recv().await.map(|event| (event, events))
                });
                Ok(futures::stream::iter([first]).chain(later))
            }
        }
    }

    async fn run(&self, saying: Arc<Saying>, listener: Listener) -> Result<Answered, Error> {
        let id = saying.user.id;
        self.must_own(id, &saying.said).await?;
        if let Attempt::Done(answered) = self.try_once(&saying.user, &saying, &listener).await? {
            return Ok(answered);
        }
        // The account may have changed since the caller was identified.
        let again = retry(&self.store, async || {
            let account = self.store.account(id).await?.filter(|account| account.user.is_active);
            self.try_once(&account.ok_or(Error::InvalidCredential)?.user, &saying, &listener).await
        });
        again.await?.done()
    }

    async fn try_once(
        &self,
        user: &User,
        saying: &Arc<Saying>,
        listener: &Listener,
    ) -> Result<Attempt<Answered>, Error> {
        let Saying { user: _, place, said, keyed } = &**saying;
        let now = self.clock.now();
        let (id, assistant) = self.looked_for(user, place, now);
        let before = self.store.before_turn(user.id, id, assistant, keyed.as_ref().map(Keyed::hash));
        let history = async {
            match place {
                TurnTarget::New { .. } => Ok(Vec::new()),
                _ => self.store.history(id, self.limits.history_bytes()).await,
            }
        };
        let (before, history) = futures::future::try_join(before, history).await?;
        if let Some(keyed) = keyed
            && let Some(recorded) = keyed.replay(before.record.as_ref(), now)?
        {
            return self.answered_before(user.id, recorded).await.map(Attempt::Done);
        }
        let ready = self.ready((user, saying), id, before, now).await?;
        // Nobody else's conversation is told, and none that was begun anew.
        let is_same = ready.place.conversation == id && ready.place.begins.is_none();
        let history = if is_same { &history[..] } else { &[] };
        let prompt = prompt(said, ready.assistant.as_ref(), history, self.limits, listener.patience());
        // In a separate task, so that the hold is settled or released even if the client disconnects.
        let (turns, saying, listener) = (self.clone(), saying.clone(), listener.clone());
        let turn = async move { turns.hold_and_ask(ready, &saying, prompt, listener, now).await };
        tokio::spawn(turn.in_current_span()).await.map_err(Error::internal)?
    }

    async fn answered_before(&self, user: UserId, recorded: RecordedTurn) -> Result<Answered, Error> {
        let RecordedTurn { conversation, turn, left } = recorded;
        let turn = self.store.turn(user, conversation, turn).await?.ok_or(Error::NotFound)?;
        Ok(Answered { conversation, turn, left })
    }
}

impl Saying {
    fn new(user: &User, place: TurnTarget, said: Said, key: Option<IdempotencyKey>) -> Result<Self, Error> {
        let attachments = meaning_of(&said.attachments)?;
        let place_meaning = place.meaning(user);
        let meaning = ["turn"].into_iter().chain(place_meaning.iter().map(String::as_str));
        let meaning: Vec<&str> = meaning.chain([said.text.as_str(), &attachments]).collect();
        let keyed = key.map(|key| Keyed::new(key, &meaning));
        Ok(Self { user: user.clone(), place, said, keyed })
    }
}
