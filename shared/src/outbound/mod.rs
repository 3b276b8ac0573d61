//! Calls to addresses that users give. An address is checked twice. When it is given, only its spelling is checked,
//! without DNS. At each call the IP addresses that its name resolves to are checked as well.

mod addresses;
mod client;
mod resolver;
mod rules;
mod slots;

pub use addresses::{Block, is_public};
pub use client::{Limits, Outbound, OutboundAnswer, OutboundError};
pub use resolver::{Resolver, SystemResolver};
pub use rules::{AllowedPlace, HostName, OutboundRules};
pub use slots::{HostIsBusy, HostSlot};

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
        if address.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\' || is_invisible(c)) {
            return Err(AddressError::Malformed);
        }
        let url = Url::parse(address).map_err(|_| AddressError::Malformed)?;
        if url.port() == Some(0) || url.domain().is_some_and(|name| !is_host_name(name)) {
            return Err(AddressError::Malformed);
        }
        self.judge(&url)?;
        Ok(url)
    }
}

/// Characters without a shape, which the parser leaves out of host names.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Whether a name, in ASCII, can be in the DNS (RFC 1035, section 2.3.4). It may end with a dot.
fn is_host_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name.len() <= 253 && name.split('.').all(|label| (1..=63).contains(&label.len()))
}
