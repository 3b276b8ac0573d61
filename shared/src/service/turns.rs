//! Saying something to the model: one rule for all dialects. A turn is paid for exactly when it is
//! answered, and no two turns can spend the same tokens.

use super::{
    balance::{Balances, HOLD_LASTS},
    idempotency::{IdempotencyKey, Keyed},
};
use crate::{
    clock::Clock,
    domain::{
        Error,
        conversation::{Conversation, Turn},
        ids::{ConversationId, TurnNumber, UserId},
        money::Tokens,
        text::{MessageText, Title},
        time::Timestamp,
    },
    entropy::Entropy,
    model::{ChatModel, Prompt},
    store::{
        Store,
        balances::Hold,
        turns::{Refusal, TurnPlace},
    },
};
use futures::FutureExt;
use serde::{Deserialize, Serialize};
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tracing::Instrument;
use uuid::Uuid;

/// How long a model may take: the gateway gives up on an answer that is not streamed after 29 seconds.
const MODEL_PATIENCE: Duration = Duration::from_secs(25);
/// How often a turn starts again because something was made or claimed at the same moment.
const TRIES: usize = 4;

/// Where something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the caller's conversation for dialects without sessions; made when first used.
    Default,
    /// In this conversation.
    In(ConversationId),
}

/// An answered turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The conversation.
    pub conversation: ConversationId,
    /// What was said and answered.
    pub turn: Turn,
    /// What it cost.
    pub charged: Tokens,
}

/// What is kept of an answered turn under its idempotency key: where to find it again.
#[derive(Serialize, Deserialize)]
struct Receipt {
    conversation: ConversationId,
    turn: TurnNumber,
    charged: Tokens,
}

impl Answered {
    const fn receipt(&self) -> Receipt {
        Receipt { conversation: self.conversation, turn: self.turn.number, charged: self.charged }
    }
}

/// Turns.
#[derive(Clone)]
pub struct Turns {
    store: Arc<Store>,
    balance: Balances,
    model: Arc<dyn ChatModel>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// What [`Turns::try_once`] came to.
enum Tried {
    Answered(Answered),
    /// Something was made or claimed meanwhile: look again.
    Outrun,
}

/// A turn whose hold is in place.
struct Held {
    place: TurnPlace,
    message: MessageText,
    hold_id: Uuid,
    price: Tokens,
    created_at: Timestamp,
    keyed: Option<Keyed>,
}

impl Turns {
    /// Asks `model`.
    pub fn new(
        store: Arc<Store>,
        balance: Balances,
        model: Arc<dyn ChatModel>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self { store, balance, model, clock, entropy }
    }

    /// Says `message` and waits for the reply.
    ///
    /// # Errors
    /// `NotFound` for a conversation that is not the user's, `InsufficientTokens`, `KeyReused` and
    /// `StillRunning` for the idempotency key, `ModelFailed` and `ModelTimedOut`.
    pub async fn say(
        &self,
        user: UserId,
        place: Place,
        message: MessageText,
        key: Option<IdempotencyKey>,
    ) -> Result<Answered, Error> {
        let conversation = match place {
            Place::Default => ConversationId::default_of(user),
            Place::In(id) => id,
        };
        let keyed = key.map(|key| Keyed::new(key, &["turn", &conversation.to_string(), message.as_str()]));
        for _ in 0..TRIES {
            match self.try_once(user, conversation, place, &message, keyed.as_ref()).await? {
                Tried::Answered(answered) => return Ok(answered),
                Tried::Outrun => {}
            }
        }
        Err(Error::Unavailable("a turn was outrun too often".into()))
    }

    async fn try_once(
        &self,
        user: UserId,
        id: ConversationId,
        place: Place,
        message: &MessageText,
        keyed: Option<&Keyed>,
    ) -> Result<Tried, Error> {
        let before = self.store.before_turn(user, id, keyed.map(Keyed::hash)).await?;
        if let Some(keyed) = keyed
            && let Some(receipt) = keyed.replay(before.record.as_ref(), self.clock.now())?
        {
            return self.answered_before(user, receipt).await.map(Tried::Answered);
        }
        let exists = before.conversation.is_some();
        if !exists && place != Place::Default {
            return Err(Error::NotFound);
        }
        let price = self.balance.price();
        if self.balance.up_to_date(user, before.balance).await?.available < price {
            return Err(Error::InsufficientTokens);
        }
        let turn = match exists {
            true => self.store.take_turn_number(id).await?.ok_or(Error::NotFound)?,
            false => TurnNumber(1),
        };
        let now = self.clock.now();
        let begins = (!exists).then(|| first_conversation(id, now));
        let place = TurnPlace { user, conversation: id, turn, begins };
        match self.model.answer_at_once(&Prompt { message: message.as_str().to_owned() }) {
            Some(response) => {
                let turn = Turn { number: turn, message: message.clone(), response, created_at: now };
                self.answer_at_once(place, turn, price, keyed, now).await
            }
            None => {
                // A task of its own goes on without its caller: somebody who hangs up leaves no hold behind.
                let (turns, message, keyed) = (self.clone(), message.clone(), keyed.cloned());
                let turn = async move { turns.hold_and_ask(place, message, price, keyed, now).await };
                tokio::spawn(turn.in_current_span()).await.map_err(Error::internal)?
            }
        }
    }

    async fn answered_before(&self, user: UserId, receipt: Receipt) -> Result<Answered, Error> {
        let Receipt { conversation, turn, charged } = receipt;
        let turn = self.store.turn(user, conversation, turn).await?.ok_or(Error::NotFound)?;
        Ok(Answered { conversation, turn, charged })
    }

    async fn answer_at_once(
        &self,
        place: TurnPlace,
        turn: Turn,
        price: Tokens,
        keyed: Option<&Keyed>,
        now: Timestamp,
    ) -> Result<Tried, Error> {
        let answered = Answered { conversation: place.conversation, turn, charged: price };
        let record = keyed.map(|keyed| keyed.done(&answered.receipt(), now)).transpose()?;
        let entry_id = self.entropy.uuid(now);
        match self.store.answer_at_once(place, &answered.turn, price, entry_id, record).await? {
            Ok(()) => Ok(Tried::Answered(answered)),
            Err(refusals) => refused(&refusals),
        }
    }

    async fn hold_and_ask(
        &self,
        place: TurnPlace,
        message: MessageText,
        price: Tokens,
        keyed: Option<Keyed>,
        now: Timestamp,
    ) -> Result<Tried, Error> {
        let hold_id = self.entropy.uuid(now);
        let expires_at = now.plus(HOLD_LASTS);
        let hold = Hold { amount: price, expires_at, conversation: place.conversation, turn: place.turn };
        let record = keyed.as_ref().map(|keyed| keyed.running(now, expires_at));
        if let Err(refusals) = self.store.hold(place.clone(), &message, hold_id, &hold, now, record).await? {
            return refused(&refusals);
        }
        let held = Held { place, message, hold_id, price, created_at: now, keyed };
        self.ask(held).await.map(Tried::Answered)
    }

    async fn ask(&self, held: Held) -> Result<Answered, Error> {
        let prompt = Prompt { message: held.message.as_str().to_owned() };
        let answer = tokio::time::timeout(MODEL_PATIENCE, self.model.answer(prompt));
        let error = match AssertUnwindSafe(answer).catch_unwind().await {
            Ok(Ok(Ok(response))) => return self.settle(held, response).await,
            Ok(Ok(Err(error))) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the model failed");
                Error::ModelFailed
            }
            Ok(Err(_)) => Error::ModelTimedOut,
            Err(_) => Error::internal("the model panicked"),
        };
        let record = held.keyed.as_ref().map(|keyed| keyed.running(self.clock.now(), held.created_at));
        self.store.fail_held(held.place, held.hold_id, held.price, record).await?.ok();
        Err(error)
    }

    async fn settle(&self, held: Held, response: String) -> Result<Answered, Error> {
        let Held { place, message, hold_id, price, created_at, keyed } = held;
        let now = self.clock.now();
        let turn = Turn { number: place.turn, message, response, created_at };
        let answered = Answered { conversation: place.conversation, turn, charged: price };
        let record = keyed.map(|keyed| keyed.done(&answered.receipt(), now)).transpose()?;
        let entry_id = self.entropy.uuid(now);
        let settled = self.store.answer_held(place, &answered.turn, (hold_id, price), now, entry_id, record).await?;
        // Refused means that the hold had expired: the answer came too late to be paid for.
        settled.map(|()| answered).map_err(|_| Error::ModelTimedOut)
    }
}

fn refused(refusals: &[Refusal]) -> Result<Tried, Error> {
    // A claimed key or a conversation made meanwhile explains the rest: looking again tells.
    if refusals.iter().any(|refusal| matches!(refusal, Refusal::Key | Refusal::Conversation | Refusal::Number)) {
        return Ok(Tried::Outrun);
    }
    Err(Error::InsufficientTokens)
}

fn first_conversation(id: ConversationId, now: Timestamp) -> Conversation {
    Conversation { id, title: Title::default(), turns: 0, last_turn: None, created_at: now, updated_at: now }
}
