//! Attacks, one file per area, on every route and in every dialect.

mod accounts;
mod authorization;
mod brute_force;
mod keys;
mod parsing;
pub mod prey;
pub mod routes;
mod routing;
mod sessions;
mod surface;
mod tokens;
