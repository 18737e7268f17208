//! Unit tests of `web::access_log`.

use super::*;

#[test]
fn the_secret_part_of_a_path_is_left_out() {
    assert_eq!(without_secrets("/join/abcd-efgh-ijkl"), "/join/…");
    assert_eq!(without_secrets("/api/join/abcd-efgh-ijkl"), "/api/join/…");
    assert_eq!(without_secrets("/session/transfers/abcdefgh"), "/session/transfers/…");
    assert_eq!(without_secrets("/rooms/1"), "/rooms/1");
}
