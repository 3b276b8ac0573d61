//! Attacks, one file per area, on every route and in every dialect.

mod accounts;
mod brute_force;
mod keys;
mod parsing;
mod prey;
mod routes;
mod routing;
mod sessions;
pub mod surface;
mod tokens;
