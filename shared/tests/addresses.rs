//! IPv4 addresses and the edges of every IPv6 block, against lists that were written from IANA's registries. Each run
//! asks for six addresses in each block of 256, and for all addresses near an edge. `.ci/full` asks for every address.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use shared::outbound::is_public;
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    ops::RangeInclusive,
    thread,
};

/// The last eight bits of the addresses that are asked for in each block.
const OF_A_BLOCK: [u32; 6] = [0, 1, 127, 128, 254, 255];
/// The distance from an edge up to which every address is asked for.
const NEAR: u32 = 0xffff;

/// The first and the last address of what is not public, in order.
const NOT_PUBLIC: [(u32, u32); 14] = [
    (0x0000_0000, 0x00ff_ffff), // 0.0.0.0 – 0.255.255.255
    (0x0a00_0000, 0x0aff_ffff), // 10.0.0.0 – 10.255.255.255
    (0x6440_0000, 0x647f_ffff), // 100.64.0.0 – 100.127.255.255
    (0x7f00_0000, 0x7fff_ffff), // 127.0.0.0 – 127.255.255.255
    (0xa9fe_0000, 0xa9fe_ffff), // 169.254.0.0 – 169.254.255.255
    (0xac10_0000, 0xac1f_ffff), // 172.16.0.0 – 172.31.255.255
    (0xc000_0000, 0xc000_00ff), // 192.0.0.0 – 192.0.0.255
    (0xc000_0200, 0xc000_02ff), // 192.0.2.0 – 192.0.2.255
    (0xc058_6300, 0xc058_63ff), // 192.88.99.0 – 192.88.99.255
    (0xc0a8_0000, 0xc0a8_ffff), // 192.168.0.0 – 192.168.255.255
    (0xc612_0000, 0xc613_ffff), // 198.18.0.0 – 198.19.255.255
    (0xc633_6400, 0xc633_64ff), // 198.51.100.0 – 198.51.100.255
    (0xcb00_7100, 0xcb00_71ff), // 203.0.113.0 – 203.0.113.255
    (0xe000_0000, 0xffff_ffff), // 224.0.0.0 – 255.255.255.255
];

/// The first of `addresses` for which the answer is not `expected`.
fn mistake(addresses: impl Iterator<Item = u32>, expected: bool) -> Option<Ipv4Addr> {
    addresses.map(Ipv4Addr::from_bits).find(|address| is_public(IpAddr::V4(*address)) != expected)
}

/// What is judged alike, from the first IPv4 address to the last.
fn stretches() -> Vec<(u32, u32, bool)> {
    let mut stretches = Vec::new();
    let mut next = 0;
    for (first, last) in NOT_PUBLIC {
        if next < first {
            stretches.push((next, first - 1, true));
        }
        stretches.push((first, last, false));
        next = last.wrapping_add(1);
    }
    assert_eq!(next, 0, "the last one is the end");
    stretches
}

/// Asks for the addresses that `chosen` takes from each stretch. Each stretch is halved, so that the long ones are
/// shared by all processors.
fn ask<Addresses: Iterator<Item = u32> + 'static>(chosen: fn(RangeInclusive<u32>) -> Addresses) {
    let halves = stretches().into_iter().flat_map(|(first, last, expected)| {
        let middle = first + (last - first) / 2;
        [(first..=middle, expected), (middle + 1..=last, expected)]
    });
    let threads: Vec<_> =
        halves.map(|(half, expected)| thread::spawn(move || mistake(chosen(half), expected))).collect();
    let mistakes: Vec<_> = threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect();
    assert_eq!(mistakes, [Ipv4Addr::LOCALHOST; 0]);
}

#[test]
fn the_stretches_cover_all_addresses() {
    let all: u64 = stretches().iter().map(|(first, last, _)| u64::from(last - first) + 1).sum();
    assert_eq!(all, 1 << 32);
}

#[test]
fn some_addresses_of_every_block_and_all_near_an_edge() {
    ask(|stretch| {
        let (first, last) = stretch.into_inner();
        let near = first..=last.min(first.saturating_add(NEAR));
        let near_the_end = first.max(last.saturating_sub(NEAR))..=last;
        let blocks = (first >> 8..=last >> 8).flat_map(|block| OF_A_BLOCK.map(|host| block << 8 | host));
        near.chain(near_the_end).chain(blocks.filter(move |address| (first..=last).contains(address)))
    });
}

#[test]
#[ignore = "asks for four thousand million addresses; part of .ci/full"]
fn every_ipv4_address() {
    ask(|stretch| stretch);
}

#[test]
fn an_ipv4_address_in_the_form_of_ipv6_is_judged_as_itself() {
    for (first, last, expected) in stretches() {
        for bits in [first, first + (last - first) / 2, last] {
            let address = Ipv4Addr::from_bits(bits).to_ipv6_mapped();
            assert_eq!(is_public(address.into()), expected, "{address}");
        }
    }
}

#[test]
fn the_edges_of_every_ipv6_block() {
    // The first and the last address of a block, and whether just before it, in it, and just after it is public.
    let blocks = [
        ("::", "::", [false, false, false]),
        ("::1", "::1", [false, false, false]),
        ("::", "::ffff:ffff", [false, false, false]),
        ("::ffff:0:0:0", "::ffff:0:ffff:ffff", [false, false, false]),
        ("64:ff9b::", "64:ff9b::ffff:ffff", [false, false, false]),
        ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", [false, false, false]),
        ("100::", "100::ffff:ffff:ffff:ffff", [false, false, false]),
        ("100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff", [false, false, false]),
        ("2000::", "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", [false, true, false]),
        ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", [true, false, true]),
        ("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", [true, false, false]),
        ("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", [false, false, false]),
        ("2001:10::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", [false, false, false]),
        ("2001:20::", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", [false, false, false]),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", [true, false, true]),
        ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", [true, false, true]),
        ("2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff", [true, true, true]),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", [true, false, true]),
        ("2003::", "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", [false, true, false]),
        ("3fff:1000::", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", [false, true, false]),
        ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", [false, false, false]),
        ("4000::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", [true, false, false]),
        ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", [false, false, false]),
        ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", [false, false, false]),
        ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", [false, false, false]),
        ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", [false, false, false]),
    ];
    for (first, last, [before, within, after]) in blocks {
        let (first, last) = (first.parse::<Ipv6Addr>().unwrap().to_bits(), last.parse::<Ipv6Addr>().unwrap().to_bits());
        let middle = first + (last - first) / 2;
        let edges = [(first.wrapping_sub(1), before), (first, within), (middle, within), (last, within)];
        for (bits, expected) in edges.into_iter().chain([(last.wrapping_add(1), after)]) {
            let address = Ipv6Addr::from_bits(bits);
            assert_eq!(is_public(address.into()), expected, "{address}");
        }
    }
}
