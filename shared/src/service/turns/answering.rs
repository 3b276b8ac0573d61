//! Generates and stores the reply: the tokens are held before the model is asked, and settled or released afterwards.

use super::{
    Answered, Saying, TurnTarget, Turns,
    events::{answered_in, said_in},
    preparing::Ready,
};
use crate::{
    domain::{
        Error,
        conversation::{MessageStatus, Said, Turn},
        event::OutboxEntry,
        ids::UserId,
        money::Tokens,
        time::Timestamp,
    },
    model::Prompt,
    service::{
        balance::HOLD_OUTLASTS,
        hearing::{Heard, Listener},
        idempotency::Keyed,
        retry::Attempt,
    },
    store::{
        balances::Hold,
        turns::{Refusal, TurnLocation},
    },
};
use futures::FutureExt;
use std::{panic::AssertUnwindSafe, time::Duration};
use uuid::Uuid;

/// A model that answered this fast is asked again if the conversation was deleted meanwhile. The caller waits for both.
const ASKED_AGAIN_WITHIN: Duration = Duration::from_secs(2);

/// A turn whose tokens are held.
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
    pub(super) async fn hold_and_ask(
        &self,
        ready: Ready,
        saying: &Saying,
        prompt: Prompt,
        listener: Listener,
        now: Timestamp,
    ) -> Result<Attempt<Answered>, Error> {
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
            return self.refused(place.user, &refusals).await;
        }
        listener.said(&place, said, now).await;
        let (said, keyed) = (said.clone(), keyed.clone());
        let held = Held { place, said, hold_id, price, left, created_at: now, keyed };
        self.ask(held, &saying.place, prompt, &listener).await
    }

    async fn ask(
        &self,
        held: Held,
        target: &TurnTarget,
        prompt: Prompt,
        listener: &Listener,
    ) -> Result<Attempt<Answered>, Error> {
        let place = (held.place.conversation, held.place.turn);
        let heard = AssertUnwindSafe(listener.hear(&*self.model, prompt, place)).catch_unwind();
        let error = match heard.await {
            Ok(Heard::Reply { text, is_cut }) => {
                let took = self.clock.now().since(held.created_at);
                return self.settle(held, (target, took <= ASKED_AGAIN_WITHIN), text, is_cut).await;
            }
            Ok(Heard::Nothing(error)) => error,
            Err(_) => Error::internal("the model panicked"),
        };
        self.release(held).await?;
        Err(error)
    }

    async fn release(&self, held: Held) -> Result<(), Error> {
        let record = held.keyed.as_ref().map(|keyed| keyed.running(self.clock.now(), held.created_at));
        self.store.fail(held.place, held.hold_id, held.price, self.clock.now(), record).await?.ok();
        Ok(())
    }

    async fn settle(
        &self,
        held: Held,
        (target, has_time): (&TurnTarget, bool),
        response: String,
        is_cut: bool,
    ) -> Result<Attempt<Answered>, Error> {
        let now = self.clock.now();
        let Said { text: message, attachments } = held.said.clone();
        let turn = Turn {
            number: held.place.turn,
            message,
            attachments,
            response,
            status: if is_cut { MessageStatus::Cut } else { MessageStatus::Complete },
            charged: held.price,
            created_at: held.created_at,
            answered_at: now,
        };
        let answered = Answered { conversation: held.place.conversation, turn, left: held.left };
        let record = held.keyed.as_ref().map(|keyed| keyed.done(&answered.recorded(), now)).transpose()?;
        let ids = (held.hold_id, self.entropy.uuid(now));
        let place = held.place.clone();
        let outbox_entry = OutboxEntry::new(place.user, now, answered_in(&place));
        match self.store.settle(place, &answered.turn, ids, &outbox_entry, record).await? {
            Ok(()) => Ok(Attempt::Done(answered)),
            // The hold has expired, so the answer can no longer be paid for.
            Err(refusals) if refusals.contains(&Refusal::Hold) => {
                Err(self.balance.refusal(held.place.user, Error::ModelTimedOut).await)
            }
            // The conversation was deleted in the meantime.
            Err(_) => {
                self.release(held).await?;
                target.if_deleted()?;
                // Another conversation may take its place, if the model can be asked again in time.
                if has_time { Ok(Attempt::LostRace) } else { Err(Error::NotFound) }
            }
        }
    }

    async fn refused(&self, user: UserId, refusals: &[Refusal]) -> Result<Attempt<Answered>, Error> {
        // A claimed key, or a changed conversation or assistant, may be the reason for other refusals: read again.
        if refusals.iter().any(|refusal| !matches!(refusal, Refusal::Balance | Refusal::Hold)) {
            return Ok(Attempt::LostRace);
        }
        Err(self.balance.refusal(user, Error::InsufficientTokens).await)
    }
}
