//! Unit tests of `domain::ids`.

use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn every_positive_number_is_an_id(number in 1..=i64::MAX) {
        prop_assert_eq!(number.to_string().parse(), Ok(RoomId(number)));
    }

    #[test]
    fn nothing_else_is_an_id(text in "[^0-9]*|0[0-9]*|-[0-9]+|\\+[0-9]+|[0-9]{20,30}|[0-9]+[^0-9]+") {
        prop_assert_eq!(text.parse::<RoomId>(), Err(()));
    }
}
