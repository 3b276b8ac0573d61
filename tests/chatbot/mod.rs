//! Spec 003.

mod account;
mod idempotency;
mod send;
mod token;
mod users;
