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
#[path = "../../tests/unit/domain/bans.rs"]
mod tests;
