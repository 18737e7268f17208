//! Mentions: people named in a message, typed as `@[Ann Lee]` or `@ann`, kept as references to the person.
//!
//! Invariants: a reference is a number between two `MARK`s, which nothing typed can contain: somebody's id; below zero when the
//! message only quotes their being called; 0 for everyone. It stands in text, never in code, links or markup. Readers get names instead.

use super::{NAME_MAX, UserId, rich_text};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// Places in a message where somebody may be mentioned: more than anybody calls in earnest, and a bound on queries and wakes.
pub const MENTIONS_MAX: usize = 100;
/// Ends that are tried for one name: several words, or brackets of its own.
const ENDS_MAX: usize = 12;
/// Times that a source is read again after some places turned out not to be text. One is the rule.
const ROUNDS_MAX: usize = 3;
/// What a reference begins and ends with.
pub(super) const MARK: char = '\u{11}';
/// Whose reference means everyone in the room.
pub const EVERYONE: UserId = UserId(0);
/// The word for them.
pub const EVERYONE_NAME: &str = "everyone";

/// The names of people, by id, to be put in place of references.
pub type Names = HashMap<UserId, String>;
/// A place in a source, and the reference to whom it mentions.
pub type Found = (Range<usize>, i64);

fn references(text: &str) -> impl Iterator<Item = i64> {
    text.split(MARK).skip(1).step_by(2).filter_map(|number| number.parse().ok())
}

/// Everybody to whom there are references in a text, [`EVERYONE`] among them.
pub fn referenced(text: &str) -> impl Iterator<Item = UserId> {
    references(text).map(|number| UserId(number.abs()))
}

/// Whom a source with references calls, each once.
pub fn called(source: &str) -> Vec<UserId> {
    let mut people: Vec<_> = references(source).filter(|number| *number >= 0).map(UserId).collect();
    people.sort_unstable();
    people.dedup();
    people
}

/// Those whom a message calls as words for an attribute: `7 9`, `everyone`.
pub fn words(called: &[UserId]) -> String {
    let word = |id: &UserId| if *id == EVERYONE { EVERYONE_NAME.to_owned() } else { id.to_string() };
    called.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// A text with what `written` makes of the id and the name in place of each reference.
fn named(text: &str, names: &Names, written: impl Fn(UserId, &str) -> String) -> String {
    let part = |(place, part): (usize, &str)| match part.parse().map(|number: i64| UserId(number.abs())) {
        Ok(EVERYONE) if place % 2 == 1 => written(EVERYONE, EVERYONE_NAME),
        Ok(id) if place % 2 == 1 => written(id, names.get(&id).map_or("somebody", String::as_str)),
        _ => part.to_owned(),
    };
    text.split(MARK).enumerate().map(part).collect()
}

/// A source as it is given back to be edited: `@[Ann Lee]`.
pub fn in_source(source: &str, names: &Names) -> String {
    named(source, names, |id, name| if id == EVERYONE { format!("@{name}") } else { format!("@[{name}]") })
}

/// A text as it is read: `@Ann Lee`.
pub fn in_plain_text(text: &str, names: &Names) -> String {
    named(text, names, |_, name| format!("@{name}"))
}

/// Markup as it is shown: the name, escaped, leads to the person.
pub(super) fn in_html(html: &str, names: &Names) -> String {
    named(html, names, |id, name| {
        let name = rich_text::escaped(name);
        match id {
            EVERYONE => format!("<span class=\"mention\" data-mention=\"{EVERYONE_NAME}\">@{name}</span>"),
            _ => format!("<a class=\"mention\" href=\"/users/{id}\" data-mention=\"{id}\">@{name}</a>"),
        }
    })
}

/// A place in a source where somebody may be mentioned.
pub struct Spot<'s> {
    /// Where its `@` is.
    pub start: usize,
    /// The names it may be, longest first, and where each ends.
    pub names: Vec<(&'s str, usize)>,
    /// Whether the name stands in brackets; if not, the shortest may also be a first name.
    pub is_bracketed: bool,
}

impl Spot<'_> {
    /// Where it ends, if it is the word for everyone.
    pub fn everyone(&self) -> Option<usize> {
        self.names.iter().find(|(name, _)| name.eq_ignore_ascii_case(EVERYONE_NAME)).map(|(_, end)| *end)
    }
}

/// The places in a source where somebody may be mentioned, not inside words, addresses and paths; at most [`MENTIONS_MAX`].
pub fn spots(source: &str) -> Vec<Spot<'_>> {
    let spot = |(start, _)| {
        let before = source[..start].trim_end_matches(['*', '_', '~']).chars().next_back();
        let is_apart = before.is_none_or(|c| c.is_whitespace() || "([{\"'“„«‘>|,:;—–¡¿".contains(c));
        let line = source[start + 1..].split('\n').next().unwrap_or_default();
        let text = line.char_indices().nth(NAME_MAX + 2).map_or(line, |(end, _)| &line[..end]);
        let is_bracketed = text.starts_with('[');
        let name = |end| if is_bracketed { text[1..end - 1].trim() } else { &text[..end] };
        let ends = (1..=text.len()).filter(|end| is_end(text, *end, is_bracketed)).take(ENDS_MAX);
        let mut names: Vec<_> = ends.map(|end| (name(end), start + 1 + end)).collect();
        names.retain(|(name, _)| is_apart && !name.is_empty());
        names.reverse();
        (!names.is_empty()).then_some(Spot { start, names, is_bracketed })
    };
    source.match_indices('@').filter_map(spot).take(MENTIONS_MAX).collect()
}

/// Whether a name at the start of a text may end there: after a bracket; without, where a word does, or a mark after it.
fn is_end(text: &str, end: usize, is_bracketed: bool) -> bool {
    let Some((name, rest)) = text.split_at_checked(end) else { return false };
    if is_bracketed {
        return name.ends_with(']');
    }
    let goes_on = rest.starts_with(|c: char| c.is_alphanumeric() || "_@".contains(c));
    !goes_on && name.starts_with(char::is_alphanumeric) && !name.ends_with(char::is_whitespace)
}

/// A source with references where somebody was found, as far as that is text. Parses it, as rendering does.
pub fn referring(source: &str, mut found: Vec<Found>) -> String {
    // A name may have another place in it.
    let mut end = 0;
    found.retain(|(place, _)| place.start >= end && std::mem::replace(&mut end, place.end) <= place.start);
    for _ in 0..ROUNDS_MAX {
        let numbered = (0..).zip(&found).map(|(number, (place, _))| (place.clone(), number));
        let pieces = rich_text::marked_text(&with_marks(source, numbered));
        let mut is_quoted = BTreeMap::new();
        for (text, quoted) in &pieces {
            is_quoted.extend(references(text).map(|number| (number, *quoted)));
        }
        let kept = (0..).zip(&found).filter_map(|(number, (place, id))| match is_quoted.get(&number)? {
            true if *id == EVERYONE.0 => None,
            true => Some((place.clone(), -id.abs())),
            false => Some((place.clone(), *id)),
        });
        let kept: Vec<Found> = kept.collect();
        if kept.len() == found.len() {
            return with_marks(source, kept.into_iter());
        }
        found = kept;
    }
    source.to_owned()
}

fn with_marks(source: &str, marks: impl Iterator<Item = Found>) -> String {
    let (mut marked, mut at) = (String::with_capacity(source.len()), 0);
    for (place, number) in marks {
        marked += &format!("{}{MARK}{number}{MARK}", &source[at..place.start]);
        at = place.end;
    }
    marked + &source[at..]
}

/// How a query fits that is only somewhere within a name.
pub const FIT_WITHIN: usize = 3;

/// How well a query fits a name, both as `name_key` makes them; less is better: its start, a later word's, the initials', or anything in it.
pub fn fit(query: &str, name: &str) -> Option<usize> {
    let initials: String = name.split_whitespace().filter_map(|word| word.chars().next()).collect();
    let begins_word = name.split_whitespace().any(|word| word.starts_with(query));
    let fits = [name.starts_with(query), begins_word, initials.starts_with(query), name.contains(query)];
    fits.iter().position(|fits| *fits)
}

unit_tests!("../../tests/unit/domain/mentions.rs");
