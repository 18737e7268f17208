//! Who is here: counted by sockets, told with a grace.
//!
//! Invariants: several tabs of one person are one; a count is never negative and gone at zero; who goes is told only after the
//! grace, so that nobody flickers when a page reloads. The clock is an argument.

use super::frames::Frame;
use crate::domain::{Author, UserId};
use foldhash::HashMap;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Who came or went, told at each look: a thousand arriving at once after a restart must not cost a million frames.
pub(super) const NEWS_MAX: usize = 10;
/// How long somebody may be away before it is told: longer than a page takes to reload.
pub(super) const GRACE_MS: i64 = 3_000;

/// The people who are here, and those of whom that was told.
#[derive(Default)]
pub(super) struct Presence {
    /// Sockets that are present, by person.
    pub(super) present: BTreeMap<UserId, (Author, usize)>,
    /// Who was told to be here.
    pub(super) told: BTreeMap<UserId, Author>,
    /// Since when those who were told to be here are away.
    away_since_ms: HashMap<UserId, i64>,
    /// Whether there is, or may soon be, something to tell.
    pub(super) is_dirty: bool,
    /// What newcomers are told of [`everyone`](Self::everyone), while that is so.
    pub(super) greeting: OnceCell<Arc<Frame>>,
}

impl Presence {
    /// One more socket of somebody is present.
    pub(super) fn comes(&mut self, person: &Author) {
        self.is_dirty = true;
        self.away_since_ms.remove(&person.id);
        let newcomer = || {
            self.greeting.take();
            (person.clone(), 0)
        };
        self.present.entry(person.id).or_insert_with(newcomer).1 += 1;
    }

    /// One socket of somebody fewer is present.
    pub(super) fn goes(&mut self, person: UserId, now_ms: i64) {
        let Some((_, count)) = self.present.get_mut(&person) else { return };
        self.is_dirty = true;
        *count -= 1;
        if *count == 0 {
            self.present.remove(&person);
            self.greeting.take();
            self.away_since_ms.insert(person, now_ms);
        }
    }

    /// Knows somebody by their new name.
    pub(super) fn renamed(&mut self, person: &Author) {
        self.greeting.take();
        let present = self.present.get_mut(&person.id).map(|(known, _)| known);
        present.into_iter().chain(self.told.get_mut(&person.id)).for_each(|known| known.clone_from(person));
    }

    /// Those who were told to be here and those who are about to be.
    pub(super) fn everyone(&self) -> BTreeMap<UserId, Author> {
        let mut everyone = self.told.clone();
        everyone.extend(self.present.values().map(|(person, _)| (person.id, person.clone())));
        everyone
    }

    /// Who came and who has been away for longer than the grace, at most `limit` of both together; they count as told.
    pub(super) fn news(&mut self, now_ms: i64, limit: usize) -> (Vec<Author>, Vec<Author>) {
        let is_away = |id: &UserId| {
            let since_ms = self.away_since_ms.get(id).copied().unwrap_or(now_ms);
            !self.present.contains_key(id) && now_ms - since_ms >= GRACE_MS
        };
        let went: Vec<Author> = self.told.values().filter(|person| is_away(&person.id)).take(limit).cloned().collect();
        let new = self.present.values().filter(|(person, _)| !self.told.contains_key(&person.id));
        let came: Vec<Author> = new.map(|(person, _)| person.clone()).take(limit - went.len()).collect();
        self.greeting.take();
        for person in &went {
            self.told.remove(&person.id);
            self.away_since_ms.remove(&person.id);
        }
        self.told.extend(came.iter().map(|person| (person.id, person.clone())));
        self.is_dirty = !self.told.keys().eq(self.present.keys());
        if !self.is_dirty {
            self.away_since_ms.clear();
        }
        (came, went)
    }
}
