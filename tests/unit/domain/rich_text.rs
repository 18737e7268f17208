//! Unit tests of `domain::rich_text`.

use super::*;
use proptest::prelude::*;

/// `html` without the elements that this module makes; what is left must be text.
fn without_our_elements(html: &str) -> String {
    let mut rest = html.replace("<p>", "").replace("</p>", "").replace("<br>", "").replace("</a>", "");
    while let Some(start) = rest.find("<a href=\"http") {
        let end = start + rest[start..].find('>').unwrap();
        rest.replace_range(start..=end, "");
    }
    rest
}

proptest! {
    #[test]
    fn nothing_typed_is_ever_markup(source in "[\\s\\S]{0,200}|(<|>|\"|'|&|http://|https://|javascript:|[a-z./ ]|\\n){0,60}") {
        let html = render_plain(&source).to_string();
        let text = without_our_elements(&html);
        prop_assert!(!text.contains(['<', '>', '"', '\'']), "{html}");
    }

    #[test]
    fn every_visible_character_is_still_there(source in "[a-z \\n]{0,200}") {
        let html = render_plain(&source).to_string();
        let letters = |text: &str| text.chars().filter(char::is_ascii_lowercase).collect::<String>();
        prop_assert_eq!(letters(&without_our_elements(&html)), letters(&source));
    }
}

#[test]
fn paragraphs_breaks_and_links() {
    let html = render_plain("See https://example.com/a?b=1&c=2.\n<b>second</b>\n\nthird");
    insta::assert_snapshot!(html, @r#"<p>See <a href="https://example.com/a?b=1&amp;c=2" rel="noopener noreferrer nofollow" target="_blank">https://example.com/a?b=1&amp;c=2</a>.<br>&lt;b&gt;second&lt;/b&gt;</p><p>third</p>"#);
}

#[test]
fn only_web_addresses_become_links() {
    for source in ["javascript://alert(1)", "data://x/y", "ftp://example.com/x"] {
        assert!(!render_plain(source).as_str().contains("<a "), "{source}");
    }
    assert!(render_plain("HTTPS://EXAMPLE.COM").as_str().contains("<a "));
}
