//! What somebody typed to look for. Everything is a query: what is no filter is text.

use super::{HAS, Term, Word, key};
use crate::domain::Room;
use std::ops::Range;
use time::{Date, Month};

/// Characters of a query that are looked at: a long sentence. The rest is left out.
pub const QUERY_LEN_MAX: usize = 500;
/// Terms and filters of a query that count; each costs a look into the index.
pub(super) const TERMS_MAX: usize = 32;

/// What somebody looks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchQuery {
    /// What must be there.
    pub terms: Vec<Term>,
    /// What must not.
    pub without: Vec<Term>,
    /// Names of which one is the author's.
    pub from: Vec<String>,
    /// Names of which one is the room's.
    pub rooms: Vec<String>,
    /// Marks of what it must have.
    pub has: Vec<&'static str>,
    /// From this moment on, in milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// Before this moment.
    pub until_ms: Option<i64>,
    /// Only the searcher's own.
    pub is_mine: bool,
    /// Only what mentions the searcher.
    pub mentions_me: bool,
    /// Whether more was typed than is looked for.
    pub is_cut: bool,
}

impl SearchQuery {
    /// Takes what was typed: words, `"phrases"`, `-without`, `from:ann`, `in:#room`, `has:file|image|link|code`, `before:`, `after:` and
    /// `on:` with a day (in UTC), `is:mine`, `mentions:me`. Several `from:` or `in:` mean any of them. Whatever else stands
    /// there is text.
    pub fn parse(text: &str) -> Self {
        let mut query = Self::default();
        let end = text.char_indices().nth(QUERY_LEN_MAX).map(|(at, _)| at);
        query.is_cut = end.is_some();
        let text = text[..end.unwrap_or(text.len())].replace(['“', '”', '„'], "\"");
        let (mut rest, mut left) = (text.trim_start(), TERMS_MAX);
        while !rest.is_empty() {
            if left == 0 {
                query.is_cut = true;
                break;
            }
            left -= 1;
            let is_without = rest.starts_with('-') && rest[1..].starts_with(|c: char| !c.is_whitespace());
            rest = &rest[usize::from(is_without)..];
            let (name, (value, is_quoted, after)) =
                match rest.find([' ', ':', '"']).filter(|at| rest[*at..].starts_with(':')) {
                    Some(at) if !is_without => (Some(&rest[..at]), value(&rest[at + 1..])),
                    _ => (None, value(rest)),
                };
            if name.is_none_or(|name| !query.filter(name, value)) {
                let whole = if name.is_some() { &rest[..rest.len() - after.len()] } else { value };
                let term = Term::of(whole, is_quoted);
                if is_without { query.without.extend(term) } else { query.terms.extend(term) }
            }
            rest = after.trim_start();
        }
        query
    }

    /// Takes a filter; false when it is none.
    fn filter(&mut self, name: &str, value: &str) -> bool {
        let value = value.trim_start_matches(['@', '#']);
        match (name.to_ascii_lowercase().as_str(), day(value)) {
            ("from", _) if value.eq_ignore_ascii_case("me") => self.is_mine = true,
            ("from", _) if !value.is_empty() => self.from.push(value.to_owned()),
            ("in", _) if !value.is_empty() => self.rooms.push(value.to_owned()),
            ("is", _) if value.eq_ignore_ascii_case("mine") => self.is_mine = true,
            ("mentions", _) if value.eq_ignore_ascii_case("me") => self.mentions_me = true,
            ("before", Some(day)) => self.between(None, Some(day)),
            ("after", Some(day)) => self.between(Some(day + DAY_MS), None),
            ("on", Some(day)) => self.between(Some(day), Some(day + DAY_MS)),
            ("has", _) => match HAS.iter().find(|(word, _)| value.eq_ignore_ascii_case(word)) {
                Some((_, mark)) => self.has.push(mark),
                None => return false,
            },
            _ => return false,
        }
        true
    }

    fn between(&mut self, since_ms: Option<i64>, until_ms: Option<i64>) {
        self.since_ms = self.since_ms.max(since_ms);
        self.until_ms = [self.until_ms, until_ms].into_iter().flatten().min();
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        *self == Self { is_cut: self.is_cut, ..Self::default() }
    }

    /// How well a text of such words fits, among texts of `average` words: BM25's term frequencies (k1 = 1.2, b = 0.75). Rarity does
    /// not count, since every text that is found has every term; a word that goes on counts half.
    pub fn score(&self, text: &[&str], average: f64) -> f64 {
        let damping = 1.2 * (0.25 + 0.75 * text.len() as f64 / average.max(1.0));
        let score = |term: &Term| {
            let last = term.words.len() - 1;
            let weight = |place: usize| if text[place + last] == term.words[last] { 1.0 } else { 0.5 };
            let frequency: f64 = term.places(text).map(weight).sum();
            frequency / (frequency + damping)
        };
        self.terms.iter().map(score).sum()
    }

    /// The parts of a text that are what was looked for, in bytes, in order.
    pub fn marked(&self, text: &[Word]) -> Vec<Range<usize>> {
        let found = self.terms.iter().flat_map(|term| term.places(text).map(|place| place..place + term.words.len()));
        let mut parts: Vec<_> = found.flatten().map(|place| text[place].at.clone()).collect();
        parts.sort_by_key(|part| part.start);
        parts.dedup_by(|next, before| {
            let overlaps = next.start < before.end;
            before.end = if overlaps { before.end.max(next.end) } else { before.end };
            overlaps
        });
        parts
    }

    /// What is typed to look in one room: its name, or its number where the name would not be read back.
    pub fn in_room(room: &Room) -> String {
        let name = &room.name;
        let is_plain = !room.is_direct() && !name.contains('"') && !key(name).is_empty();
        match is_plain {
            false => format!("in:#{} ", room.id),
            true if name.contains(char::is_whitespace) => format!("in:\"{name}\" "),
            true => format!("in:#{name} "),
        }
    }
}

/// A value in quotes or up to the next gap or quote; whether it was quoted; what follows.
fn value(text: &str) -> (&str, bool, &str) {
    if let Some(quoted) = text.strip_prefix('"') {
        let (value, after) = quoted.split_once('"').unwrap_or((quoted, ""));
        return (value, true, after);
    }
    let end = text.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(text.len());
    (&text[..end], false, &text[end..])
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// When a day (`2026-01-31`) begins, in milliseconds since 1970.
fn day(text: &str) -> Option<i64> {
    let mut numbers = text.splitn(3, '-').map(str::parse::<u16>);
    let mut next = || numbers.next()?.ok();
    let (year, month, day) = (next()?, u8::try_from(next()?).ok()?, u8::try_from(next()?).ok()?);
    let date = Date::from_calendar_date(year.into(), Month::try_from(month).ok()?, day).ok()?;
    Some(date.midnight().assume_utc().unix_timestamp() * 1000)
}
