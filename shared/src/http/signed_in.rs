//! The caller of a request.

use super::{App, Dialect, Failure};
use crate::{
    domain::{
        Error,
        user::{Administrator, Caller},
    },
    service::limits::Address,
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use std::net::IpAddr;

/// The client's address from the gateway, the socket or a trusted proxy. The code that accepts connections puts it into
/// every request. No header that a client sends decides it.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

/// An anonymous caller. The request counts against the address.
pub struct Visitor(pub Address);

/// A caller who signs in or registers. The attempt counts against the address, whatever the body contains.
pub struct SignInEndpoint(pub Address);

/// A caller with a valid credential. The request counts against the account.
pub struct SignedIn(pub Caller);

/// An administrator with a valid credential. The request counts against the account.
pub struct AsAdministrator(pub Administrator);

impl<D: Dialect> FromRequestParts<App<D>> for ClientAddress {
    type Rejection = Failure<D>;

    async fn from_request_parts(parts: &mut Parts, _: &App<D>) -> Result<Self, Failure<D>> {
        let address = parts.extensions.get().copied();
        Ok(address.ok_or_else(|| Error::internal("a request without the client's address"))?)
    }
}

impl<D: Dialect> FromRequestParts<App<D>> for Visitor {
    type Rejection = Failure<D>;

    async fn from_request_parts(parts: &mut Parts, app: &App<D>) -> Result<Self, Failure<D>> {
        let address = ClientAddress::from_request_parts(parts, app).await?.into();
        app.limits.visit(&address).await?;
        Ok(Self(address))
    }
}

impl<D: Dialect> FromRequestParts<App<D>> for SignInEndpoint {
    type Rejection = Failure<D>;

    async fn from_request_parts(parts: &mut Parts, app: &App<D>) -> Result<Self, Failure<D>> {
        let address = ClientAddress::from_request_parts(parts, app).await?.into();
        app.limits.sign_in(&address).await?;
        Ok(Self(address))
    }
}

impl From<ClientAddress> for Address {
    fn from(ClientAddress(address): ClientAddress) -> Self {
        address.into()
    }
}

impl<D: Dialect> FromRequestParts<App<D>> for SignedIn {
    type Rejection = Failure<D>;

    async fn from_request_parts(parts: &mut Parts, app: &App<D>) -> Result<Self, Failure<D>> {
        let address = ClientAddress::from_request_parts(parts, app).await?.into();
        Ok(Self(app.logins.authenticate(credential(&parts.headers), &address).await?))
    }
}

impl<D: Dialect> FromRequestParts<App<D>> for AsAdministrator {
    type Rejection = Failure<D>;

    async fn from_request_parts(parts: &mut Parts, app: &App<D>) -> Result<Self, Failure<D>> {
        let SignedIn(caller) = SignedIn::from_request_parts(parts, app).await?;
        Ok(Self(caller.into_administrator()?))
    }
}

/// The credential after `Bearer` or `Token`, in any case. Another scheme counts as no credential.
fn credential(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?;
    // Two headers, or one that is not text, are a broken credential and not a missing one.
    if values.next().is_some() {
        return Some(BROKEN);
    }
    let Ok(value) = value.to_str() else { return Some(BROKEN) };
    let (scheme, token) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
    let is_ours = ["bearer", "token"].iter().any(|ours| scheme.eq_ignore_ascii_case(ours));
    is_ours.then(|| token.trim())
}

/// A credential that no user has.
const BROKEN: &str = "";
