//! Who makes a request.

use super::{App, Dialect, Failure};
use crate::{
    domain::{Error, user::Caller},
    service::limits::Address,
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use std::net::IpAddr;

/// The client's address as the gateway or the socket knows it, put into every request by whoever accepts
/// connections. No header is ever asked.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

/// Somebody who need not be known. The doors count visitors themselves.
pub struct Visitor(pub Address);

/// Somebody whose credential was checked. The request is counted.
pub struct SignedIn(pub Caller);

impl<D: Dialect> FromRequestParts<App<D>> for Visitor {
    type Rejection = Failure<D>;

    async fn from_request_parts(parts: &mut Parts, _: &App<D>) -> Result<Self, Failure<D>> {
        let ClientAddress(address) = parts
            .extensions
            .get()
            .ok_or_else(|| Error::internal("a request without the client's address"))?;
        Ok(Self((*address).into()))
    }
}

impl<D: Dialect> FromRequestParts<App<D>> for SignedIn {
    type Rejection = Failure<D>;

    async fn from_request_parts(parts: &mut Parts, app: &App<D>) -> Result<Self, Failure<D>> {
        let Visitor(address) = Visitor::from_request_parts(parts, app).await?;
        Ok(Self(
            app.logins
                .authenticate(credential(&parts.headers), &address)
                .await?,
        ))
    }
}

/// What follows `Bearer` or `Token`, in any case. Other schemes count as no credential.
fn credential(headers: &HeaderMap) -> Option<&str> {
    // A value that is not text is a broken credential, not a missing one.
    let value = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .unwrap_or("Bearer ?")
        .trim();
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    let is_ours = ["bearer", "token"]
        .iter()
        .any(|ours| scheme.eq_ignore_ascii_case(ours));
    is_ours.then(|| token.trim())
}
