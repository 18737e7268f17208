//! Unit tests of `domain::bans`.

use super::*;
use proptest::prelude::*;

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
