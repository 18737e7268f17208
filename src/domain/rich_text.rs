//! What people type, as markup. The only place where markup is made from somebody's text.
//!
//! Invariants: [`SafeHtml`] can be built here only, or taken back from the column that holds what
//! was built here. Everything typed is escaped; the only elements are `p`, `br` and `a`; the only
//! links are `http` and `https`. The cost is linear in the input.

use linkify::{LinkFinder, LinkKind};
use std::fmt;

/// Markup that is safe to put into a page as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// Takes back what [`render_plain`] made, from the column it was stored in.
    pub fn stored(html: String) -> Self {
        Self(html)
    }

    /// The markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SafeHtml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Plain text as markup: blank lines part paragraphs, line breaks are kept, `http` and `https`
/// addresses become links.
pub fn render_plain(source: &str) -> SafeHtml {
    let mut html = String::with_capacity(source.len() + source.len() / 8 + 16);
    let mut in_paragraph = false;
    for line in source.lines() {
        if line.trim().is_empty() {
            if in_paragraph {
                html.push_str("</p>");
            }
            in_paragraph = false;
            continue;
        }
        html.push_str(if in_paragraph { "<br>" } else { "<p>" });
        in_paragraph = true;
        push_line(&mut html, line);
    }
    if in_paragraph {
        html.push_str("</p>");
    }
    SafeHtml(html)
}

/// Appends one line, escaped, its addresses as links.
fn push_line(html: &mut String, line: &str) {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    for span in finder.spans(line) {
        let text = span.as_str();
        if span.kind().is_some() && is_web_address(text) {
            html.push_str("<a href=\"");
            push_escaped(html, text);
            html.push_str("\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">");
            push_escaped(html, text);
            html.push_str("</a>");
        } else {
            push_escaped(html, text);
        }
    }
}

/// Whether `url` is one a message may link to. Case does not count (RFC 3986, 3.1).
fn is_web_address(url: &str) -> bool {
    let starts =
        |scheme: &str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    starts("http://") || starts("https://")
}

/// Appends `text` so that it is text anywhere in HTML, inside a double-quoted attribute as well.
fn push_escaped(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
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
}
