//! Calls to addresses that users give. An address is checked twice. When it is given, only its spelling is checked,
//! without DNS. At each call the IP addresses that its name resolves to are checked as well.

mod addresses;
mod client;
mod resolver;
mod rules;

pub use addresses::is_public;
pub use client::{Limits, Outbound, OutboundAnswer, OutboundError};
pub use resolver::{Resolver, SystemResolver};
pub use rules::{AllowedPlace, HostName, OutboundRules};

use url::Url;

/// The maximum length of an address, in characters.
const URL_MAX: usize = 2_000;

/// Why an address may not be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is empty.
    #[error("The address is empty.")]
    Blank,
    /// It is too long.
    #[error("The address has more than {max} characters.")]
    TooLong {
        /// The maximum, in characters.
        max: usize,
    },
    /// It is not a URL.
    #[error("Enter a valid URL.")]
    Malformed,
    /// It is not https, or has no host.
    #[error("Only https addresses are allowed.")]
    NotHttps,
    /// It contains a username or a password.
    #[error("The address may not hold a name or a password.")]
    HasCredentials,
    /// Its host is not public, or the operator blocks it.
    #[error("The address must name a public host.")]
    NotPublic,
}

impl OutboundRules {
    /// Parses an address and checks how it is written, without DNS.
    ///
    /// # Errors
    /// When the address may not be called.
    pub fn check(&self, address: &str) -> Result<Url, AddressError> {
        if address.is_empty() {
            return Err(AddressError::Blank);
        }
        if address.chars().count() > URL_MAX {
            return Err(AddressError::TooLong { max: URL_MAX });
        }
        // The URL parser silently drops such characters. Other parsers would read the address differently.
        if address.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(AddressError::Malformed);
        }
        let url = Url::parse(address).map_err(|_| AddressError::Malformed)?;
        self.judge(&url)?;
        Ok(url)
    }
}
