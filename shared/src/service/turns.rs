//! Saying something to the model: one rule for all dialects. A turn is paid for exactly when it is
//! answered, and no two turns can spend the same tokens.

use super::{
    Deps,
    balance::{Balances, HOLD_OUTLASTS},
    hearing::{Heard, Listener, TurnEvent},
    idempotency::{IdempotencyKey, Keyed},
    realtime::Realtime,
};
use crate::{
    clock::Clock,
    domain::{
        Error, Problem,
        assistant::{Assistant, AssistantStatus},
        conversation::{AttachmentSource, Conversation, Said, Turn},
        error::Conflict,
        event::{EventDetails, OutboxEntry},
        ids::{AssistantId, ConversationId, FileId, MessageId, Speaker, TurnNumber, UserId},
        money::Tokens,
        text::Title,
        time::Timestamp,
        user::User,
    },
    entropy::Entropy,
    model::{ChatModel, Prompt},
    store::{
        Store,
        balances::Hold,
        turns::{BeforeTurn, Begins, Refusal, TurnLocation},
    },
};
use futures::{FutureExt, Stream, StreamExt};
use serde::{Deserialize, Serialize};
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tracing::Instrument;
use uuid::Uuid;

/// How long a stream that has said everything stays open until live connections were told of it, too.
const FAREWELL: Duration = Duration::from_secs(2);
/// How often a turn starts again because something was made or claimed at the same moment.
const TRIES: usize = 4;

/// Where something is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TurnTarget {
    /// In the caller's conversation for dialects without sessions; made when first used.
    Default,
    /// In the caller's conversation with this assistant for the dialect without sessions; made when first used.
    With(AssistantId),
    /// In this conversation.
    In(ConversationId),
    /// In a new conversation.
    New {
        /// Who answers in it.
        assistant: Option<AssistantId>,
        /// What it is called.
        title: Title,
    },
}

impl TurnTarget {
    /// What tells this place from others, for idempotency.
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
    /// What was said and answered, and what it cost.
    pub turn: Turn,
    /// What the user could spend after it.
    pub left: Tokens,
}

/// What is kept of an answered turn under its idempotency key: where to find it again.
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
    realtime: Realtime,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// What somebody says, and where.
struct Saying {
    user: User,
    place: TurnTarget,
    said: Said,
    keyed: Option<Keyed>,
}

/// What [`Turns::try_once`] came to.
enum Tried {
    Answered(Answered),
    /// Something was made or claimed meanwhile: look again.
    LostRace,
}

/// Where a turn takes place, found out.
struct Ready {
    place: TurnLocation,
    assistant: Option<Assistant>,
    /// What the user can spend after the turn.
    left: Tokens,
}

/// A turn whose hold is in place.
struct Held {
    place: TurnLocation,
    said: Said,
    hold_id: Uuid,
    price: Tokens,
    left: Tokens,
    created_at: Timestamp,
    keyed: Option<Keyed>,
}

impl Turns {
    /// Asks `model`, and tells of streamed answers through `realtime`.
    pub fn new(
        Deps { store, clock, entropy }: Deps,
        balance: Balances,
        model: Arc<dyn ChatModel>,
        realtime: Realtime,
    ) -> Self {
        Self { store, balance, model, realtime, clock, entropy }
    }

    /// Says something and waits for the reply.
    ///
    /// # Errors
    /// `NotFound` for a conversation or an assistant that is not the user's, `Invalid` for the unknown
    /// assistant of a new conversation, `Conflict` when the assistant is not active, `InsufficientTokens`,
    /// `KeyReused` and `StillRunning` for the idempotency key, `ModelFailed` and `ModelTimedOut`.
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

    /// Says something in a new conversation and waits for the reply. Gives the conversation too, as it was then.
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

    /// Says something, and gives the reply piece by piece. Whoever drops the stream stops the model: what
    /// was produced until then is the reply and is paid for like any other; if that is nothing, the turn
    /// failed and is not.
    ///
    /// # Errors
    /// As [`Turns::say`], as long as nothing was said; later ones are the stream's last event.
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
            // Once the stream ends, a function may be stopped before the last piece went to other connections.
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
        self.must_own(saying.user.id, &saying.said).await?;
        for _ in 0..TRIES {
            match self.try_once(&saying, &listener).await? {
                Tried::Answered(answered) => return Ok(answered),
                Tried::LostRace => {}
            }
        }
        Err(Error::Unavailable("a turn was outrun too often".into()))
    }

    /// Refuses files that are not the user's own.
    async fn must_own(&self, user: UserId, said: &Said) -> Result<(), Error> {
        let own = said.attachments.iter().filter_map(|attachment| match attachment.source {
            AttachmentSource::Own(file) => Some(file),
            AttachmentSource::Elsewhere(_) => None,
        });
        let own: Vec<FileId> = own.collect();
        if own.is_empty() || self.store.files(user, &own).await?.iter().all(Option::is_some) {
            return Ok(());
        }
        Err(Error::invalid("attachments", Problem::UnknownFile))
    }

    async fn try_once(&self, saying: &Arc<Saying>, listener: &Listener) -> Result<Tried, Error> {
        let Saying { user, place, said, keyed } = &**saying;
        let now = self.clock.now();
        let (id, assistant) = self.looked_for(user, place, now);
        let before = self.store.before_turn(user.id, id, assistant, keyed.as_ref().map(Keyed::hash)).await?;
        if let Some(keyed) = keyed
            && let Some(recorded) = keyed.replay(before.record.as_ref(), now)?
        {
            return self.answered_before(user.id, recorded).await.map(Tried::Answered);
        }
        let ready = self.ready(saying, id, before, now).await?;
        let prompt = prompt(said, ready.assistant.as_ref());
        match self.model.answer_at_once(&prompt) {
            Some(response) => {
                let tried = self.answer_at_once(ready, said, response, keyed.as_ref(), now).await?;
                if let Tried::Answered(answered) = &tried {
                    listener.feed(answered.conversation, answered.turn.number, &answered.turn.response);
                }
                Ok(tried)
            }
            None => {
                // A task of its own goes on without its caller: somebody who hangs up leaves no hold behind.
                let (turns, saying, listener) = (self.clone(), saying.clone(), listener.clone());
                let turn = async move { turns.hold_and_ask(ready, &saying, prompt, listener, now).await };
                tokio::spawn(turn.in_current_span()).await.map_err(Error::internal)?
            }
        }
    }

    /// The conversation and the assistant to look for. A default conversation with an assistant is guessed to
    /// be its first: how many were deleted is known once the assistant is read.
    fn looked_for(&self, user: &User, place: &TurnTarget, now: Timestamp) -> (ConversationId, Option<AssistantId>) {
        match place {
            TurnTarget::Default => (ConversationId::default_of(user.id, user.resets), None),
            TurnTarget::With(assistant) => (ConversationId::default_with(*assistant, 0), Some(*assistant)),
            TurnTarget::In(id) => (*id, None),
            TurnTarget::New { assistant, title: _ } => (ConversationId::new(self.entropy.uuid(now)), *assistant),
        }
    }

    /// Finds out whether the turn can take place, and takes a number for it.
    async fn ready(
        &self,
        saying: &Saying,
        id: ConversationId,
        before: BeforeTurn,
        now: Timestamp,
    ) -> Result<Ready, Error> {
        let BeforeTurn { conversation, assistant, balance, record: _ } = before;
        let user = &saying.user;
        let price = self.balance.price();
        let available = self.balance.up_to_date(user.id, balance).await?.available;
        let left = available.checked_sub(price).ok_or(Error::InsufficientTokens)?;
        let resets = assistant.as_ref().map_or(0, |assistant| assistant.resets);
        let (id, conversation) = match &saying.place {
            TurnTarget::With(assistant) if resets > 0 => {
                let id = ConversationId::default_with(*assistant, resets);
                (id, self.store.conversation(user.id, id).await?)
            }
            _ => (id, conversation),
        };
        let (turn, assistant, begins) = match conversation {
            Some(conversation) => {
                let turn = async { self.store.take_turn_number(id).await.map_err(Error::from) };
                let assistant = self.assistant_of(user.id, &conversation, assistant);
                let (turn, assistant) = futures::future::try_join(turn, assistant).await?;
                (turn.ok_or(Error::NotFound)?, assistant, None)
            }
            None => {
                let begins = beginning(saying, id, assistant.as_ref(), now)?;
                (TurnNumber(1), assistant, Some(begins))
            }
        };
        if assistant.as_ref().is_some_and(|assistant| assistant.character.status != AssistantStatus::Active) {
            return Err(Error::Conflict(Conflict::AssistantInactive));
        }
        let asked = assistant.as_ref().map(|assistant| assistant.id);
        let place = TurnLocation { user: user.id, conversation: id, assistant: asked, turn, begins };
        Ok(Ready { place, assistant, left })
    }

    /// The assistant of a conversation, unless it was read already.
    async fn assistant_of(
        &self,
        user: UserId,
        conversation: &Conversation,
        known: Option<Assistant>,
    ) -> Result<Option<Assistant>, Error> {
        let Some(id) = conversation.assistant.filter(|_| known.is_none()) else {
            return Ok(known);
        };
        let found = self.store.assistant(user, id).await?;
        found.map(Some).ok_or(Error::Conflict(Conflict::AssistantInactive))
    }

    async fn answered_before(&self, user: UserId, recorded: RecordedTurn) -> Result<Answered, Error> {
        let RecordedTurn { conversation, turn, left } = recorded;
        let turn = self.store.turn(user, conversation, turn).await?.ok_or(Error::NotFound)?;
        Ok(Answered { conversation, turn, left })
    }

    async fn answer_at_once(
        &self,
        ready: Ready,
        said: &Said,
        response: String,
        keyed: Option<&Keyed>,
        now: Timestamp,
    ) -> Result<Tried, Error> {
        let Ready { place, left, .. } = ready;
        let Said { text: message, attachments } = said.clone();
        let charged = self.balance.price();
        let (number, is_cut) = (place.turn, false);
        let turn = Turn { number, message, attachments, response, is_cut, charged, created_at: now, answered_at: now };
        let answered = Answered { conversation: place.conversation, turn, left };
        let record = keyed.map(|keyed| keyed.done(&answered.recorded(), now)).transpose()?;
        let entry_id = self.entropy.uuid(now);
        let outbox_entry = OutboxEntry::new(place.user, now, [said_in(&place), answered_in(&place)].concat());
        match self.store.answer_at_once(place, &answered.turn, entry_id, &outbox_entry, record).await? {
            Ok(()) => Ok(Tried::Answered(answered)),
            Err(refusals) => refused(&refusals),
        }
    }

    async fn hold_and_ask(
        &self,
        ready: Ready,
        saying: &Saying,
        prompt: Prompt,
        listener: Listener,
        now: Timestamp,
    ) -> Result<Tried, Error> {
        let Ready { place, left, .. } = ready;
        let Saying { said, keyed, .. } = saying;
        let (hold_id, price) = (self.entropy.uuid(now), self.balance.price());
        let expires_at = now.plus(listener.patience() + HOLD_OUTLASTS);
        let hold = Hold { amount: price, expires_at, conversation: place.conversation, turn: place.turn };
        let record = keyed.as_ref().map(|keyed| keyed.running(now, expires_at));
        let outbox_entry = OutboxEntry::new(place.user, now, said_in(&place));
        if let Err(refusals) =
            self.store.hold(place.clone(), said.clone(), hold_id, &hold, &outbox_entry, record).await?
        {
            return refused(&refusals);
        }
        listener.said(&place, said, now).await;
        let (said, keyed) = (said.clone(), keyed.clone());
        let held = Held { place, said, hold_id, price, left, created_at: now, keyed };
        self.ask(held, prompt, &listener).await.map(Tried::Answered)
    }

    async fn ask(&self, held: Held, prompt: Prompt, listener: &Listener) -> Result<Answered, Error> {
        let place = (held.place.conversation, held.place.turn);
        let heard = AssertUnwindSafe(listener.hear(&*self.model, prompt, place)).catch_unwind();
        let error = match heard.await {
            Ok(Heard::Reply { text, is_cut }) => return self.settle(held, text, is_cut).await,
            Ok(Heard::Nothing(error)) => error,
            Err(_) => Error::internal("the model panicked"),
        };
        self.release(held).await?;
        Err(error)
    }

    async fn release(&self, held: Held) -> Result<(), Error> {
        let record = held.keyed.as_ref().map(|keyed| keyed.running(self.clock.now(), held.created_at));
        self.store.fail_held(held.place, held.hold_id, held.price, record).await?.ok();
        Ok(())
    }

    async fn settle(&self, held: Held, response: String, is_cut: bool) -> Result<Answered, Error> {
        let now = self.clock.now();
        let Said { text: message, attachments } = held.said.clone();
        let turn = Turn {
            number: held.place.turn,
            message,
            attachments,
            response,
            is_cut,
            charged: held.price,
            created_at: held.created_at,
            answered_at: now,
        };
        let answered = Answered { conversation: held.place.conversation, turn, left: held.left };
        let record = held.keyed.as_ref().map(|keyed| keyed.done(&answered.recorded(), now)).transpose()?;
        let ids = (held.hold_id, self.entropy.uuid(now));
        let place = held.place.clone();
        let outbox_entry = OutboxEntry::new(place.user, now, answered_in(&place));
        match self.store.answer_held(place, &answered.turn, ids, &outbox_entry, record).await? {
            Ok(()) => Ok(answered),
            // The hold had expired: the answer came too late to be paid for.
            Err(refusals) if refusals.contains(&Refusal::Hold) => Err(Error::ModelTimedOut),
            // The conversation was deleted meanwhile: there is no place for the answer.
            Err(_) => {
                self.release(held).await?;
                Err(Error::NotFound)
            }
        }
    }
}

impl Saying {
    fn new(user: &User, place: TurnTarget, said: Said, key: Option<IdempotencyKey>) -> Result<Self, Error> {
        let attachments = serde_json::to_string(&said.attachments).map_err(Error::internal)?;
        let place_meaning = place.meaning(user);
        let meaning = ["turn"].into_iter().chain(place_meaning.iter().map(String::as_str));
        let meaning: Vec<&str> = meaning.chain([said.text.as_str(), &attachments]).collect();
        let keyed = key.map(|key| Keyed::new(key, &meaning));
        Ok(Self { user: user.clone(), place, said, keyed })
    }
}

/// The conversation that a turn begins.
fn beginning(
    saying: &Saying,
    id: ConversationId,
    assistant: Option<&Assistant>,
    now: Timestamp,
) -> Result<Begins, Error> {
    let (title, resets) = match &saying.place {
        TurnTarget::In(_) => return Err(Error::NotFound),
        TurnTarget::Default => (Title::default(), Some(saying.user.resets)),
        TurnTarget::With(_) => {
            let assistant = assistant.ok_or(Error::NotFound)?;
            (assistant.character.name.to_title(), Some(assistant.resets))
        }
        TurnTarget::New { assistant: Some(_), .. } if assistant.is_none() => {
            return Err(Error::invalid("assistant_id", Problem::UnknownAssistant));
        }
        TurnTarget::New { title, .. } => (title.clone(), None),
    };
    let assistant = assistant.map(|assistant| assistant.id);
    Ok(Begins { conversation: Conversation::new(id, assistant, title, now), resets })
}

/// What happens when the user's message is stored.
fn said_in(place: &TurnLocation) -> Vec<EventDetails> {
    let (conversation, assistant) = (place.conversation, place.assistant);
    let begun = place.begins.as_ref().map(|_| EventDetails::ConversationCreated { conversation, assistant });
    begun.into_iter().chain([received(place, Speaker::User)]).collect()
}

/// What happens when the reply is stored.
fn answered_in(place: &TurnLocation) -> Vec<EventDetails> {
    let TurnLocation { user: _, conversation, assistant, turn, ref begins } = *place;
    // What is new as a whole need not be said to have changed.
    let updated = begins.is_none().then_some(EventDetails::ConversationUpdated { conversation, assistant, turn });
    [received(place, Speaker::Assistant)].into_iter().chain(updated).collect()
}

fn received(place: &TurnLocation, speaker: Speaker) -> EventDetails {
    let TurnLocation { user: _, conversation, assistant, turn, begins: _ } = *place;
    EventDetails::MessageReceived { conversation, assistant, message: MessageId { turn, speaker } }
}

fn prompt(said: &Said, assistant: Option<&Assistant>) -> Prompt {
    let character = assistant.map(|assistant| &assistant.character);
    let text = |text: Option<&str>| text.map(str::to_owned);
    Prompt {
        message: said.text.as_str().to_owned(),
        system_prompt: text(character.and_then(|own| Some(own.system_prompt.as_ref()?.as_str()))),
        personality: text(character.and_then(|own| Some(own.personality.as_ref()?.as_str()))),
        model: text(character.and_then(|own| Some(own.model.as_ref()?.as_str()))),
        temperature: character.and_then(|own| own.temperature).map(|temperature| temperature.degree()),
    }
}

fn refused(refusals: &[Refusal]) -> Result<Tried, Error> {
    // A claimed key, or a conversation or an assistant that changed, explains the rest: looking again tells.
    if refusals.iter().any(|refusal| !matches!(refusal, Refusal::Balance | Refusal::Hold)) {
        return Ok(Tried::LostRace);
    }
    Err(Error::InsufficientTokens)
}
