//! Sending a message to the model, for all dialects. A turn is charged exactly when its reply is stored, and no two
//! turns can spend the same tokens. `preparing` reads and checks what a turn needs, `prompt` decides what the model is
//! told, `run` asks it, and `titles` names the conversation afterwards. Running and listening are apart: whoever wants to
//! hear a turn follows it (`follow`), in the process that runs it (`live`) or through the database. `events` lists the
//! events for webhooks and live connections.

mod events;
mod follow;
mod known;
mod live;
mod preparing;
mod prompt;
mod run;
mod titles;
mod tool_loop;

pub use follow::{TurnEvent, TurnNews};
pub use prompt::ContextLimits;

use super::{
    Deps,
    balance::Balances,
    idempotency::{IdempotencyKey, Keyed, meaning_of},
    realtime::Realtime,
    recovery::Recovery,
    retrieval::Retrieval,
    retry::{Attempt, retry},
    toolbox::ToolRunner,
};
use crate::{
    clock::Clock,
    domain::{
        Error,
        conversation::{Conversation, Message, Said, Turn},
        error::Conflict,
        ids::{AssistantId, ConversationId, MessageId, TurnNumber, UserId},
        models::Models,
        money::{Quote, Tokens},
        text::{Label, Title},
        user::User,
    },
    entropy::Entropy,
    model::ChatModel,
    store::{Store, running::FollowedState},
};
use futures::{Stream, StreamExt, stream::BoxStream};
use known::KnownAssistants;
use live::LiveTurns;
use prompt::{joined, most_tokens_of, prompt};
use run::{Ended, Started};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use titles::Suggestions;

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
        /// The title that the user chose.
        title: Option<Title>,
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
                vec!["new".to_owned(), assistant, title.as_ref().map_or("", Title::as_str).to_owned()]
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
    recovery: Recovery,
    model: Arc<dyn ChatModel>,
    models: Arc<Models>,
    limits: ContextLimits,
    /// How long a model may take.
    time_limit: Duration,
    live: LiveTurns,
    known: KnownAssistants,
    suggestions: Suggestions,
    realtime: Realtime,
    tools: ToolRunner,
    retrieval: Retrieval,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// A request for a turn.
struct Saying {
    user: User,
    place: TurnTarget,
    said: Said,
    keyed: Option<Keyed>,
    /// Whether the pieces of the answer are sent to live connections.
    is_streamed: bool,
}

type Events = BoxStream<'static, TurnEvent>;

/// A turn that was asked for.
enum Begun {
    /// It starts, here.
    Runs((ConversationId, Message), Started),
    /// A request with the same idempotency key was answered before.
    Before(Answered),
}

impl Turns {
    /// Generates replies with `model`, which knows the `models`, may take as long as `time_limit`, and whose prompts keep to
    /// `limits`. `tools` runs the tools that it calls, and `retrieval` finds what it is told of files.
    pub fn new(
        deps: Deps,
        balance: Balances,
        (model, models, limits, time_limit): (Arc<dyn ChatModel>, Arc<Models>, ContextLimits, Duration),
        (realtime, tools, retrieval): (Realtime, ToolRunner, Retrieval),
    ) -> Self {
        let (recovery, live, suggestions) = (Recovery::new(deps.clone()), LiveTurns::default(), Suggestions::default());
        let Deps { store, clock, entropy } = deps;
        Self {
            store,
            balance,
            recovery,
            model,
            models,
            limits,
            time_limit,
            live,
            known: KnownAssistants::default(),
            suggestions,
            realtime,
            clock,
            entropy,
            tools,
            retrieval,
        }
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
        let answer = |begun| async move {
            match begun {
                Begun::Runs(_, started) => started.ended.await.map_err(Error::internal)?,
                Begun::Before(answered) => Ok(Attempt::Done(answered)),
            }
        };
        self.run(Arc::new(saying), answer).await
    }

    /// Sends a message in a new conversation and waits for the reply. Also returns the conversation as it was then.
    ///
    /// # Errors
    /// As [`Turns::say`].
    pub async fn begin(
        &self,
        user: &User,
        (assistant, title): (Option<AssistantId>, Option<Title>),
        said: Said,
        key: Option<IdempotencyKey>,
    ) -> Result<(Conversation, Answered), Error> {
        let answered = self.say(user, TurnTarget::New { assistant, title: title.clone() }, said, key).await?;
        let conversation = Conversation::new(answered.conversation, assistant, title, answered.turn.created_at);
        Ok((conversation.after_first(&answered.turn), answered))
    }

    /// Sends a message and streams the reply. The turn runs on if the stream is dropped.
    ///
    /// # Errors
    /// As [`Turns::say`], before the first event. Later errors are the stream's last event.
    pub async fn stream(
        &self,
        user: &User,
        place: TurnTarget,
        said: Said,
        key: Option<IdempotencyKey>,
    ) -> Result<impl Stream<Item = TurnEvent> + Send + use<>, Error> {
        let saying = Saying { is_streamed: true, ..Saying::new(user, place, said, key)? };
        let id = user.id;
        let begin = |begun| async move { self.stream_of(id, begun).await };
        let (events, ended) = self.run(Arc::new(saying), begin).await?;
        // A function may be suspended when its response ends, and must not be before the turn has ended.
        let end = futures::stream::once(async {
            if let Some(ended) = ended {
                drop(ended.await);
            }
        });
        Ok(events.chain(end.filter_map(async |()| None)))
    }

    async fn stream_of(&self, user: UserId, begun: Begun) -> Result<Attempt<(Events, Option<Ended>)>, Error> {
        match begun {
            Begun::Before(answered) => {
                let events = self.follow(user, (answered.conversation, answered.turn.number), None).await?;
                Ok(Attempt::Done((events.boxed(), None)))
            }
            Begun::Runs(question, Started { held, ended }) => match held.await {
                Ok(live) => Ok(Attempt::Done((self.events_of(user, question, live).boxed(), Some(ended)))),
                Err(_) => match ended.await.map_err(Error::internal)?? {
                    Attempt::Done(_) => Err(Error::internal("a turn was answered without a hold")),
                    Attempt::LostRace => Ok(Attempt::LostRace),
                    Attempt::KeyClaimed => Ok(Attempt::KeyClaimed),
                },
            },
        }
    }

    /// The user's message of a turn, whether or not it was answered.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn question(
        &self,
        user: UserId,
        conversation: ConversationId,
        turn: TurnNumber,
    ) -> Result<Message, Error> {
        let followed = self.store.follow(user, conversation, turn).await?;
        Ok(followed.ok_or(Error::NotFound)?.question)
    }

    /// Asks a turn of the user to stop, wherever it runs. Returns the user's message.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` if the turn has ended.
    pub async fn cancel(&self, user: UserId, conversation: ConversationId, id: MessageId) -> Result<Message, Error> {
        let ended = Error::Conflict(Conflict::TurnEnded);
        let followed = self.store.follow(user, conversation, id.turn).await?.ok_or(Error::NotFound)?;
        let FollowedState::Running(running) = followed.state else { return Err(ended) };
        if running.alive_until <= self.clock.now() {
            self.recovery.end(running).await?;
            return Err(ended);
        }
        if !self.store.request_cancel(conversation, id.turn).await? {
            return Err(ended);
        }
        if let Some(live) = self.live.get((conversation, id.turn)) {
            live.cancel();
        }
        Ok(followed.question)
    }

    /// Begins a turn, and does the rest with `then`, until that is no lost race.
    async fn run<T, F>(&self, saying: Arc<Saying>, then: impl Fn(Begun) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<Attempt<T>, Error>>,
    {
        let id = saying.user.id;
        if let Attempt::Done(value) = then(self.begin_once(&saying.user, &saying).await?).await? {
            return Ok(value);
        }
        // The account may have changed since the caller was identified.
        let again = retry(&self.store, async || {
            let account = self.store.account(id).await?.filter(|account| account.user.is_active);
            then(self.begin_once(&account.ok_or(Error::InvalidCredential)?.user, &saying).await?).await
        });
        again.await?.done()
    }

    async fn begin_once(&self, user: &User, saying: &Arc<Saying>) -> Result<Begun, Error> {
        let Saying { user: _, place, said, keyed, is_streamed: _ } = &**saying;
        let now = self.clock.now();
        let (id, assistant) = self.looked_for(user, place, now);
        let before = self.store.before_turn(user.id, id, assistant, keyed.as_ref().map(Keyed::hash));
        let history = async {
            match place {
                TurnTarget::New { .. } => Ok(Vec::new()),
                _ => Ok(self.store.history(id, self.limits.history_bytes()).await?),
            }
        };
        let before = async { before.await.map_err(Error::from) };
        let (before, history, attached) =
            futures::future::try_join3(before, history, self.attached(user.id, said)).await?;
        if let Some(keyed) = keyed
            && let Some(recorded) = keyed.replay(before.record.as_ref(), now)?
        {
            return self.answered_before(user.id, recorded).await.map(Begun::Before);
        }
        let mut ready = self.ready((user, saying), id, before, now).await?;
        // Nothing is fetched or searched for a user who cannot pay even the shortest turn.
        self.balance.quote((1, 1), ready.available)?;
        // Nobody else's conversation is told, and none that was begun anew.
        let is_same = ready.place.conversation == id && ready.place.begins.is_none();
        let history = if is_same { &history[..] } else { &[] };
        let assistant = ready.assistant.as_ref();
        let (toolbox, grounding) = futures::future::try_join(
            self.tools.toolbox(assistant, history, said),
            self.grounding(user.id, assistant, history, (said, attached)),
        )
        .await?;
        let (grounding, sources) = grounding;
        let mut prompt = prompt((said, grounding), assistant, history, &self.models, self.limits, self.time_limit);
        if !toolbox.is_empty() {
            prompt.tools = toolbox.definitions();
            prompt.instructions = joined([prompt.instructions, Some(toolbox.instructions())]);
        }
        (ready.toolbox, ready.sources) = (toolbox, sources);
        let most = (most_tokens_of(&prompt), self.limits.longest_answer(&prompt));
        let Quote { hold, output_max } = self.balance.quote(most, ready.available)?;
        if let Some(most) = output_max {
            prompt.max_output_tokens = u32::try_from(most).ok();
        }
        let question = said.clone().into_message(ready.place.turn, now);
        let conversation = ready.place.conversation;
        let started = self.start((ready, hold), saying.clone(), prompt, now);
        Ok(Begun::Runs((conversation, question), started))
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
        let meaning = meaning.chain([said.text.as_str(), &attachments]);
        let meaning: Vec<&str> = meaning.chain(said.model.as_ref().map(Label::as_str)).collect();
        let keyed = key.map(|key| Keyed::new(key, &meaning));
        Ok(Self { user: user.clone(), place, said, keyed, is_streamed: false })
    }
}
