//! The tokens that users spend, and the prices of turns. All amounts are whole tokens.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// An amount of spendable tokens.
pub type Tokens = u64;

/// The maximum of a grant, gift, price or refill. It keeps sums far from overflow.
pub const TOKENS_MAX: Tokens = 1_000_000_000;

/// The operator's settings.
#[derive(Debug, Clone, Copy)]
pub struct Prices {
    /// The tokens of a new account.
    pub initial: Tokens,
    /// The price of an answered turn. 0 disables metering.
    pub per_turn: Tokens,
    /// The regular refill, if there is one.
    pub refill: Option<Refill>,
}

/// Tokens that every user gets at regular intervals.
#[derive(Debug, Clone, Copy)]
pub struct Refill {
    /// The tokens at the end of each period.
    pub tokens: Tokens,
    /// The period. The first one begins with the user's registration.
    pub every: Duration,
}

/// Why a balance changed. The ledger keeps each entry unchanged as long as the account exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// The tokens of a new account.
    Grant,
    /// Tokens from an administrator.
    Gift,
    /// The refill at the end of one or more periods.
    Refill,
    /// The price of an answered turn.
    Charge,
}
