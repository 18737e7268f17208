//! Unit tests of `domain::messages`.

use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_uuid_in_any_spelling_is_echoed_lower_case_and_hyphenated(bits in any::<u128>()) {
        let uuid = Uuid::from_u128(bits);
        let expected = uuid.hyphenated().to_string();
        for spelling in [expected.clone(), expected.to_uppercase(), uuid.simple().to_string(), uuid.urn().to_string()] {
            prop_assert_eq!(ClientMessageId::parse(&spelling).unwrap().to_string(), expected.clone());
        }
    }

    #[test]
    fn what_is_not_a_uuid_is_refused(text in "[g-z ]{0,40}|[0-9a-f]{0,31}") {
        prop_assert!(ClientMessageId::parse(&text).is_err());
    }
}
