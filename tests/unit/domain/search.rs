//! The rules of words, and what is read of a query.

use super::*;
use proptest::prelude::*;

#[test]
fn words_are_taken_apart_as_the_rules_say() {
    for (text, expected) in [
        ("Hello, World!", "hello world"),
        ("foo_bar don't a.b", "foo bar don t a b"),
        ("Ærøskøbing straße ＡＢ Łódź İstanbul ΣΊΣΥΦΟΣ", "aeroskobing strasse ab lodz istanbul σισυφοσ"),
        ("e\u{301}te\u{301} ÉTÉ", "ete ete"),
        ("上海市", "上海 海市"),
        ("我在 上 Rust東京2024", "我在 上 rust 東京 2024"),
        ("ｶﾞｽ", "ガス"),
        ("안녕하세요", "안녕 녕하 하세 세요"),
        ("👍🏽👍 ❤️!", "👍 👍 ❤"),
        ("हिन्दी", "हिन्दी"),
        ("مَرْحَبًا", "مرحبا"),
        ("", ""),
        (" \0 -- \"\" ", ""),
    ] {
        assert_eq!(texts(text).join(" "), expected, "{text}");
    }
    assert_eq!(texts("ที่นี่").len(), 5, "pairs of letters and signs");
    assert_eq!(texts(&"x".repeat(100)), ["x".repeat(64)]);
}

fn query(text: &str) -> SearchQuery {
    SearchQuery::parse(text)
}

fn finds(typed: &str, text: &str) -> bool {
    let (query, words) = (query(typed), words(text));
    let has = |term: &Term| term.places(&words).next().is_some();
    query.terms.iter().all(has) && !query.without.iter().any(has)
}

#[test]
fn beginnings_phrases_and_exclusions() {
    for (typed, text, expected) in [
        ("depl", "We deploy today", true),
        ("d", "We deploy today", false),
        ("d", "plan d", true),
        ("\"depl\"", "We deploy today", false),
        ("\"deploy today\"", "We deploy today", true),
        ("\"today deploy\"", "We deploy today", false),
        ("today deploy", "We deploy today", true),
        ("deploy -today", "We deploy today", false),
        ("deploy -tomorrow", "We deploy today", true),
        ("foo_ba", "a foo_bar", true),
        ("foo_ba", "foo and bar", false),
        ("上海", "我在上海市工作", true),
        ("上海市", "我在上海市工作", true),
        ("上市", "我在上海市工作", false),
        ("notes", "NOT a note", false),
        ("not", "NOT a note", true),
        ("🔥", "so 🔥", true),
    ] {
        assert_eq!(finds(typed, text), expected, "{typed} in {text}");
    }
}

#[test]
fn filters_are_read_and_what_is_none_is_text() {
    let all = query(
        "soup from:ann from:\"Bob B\" in:#lunch has:link HAS:Code is:mine mentions:me after:2026-01-31 before:2026-03-02",
    );
    assert_eq!(all.from, ["ann", "Bob B"]);
    assert_eq!(all.rooms, ["lunch"]);
    assert_eq!(all.has, [HAS[2].1, HAS[3].1]);
    assert!(all.is_mine && all.mentions_me);
    assert_eq!((all.since_ms, all.until_ms), (Some(1_769_904_000_000), Some(1_772_409_600_000)));
    assert_eq!(all.terms.len(), 1);
    let day = query("on:2026-01-31");
    assert_eq!(day.until_ms.unwrap() - day.since_ms.unwrap(), 86_400_000);
    for text in
        ["has:wings", "before:noon", "on:2026-13-01", "on:2026", "from:", "https://example.com", "is:here", "a:b:c"]
    {
        let query = query(text);
        assert_eq!((query.terms.len(), query.since_ms, query.from.len()), (1, None, 0), "{text}");
    }
    assert!(query("").is_empty() && query(" \0 \"\" - -- :").is_empty());
    assert!(query(&"word ".repeat(2_000)).is_cut);
}

#[test]
fn what_was_found_is_marked_in_text_only() {
    let html =
        crate::domain::rich_text::render("**Deploy** the `deploy` at https://deploy.example/deploy?a=1&b=2 & 上海市!")
            .html;
    let marked = crate::domain::rich_text::marked(&html, &query("depl 上海市"));
    assert!(
        marked.as_str().starts_with("<p><strong><mark>Deploy</mark></strong> the <code><mark>deploy</mark></code>")
    );
    assert!(marked.as_str().contains("href=\"https://deploy.example/deploy?a=1&amp;b=2\""), "{marked}");
    assert!(marked.as_str().ends_with("&amp; <mark>上海市</mark>!</p>"), "{marked}");
    assert_eq!(marked.as_str().replace("<mark>", "").replace("</mark>", ""), html.as_str());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn words_have_no_character_that_the_index_reads_otherwise_and_stay_as_they_are(text in "\\PC{0,60}") {
        for word in words(&text) {
            prop_assert!(word.text.chars().all(|c| c.is_ascii_alphanumeric() || !c.is_ascii()), "{word:?}");
            prop_assert!(!word.text.contains(MARK) && word.text.chars().count() <= WORD_LEN_MAX);
            prop_assert!(text.get(word.at.clone()).is_some());
        }
    }

    #[test]
    fn what_stands_in_a_text_is_found_by_being_copied(text in "[\\PC\\n]{0,80}", from in 0usize..8, to in 0usize..8) {
        let words = words(&text);
        if let (Some(first), Some(last)) = (words.get(from), words.get(to)) && first.at.start <= last.at.end {
            let part = text[first.at.start..last.at.end.max(first.at.end)].replace('"', " ");
            // A pair is cut out of its run, and a pair of the run's inside is found in it.
            prop_assert!(Term::of(&part, true).is_none_or(|term| term.places(&words).next().is_some()), "{part:?} in {text:?}");
        }
    }

    #[test]
    fn every_input_is_a_query(text in "([\\PC\"():*^{}+ \\-\0]|AND |OR |NOT |NEAR\\(|from:|in:|has:|on:|\"){0,200}") {
        let query = SearchQuery::parse(&text);
        prop_assert!(query.terms.len() + query.without.len() <= query::TERMS_MAX);
        finds(&text, &text);
        query.marked(&words(&text));
    }
}
