//! Unit tests of `domain::mentions`.

use super::*;
use crate::domain::messages::Body;
use proptest::prelude::*;

/// Everybody that tests mention, by name.
const PEOPLE: [(&str, i64); 4] = [("Ann", 1), ("Bob Lee", 2), ("Ann [PM]", 3), ("Zoë", 4)];

fn names() -> Names {
    PEOPLE.iter().map(|(name, id)| (UserId(*id), (*name).to_owned())).collect()
}

/// The source with references, by a rule without a database: the longest exact name.
fn referred(source: &str) -> String {
    let by_name = |name: &str| PEOPLE.iter().find(|(known, _)| known.to_lowercase() == name.to_lowercase());
    let found = |spot: Spot<'_>| {
        let one = spot.names.iter().find_map(|(name, end)| Some((spot.start..*end, by_name(name)?.1)));
        one.or_else(|| Some((spot.start..spot.everyone()?, 0)))
    };
    referring(source, spots(source).into_iter().filter_map(found).collect())
}

fn read(source: &str) -> Body {
    let mut body = Body::of(referred(source));
    body.put_names(&names());
    body
}

#[test]
fn a_name_is_found_with_and_without_brackets_and_shown_as_a_link_to_the_person() {
    let ann = "<a class=\"mention\" href=\"/users/1\" data-mention=\"1\">@Ann</a>";
    for (source, text) in [
        ("@Ann", "@"),
        ("hey @ann, look", "hey @, look"),
        ("@ANN's turn", "@'s turn"),
        ("(@Ann)", "(@)"),
        ("@[Ann]", "@"),
        ("@[ ann ]s", "@s"),
        ("\"@Ann\"", "\"@\""),
    ] {
        let body = read(source);
        assert_eq!(body.plain_text, text.replace('@', "@Ann"), "{source}");
        assert!(body.html.as_str().contains(ann), "{source}: {}", body.html);
        assert_eq!(body.source, text.replace('@', "@[Ann]"), "{source}");
        assert_eq!(body.called, [UserId(1)], "{source}");
    }
    assert_eq!(read("@bob lee is here").plain_text, "@Bob Lee is here", "the longest name");
    assert_eq!(read("**@bob lee**").html.as_str().matches("<strong><a class=\"mention\"").count(), 1);
    assert_eq!(read("@[Ann [PM]]!").source, "@[Ann [PM]]!");
    assert_eq!(read("- @ann\n- @zoë\n- @ann").called, [UserId(1), UserId(4)]);
    assert_eq!(words(&read("@Everyone, @ann").called), "everyone 1");
    assert!(
        read("@everyone").html.as_str().contains("<span class=\"mention\" data-mention=\"everyone\">@everyone</span>")
    );
}

#[test]
fn words_addresses_code_links_and_markup_mention_nobody() {
    for source in [
        "bob@ann",
        "bob@ann.example",
        "cc bob_@ann.example",
        "@annabel",
        "@ann@host",
        "@ ann",
        "@",
        "@@ann",
        "\\@ann",
        "packages/@ann",
        "`@ann`",
        "`` @ann ` ``",
        "```\n@ann\n```",
        "    @ann",
        "[hey @ann](https://a.example)",
        "![@ann](https://a.example/b.png)",
        "https://a.example/@ann",
        "<https://a.example/@ann>",
        "<b title='@ann'>",
        "<div>\n@ann\n</div>",
        "@[]",
        "@[ ]",
        "@[Ann\n]",
    ] {
        assert_eq!(read(source), Body::of(source.to_owned()), "{source}");
        assert!(!Body::of(referred(source)).html.as_str().contains(MARK), "{source}");
    }
    // What is code is left alone, beside what is text.
    assert_eq!(read("@ann `@ann` @ann").source, "@[Ann] `@ann` @[Ann]");
    assert_eq!(read("@ann ` @ann").plain_text, "@Ann ` @Ann");
}

#[test]
fn who_is_only_quoted_is_shown_and_not_called() {
    let body = read("> hey @ann and @everyone\n\nI agree, @zoë");
    assert_eq!(body.called, [UserId(4)]);
    assert!(body.html.as_str().contains("data-mention=\"1\"") && !body.html.as_str().contains("\"everyone\""));
    assert_eq!(body.plain_text, "“hey @Ann and @everyone”\nI agree, @Zoë");
}

#[test]
fn a_reference_can_not_be_written_by_hand() {
    for source in [
        "&#17;1&#17;",
        "&#x11;1&#X0011;",
        "`&#17;1&#17;`",
        "[&#17;1&#17;](/&#17;1&#17;)",
        "&#017;e&#17;",
        "&#17;&#17;1",
    ] {
        let body = Body::of(source.to_owned());
        assert!(!body.html.as_str().contains(MARK) && !body.plain_text.contains(MARK), "{source}");
        assert_eq!(body.html.with_names(&names()), body.html);
    }
    assert_eq!(
        Body::of("&#169; &#x2f; &#bogus &# &#1234567890123;".to_owned()).plain_text,
        "© / &#bogus &# &#1234567890123;"
    );
}

#[test]
fn names_are_escaped_and_whoever_is_unknown_is_somebody() {
    let mut body = Body::of(referred("@ann @zoë"));
    body.put_names(&Names::from([(UserId(1), "<b>\"&".to_owned())]));
    assert!(body.html.as_str().contains("\">@&lt;b&gt;&quot;&amp;</a>"), "{}", body.html);
    assert_eq!(body.plain_text, "@<b>\"& @somebody");
}

#[test]
fn there_is_a_bound_on_mentions() {
    let body = read(&"@ann ".repeat(1_000));
    assert_eq!(body.html.as_str().matches("data-mention").count(), MENTIONS_MAX);
}

#[test]
fn a_query_fits_names_by_their_start_a_word_the_initials_and_anything_in_that_order() {
    for (query, fit_of) in [("bo", 0), ("bob l", 0), ("lee", 1), ("bl", 2), ("ob", 3)] {
        assert_eq!(fit(query, "bob lee"), Some(fit_of), "{query}");
    }
    assert_eq!((fit("", "bob lee"), fit("x", "bob lee")), (Some(0), None));
}

fn piece() -> impl Strategy<Value = String> {
    let known = [
        "@ann",
        "@[Ann]",
        "@bob lee",
        "@[Ann [PM]]",
        "@everyone",
        "@",
        "`",
        "``",
        "```\n",
        "~~~\n",
        "    ",
        "\n",
        "\n\n",
        "> ",
        "- ",
        "**",
        "_",
        "~~",
        "[",
        "](/rooms/1)",
        "](",
        "<b>",
        "<!--",
        "-->",
        "<https://x.y/",
        ">",
        "&#17;",
        "&#x11;",
        "1",
        "q1",
        "e",
        "\\",
        "|",
        "\n|---|\n",
        "https://a.b/",
        "a@b.co",
        ":tada:",
        " ",
        "![",
    ];
    prop_oneof![9 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,4}"]
}

fn source() -> impl Strategy<Value = String> {
    proptest::collection::vec(piece(), 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_mark_is_left_and_every_reference_is_one_of_those_that_were_found(source in source()) {
        let referred = referred(&source);
        let body = Body::of(referred.clone());
        let mut named = body.clone();
        named.put_names(&names());
        for text in [named.html.as_str(), &named.plain_text, &named.source] {
            prop_assert!(!text.contains(MARK), "{:?}", text);
        }
        // As many in the markup as in the source: none in code, none lost, none made up.
        prop_assert_eq!(references(body.html.as_str()).count(), references(&referred).count());
        prop_assert_eq!(named.html.as_str().matches("data-mention=").count(), references(&referred).count());
    }

    #[test]
    fn code_says_what_was_typed(code in "[^`\\p{Cc}\\\\]{0,40}") {
        let source = format!("@ann `@ann{code}`");
        let html = Body::of(referred(&source)).html.to_string();
        let inner = html.split("<code>").nth(1).and_then(|rest| rest.split("</code>").next()).unwrap_or_default();
        prop_assert!(!inner.contains(MARK) && inner.starts_with("@ann"), "{}", html);
    }

    #[test]
    fn what_is_given_back_to_be_edited_says_the_same_again(source in source()) {
        let once = read(&source);
        let again = read(&once.source);
        prop_assert_eq!(again.plain_text, once.plain_text);
    }
}
