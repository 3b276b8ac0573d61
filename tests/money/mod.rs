//! Money: after any failure, crash or race, the ledger adds up.

mod accounts;
pub mod audit;
mod by_use;
mod deletion;
mod departures;
mod faults;
mod flows;
mod holds;
mod idempotency;
mod parallel;
mod recovery;
mod refill;
