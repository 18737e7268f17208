//! What one reader has not read, kept by their socket: so that a message costs each of them an addition, not a query.
//!
//! Invariant: each count is what the database would say as of the revision beside it.

use crate::domain::mentions::EVERYONE;
use crate::domain::rooms::{self, UNREAD_MAX};
use crate::domain::{Revision, RoomId, UserId};
use crate::live::frames::Added;
use foldhash::HashMap;
use std::collections::BTreeSet;

/// Counts by room.
pub(super) struct Unread {
    reader: UserId,
    counts: HashMap<RoomId, (rooms::Unread, Revision)>,
}

/// What is to be done about something that was heard.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Nothing: it was known, or concerns others.
    Nothing,
    /// The count is another one.
    Tell(rooms::Unread),
    /// The count must be read from the database.
    Recount,
}

impl Unread {
    pub(super) fn of(reader: UserId) -> Self {
        Self { reader, counts: HashMap::default() }
    }

    /// Takes what a snapshot says of every room.
    pub(super) fn reset(&mut self, counts: impl IntoIterator<Item = (RoomId, rooms::Unread)>, as_of: Revision) {
        self.counts = counts.into_iter().map(|(room, count)| (room, (count, as_of))).collect();
    }

    /// The rooms that are counted.
    pub(super) fn rooms(&self) -> BTreeSet<RoomId> {
        self.counts.keys().copied().collect()
    }

    /// What is unread in a room, if it is counted.
    pub(super) fn of_room(&self, room: RoomId) -> Option<rooms::Unread> {
        self.counts.get(&room).map(|(unread, _)| *unread)
    }

    /// A room is new to the list.
    pub(super) fn add(&mut self, room: RoomId, as_of: Revision) {
        self.counts.entry(room).or_insert((rooms::Unread::default(), as_of));
    }

    /// A room is gone from the list.
    pub(super) fn remove(&mut self, room: RoomId) {
        self.counts.remove(&room);
    }

    /// Messages came in a room, or (`must_recount`) that is not all.
    pub(super) fn heard(&mut self, room: RoomId, added: &[Added], must_recount: bool) -> Then {
        let Some((unread, as_of)) = self.counts.get_mut(&room) else { return Then::Nothing };
        if must_recount {
            return Then::Recount;
        }
        let before = *unread;
        for it in added.iter().filter(|it| it.revision > *as_of && it.author != self.reader) {
            unread.count = (unread.count + 1).min(UNREAD_MAX + 1);
            unread.mention |= it.called.iter().any(|id| [self.reader, EVERYONE].contains(id));
        }
        *as_of = added.iter().map(|it| it.revision).max().unwrap_or_default().max(*as_of);
        if *unread == before { Then::Nothing } else { Then::Tell(*unread) }
    }

    /// Takes what was unread in a room: when another device read or marked it, or as the database says now.
    pub(super) fn set(&mut self, room: RoomId, unread: rooms::Unread, as_of: Revision) -> Then {
        match self.counts.get_mut(&room) {
            None => Then::Nothing,
            Some((_, known_as_of)) if *known_as_of > as_of => Then::Recount,
            Some(known) => {
                *known = (unread, as_of);
                Then::Tell(unread)
            }
        }
    }
}

unit_tests!("../../../tests/unit/web/socket/unread.rs");
