//! Addresses that a caller may make this service call.

use super::{App, Dialect, Failure, pages::ServedAt};
use crate::{
    domain::{AddressPolicy, Problem},
    outbound::{AddressError, OutboundRules},
};
use axum::{extract::FromRequestParts, http::request::Parts};

/// The operator's rules for addresses from users. They exclude the address of this service itself, as the request
/// reached it.
pub struct EgressPolicy(pub OutboundRules);

impl<D: Dialect> FromRequestParts<App<D>> for EgressPolicy {
    type Rejection = Failure<D>;

    async fn from_request_parts(parts: &mut Parts, app: &App<D>) -> Result<Self, Failure<D>> {
        let ServedAt(here) = ServedAt::from_request_parts(parts, app).await?;
        Ok(Self(app.config.outbound.of_service_at(&here)))
    }
}

/// The operator's rules, in the words of a field's problem.
impl AddressPolicy for OutboundRules {
    fn check(&self, address: &str) -> Result<(), Problem> {
        match OutboundRules::check(self, address) {
            Ok(_) => Ok(()),
            Err(AddressError::Blank) => Err(Problem::Blank),
            Err(AddressError::TooLong { max }) => Err(Problem::TooLong { max }),
            Err(error) => Err(Problem::Address(error.to_string())),
        }
    }
}
