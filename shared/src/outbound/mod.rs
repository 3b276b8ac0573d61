//! Addresses that users give for us to call. They are judged twice: when they are given, by how they are written and
//! without asking the DNS; and whenever they are called, then also by where they lead.

mod addresses;
mod client;
mod resolver;
mod rules;

pub use addresses::is_public;
pub use client::{Limits, Outbound, OutboundAnswer, OutboundError};
pub use resolver::{Resolver, SystemResolver};
pub use rules::{AllowedPlace, HostName, OutboundRules};

use crate::domain::Problem;
use serde::{Deserialize, Serialize};
use url::Url;

/// The most characters of an address.
const URL_MAX: usize = 2_000;

/// An address that may be called: https, with a public name for the host; or what the operator allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OutboundUrl(String);

impl OutboundUrl {
    /// Checks how the address is written.
    pub fn parse(text: &str, rules: &OutboundRules) -> Result<Self, Problem> {
        let given = Self(text.trim().to_owned());
        given.judged(rules)?;
        Ok(given)
    }

    fn judged(&self, rules: &OutboundRules) -> Result<Url, Problem> {
        let Self(text) = self;
        if text.is_empty() {
            return Err(Problem::Blank);
        }
        if text.chars().count() > URL_MAX {
            return Err(Problem::TooLong { max: URL_MAX });
        }
        // The parser would drop such characters silently, and others read the address differently.
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(Problem::Address("Enter a valid URL."));
        }
        let url = Url::parse(text).map_err(|_| Problem::Address("Enter a valid URL."))?;
        rules.judge(&url)?;
        Ok(url)
    }

    /// The address as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
