//! Unit tests of `domain::clock`.

use super::*;
use proptest::prelude::*;

#[test]
fn a_moment_is_written_for_programs_and_for_people() {
    assert_eq!(iso(1_769_862_896_789), "2026-01-31T12:34:56.789Z");
    assert_eq!(utc_label(1_769_862_896_789), "31 Jan 2026, 12:34 UTC");
    assert_eq!(utc_day(1_769_862_896_789), "Saturday, 31 January 2026");
}

proptest! {
    #[test]
    fn no_moment_fails(at_ms in any::<i64>()) {
        prop_assert!(!iso(at_ms).is_empty());
    }
}
