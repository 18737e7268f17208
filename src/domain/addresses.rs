//! Which addresses belong to the public internet: the server may fetch from them what somebody names, or keep them out.

use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;

/// Networks with a purpose of their own (the registries of RFC 6890), by that.
const SPECIAL: [(&str, &str); 13] = [
    ("this network, IPv4-compatible", "0.0.0.0/8 ::/96"),
    ("loopback", "127.0.0.0/8 ::1/128"),
    ("private, unique local", "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7"),
    ("behind carriers' NAT", "100.64.0.0/10"),
    ("link-local, where clouds keep their secrets; site-local", "169.254.0.0/16 fe80::/10 fec0::/10"),
    ("protocol assignments", "192.0.0.0/24"),
    ("documentation", "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20"),
    ("benchmarking", "198.18.0.0/15 2001:2::/48"),
    ("discarded", "100::/64"),
    ("6to4, Teredo: tunnels to anywhere", "192.88.99.0/24 2002::/16 2001::/32"),
    ("IPv4-mapped, local NAT64", "::ffff:0:0/96 64:ff9b:1::/48"),
    ("multicast", "224.0.0.0/4 ff00::/8"),
    ("reserved, broadcast", "240.0.0.0/4"),
];
/// Networks whose last 32 bits are the IPv4 address that a packet goes to: NAT64 (RFC 6052), SIIT (RFC 7915).
const TRANSLATED: &str = "64:ff9b::/96 ::ffff:0:0:0/96";

/// Both; none if one were misspelled, and then no address is public.
static NETWORKS: LazyLock<Option<[Vec<IpNet>; 2]>> = LazyLock::new(|| {
    let parsed = |text: &str| text.split(' ').map(|network| network.parse().ok()).collect::<Option<Vec<IpNet>>>();
    Some([parsed(&SPECIAL.map(|(_, networks)| networks).join(" "))?, parsed(TRANSLATED)?])
});

/// Whether an address is one of the public internet. What carries an IPv4 address is judged by that, or refused.
pub fn is_public(address: IpAddr) -> bool {
    let Some([special, translated]) = &*NETWORKS else { return false };
    let is_in = |networks: &[IpNet]| networks.iter().any(|network| network.contains(&address));
    match address {
        IpAddr::V6(six) if is_in(translated) => is_public(Ipv4Addr::from_bits(six.to_bits() as u32).into()),
        _ => !is_in(special),
    }
}

/// The address that a session came from, if keeping it out is of use and does no harm: one of the internet's. Behind the others
/// (loopback, private, link-local and the like) is a proxy, this machine, or the whole office.
pub fn bannable(text: &str) -> Option<IpAddr> {
    let address = text.parse::<IpAddr>().ok()?.to_canonical();
    let is_public = match address {
        IpAddr::V4(v4) => {
            // 100.64.0.0/10 is shared by a provider's customers (RFC 6598).
            let is_shared = v4.octets()[0] == 100 && v4.octets()[1] & 0b1100_0000 == 64;
            let is_ours = v4.is_private() || v4.is_loopback() || v4.is_link_local() || is_shared;
            !is_ours && v4.octets()[0] != 0 && !v4.is_multicast() && !v4.is_broadcast()
        }
        // 2000::/3 is all that is given out (RFC 4291, 2.4).
        IpAddr::V6(v6) => v6.segments()[0] & 0xe000 == 0x2000,
    };
    is_public.then_some(address)
}

unit_tests!("../../tests/unit/domain/addresses.rs");
