//! Spec 004.

mod account;
mod chat;
mod idempotency;
mod tokens;
