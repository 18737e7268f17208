//! Unit tests of `services::roster`.

use super::*;

#[test]
fn a_ban_holds_for_all_addresses_of_one_subscriber_and_for_no_others() {
    let address = |text: &str| text.parse::<IpAddr>().unwrap();
    let banned = BannedAddresses::default();
    banned.add(vec![address("2001:db8:1:2::9"), address("203.0.113.9")]);
    for kept_out in ["2001:db8:1:2:ffff::1", "2001:db8:1:2::9", "203.0.113.9"] {
        assert!(banned.contains(&address(kept_out)), "{kept_out}");
    }
    for other in ["2001:db8:1:3::9", "203.0.113.10"] {
        assert!(!banned.contains(&address(other)), "{other}");
    }
    banned.remove(&[address("2001:db8:1:2::1")]);
    assert!(!banned.contains(&address("2001:db8:1:2::9")));
}
