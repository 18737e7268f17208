//! What a search finds: the rules by which text is taken apart into words, and by which words match.
//!
//! Invariant: what is indexed, what is looked for and what is marked in a result are all taken apart by [`words`].

mod query;

pub use query::{QUERY_LEN_MAX, SearchQuery};

use super::ids::{RoomId, UserId};
use super::mentions;
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The rules' number: another one than the index was made by has it made anew. It changes with [`words`] and [`entry`].
pub const RULES: i64 = 1;
/// Characters of a word that count. Longer ones are not typed; what they share is enough to find them.
const WORD_LEN_MAX: usize = 64;
/// Begins each mark in the index: a private character, which is in no word.
const MARK: char = '\u{e000}';

/// A word of a text, as it is compared, and its bytes in the text.
#[derive(Debug, Clone)]
pub struct Word {
    pub text: String,
    pub at: Range<usize>,
}

impl AsRef<str> for Word {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

/// What a character is to words.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Between words.
    Gap,
    /// Of a word that white space or punctuation ends.
    Letter,
    /// Of a script that writes words without gaps, or (Korean) with endings.
    Dense,
    /// A word by itself.
    Picture,
    /// Goes with what it follows: accents, vowel signs, joiners.
    Sign,
}

/// The words of a text, in order. These are the rules:
///
/// - Letters and digits make words; everything else parts them: `foo_bar`, `don't` and `a.b` are two words each.
/// - Case, accents and width don't count: `Ærøskøbing` is `aeroskobing`, `straße` is `strasse`, `ＡＢ` is `ab`.
/// - Chinese, Japanese, Korean, Thai, Lao, Burmese and Khmer are taken as overlapping pairs of characters: `上海市` is `上海` and `海市`. A
///   character that stands alone is a word. So two characters are found inside any sentence, and longer ones as a phrase of their pairs.
/// - An emoji is a word, whatever its tone or variant.
/// - Of a word the first 64 characters count.
///
/// By [`SearchQuery`], a word is found by any beginning of two or more characters, and by one character if that is all of it. What is typed
/// without a gap but makes several words, and what stands in quotes, is found where these follow each other; in quotes, whole. Who is
/// mentioned is found where they are, by what is found in their name as it is now.
pub fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, first)) = chars.next() {
        let kind = kind(first);
        if matches!(kind, Kind::Gap | Kind::Sign) {
            continue;
        }
        // Where each character with its signs begins; a picture stands alone.
        let (mut units, mut end) = (vec![start], start + first.len_utf8());
        while let Some((at, next)) = chars.peek().copied() {
            let next_kind = self::kind(next);
            if next_kind == kind && kind != Kind::Picture {
                units.push(at);
            } else if next_kind != Kind::Sign {
                break;
            }
            end = at + next.len_utf8();
            chars.next();
        }
        if kind == Kind::Dense {
            pairs(text, &units, end, &mut words);
        } else {
            push(&mut words, folded(&text[start..end]), start..end);
        }
    }
    words
}

/// Adds the overlapping pairs of what begins at `units` and ends at `end`.
fn pairs(text: &str, units: &[usize], end: usize, words: &mut Vec<Word>) {
    let end_of = |unit: usize| units.get(unit + 1).copied().unwrap_or(end);
    let mut folds = Vec::new();
    for (unit, start) in units.iter().enumerate() {
        let at = *start..end_of(unit);
        folds.extend(folded(&text[at.clone()]).chars().map(|c| (c, at.clone())));
    }
    if let [(only, at)] = folds.as_slice() {
        push(words, only.to_string(), at.clone());
    }
    for pair in folds.windows(2) {
        push(words, pair.iter().map(|(c, _)| c).collect(), pair[0].1.start..pair[1].1.end);
    }
}

fn push(words: &mut Vec<Word>, mut text: String, at: Range<usize>) {
    if let Some((end, _)) = text.char_indices().nth(WORD_LEN_MAX) {
        text.truncate(end);
    }
    if !text.is_empty() {
        words.push(Word { text, at });
    }
}

fn kind(c: char) -> Kind {
    match c {
        _ if c.is_ascii() && !c.is_ascii_alphanumeric() => Kind::Gap,
        _ if c.is_ascii() => Kind::Letter,
        '\u{ad}' | '\u{200c}' | '\u{200d}' | '\u{ff9e}' | '\u{ff9f}' | '\u{1f3fb}'..='\u{1f3ff}' => Kind::Sign,
        '\u{2600}'..='\u{27bf}' | '\u{1f000}'..='\u{1faff}' if !c.is_alphanumeric() => Kind::Picture,
        _ if is_combining_mark(c) => Kind::Sign,
        _ if !c.is_alphanumeric() => Kind::Gap,
        _ if is_dense(c) => Kind::Dense,
        _ => Kind::Letter,
    }
}

fn is_dense(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{11ff}' | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{31ff}' | '\u{3400}'..='\u{9fff}' | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ffdc}' | '\u{20000}'..='\u{3ffff}')
}

/// A word without what doesn't count.
fn folded(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    let lower = word.nfkd().filter(|c| !is_accent(*c)).flat_map(char::to_lowercase);
    lower.flat_map(spelled).nfc().filter(|c| !matches!(kind(*c), Kind::Gap) && !is_accent(*c)).collect()
}

/// Marks that a reader may leave out. The vowel signs of Indian and other scripts are not among them.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{200c}' | '\u{200d}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe00}'..='\u{fe2f}' | '\u{1f3fb}'..='\u{1f3ff}')
}

/// Letters that decompose into none, as they are typed without them.
fn spelled(c: char) -> impl Iterator<Item = char> {
    let letters = match c {
        'ß' => ['s', 's'],
        'æ' => ['a', 'e'],
        'œ' => ['o', 'e'],
        'ø' => ['o', '\0'],
        'ł' => ['l', '\0'],
        'đ' | 'ð' => ['d', '\0'],
        'ı' => ['i', '\0'],
        'ς' => ['σ', '\0'],
        _ => [c, '\0'],
    };
    letters.into_iter().filter(|c| *c != '\0')
}

/// The words of a text as they are compared.
pub fn texts(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| word.text).collect()
}

/// A name as it is compared with another.
pub fn key(name: &str) -> String {
    texts(name).join(" ")
}

/// What is looked for: words that follow each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The words; never empty.
    pub words: Vec<String>,
    /// Whether the last may go on.
    pub is_open: bool,
}

impl Term {
    /// A text as a term; none when there are no words in it.
    fn of(text: &str, is_quoted: bool) -> Option<Self> {
        let words = texts(text);
        let is_open = words.last()?.chars().nth(1).is_some() && !is_quoted;
        Some(Self { words, is_open })
    }

    /// A text as the beginning of a name; none when there are no words in it.
    pub fn beginning(text: &str) -> Option<Self> {
        Self::of(text, false).map(|term| Self { is_open: true, ..term })
    }

    /// Where the term is among words: the places of its first.
    pub fn places<'t, W: AsRef<str>>(&'t self, among: &'t [W]) -> impl Iterator<Item = usize> + 't {
        let last = self.words.len() - 1;
        let is_here = move |window: &[W]| {
            window.iter().map(AsRef::as_ref).zip(&self.words).enumerate().all(|(place, (word, wanted))| {
                word == wanted || (place == last && self.is_open && word.starts_with(wanted.as_str()))
            })
        };
        among.windows(self.words.len()).enumerate().filter(move |(_, window)| is_here(window)).map(|(place, _)| place)
    }
}

/// What the index has of a message is made of this. The text has references in place of names.
pub struct Indexed {
    pub room: RoomId,
    pub creator: UserId,
    pub plain_text: String,
    pub html: String,
    pub file_name: Option<String>,
    pub content_type: Option<String>,
}

/// A message as it is in the index: its room, marks for what it is, its words with marks for those it mentions, and its file's name.
pub fn entry(message: &Indexed) -> String {
    let mut entry = vec![room_mark(message.room), author_mark(message.creator)];
    let is_image = message.content_type.as_ref().is_some_and(|it| it.starts_with("image/"));
    let (has_link, has_code) = (message.html.contains("<a "), message.html.contains("<code"));
    let has = [message.file_name.is_some(), is_image, has_link, has_code];
    entry.extend(HAS.iter().zip(has).filter(|(_, has)| *has).map(|((_, mark), _)| mark.to_string()));
    for (place, part) in message.plain_text.split(mentions::MARK).enumerate() {
        match part.parse::<i64>() {
            Ok(number) if place % 2 == 1 && number < 0 => entry.push(quote_mark(UserId(-number))),
            Ok(number) if place % 2 == 1 => entry.push(mention_mark(UserId(number))),
            _ => entry.extend(texts(part)),
        }
    }
    if let Some(name) = message.file_name.as_ref().filter(|name| **name != message.plain_text) {
        // What it says does not go on in the name of its file.
        entry.push(MARK.to_string());
        entry.extend(texts(name));
    }
    entry.join(" ")
}

/// What a message may have, as it is typed, and its mark.
const HAS: [(&str, &str); 4] =
    [("file", "\u{e000}hf"), ("image", "\u{e000}hi"), ("link", "\u{e000}hl"), ("code", "\u{e000}hc")];

/// The mark of messages in a room; an entry begins with it.
pub fn room_mark(room: RoomId) -> String {
    format!("{MARK}r{room}")
}

/// The mark of messages by somebody.
pub fn author_mark(user: UserId) -> String {
    format!("{MARK}u{user}")
}

/// The mark of messages that call somebody, where they do.
pub fn mention_mark(user: UserId) -> String {
    format!("{MARK}m{user}")
}

/// The mark of messages that only quote somebody's being called.
pub fn quote_mark(user: UserId) -> String {
    format!("{MARK}q{user}")
}

unit_tests!("../../tests/unit/domain/search.rs");
