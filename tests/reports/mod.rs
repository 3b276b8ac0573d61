//! Spec 000 as far as it is served: users, tokens and chat.

mod chat;
mod tokens;
mod users;
mod wire;
