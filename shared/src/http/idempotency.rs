//! The `Idempotency-Key` header.

use super::{App, Dialect, Failure};
use crate::{domain::Error, service::idempotency::IdempotencyKey};
use axum::{extract::FromRequestParts, http::request::Parts};

/// The request's `Idempotency-Key`, if it has one.
pub struct Idempotency(pub Option<IdempotencyKey>);

impl<D: Dialect> FromRequestParts<App<D>> for Idempotency {
    type Rejection = Failure<D>;

    async fn from_request_parts(parts: &mut Parts, _: &App<D>) -> Result<Self, Failure<D>> {
        let key = parts.headers.get("idempotency-key").map(|value| IdempotencyKey::parse(value.as_bytes()));
        Ok(Self(key.transpose().map_err(|problem| Error::Invalid(vec![problem]))?))
    }
}
