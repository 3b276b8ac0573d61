//! Who makes a request.

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

/// The client's address as the gateway or the socket knows it, put into every request by whoever accepts
/// connections. No header is ever asked.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

/// Somebody who need not be known. The request is counted on the address.
pub struct Visitor(pub Address);

/// Somebody who signs in or registers. The try is counted on the address, whatever the body says.
pub struct SignInEndpoint(pub Address);

/// Somebody whose credential was checked. The request is counted.
pub struct SignedIn(pub Caller);

/// Somebody whose credential was checked, and who is an administrator. The request is counted.
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

/// What follows `Bearer` or `Token`, in any case. Other schemes count as no credential.
fn credential(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?;
    // A value that is not text is a broken credential, not a missing one; of two nobody knows which counts.
    if values.next().is_some() {
        return Some(BROKEN);
    }
    let Ok(value) = value.to_str() else { return Some(BROKEN) };
    let (scheme, token) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
    let is_ours = ["bearer", "token"].iter().any(|ours| scheme.eq_ignore_ascii_case(ours));
    is_ours.then(|| token.trim())
}

/// A credential that nobody has.
const BROKEN: &str = "";
