//! What one reader has not read, kept by their socket: so that a message costs each of them an addition, not a query.
//!
//! Invariant: each count is what the database would say as of the revision beside it.

use crate::domain::ids::{Revision, RoomId, UserId};
use crate::domain::rooms::UNREAD_MAX;
use crate::live::frames::Added;
use std::collections::{BTreeSet, HashMap};

/// Counts by room.
pub(super) struct Unread {
    reader: UserId,
    counts: HashMap<RoomId, (i64, Revision)>,
}

/// What is to be done about something that was heard.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Nothing: it was known, or concerns others.
    Nothing,
    /// The count is another one.
    Tell(i64),
    /// The count must be read from the database.
    Recount,
}

impl Unread {
    pub(super) fn of(reader: UserId) -> Self {
        Self { reader, counts: HashMap::new() }
    }

    /// Takes what a snapshot says of every room.
    pub(super) fn reset(&mut self, counts: impl IntoIterator<Item = (RoomId, i64)>, as_of: Revision) {
        self.counts = counts.into_iter().map(|(room, count)| (room, (count, as_of))).collect();
    }

    /// The rooms that are counted.
    pub(super) fn rooms(&self) -> BTreeSet<RoomId> {
        self.counts.keys().copied().collect()
    }

    /// What is unread in a room, if it is counted.
    pub(super) fn count(&self, room: RoomId) -> Option<i64> {
        self.counts.get(&room).map(|(count, _)| *count)
    }

    /// A room is new to the list.
    pub(super) fn add(&mut self, room: RoomId, as_of: Revision) {
        self.counts.entry(room).or_insert((0, as_of));
    }

    /// A room is gone from the list.
    pub(super) fn remove(&mut self, room: RoomId) {
        self.counts.remove(&room);
    }

    /// Takes what the database says of a room.
    pub(super) fn set(&mut self, room: RoomId, count: i64, as_of: Revision) {
        if let Some(known) = self.counts.get_mut(&room) {
            *known = (count, as_of);
        }
    }

    /// Messages came in a room, or (`must_recount`) that is not all.
    pub(super) fn heard(&mut self, room: RoomId, added: &[Added], must_recount: bool) -> Then {
        let Some((count, as_of)) = self.counts.get_mut(&room) else { return Then::Nothing };
        if must_recount {
            return Then::Recount;
        }
        let is_news = |it: &&Added| it.revision > *as_of && it.author != self.reader;
        let news = i64::try_from(added.iter().filter(is_news).count()).unwrap_or(i64::MAX);
        *as_of = added.iter().map(|it| it.revision).max().unwrap_or_default().max(*as_of);
        let before = *count;
        *count = count.saturating_add(news).min(UNREAD_MAX + 1);
        if *count == before { Then::Nothing } else { Then::Tell(*count) }
    }

    /// Another device read the room, or marked it: what was unread then.
    pub(super) fn told(&mut self, room: RoomId, count: i64, as_of: Revision) -> Then {
        match self.counts.get_mut(&room) {
            None => Then::Nothing,
            Some((_, known_as_of)) if *known_as_of > as_of => Then::Recount,
            Some(known) => {
                *known = (count, as_of);
                Then::Tell(count)
            }
        }
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/web/socket/unread.rs"]
mod tests;
