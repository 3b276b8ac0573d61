//! Spec 000 as far as it is served: users, tokens and assistants.

mod assistants;
mod files;
mod tokens;
mod users;
mod wire;
