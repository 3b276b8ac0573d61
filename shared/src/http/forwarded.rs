//! What a trusted proxy tells of a request: the client's address, and the scheme and host that the client asked for. The
//! headers of anybody else decide nothing.

use super::{ClientAddress, pages::PublicUrl};
use crate::outbound::Block;
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The addresses from client to proxy. Each proxy adds the one that it sees at the end.
const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The scheme that the client used.
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// The host that the client asked for.
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The maximum length of a host with its port, in bytes.
const HOST_BYTES_MAX: usize = 260;

/// Notes the client's address in `request`, which came from `peer`. If `trusted` contains the peer, it also notes the
/// public address of this service, and puts the client's host into the `Host` header.
///
/// Of a header with several values, only those at the end are of trusted proxies: the client may have sent the others.
pub fn note_client(request: &mut Request, peer: IpAddr, trusted: &[Block]) {
    let peer = peer.to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|block| block.contains(address));
    if !is_trusted(peer) {
        request.extensions_mut().insert(ClientAddress(peer));
        return;
    }
    let address = client(request.headers(), peer, is_trusted);
    request.extensions_mut().insert(ClientAddress(address));
    if let Some(host) = last(request.headers(), &HOST).filter(|host| is_host(host))
        && let Ok(host) = HeaderValue::from_str(host)
    {
        request.headers_mut().insert(header::HOST, host);
    }
    let scheme = last(request.headers(), &PROTO).and_then(scheme);
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if let (Some(scheme), Some(host)) = (scheme, host) {
        let url = PublicUrl(format!("{scheme}://{host}"));
        request.extensions_mut().insert(url);
    }
}

/// The last address in the chain that is no trusted proxy. What stands before it, the client wrote. An entry that is no
/// address ends the chain.
fn client(headers: &HeaderMap, peer: IpAddr, is_trusted: impl Fn(IpAddr) -> bool) -> IpAddr {
    let mut client = peer;
    for entry in values(headers, &FOR).into_iter().rev() {
        let Some(address) = address(entry) else { break };
        client = address;
        if !is_trusted(address) {
            break;
        }
    }
    client
}

/// The values of all headers called `name`, in order, split at commas.
fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    // A header that is not text hides what stands before it.
    let lines = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default());
    lines.flat_map(|line| line.split(',')).map(str::trim).collect()
}

fn last<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    values(headers, name).pop()
}

/// Reads `203.0.113.7` or `2001:db8::7`, in brackets or not, with a port or not. An IPv4-mapped address is its IPv4
/// address.
fn address(entry: &str) -> Option<IpAddr> {
    let plain = || entry.parse::<IpAddr>().ok();
    let with_port = || Some(entry.parse::<SocketAddr>().ok()?.ip());
    let in_brackets = || entry.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    plain().or_else(with_port).or_else(in_brackets).map(|address| address.to_canonical())
}

/// The scheme of pages. Some proxies name that of the WebSocket.
fn scheme(name: &str) -> Option<&'static str> {
    match name.to_ascii_lowercase().as_str() {
        "https" | "wss" => Some("https"),
        "http" | "ws" => Some("http"),
        _ => None,
    }
}

/// Whether `text` is a host, with a port or not, and nothing else. It becomes part of addresses, policies and headers.
pub fn is_host(text: &str) -> bool {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    let is_port = |port: &str| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok();
    let (is_good, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => {
            (address.parse::<Ipv6Addr>().is_ok(), rest.strip_prefix(':').or((!rest.is_empty()).then_some("")))
        }
        None => match text.split_once(':') {
            Some((name, port)) => (is_name(name), Some(port)),
            None => (is_name(text), None),
        },
    };
    text.len() <= HOST_BYTES_MAX && is_good && port.is_none_or(is_port)
}
