//! Rooms, and what somebody has to do with one.

use super::ids::{MessageId, RoomId};
use serde::Serialize;

/// The three kinds of room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomKind {
    /// Everyone in the account is in it.
    Open,
    /// Those who were chosen are in it.
    Closed,
    /// A ping: a fixed set of people.
    Direct,
}

/// How much somebody wants to hear of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Involvement {
    /// Not even in the sidebar.
    Invisible,
    /// In the sidebar, no notifications.
    Nothing,
    /// Notified when mentioned.
    Mentions,
    /// Notified of every message.
    Everything,
}

/// A room as one of its members sees it.
#[derive(Debug, Clone)]
pub struct Room {
    /// Its id.
    pub id: RoomId,
    /// Its kind.
    pub kind: RoomKind,
    /// What it is called; a direct room is called after the others in it.
    pub name: String,
    /// How much the member wants to hear of it.
    pub involvement: Involvement,
    /// The member's read cursor: what comes after it is unread.
    pub last_read_message_id: MessageId,
    /// When the last message came, in milliseconds since 1970.
    pub last_message_at_ms: Option<i64>,
}

/// A room in somebody's list, with what they have not read of it.
#[derive(Debug, Clone)]
pub struct RoomEntry {
    /// The room.
    pub room: Room,
    /// Messages of others after the read cursor, counted up to [`UNREAD_MAX`] + 1.
    pub unread_count: i64,
}

/// Unread messages are counted to here; one more means "more than that". Past three digits nobody
/// reads the number, and the count must not cost more in a busy room.
pub const UNREAD_MAX: i64 = 999;

/// "A", "A and B", "A, B and C".
pub fn names_as_sentence(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_joined_as_people_say_them() {
        let names =
            |list: &[&str]| names_as_sentence(&list.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(names(&[]), "");
        assert_eq!(names(&["Ann"]), "Ann");
        assert_eq!(names(&["Ann", "Bob"]), "Ann and Bob");
        assert_eq!(names(&["Ann", "Bob", "Cid"]), "Ann, Bob and Cid");
    }
}
