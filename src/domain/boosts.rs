//! Boosts: a few characters that people add to a message.

use super::{Author, BoostId, names_as_sentence};

/// Boosts that one message takes. More than a room's people give to one; a page of such messages is still read at once.
pub const BOOSTS_MAX: i64 = 500;
/// Different contents among them: past these, more pills would be read by nobody.
pub const CONTENTS_MAX: i64 = 100;
/// Boosters named when one asks who they are; of the others, the number is told.
const NAMES_MAX: usize = 30;

/// What is offered to boost with, and what it is called.
pub const QUICK: [(&str, &str); 8] = [
    ("👍", "Thumbs up"),
    ("👏", "Clapping"),
    ("👋", "Waving hand"),
    ("💪", "Muscle"),
    ("❤️", "Red heart"),
    ("😂", "Tears of joy"),
    ("🎉", "Party popper"),
    ("🔥", "Fire"),
];

/// A boost as it is in the database.
#[derive(Debug, Clone)]
pub struct Boost {
    pub id: BoostId,
    pub content: String,
    pub created_at_ms: i64,
    pub booster: Author,
}

/// The boosts of a message that say the same. Never empty.
pub struct BoostGroup<'m> {
    pub content: &'m str,
    boosts: Vec<&'m Boost>,
}

impl<'m> BoostGroup<'m> {
    /// Boosts by content, in the order of first use.
    pub fn of(boosts: &'m [Boost]) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for boost in boosts {
            match groups.iter_mut().find(|group| group.content == boost.content) {
                Some(group) => group.boosts.push(boost),
                None => groups.push(Self { content: &boost.content, boosts: vec![boost] }),
            }
        }
        groups
    }

    pub fn count(&self) -> usize {
        self.boosts.len()
    }

    /// Who added them, and each one's boost, so that everybody's stylesheet and script find theirs: `|7:31|9:40|`.
    pub fn boosters(&self) -> String {
        let pair = |boost: &&Boost| format!("{}:{}|", boost.booster.id, boost.id);
        std::iter::once("|".to_owned()).chain(self.boosts.iter().map(pair)).collect()
    }

    /// Who added them, for people.
    pub fn names(&self) -> String {
        let mut names: Vec<_> = self.boosts.iter().take(NAMES_MAX).map(|boost| boost.booster.name.clone()).collect();
        if self.boosts.len() > NAMES_MAX {
            names.push(format!("{} more", self.boosts.len() - NAMES_MAX));
        }
        names_as_sentence(&names)
    }

    /// Whether it is all pictures, which are shown larger.
    pub fn is_emoji(&self) -> bool {
        self.content.chars().all(|c| !c.is_ascii() && !c.is_alphanumeric())
    }
}

unit_tests!("../../tests/unit/domain/boosts.rs");
