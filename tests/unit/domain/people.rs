//! Unit tests of `domain::people`.

use super::*;
use proptest::prelude::*;

#[test]
fn initials_are_of_the_first_and_the_last_word() {
    for (name, expected) in [
        ("Ada Lovelace", "AL"),
        ("ada", "A"),
        ("Ludwig van Beethoven", "LB"),
        ("محمد علي", "مع"),
        ("(Bob) \"the\" builder", "BB"),
        ("🔥", ""),
    ] {
        assert_eq!(initials(name), expected, "{name}");
    }
}

proptest! {
    #[test]
    fn another_name_is_another_picture(a in "[a-z]{1,20}", b in "[A-Z]{1,20}") {
        let person = |name| Author { id: UserId(1), name, role: Role::Member, avatar_version: None };
        prop_assert_ne!(person(a).avatar_url(), person(b).avatar_url());
    }
}
