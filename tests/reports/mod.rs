//! Spec 000 as far as it is served: users and tokens.

mod tokens;
mod users;
mod wire;
