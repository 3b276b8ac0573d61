//! Which IP addresses are public, and do not belong to this machine or a private network. Based on IANA's registries
//! of special-purpose addresses.

use ipnet::Ipv6Net;
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// Whether users may make this service call this address. An IPv4-mapped IPv6 address (`::ffff:…`) is judged as its
/// IPv4 address.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    match address.octets() {
        [0, ..] => false,             // This network
        [10, ..] => false,            // Private
        [100, 64..=127, ..] => false, // Shared address space of providers (CGNAT)
        [127, ..] => false,           // This machine
        [169, 254, ..] => false,      // Link-local, and the metadata services of clouds
        [172, 16..=31, ..] => false,  // Private
        [192, 0, 0, _] => false,      // Protocol assignments
        [192, 0, 2, _] => false,      // Documentation
        [192, 88, 99, _] => false,    // Relays from IPv6 to IPv4
        [192, 168, ..] => false,      // Private
        [198, 18..=19, ..] => false,  // Benchmarks within a network
        [198, 51, 100, _] => false,   // Documentation
        [203, 0, 113, _] => false,    // Documentation
        [224..=239, ..] => false,     // Multicast
        [240..=255, ..] => false,     // Reserved, and broadcast
        _ => true,
    }
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x2001, 0x0000..=0x01ff, ..] => false, // Protocol assignments: Teredo, measurements, identifiers
        [0x2001, 0x0db8, ..] => false,          // Documentation
        [0x2002, ..] => false,                  // 6to4: contains an IPv4 address
        [0x3fff, 0x0000..=0x0fff, ..] => false, // Documentation
        [0x2000..=0x3fff, ..] => true,          // Global unicast
        _ => false, // This machine, NAT64, unique local, link-local, site-local, multicast, and unassigned
    }
}

/// A range of addresses with a common prefix, such as `10.0.0.0/8`, or a single address, such as `10.0.0.1`. IPv4
/// addresses are stored as IPv4-mapped IPv6 addresses, so that both kinds have one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block(Ipv6Net);

impl Block {
    /// Whether `address` is in this range. An IPv4-mapped address is its IPv4 address.
    pub fn contains(self, address: IpAddr) -> bool {
        self.0.contains(&mapped(address))
    }
}

impl FromStr for Block {
    type Err = ();

    /// Refuses a block whose address has bits set after its prefix, because its meaning is ambiguous. The standard
    /// library parses the address: `ipnet` would also accept `010.0.0.0/8`, which other programs read as an octal
    /// number.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let address: IpAddr = address.parse().map_err(|_| ())?;
        let width: u8 = if address.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Ok(width), |length| length.parse().map_err(|_| ()))?;
        let free = width.checked_sub(length).ok_or(())?;
        let block = Ipv6Net::new(mapped(address), 128 - free).map_err(|_| ())?;
        if block.trunc() == block { Ok(Self(block)) } else { Err(()) }
    }
}

fn mapped(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}
