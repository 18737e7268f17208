//! Unit tests of `domain::rooms`.

use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_ping_is_its_set_of_people_in_whatever_order(mut ids in proptest::collection::vec(1..100_i64, 0..20), starter in 1..100_i64) {
        let key = |ids: &[i64]| DirectKey::of(UserId(starter), ids.iter().copied().map(UserId)).unwrap();
        let first = key(&ids);
        ids.reverse();
        ids.push(starter);
        prop_assert_eq!(first.text(), key(&ids).text());
        ids.push(100);
        prop_assert_ne!(first.text(), key(&ids).text());
    }
}

#[test]
fn a_ping_of_too_many_is_refused() {
    let many = |count| DirectKey::of(UserId(1), (1..=count).map(UserId));
    assert!(many(PING_PEOPLE_MAX as i64).is_ok());
    assert!(many(PING_PEOPLE_MAX as i64 + 1).is_err());
}

#[test]
fn every_involvement_parses_from_its_word_and_nothing_else_does() {
    for level in Involvement::ALL {
        assert_eq!(Involvement::parse(level.word()), Ok(level));
    }
    for wrong in ["", "loud", "Mentions", "everything,nothing"] {
        assert!(Involvement::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn counts_are_exact_to_999() {
    let labels: Vec<String> = [-1, 0, 1, 999, 1000].iter().map(unread_label).collect();
    assert_eq!(labels, ["", "", "1", "999", "999+"]);
}

#[test]
fn names_are_joined_as_people_say_them() {
    let names = |list: &[&str]| names_as_sentence(&list.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(names(&[]), "");
    assert_eq!(names(&["Ann"]), "Ann");
    assert_eq!(names(&["Ann", "Bob"]), "Ann and Bob");
    assert_eq!(names(&["Ann", "Bob", "Cid"]), "Ann, Bob and Cid");
}
