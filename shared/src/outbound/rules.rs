//! Which addresses may be called: public ones, except for what the operator allows and blocks.

use super::{
    AddressError,
    addresses::{Block, is_public},
};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
    sync::Arc,
};
use url::{Host, Url};

/// Domains that always refer to this machine or its network.
const INNER_NAMES: [&str; 5] = ["localhost", "local", "internal", "home.arpa", "invalid"];

/// Which addresses may be called. Outside of `allowed`, only https to public hosts. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct OutboundRules {
    allowed: Arc<[AllowedPlace]>,
    refused: Arc<[HostName]>,
    /// The host of this service.
    own: Option<HostName>,
}

/// An exception to the rules: hosts that may be called although they are not public, also by http. Written as
/// `receiver.internal`, `10.0.0.7`, `10.0.0.0/8` or `fd00::/8`, each optionally with a port (`10.0.0.7:9000`,
/// `[fd00::/8]:9000`), or as `http://10.0.0.7:9000`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedPlace {
    hosts: Hosts,
    /// `None` allows all ports.
    port: Option<u16>,
}

/// The name of a host, in lower case, without the final dot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName(String);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    Named(HostName),
    Numbered(Block),
}

impl OutboundRules {
    /// `allowed` hosts may be called even if they are not public. `refused` hosts may not be called even if they are
    /// public.
    pub fn new(allowed: Vec<AllowedPlace>, refused: Vec<HostName>) -> Self {
        Self { allowed: allowed.into(), refused: refused.into(), own: None }
    }

    /// The same rules for a service whose URL is `url`, which must not be called either. Internal names are not added:
    /// they are refused already, unless the operator allows them.
    pub fn of_service_at(&self, url: &str) -> Self {
        let url = Url::parse(url).ok();
        let host = url.as_ref().and_then(Url::host_str).filter(|host| !is_inner(host));
        Self { own: host.and_then(|host| host.parse().ok()), ..self.clone() }
    }

    /// Checks an address as it is written. The parser has already normalized numeric hosts of any notation.
    pub(super) fn judge(&self, url: &Url) -> Result<(), AddressError> {
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(AddressError::NotHttps);
        };
        let is_inside = match host {
            Host::Domain(name) => self.allows_name(name, port),
            Host::Ipv4(address) => self.allows_number(address.into(), port),
            Host::Ipv6(address) => self.allows_number(address.into(), port),
        };
        if url.scheme() != "https" && !(url.scheme() == "http" && is_inside) {
            return Err(AddressError::NotHttps);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::HasCredentials);
        }
        match host {
            Host::Domain(name) if self.refuses(name) => {}
            Host::Domain(name) if is_inside || !is_inner(name) => return Ok(()),
            Host::Ipv4(_) | Host::Ipv6(_) if is_inside => return Ok(()),
            _ => {}
        }
        Err(AddressError::NotPublic)
    }

    /// Whether a call to `name` may connect to `address`.
    pub(super) fn admits(&self, name: &str, address: IpAddr, port: u16) -> bool {
        is_public(address) || self.allows_number(address, port) || self.names(name, port)
    }

    fn allows_name(&self, name: &str, port: u16) -> bool {
        let is_this_machine = without_dot(name) == "localhost";
        let loopback = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
        self.names(name, port)
            || is_this_machine && loopback.into_iter().any(|address| self.allows_number(address, port))
    }

    fn names(&self, name: &str, port: u16) -> bool {
        self.allows(port, |hosts| matches!(hosts, Hosts::Named(HostName(allowed)) if allowed == without_dot(name)))
    }

    fn allows_number(&self, address: IpAddr, port: u16) -> bool {
        self.allows(port, |hosts| matches!(hosts, Hosts::Numbered(block) if block.contains(address)))
    }

    fn allows(&self, port: u16, is_meant: impl Fn(&Hosts) -> bool) -> bool {
        self.allowed.iter().any(|place| place.port.is_none_or(|allowed| allowed == port) && is_meant(&place.hosts))
    }

    fn refuses(&self, name: &str) -> bool {
        let refused = self.refused.iter().chain(&self.own);
        refused.map(|HostName(refused)| refused).any(|refused| refused == without_dot(name))
    }
}

impl FromStr for AllowedPlace {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text.contains("://") {
            return origin(text);
        }
        // In an IPv6 address without brackets, a port would be ambiguous.
        if let Ok(block) = text.parse() {
            return Ok(Self { hosts: Hosts::Numbered(block), port: None });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse().map_err(|_| ())?)),
            _ => (text, None),
        };
        let hosts = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(number) if number.contains(':') => Hosts::Numbered(number.parse()?),
            Some(_) => return Err(()),
            None if host.contains(':') => return Err(()),
            None => host.parse().map(Hosts::Numbered).or_else(|()| host.parse().map(Hosts::Named))?,
        };
        Ok(Self { hosts, port })
    }
}

/// Parses `http://10.0.0.7:9000`. Without a port, the scheme's default applies.
fn origin(text: &str) -> Result<AllowedPlace, ()> {
    let url = Url::parse(text).map_err(|_| ())?;
    let is_origin = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let is_http = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    let hosts = match url.host().filter(|_| is_origin && is_http).ok_or(())? {
        Host::Domain(name) => Hosts::Named(name.parse()?),
        Host::Ipv4(address) => Hosts::Numbered(address.to_string().parse()?),
        Host::Ipv6(address) => Hosts::Numbered(address.to_string().parse()?),
    };
    Ok(AllowedPlace { hosts, port: url.port_or_known_default() })
}

impl FromStr for HostName {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match Host::parse(text).map_err(|_| ())? {
            Host::Domain(name) if name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) => {
                Ok(Self(without_dot(&name).to_owned()))
            }
            _ => Err(()),
        }
    }
}

fn is_inner(name: &str) -> bool {
    let name = without_dot(name);
    let ends_with = |inner: &str| name.strip_suffix(inner).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    !name.contains('.') || INNER_NAMES.into_iter().any(ends_with)
}

fn without_dot(name: &str) -> &str {
    name.trim_end_matches('.')
}
