//! Unit tests of `domain::addresses`.

use super::*;
use proptest::prelude::*;
use std::net::Ipv6Addr;

#[test]
fn every_network_is_spelled_right() {
    assert!(NETWORKS.is_some());
}

#[test]
fn special_addresses_are_refused_from_their_first_to_their_last() {
    for address in [
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.0.0",
        "169.254.169.254",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.0",
        "192.0.0.255",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "192.168.255.255",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.0",
        "239.255.255.255",
        "240.0.0.0",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::808:808",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::808:808",
        "::ffff:0:127.0.0.1",
        "100::1",
        "2001::1",
        "2001:2::1",
        "2001:db8::1",
        "3fff::1",
        "2002:808:808::1",
        "fc00::1",
        "fdff:ffff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "feff::1",
        "ff00::",
        "ff02::1",
    ] {
        assert!(!is_public(address.parse().unwrap()), "{address}");
    }
}

#[test]
fn public_addresses_are_not_also_next_to_special_ones() {
    for address in [
        "1.0.0.0",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450::1",
        "2001:4860:4860::8888",
        "64:ff9b::808:808",
        "::ffff:0:8.8.8.8",
        "2003::1",
        "fbff::1",
    ] {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}

proptest! {
    #[test]
    fn an_ipv4_address_in_an_ipv6_one_is_judged_as_itself_or_refused(bits: u32) {
        let four = IpAddr::from(Ipv4Addr::from_bits(bits));
        let within = |prefix: &str| {
            let prefix = prefix.parse::<Ipv6Addr>().unwrap().to_bits();
            is_public(Ipv6Addr::from_bits(prefix | u128::from(bits)).into())
        };
        prop_assert_eq!(within("64:ff9b::"), is_public(four));
        prop_assert_eq!(within("::ffff:0:0:0"), is_public(four));
        prop_assert!(!within("::ffff:0:0") && !within("::") && !within("64:ff9b:1::"));
    }
}

#[test]
fn only_addresses_of_the_internet_are_kept_out() {
    for public in ["203.0.113.9", "8.8.8.8", "2001:db8::1", "100.128.0.1", "172.32.0.1", "::ffff:8.8.8.8"] {
        assert!(bannable(public).is_some(), "{public}");
    }
    for other in [
        "",
        "unknown",
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.0.1",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "8.8.8.8:80",
    ] {
        assert_eq!(bannable(other), None, "{other}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,40}|[0-9a-f:.]{0,40}") {
        let _ = bannable(&text);
    }
}
