//! Calls to addresses that users give. An address is checked twice: when it is given, by how it is written and
//! without asking the DNS; and whenever it is called, then also by the IP addresses that its name resolves to.

mod addresses;
mod client;
mod resolver;
mod rules;

pub use addresses::is_public;
pub use client::{Limits, Outbound, OutboundAnswer, OutboundError};
pub use resolver::{Resolver, SystemResolver};
pub use rules::{AllowedPlace, HostName, OutboundRules};

use url::Url;

/// The most characters of an address.
const URL_MAX: usize = 2_000;

/// Why an address may not be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is empty.
    #[error("The address is empty.")]
    Blank,
    /// It has too many characters.
    #[error("The address has more than {max} characters.")]
    TooLong {
        /// The most that are allowed.
        max: usize,
    },
    /// It is no URL.
    #[error("Enter a valid URL.")]
    Malformed,
    /// It is not https, or names no host.
    #[error("Only https addresses are allowed.")]
    NotHttps,
    /// It contains a username or a password.
    #[error("The address may not hold a name or a password.")]
    HasCredentials,
    /// Its host is not public, or the operator refuses it.
    #[error("The address must name a public host.")]
    NotPublic,
}

impl OutboundRules {
    /// Parses an address and applies these rules to how it is written. No DNS is asked.
    ///
    /// # Errors
    /// When it may not be called.
    pub fn check(&self, address: &str) -> Result<Url, AddressError> {
        if address.is_empty() {
            return Err(AddressError::Blank);
        }
        if address.chars().count() > URL_MAX {
            return Err(AddressError::TooLong { max: URL_MAX });
        }
        // The parser drops such characters silently, and other parsers would read the address differently.
        if address.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(AddressError::Malformed);
        }
        let url = Url::parse(address).map_err(|_| AddressError::Malformed)?;
        self.judge(&url)?;
        Ok(url)
    }
}
