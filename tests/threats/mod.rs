//! Attacks, one file per area, on every route and in every dialect.

mod accounts;
mod authorization;
mod brute_force;
mod described;
mod endings;
pub mod fixture;
mod ids;
mod keys;
mod keys_in_use;
mod lists;
pub mod outbound;
mod parsing;
mod powers;
pub mod routes;
mod routing;
mod sessions;
pub mod surface;
mod tokens;
mod uploads;
