//! Who hears of what happens elsewhere: of messages in rooms they are in but don't look at, and of people coming and going.
//!
//! Invariants: news is told at once after a quiet second, then once a second at most: a busy room costs others little; none is lost.

use super::frames::{Added, Event, Frame};
use super::topics::SocketId;
use crate::domain::{RoomId, UserId};
use foldhash::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

/// How often one room's news is told at most.
const NEWS_EVERY_MS: i64 = 1_000;
/// Messages gathered between two tellings; past it, whoever follows counts anew.
const GATHERED_MAX: usize = 1_000;

/// What was posted in a room since it was last told.
#[derive(Default)]
struct Gathered {
    added: Vec<Added>,
    must_recount: bool,
    told_at_ms: i64,
}

impl Gathered {
    fn is_empty(&self) -> bool {
        self.added.is_empty() && !self.must_recount
    }

    fn take(&mut self, room_id: RoomId, now_ms: i64) -> Arc<Frame> {
        self.told_at_ms = now_ms;
        let must_recount = std::mem::take(&mut self.must_recount);
        Frame::new(Event::Activity { room_id, added: std::mem::take(&mut self.added), must_recount })
    }
}

/// Sockets by what concerns them.
pub(super) type Index<K> = HashMap<K, HashSet<SocketId>>;

/// The sockets that follow rooms and watch people, and what they are to be told.
#[derive(Default)]
pub(super) struct Following {
    pub(super) by_room: Index<RoomId>,
    pub(super) by_person: Index<UserId>,
    news: HashMap<RoomId, Gathered>,
}

impl Following {
    /// Notes a message in a room, or (none) that its followers must count anew; gives what to tell them now, if it is time.
    pub(super) fn note(&mut self, room: RoomId, message: Option<Added>, now_ms: i64) -> Option<Arc<Frame>> {
        if !self.by_room.contains_key(&room) {
            return None;
        }
        let gathered = self.news.entry(room).or_default();
        match message {
            Some(message) if gathered.added.len() < GATHERED_MAX => gathered.added.push(message),
            _ => gathered.must_recount = true,
        }
        (now_ms - gathered.told_at_ms >= NEWS_EVERY_MS).then(|| gathered.take(room, now_ms))
    }

    /// What was gathered of a room, whether it is due or not: before somebody comes into it, whom it does not concern.
    pub(super) fn flush(&mut self, room: RoomId, now_ms: i64) -> Option<Arc<Frame>> {
        let gathered = self.news.get_mut(&room).filter(|gathered| !gathered.is_empty())?;
        Some(gathered.take(room, now_ms))
    }

    /// What was gathered and is due.
    pub(super) fn due(&mut self, now_ms: i64) -> Vec<(RoomId, Arc<Frame>)> {
        let is_due = |gathered: &Gathered| now_ms - gathered.told_at_ms >= NEWS_EVERY_MS;
        // A room that was quiet for long enough is told at once anyway: nothing need be known of it.
        self.news.retain(|_, gathered| !gathered.is_empty() || !is_due(gathered));
        let due = self.news.iter_mut().filter(|(_, gathered)| !gathered.is_empty() && is_due(gathered));
        due.map(|(room, gathered)| (*room, gathered.take(*room, now_ms))).collect()
    }
}

/// The sockets under any of these keys of an index, for each key.
pub(super) fn under<K: Eq + Hash>(index: &Index<K>, keys: impl IntoIterator<Item = K>) -> Vec<SocketId> {
    keys.into_iter().filter_map(|key| index.get(&key)).flatten().copied().collect()
}

/// Adds a socket under some keys of an index.
pub(super) fn add<K: Eq + Hash + Copy>(index: &mut Index<K>, socket: SocketId, keys: &[K]) {
    for key in keys {
        index.entry(*key).or_default().insert(socket);
    }
}

/// Takes a socket away from some keys of an index; a key without sockets goes.
pub(super) fn remove<K: Eq + Hash + Copy>(index: &mut Index<K>, socket: SocketId, keys: &[K]) {
    for key in keys {
        if let Some(sockets) = index.get_mut(key) {
            sockets.remove(&socket);
            if sockets.is_empty() {
                index.remove(key);
            }
        }
    }
}

unit_tests!("../../tests/unit/live/following.rs");
