//! Rooms, and what somebody has to do with one.

use super::{Author, MessageId, RoomId, UserId};
use crate::error::Invalid;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

words! {
    /// The three kinds of room.
    pub enum RoomKind {
        /// Everyone in the account is in it.
        Open = "open",
        /// Those who were chosen are in it.
        Closed = "closed",
        /// A ping: a fixed set of people.
        Direct = "direct",
    }

    /// How much somebody wants to hear of a room, from most to least.
    pub enum Involvement {
        Everything = "everything",
        Mentions = "mentions",
        /// In the sidebar, no notifications.
        Nothing = "nothing",
        /// Not even in the sidebar.
        Invisible = "invisible",
    }
}

impl Involvement {
    pub fn parse(word: &str) -> Result<Self, Invalid> {
        Self::from_word(word.trim())
            .ok_or_else(|| Invalid::new("involvement", "Choose one of invisible, nothing, mentions and everything."))
    }

    /// What it is called in the menu, what it does in a few words, and its icon in the sprite.
    pub fn described(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Invisible => ("Invisible", "Out of the sidebar, no notifications", "eye-off"),
            Self::Nothing => ("Nothing", "In the sidebar, no notifications", "bell-off"),
            Self::Mentions => ("Mentions", "Notify me when I am mentioned", "at-sign"),
            Self::Everything => ("Everything", "Notify me of every message", "bell-ring"),
        }
    }

    /// Whether the menu of a ping offers it: in a ping everything is meant for oneself.
    pub fn is_for_pings(self) -> bool {
        matches!(self, Self::Everything | Self::Nothing)
    }
}

/// Why a change of a room is refused.
pub const EDITORS_ONLY: &str = "Only whoever made this room and administrators can change it.";

/// People in one ping, oneself included. More is a room, which has a name.
pub const PING_PEOPLE_MAX: usize = 50;

/// The exact set of people of a ping: in whatever order they are named, it is the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectKey(BTreeSet<UserId>);

impl DirectKey {
    /// The key of `starter` and those they chose. `Invalid` when they are more than [`PING_PEOPLE_MAX`].
    pub fn of(starter: UserId, chosen: impl IntoIterator<Item = UserId>) -> Result<Self, Invalid> {
        let people: BTreeSet<UserId> = chosen.into_iter().chain([starter]).collect();
        if people.len() > PING_PEOPLE_MAX {
            let message = format!("A ping can have at most {PING_PEOPLE_MAX} people. Make a room for more.");
            return Err(Invalid::new("user_ids", message));
        }
        Ok(Self(people))
    }

    pub fn people(&self) -> impl Iterator<Item = UserId> + '_ {
        self.0.iter().copied()
    }

    /// The key as it is stored: ids in order.
    pub fn text(&self) -> String {
        self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }
}

/// A room as one of its members sees it.
#[derive(Debug, Clone)]
pub struct Room {
    pub id: RoomId,
    pub kind: RoomKind,
    /// What it is called; a direct room is called after the others in it.
    pub name: String,
    pub involvement: Involvement,
    /// The member's read cursor: what comes after it is unread.
    pub last_read_message_id: MessageId,
    pub last_message_at_ms: Option<i64>,
    /// Its newest message; 0 before the first.
    pub last_message_id: MessageId,
    pub creator_id: UserId,
}

impl Room {
    pub fn is_direct(&self) -> bool {
        self.kind == RoomKind::Direct
    }

    /// Where its settings are.
    pub fn settings_path(&self) -> String {
        format!("/rooms/{}s/{}/edit", self.kind.word(), self.id)
    }

    /// The member's read cursor, with the moves that are not written yet.
    pub fn read_through(&self, moves: &HashMap<RoomId, MessageId>) -> MessageId {
        moves.get(&self.id).copied().unwrap_or_default().max(self.last_read_message_id)
    }

    /// Whether everyone is in it.
    pub fn is_open(&self) -> bool {
        self.kind == RoomKind::Open
    }
}

/// How much of a room somebody has not read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// Messages of others, counted up to [`UNREAD_MAX`] + 1.
    pub count: i64,
    pub mention: bool,
}

/// A room in somebody's list, with what they have not read of it.
#[derive(Debug, Clone)]
pub struct RoomEntry {
    pub room: Room,
    pub unread: Unread,
    /// Of a ping, the others in it; oneself in a ping to oneself.
    pub people: Vec<Author>,
}

impl RoomEntry {
    /// Whether it shows as unread.
    pub fn is_unread(&self) -> bool {
        self.unread.count > 0 && self.room.involvement != Involvement::Invisible
    }
}

/// An unread count as it is shown: exact to 999; empty when there is none.
pub fn unread_label(count: &i64) -> String {
    match *count {
        ..=0 => String::new(),
        1..=UNREAD_MAX => count.to_string(),
        _ => format!("{UNREAD_MAX}+"),
    }
}

/// Unread messages are counted to here, and one more means more: nobody reads on, and a busy room must cost no more.
pub const UNREAD_MAX: i64 = 999;

/// "A", "A and B", "A, B and C".
pub fn names_as_sentence(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

unit_tests!("../../tests/unit/domain/rooms.rs");
