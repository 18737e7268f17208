//! What one reader has not read, kept by their socket: so that a message costs each of them an addition, not a query.
//!
//! Invariant: each count is what the database would say as of the revision beside it.

use crate::domain::ids::{Revision, RoomId, UserId};
use crate::domain::rooms::UNREAD_MAX;
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

    /// Messages came in a room, by revision and author; or (`must_recount`) that is not all.
    pub(super) fn heard(&mut self, room: RoomId, added: &[(Revision, UserId)], must_recount: bool) -> Then {
        let Some((count, as_of)) = self.counts.get_mut(&room) else { return Then::Nothing };
        if must_recount {
            return Then::Recount;
        }
        let is_news = |(revision, author): &&(Revision, UserId)| revision > as_of && *author != self.reader;
        let news = i64::try_from(added.iter().filter(is_news).count()).unwrap_or(i64::MAX);
        *as_of = added.iter().map(|(revision, _)| *revision).max().unwrap_or_default().max(*as_of);
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROOM: RoomId = RoomId(1);
    const ME: UserId = UserId(7);
    const BOB: UserId = UserId(8);

    /// What happens: a message of mine or of Bob's, or my reading up to here on another device.
    #[derive(Debug, Clone, Copy)]
    enum Step {
        Mine,
        Bobs,
        Read,
    }

    /// What the socket hears of it.
    enum Said {
        Came(Vec<(Revision, UserId)>),
        Read(i64, Revision),
    }

    proptest! {
        /// The page is told late, of several messages at once, and of reading out of turn; in the end it shows what is so.
        #[test]
        fn counts_end_up_as_the_database_has_them(
            steps in proptest::collection::vec(prop_oneof![Just(Step::Mine), Just(Step::Bobs), Just(Step::Read)], 0..40),
            gather in 1..5_usize,
            connected_after in 0..40_usize,
        ) {
            let (mut truth, mut shown) = (0, Unread::of(ME));
            let mut gathered = Vec::new();
            let mut frames = Vec::new();
            let mut at = Revision(0);
            let mut is_connected = false;
            for (number, step) in steps.iter().enumerate() {
                if number == connected_after {
                    shown.reset([(ROOM, truth)], at);
                    is_connected = true;
                }
                match step {
                    Step::Read => {
                        truth = 0;
                        frames.push(Said::Read(0, at));
                    }
                    Step::Mine | Step::Bobs => {
                        at = Revision(at.0 + 1);
                        let author = if matches!(step, Step::Mine) { ME } else { BOB };
                        truth += i64::from(author == BOB);
                        gathered.push((at, author));
                        if gathered.len() >= gather {
                            frames.push(Said::Came(std::mem::take(&mut gathered)));
                        }
                    }
                }
            }
            if !is_connected {
                shown.reset([(ROOM, truth)], at);
            }
            frames.push(Said::Came(gathered));
            for frame in frames {
                let then = match frame {
                    Said::Read(count, as_of) => shown.told(ROOM, count, as_of),
                    Said::Came(added) => shown.heard(ROOM, &added, false),
                };
                if then == Then::Recount {
                    shown.set(ROOM, truth, at);
                }
            }
            prop_assert_eq!(shown.counts[&ROOM].0, truth);
        }
    }

    #[test]
    fn a_room_that_is_not_mine_is_nothing_to_me() {
        let mut unread = Unread::of(ME);
        assert_eq!(unread.heard(ROOM, &[(Revision(1), BOB)], false), Then::Nothing);
        assert_eq!(unread.told(ROOM, 3, Revision(1)), Then::Nothing);
        unread.add(ROOM, Revision(0));
        assert_eq!(unread.heard(ROOM, &[(Revision(1), BOB)], false), Then::Tell(1));
        unread.remove(ROOM);
        assert_eq!(unread.heard(ROOM, &[(Revision(2), BOB)], false), Then::Nothing);
    }
}
