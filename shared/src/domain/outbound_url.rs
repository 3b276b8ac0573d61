//! Addresses that users give for us to call.

use super::Problem;
use serde::{Deserialize, Serialize};
use url::{Origin, Url};

/// An address that the operator's rules allowed when a user gave it. The rules may have changed since, so
/// `outbound` applies them again to each call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OutboundUrl(String);

/// Decides which addresses users may give.
pub trait AddressPolicy {
    /// # Errors
    /// When `address` may not be called, as the field's problem.
    fn check(&self, address: &str) -> Result<(), Problem>;
}

impl OutboundUrl {
    /// An address that `policy` allows. Spaces around it are removed.
    pub fn parse(text: &str, policy: &impl AddressPolicy) -> Result<Self, Problem> {
        let address = text.trim();
        policy.check(address)?;
        Ok(Self(address.to_owned()))
    }

    /// Scheme, host and port. An address that cannot be read is of no known origin, which differs from all others.
    pub fn origin(&self) -> Origin {
        Url::parse(&self.0).map_or_else(|_| Origin::new_opaque(), |url| url.origin())
    }

    /// The address as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
