//! What people type, as markup and as what a reader reads. The only place where markup is made from somebody's text.
//!
//! Markdown (GitHub flavour) is parsed once, written as HTML, and goes through an allow-list: only what comes out is [`SafeHtml`].
//!
//! Invariants: [`SafeHtml`] is built here only, or taken back from its column. Markup that is typed is shown as text. The parser is
//! linear; nesting, tables and highlighting are bounded, so that what is written is a small multiple of what was typed.

mod highlighting;
mod markup;
mod plain;
mod sanitizing;

pub(super) use self::markup::escaped;
use super::mentions::{self, MARK, Names};
use super::search::{SearchQuery, Word, words};
use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};
use std::borrow::Cow;
use std::fmt;
use url::Url;

/// Cells that the tables of a message could have before it is taken without tables: short rows are filled up to the width
/// of the first, so that few characters ask for many cells. Ten thousand characters make no larger table in earnest.
const TABLE_CELLS_MAX: usize = 10_000;
/// Emoji in a message that is shown large. More of them are a text of their own.
const LARGE_EMOJI_MAX: usize = 8;
/// Bytes of the longest emoji: families and flags of several signs have up to 35.
const EMOJI_BYTES_MAX: usize = 40;

/// Markup that is safe to put into a page as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// Takes back what [`render`] made, from the column it was stored in.
    pub fn stored(html: String) -> Self {
        Self(html)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The pages of elsewhere that it links to, in order.
    pub fn links(&self) -> impl Iterator<Item = Url> {
        sanitizing::away(&self.0)
    }

    /// The markup with the names of those who are mentioned.
    pub fn with_names(&self, names: &Names) -> Self {
        Self(mentions::in_html(&self.0, names))
    }
}

impl fmt::Display for SafeHtml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a source says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// As shown.
    pub html: SafeHtml,
    /// As read: no markup characters, a line for each line.
    pub plain_text: String,
}

/// Markdown as markup and as plain text. What would show nothing (a lone `#`, a link's definition) is shown as it was typed.
pub fn render(source: &str) -> Rendered {
    let source = &unforged(source);
    let options = options(source);
    let arena = Arena::new();
    let document = parse_document(&arena, source, &options);
    let (html, plain_text) = match plain::text(document) {
        Some(text) => (markup::html(document, &options), text),
        None => (markup::paragraph(source), source.to_string()),
    };
    Rendered { html: SafeHtml(sanitizing::clean(&html)), plain_text }
}

/// The text of a source that has marks in it and is neither code, a link nor markup, piece by piece; and whether it is a quote.
pub(super) fn marked_text(source: &str) -> Vec<(String, bool)> {
    let source = &unforged(source);
    let arena = Arena::new();
    let document = parse_document(&arena, source, &options(source));
    let mut pieces = Vec::new();
    for node in document.descendants() {
        let NodeValue::Text(text) = &node.data().value else { continue };
        let is_in = |kind: fn(&NodeValue) -> bool| node.ancestors().skip(1).any(|it| kind(&it.data().value));
        if text.contains(MARK) && !is_in(|it| matches!(it, NodeValue::Link(_) | NodeValue::Image(_))) {
            pieces.push((text.to_string(), is_in(|it| matches!(it, NodeValue::BlockQuote))));
        }
    }
    pieces
}

/// A source without the mark written as a character reference, by which one to somebody could be forged.
fn unforged(source: &str) -> Cow<'_, str> {
    if !source.contains("&#") {
        return Cow::Borrowed(source);
    }
    let forms =
        (2..=7).flat_map(|len| [format!("&#{:0len$};", 17), format!("&#x{:0len$};", 11), format!("&#X{:0len$};", 11)]);
    Cow::Owned(forms.fold(source.to_owned(), |text, form| text.replace(&form, "\u{fffd}")))
}

/// GitHub's flavour, for these words.
fn options(source: &str) -> Options<'static> {
    let mut options = Options::default();
    options.extension.strikethrough = true;
    options.extension.table = table_cells(source) <= TABLE_CELLS_MAX;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.shortcodes = true;
    options.render.escape = true;
    options.render.compact_html = true;
    options
}

/// How many cells the tables of `source` can have at most: the widest line under a head, on every line.
fn table_cells(source: &str) -> usize {
    let is_delimiter =
        |line: &&str| line.contains('-') && line.chars().all(|c| matches!(c, '|' | '-' | ':' | '>' | ' ' | '\t'));
    let width = source.lines().filter(is_delimiter).map(|line| line.matches('|').count() + 1).max().unwrap_or(0);
    width.saturating_mul(source.lines().count())
}

/// Whether a text is made of a few emoji and nothing else: it is shown large.
pub fn is_emoji(plain_text: &str) -> bool {
    let mut rest = plain_text.trim();
    let mut count = 0;
    while !rest.is_empty() && count <= LARGE_EMOJI_MAX {
        // The longest emoji that it begins with: a family is one, not its members. None has a letter, as most texts have.
        let signs = rest.char_indices().take_while(|(_, c)| !c.is_ascii_alphabetic());
        let ends = signs.map(|(start, c)| start + c.len_utf8()).take_while(|end| *end <= EMOJI_BYTES_MAX);
        let Some(end) = ends.filter(|end| emojis::get(&rest[..*end]).is_some()).last() else { return false };
        rest = rest[end..].trim_start();
        count += 1;
    }
    (1..=LARGE_EMOJI_MAX).contains(&count)
}

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
    let is_end = |byte| {
        is_value ^= byte == b'"';
        byte == b'>' && !is_value
    };
    text.bytes().position(is_end).map(|at| at + 1)
}

unit_tests!("../../tests/unit/domain/rich_text.rs");
