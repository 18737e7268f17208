//! Code in colours: a few classes, which stylesheets know (`static/css/code.css`), for the many scopes of syntaxes.
//!
//! Invariants: text is written escaped; what is highlighted is bounded for each message, the rest of it is plain.

use comrak::html::escape;
use std::fmt::{self, Write};
use std::sync::LazyLock;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

/// Bytes of code in a message that are highlighted, some 200 lines: a kilobyte takes the worker one to eight milliseconds.
pub(super) const HIGHLIGHTED_MAX: usize = 6 * 1024;
/// Bytes of the longest line that is highlighted. Longer ones were written by machines, and patterns cost more on them.
const LINE_MAX: usize = 512;

/// The languages: read at the first block of code, each pattern compiled when it is first tried.
static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// What scopes begin with, a class on each line; the first that fits counts, and `plain` is no class.
const NAMES: [(&str, &str); 9] = [
    ("plain", "keyword.operator"),
    ("code-comment", "comment meta.diff.range"),
    ("code-string", "string constant.character"),
    ("code-constant", "constant"),
    ("code-keyword", "keyword storage entity.name.tag markup.heading"),
    ("code-function", "entity.name.function support.function variable.function"),
    ("code-type", "entity.name entity.other.attribute-name entity.other.inherited-class support.type support.class"),
    ("code-inserted", "markup.inserted"),
    ("code-deleted", "markup.deleted"),
];

static CLASSES: LazyLock<Vec<(Scope, &'static str)>> = LazyLock::new(|| {
    let scopes = NAMES.into_iter().flat_map(|(class, scopes)| scopes.split(' ').map(move |scope| (scope, class)));
    scopes
        .filter_map(|(scope, class)| Some((Scope::new(scope).ok()?, class.strip_prefix("plain").unwrap_or(class))))
        .collect()
});

/// The classes that code can have.
pub(super) fn classes() -> impl Iterator<Item = &'static str> {
    NAMES.into_iter().map(|(class, _)| class).filter(|class| *class != "plain")
}

/// Writes code, in colours if its language is known and `budget`, the bytes that may yet be in colours in the message, has room for it.
pub(super) fn write(out: &mut dyn Write, code: &str, language: &str, budget: &mut usize) -> fmt::Result {
    let fits = code.len() <= *budget && code.lines().all(|line| line.len() <= LINE_MAX);
    if let Some(syntax) = (fits && !language.is_empty()).then(|| SYNTAXES.find_syntax_by_token(language)).flatten()
        && let Some(highlighted) = highlighted(code, syntax)
    {
        *budget -= code.len();
        return out.write_str(&highlighted);
    }
    escape(out, code)
}

/// The code in colours; nothing where its syntax turns out to be broken.
fn highlighted(code: &str, syntax: &SyntaxReference) -> Option<String> {
    let mut spans = Spans::default();
    let mut state = ParseState::new(syntax);
    let mut scopes = ScopeStack::new();
    for line in code.split_inclusive('\n') {
        let mut from = 0;
        for (to, change) in state.parse_line(line, &SYNTAXES).ok()? {
            if to > from {
                spans.push(&line[from..to], class_of(&scopes)).ok()?;
            }
            from = to;
            scopes.apply(&change).ok()?;
        }
        if from < line.len() {
            spans.push(&line[from..], class_of(&scopes)).ok()?;
        }
    }
    spans.push("", "").ok()?;
    Some(spans.html)
}

/// The class of the innermost scope that has one.
fn class_of(scopes: &ScopeStack) -> &'static str {
    let class = |scope: &Scope| CLASSES.iter().find(|(known, _)| known.is_prefix_of(*scope)).map(|(_, class)| *class);
    scopes.as_slice().iter().rev().find_map(class).unwrap_or("")
}

/// Spans being written: neighbours of one class are one.
#[derive(Default)]
struct Spans {
    html: String,
    class: &'static str,
}

impl Spans {
    fn push(&mut self, text: &str, class: &'static str) -> fmt::Result {
        // White space has no colour: it joins what is there.
        if class != self.class && (text.is_empty() || !text.trim().is_empty()) {
            if !self.class.is_empty() {
                self.html.push_str("</span>");
            }
            if !class.is_empty() {
                write!(self.html, "<span class=\"{class}\">")?;
            }
            self.class = class;
        }
        escape(&mut self.html, text)
    }
}
