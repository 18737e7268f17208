//! Unit tests of `domain::text`.

use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_message_that_parses_is_trimmed_bounded_and_parses_to_itself(text in "\\PC{0,40}|[\\s\\S]{0,40}") {
        if let Ok(source) = MessageSource::parse(&text) {
            prop_assert_eq!(source.as_str().trim(), source.as_str());
            prop_assert!((1..=MESSAGE_MAX).contains(&source.as_str().chars().count()));
            prop_assert_eq!(&MessageSource::parse(source.as_str()).unwrap(), &source);
        }
    }

    #[test]
    fn a_message_up_to_the_bound_parses_and_one_more_does_not(length in 1..=MESSAGE_MAX, letter in "[a-z🔥ä上]") {
        prop_assert!(MessageSource::parse(&letter.repeat(length)).is_ok());
        prop_assert!(MessageSource::parse(&letter.repeat(MESSAGE_MAX + length)).is_err());
    }

    #[test]
    fn white_space_alone_is_no_message(text in "[\\s\\x00\u{200b}\u{feff}]{0,20}") {
        prop_assert!(MessageSource::parse(&text).is_err());
    }

    #[test]
    fn a_name_that_parses_is_one_visible_line(text in "\\PC{0,30}|[\\s\\S]{0,30}") {
        if let Ok(name) = Name::parse("name", &text) {
            prop_assert!(!name.as_str().contains(['\n', '\r', '\0']));
            prop_assert!(!name.as_str().trim().is_empty());
        }
    }

    #[test]
    fn an_address_is_found_however_it_is_typed(local in "[a-z.]{1,20}", host in "[a-z.]{1,20}") {
        let typed = format!(" {}@{} ", local.to_uppercase(), host);
        let address = EmailAddress::parse(&typed).unwrap();
        prop_assert_eq!(address.as_str(), format!("{local}@{host}"));
    }

    #[test]
    fn a_bio_that_parses_is_trimmed_bounded_and_parses_to_itself(text in "\\PC{0,210}|[\\s\\S]{0,40}") {
        match Bio::parse(&text) {
            Ok(bio) => {
                prop_assert!(bio.as_str().chars().count() <= BIO_MAX);
                prop_assert!(!bio.as_str().contains(['\r', '\0']));
                prop_assert_eq!(&Bio::parse(bio.as_str()).unwrap(), &bio);
            }
            Err(_) => prop_assert!(text.chars().count() > BIO_MAX),
        }
    }

    #[test]
    fn text_without_an_at_sign_is_no_address(text in "[^@]{0,40}") {
        prop_assert!(EmailAddress::parse(&text).is_err());
    }

    #[test]
    fn styles_that_parse_are_bounded_and_parse_to_themselves(text in "[\\s\\S]{0,60}", times in 1..2_000usize) {
        let text = text.repeat(times);
        match CustomStyles::parse(&text) {
            Ok(styles) => {
                prop_assert!(styles.as_str().len() <= CUSTOM_STYLES_MAX && !styles.as_str().contains("\r\n"));
                prop_assert_eq!(CustomStyles::parse(styles.as_str()).unwrap(), styles);
            }
            Err(refusal) => prop_assert!(text.len() > CUSTOM_STYLES_MAX && refusal.field == "custom_styles"),
        }
    }

    #[test]
    fn a_password_is_kept_to_the_byte(text in "\\PC{8,100}") {
        let password = Password::parse(&text).unwrap();
        prop_assert_eq!(password.as_bytes(), text.as_bytes());
    }

    #[test]
    fn a_short_password_is_refused(text in "\\PC{0,7}") {
        prop_assert!(Password::parse(&text).is_err());
    }
}

#[test]
fn names_are_sorted_as_people_expect() {
    let sorted = ["Éclair", "eclairs", "Room", "room 2", "Room 9", "room 10", "Room 10 b", "Zoë", "上海"];
    let mut names = sorted;
    names.reverse();
    names.sort_by_key(|name| name_key(name));
    assert_eq!(names, sorted);
    assert_eq!(name_key("ÀNN"), name_key("ann"));
    assert_ne!(name_key("0"), name_key("00 1"));
}

#[test]
fn a_message_of_10_000_emoji_is_fine_and_10_001_are_counted_in_words() {
    assert!(MessageSource::parse(&"🔥".repeat(10_000)).is_ok());
    let refusal = MessageSource::parse(&"🔥".repeat(10_001)).unwrap_err();
    assert!(refusal.message.contains("10,001"), "{}", refusal.message);
}

#[test]
fn line_ends_become_one_kind_and_other_controls_go() {
    let source = MessageSource::parse("a\r\nb\rc\u{0}\td").unwrap();
    assert_eq!(source.as_str(), "a\nb\nc\td");
}

#[test]
fn a_boost_has_1_to_16_visible_characters_on_one_line() {
    for (typed, kept) in [(" 👍 ", "👍"), ("so true", "so true"), (&"é".repeat(16), &"é".repeat(16)), ("❤️", "❤️")]
    {
        assert_eq!(BoostContent::parse(typed).unwrap().as_str(), kept);
    }
    for refused in ["", " \t ", "\u{200b}\u{fe0f}", &"é".repeat(17), "a\nb", "\u{0}x"] {
        assert_eq!(BoostContent::parse(refused).unwrap_err().field, "content", "{refused:?}");
    }
}
