//! The tokens that a user can spend. Reading a balance also settles what is due: it adds refills, and reclaims holds
//! that a crash left behind.

use super::{Deps, recovery::Recovery};
use crate::{
    clock::Clock,
    domain::{
        Error,
        conversation::Usage,
        ids::UserId,
        money::{Prices, Quote, Refill, Tokens},
        time::Timestamp,
    },
    entropy::Entropy,
    store::{Store, balances::Balance},
};
use std::{sync::Arc, time::Duration};

/// How much longer a hold lasts than the time limit of its turn.
pub const HOLD_OUTLASTS: Duration = Duration::from_secs(95);
/// The maximum number of steps, including lost races, before a balance is returned as it is.
const TRIES: usize = 5;

/// Balances.
#[derive(Clone)]
pub struct Balances {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    recovery: Recovery,
    prices: Prices,
}

impl Balances {
    /// Uses the operator's prices.
    pub fn new(deps: Deps, prices: Prices) -> Self {
        let recovery = Recovery::new(deps.clone());
        let Deps { store, clock, entropy } = deps;
        Self { store, clock, entropy, recovery, prices }
    }

    /// What a turn may cost whose prompt and answer have at most so many of the model's tokens.
    ///
    /// # Errors
    /// `InsufficientTokens` if the `available` tokens do not cover it.
    pub fn quote(&self, most: (u64, u64), available: Tokens) -> Result<Quote, Error> {
        self.prices.quote(most, available).ok_or(Error::InsufficientTokens)
    }

    /// The price of an answered turn that used `usage`, for which `held` tokens are on hold.
    pub fn charge(&self, usage: Usage, held: Tokens) -> Tokens {
        self.prices.charge(usage, held)
    }

    /// Whether prices depend on what a turn uses.
    pub const fn are_by_use(&self) -> bool {
        self.prices.by_use.is_some()
    }

    /// The tokens that `user` can spend now.
    pub async fn available(&self, user: UserId) -> Result<Tokens, Error> {
        let balance = self.read(user).await?;
        Ok(self.up_to_date(user, balance).await?.available)
    }

    /// The tokens that would be available if everything due were settled now.
    pub fn shown(&self, balance: &Balance) -> Tokens {
        let now = self.clock.now();
        let expired = balance.holds.values().filter(|hold| hold.expires_at <= now).map(|hold| hold.amount);
        let refill = self.prices.refill.and_then(|refill| due(refill, balance, now)).map_or(0, |(tokens, _)| tokens);
        balance.available.saturating_add(expired.sum()).saturating_add(refill)
    }

    /// Settles everything that is due, and returns the new balance.
    pub async fn up_to_date(&self, user: UserId, mut balance: Balance) -> Result<Balance, Error> {
        for _ in 0..TRIES {
            let now = self.clock.now();
            let expired = balance.holds.iter().find(|(_, hold)| hold.expires_at <= now);
            if let Some((&id, hold)) = expired {
                // The next read shows whether the hold has ended, through this task or another one.
                self.recovery.give_back(user, id, hold).await?;
            } else if let Some((tokens, to)) = self.prices.refill.and_then(|refill| due(refill, &balance, now)) {
                let entry_id = self.entropy.uuid(now);
                self.store.refill(user, tokens, balance.refilled_at, to, entry_id).await?;
            } else {
                return Ok(balance);
            }
            balance = self.read(user).await?;
        }
        Ok(balance)
    }

    /// Why a turn cannot be paid for: `otherwise`, unless the account was deleted.
    pub async fn refusal(&self, user: UserId, otherwise: Error) -> Error {
        self.read(user).await.err().unwrap_or(otherwise)
    }

    async fn read(&self, user: UserId) -> Result<Balance, Error> {
        // The balance ends with the account.
        self.store.balance(user).await?.ok_or(Error::InvalidCredential)
    }
}

/// The sum of the refills since the last one, and the time up to which they count. `None` before a period has passed.
fn due(refill: Refill, balance: &Balance, now: Timestamp) -> Option<(Tokens, Timestamp)> {
    let period = u64::try_from(refill.every.as_millis()).ok().filter(|&millis| millis > 0)?;
    let periods = now.millis().saturating_sub(balance.refilled_at.millis()) / period;
    let to = Timestamp::from_millis(balance.refilled_at.millis() + periods * period);
    (periods > 0).then(|| (refill.tokens.saturating_mul(periods), to))
}
