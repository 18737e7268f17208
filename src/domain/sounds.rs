//! Sounds that a message can play: `/play` and a name, and nothing else.
//!
//! The names are a file beside the sounds (`static/sounds/`), which are made by a script there.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A sound, as its message shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sound {
    /// What it is played by.
    pub name: &'static str,
    /// What is said beside it: Markdown.
    pub shown: &'static str,
}

static ALL: LazyLock<BTreeMap<&str, Sound>> = LazyLock::new(|| {
    let lines = include_str!("../../static/sounds/names.txt").lines();
    lines.filter_map(|line| line.split_once('\t')).map(|(name, shown)| (name, Sound { name, shown })).collect()
});

impl Sound {
    /// The sound that a message plays, if all it says is that, with a name that there is.
    pub fn of(source: &str) -> Option<Self> {
        let (command, name) = source.split_once(char::is_whitespace)?;
        (command == "/play").then(|| ALL.get(name.trim()).copied()).flatten()
    }

    /// Its file, below `static/`.
    pub fn path(self) -> String {
        format!("sounds/{}.mp3", self.name)
    }
}

unit_tests!("../../tests/unit/domain/sounds.rs");
