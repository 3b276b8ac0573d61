//! Ends turns whose process died: the tokens are available again, and what the model had said is kept. Whoever finds
//! such a turn does it; a schedule finds those that nobody asks for.

use super::Deps;
use crate::{
    clock::Clock,
    domain::{Error, conversation::TurnFailure, ids::UserId},
    log::Causes,
    store::{
        Store,
        balances::Hold,
        keys::RUNNING_PARTS,
        running::RunningTurn,
        turns::{Failed, TurnLocation},
    },
};
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// A turn that began this recently is alive.
const BEGAN_BEFORE: Duration = Duration::from_secs(10);

/// Ends turns whose process died.
#[derive(Clone)]
pub struct Recovery {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
}

impl Recovery {
    /// Ends turns in the store of `deps`.
    pub fn new(Deps { store, clock, entropy: _ }: Deps) -> Self {
        Self { store, clock }
    }

    /// Ends all turns whose process died.
    ///
    /// # Errors
    /// If the database does not respond. The next run tries again.
    pub async fn end_abandoned(&self) -> Result<(), Error> {
        futures::future::try_join_all((0..RUNNING_PARTS).map(|part| self.end_abandoned_in(part))).await.map(drop)
    }

    async fn end_abandoned_in(&self, part: u8) -> Result<(), Error> {
        let now = self.clock.now();
        let mut start = None;
        loop {
            let (running, next) = self.store.some_running(part, now.minus(BEGAN_BEFORE), start).await?;
            for turn in running.into_iter().filter(|turn| turn.alive_until <= now) {
                // One that cannot be ended must not keep the others from it.
                if let Err(error) = self.end(turn).await {
                    tracing::warn!(error = %Causes(&error), "a turn whose process died was not ended");
                }
            }
            start = next;
            if start.is_none() {
                return Ok(());
            }
        }
    }

    /// Ends a turn whose process died. Does nothing if it is alive after all.
    pub async fn end(&self, running: RunningTurn) -> Result<(), Error> {
        let RunningTurn { user, conversation, turn, hold_id, amount, key_hash, held_until, .. } = running;
        let hold = Hold { amount, expires_at: held_until, conversation, turn };
        if self.give_back(user, hold_id, &hold).await?
            && let Some(hash) = key_hash
        {
            self.store.free_key(user, &hash, held_until).await?;
        }
        Ok(())
    }

    /// Ends the turn of a hold whose process died. Returns whether this call did.
    pub async fn give_back(&self, user: UserId, hold_id: Uuid, hold: &Hold) -> Result<bool, Error> {
        let &Hold { amount, expires_at: _, conversation, turn } = hold;
        let said = self.store.answer_after(conversation, turn, 0).await?;
        let place = TurnLocation { user, conversation, assistant: None, turn, begins: None };
        let failed = Failed { failure: TurnFailure::Interrupted, said, at: self.clock.now() };
        Ok(self.store.fail(place, (hold_id, amount), failed, None).await?.is_ok())
    }
}
