//! Money: whatever fails, crashes or happens at once, the ledger adds up.

pub mod audit;
mod faults;
mod flows;
mod holds;
mod idempotency;
mod parallel;
mod refill;
