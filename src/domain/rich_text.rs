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
    let starts = |scheme: &str| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
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
#[path = "../../tests/unit/domain/rich_text.rs"]
mod tests;
