//! What was looked for, marked in what was found.

use super::SafeHtml;
use crate::domain::search::{SearchQuery, Word, words};

/// Markup with the parts that `query` looks for in `<mark>`. Only text is looked at, never tags, and nothing else is changed: what was
/// safe stays safe.
pub fn marked(html: &SafeHtml, query: &SearchQuery) -> SafeHtml {
    let html = html.as_str();
    let mut text: Vec<Word> = Vec::new();
    let mut start = 0;
    while start < html.len() {
        let rest = &html[start..];
        let end = match rest.as_bytes()[0] {
            b'<' => tag_end(rest),
            // An entity stands for a character that is in no word.
            b'&' => rest.find(';').map(|at| at + 1),
            _ => rest.find(['<', '&']),
        };
        let end = start + end.unwrap_or(rest.len());
        if !rest.starts_with(['<', '&']) {
            let found = words(&html[start..end]).into_iter();
            text.extend(found.map(|word| Word { at: word.at.start + start..word.at.end + start, ..word }));
        }
        start = end;
    }
    let mut marked = String::with_capacity(html.len() + 64);
    let mut written = 0;
    for part in query.marked(&text) {
        marked += &format!("{}<mark>{}</mark>", &html[written..part.start], &html[part.clone()]);
        written = part.end;
    }
    SafeHtml(marked + &html[written..])
}

/// Where the tag that `text` begins with ends; a `>` in an attribute's value does not end it.
fn tag_end(text: &str) -> Option<usize> {
    let mut is_value = false;
    text.bytes()
        .position(|byte| {
            is_value ^= byte == b'"';
            byte == b'>' && !is_value
        })
        .map(|at| at + 1)
}
