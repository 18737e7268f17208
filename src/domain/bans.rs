//! Which addresses of somebody banned are kept out.

use std::net::IpAddr;

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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_addresses_of_the_internet_are_kept_out() {
        for public in ["203.0.113.9", "8.8.8.8", "2001:db8::1", "100.128.0.1", "172.32.0.1", "::ffff:8.8.8.8"]
        {
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
}
