//! Addresses that users give for us to call. Here they are judged by how they are written, without asking
//! the DNS: whoever calls one judges the addresses that its name has at that moment again.

use crate::domain::Problem;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// The most characters of an address.
const URL_MAX: usize = 2_000;
/// Names that mean this machine or its network wherever they are asked for.
const INNER_NAMES: [&str; 5] = ["localhost", "local", "internal", "home.arpa", "invalid"];

/// An address that may be called: https, with a name and not a number for the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OutboundUrl(String);

impl OutboundUrl {
    /// Checks how the address is written. Numbers in any notation (decimal, octal, IPv6) are seen through.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let text = text.trim();
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
        if url.scheme() != "https" {
            return Err(Problem::Address("Only https addresses are allowed."));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Problem::Address("The address may not hold a name or a password."));
        }
        match url.host() {
            Some(Host::Domain(name)) if !is_inner(name) => Ok(Self(text.to_owned())),
            _ => Err(Problem::Address("The address must name a public host.")),
        }
    }

    /// The address as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_inner(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let ends_with = |inner: &str| name.strip_suffix(inner).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    !name.contains('.') || INNER_NAMES.into_iter().any(ends_with)
}
