//! Spec 000 as far as it is served: users, tokens, assistants and chat.

mod assistants;
mod chat;
mod files;
mod tokens;
mod users;
mod wire;
