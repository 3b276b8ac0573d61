//! What a user can spend, and what a turn costs. Everything is counted in whole tokens.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// An amount of spendable tokens.
pub type Tokens = u64;

/// No grant, gift, price or refill is larger: sums of them stay far from overflow.
pub const TOKENS_MAX: Tokens = 1_000_000_000;

/// What the operator set.
#[derive(Debug, Clone, Copy)]
pub struct Prices {
    /// Given once, at registration.
    pub initial: Tokens,
    /// Taken for each answered turn; 0 switches metering off.
    pub per_turn: Tokens,
    /// Given again and again, if at all.
    pub refill: Option<Refill>,
}

/// Tokens that every user gets regularly.
#[derive(Debug, Clone, Copy)]
pub struct Refill {
    /// Given at the end of each period.
    pub tokens: Tokens,
    /// Counted from the user's registration.
    pub every: Duration,
}

/// Why a balance changed. An entry of the ledger is never changed, and stays as long as its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// Given at registration.
    Grant,
    /// Given by an administrator.
    Gift,
    /// Given at the end of one or more refill periods.
    Refill,
    /// Taken for a turn that was answered.
    Charge,
}
