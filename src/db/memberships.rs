//! Who belongs to which room.

use super::prelude::*;
use std::cmp::Reverse;

/// People in one answer. A room of more shows the first, and the number of all.
pub const MEMBERS_MAX: usize = 1_000;
/// The newest messages whose authors count as those who spoke last: a day of a busy room.
const SPOKE_MAX: u32 = 200;

/// Makes sure, inside a write, that somebody active still belongs to the room: the right that the request
/// came with may have gone meanwhile. Reads one row of each table by its key.
pub fn demand(tx: &Tx<'_>, room: RoomId, user: UserId) -> Result<(), AppError> {
    let sql = "SELECT 1 FROM memberships JOIN users ON users.id = memberships.user_id
               JOIN rooms ON rooms.id = memberships.room_id
               WHERE room_id = ?1 AND user_id = ?2 AND users.status = 'active' AND rooms.deleted_at_ms IS NULL";
    if exists(tx, sql, (room, user))? { Ok(()) } else { Err(AppError::NotFound) }
}

queries! {
    /// Whether somebody is in a room and wants to see it. Reads only.
    pub fn is_visible(connection: &Connection, room: RoomId, user: UserId) -> Result<bool> = exists:
        "SELECT 1 FROM memberships WHERE room_id = ?1 AND user_id = ?2 AND involvement <> 'invisible'";

    /// How many people who can come in are in the room. Reads only: the room's entries of an index, and who can't come in.
    pub fn count(connection: &Connection, room: RoomId) -> Result<i64> = one:
        "SELECT (SELECT count(*) FROM memberships WHERE room_id = ?1)
         - (SELECT count(*) FROM users WHERE status <> 'active'
            AND EXISTS (SELECT 1 FROM memberships WHERE room_id = ?1 AND user_id = users.id))";

    /// The room's people who can come in, by name. Reads only; at most [`MEMBERS_MAX`].
    pub fn page(connection: &Connection, room: RoomId) -> Result<Vec<User>> = all:
        format!("SELECT {USER} FROM memberships JOIN users ON users.id = memberships.user_id
         WHERE room_id = ?1 AND users.status = 'active' ORDER BY users.name_key, users.id LIMIT {MEMBERS_MAX}");

    /// The ids of everyone in the room who can come in. Reads only; as many as the room has.
    pub fn active_ids(connection: &Connection, room: RoomId) -> Result<Vec<UserId>> = all:
        "SELECT user_id FROM memberships JOIN users ON users.id = user_id WHERE room_id = ?1 AND status = 'active'";

    /// Puts somebody active into one room, at its newest message; tells whether they are new. Writes `memberships`.
    pub fn insert(tx: &Tx<'_>, room: RoomId, user: UserId, involvement: Involvement) -> Result<bool> =
        changed(room, user, involvement, tx.now_ms()):
        "INSERT INTO memberships (room_id, user_id, involvement, last_read_message_id, created_at_ms)
         SELECT rooms.id, users.id, ?3, rooms.last_message_id, ?4 FROM rooms, users
         WHERE rooms.id = ?1 AND users.id = ?2 AND users.status = 'active' ON CONFLICT DO NOTHING";

    /// Puts everyone who can come in into an open room, at its newest message; those who were there stay as they were.
    /// Writes `memberships`, a row for each person. Returns who is new.
    pub fn insert_everyone(tx: &Tx<'_>, room: RoomId) -> Result<Vec<UserId>> = all(room, tx.now_ms()):
        "INSERT INTO memberships (room_id, user_id, involvement, last_read_message_id, created_at_ms)
         SELECT rooms.id, users.id, 'mentions', rooms.last_message_id, ?2 FROM rooms, users
         WHERE rooms.id = ?1 AND users.status = 'active' ON CONFLICT DO NOTHING RETURNING user_id";

    /// Puts somebody into every open room, at its newest message. Writes `memberships`, a row for each.
    pub fn insert_into_open_rooms(tx: &Tx<'_>, user: UserId) -> Result<()> = run(user, tx.now_ms()):
        "INSERT INTO memberships (room_id, user_id, involvement, last_read_message_id, created_at_ms)
         SELECT id, ?1, 'mentions', last_message_id, ?2 FROM rooms
         WHERE kind = 'open' AND deleted_at_ms IS NULL ON CONFLICT DO NOTHING";

    /// Takes somebody out of a room. Writes `memberships`.
    pub fn delete(tx: &Tx<'_>, room: RoomId, user: UserId) -> Result<()> = run:
        "DELETE FROM memberships WHERE room_id = ?1 AND user_id = ?2";

    /// Moves somebody's read cursor forward, never back. Writes `memberships`.
    pub fn update_read(tx: &Tx<'_>, room: RoomId, user: UserId, through: MessageId) -> Result<()> = run:
        "UPDATE memberships SET last_read_message_id = ?3
         WHERE room_id = ?1 AND user_id = ?2 AND last_read_message_id < ?3";

    /// Puts somebody's read cursor before a message: it and what follows is unread. Writes `memberships`.
    pub fn update_unread_from(tx: &Tx<'_>, room: RoomId, user: UserId, from: MessageId) -> Result<()> = run:
        "UPDATE memberships SET last_read_message_id = ?3 - 1 WHERE room_id = ?1 AND user_id = ?2";
}

/// Those of the room's people whose names fit a query, whoever spoke last first, then as the name fits; and how many they are. Reads
/// only; looks at all of the room's people, and returns at most `limit`.
pub fn page_named(connection: &Connection, room: RoomId, query: &str, limit: usize) -> Result<(Vec<User>, i64)> {
    let sql = "SELECT users.id, name_key, coalesce(spoke, 0) FROM memberships JOIN users ON users.id = user_id
               LEFT JOIN (SELECT creator_id, max(id) AS spoke FROM (SELECT creator_id, id FROM messages
                 WHERE room_id = ?1 AND removed_at_ms IS NULL ORDER BY id DESC LIMIT ?2) GROUP BY creator_id)
               ON creator_id = user_id WHERE room_id = ?1 AND status = 'active'";
    let query = name_key(query);
    let people: Vec<(UserId, String, i64)> = all(connection, sql, (room, SPOKE_MAX))?;
    // Letters somewhere within a name fit by chance: they come last.
    let named = people
        .into_iter()
        .filter_map(|(id, key, spoke)| fit(&query, &key).map(|fit| (fit == FIT_WITHIN, Reverse(spoke), fit, key, id)));
    let mut named: Vec<_> = named.collect();
    named.sort_unstable();
    let first = named.iter().take(limit).map(|(.., id)| super::users::find(connection, *id));
    Ok((first.collect::<Result<_>>()?, i64::try_from(named.len()).unwrap_or(i64::MAX)))
}

/// Sets how much somebody wants to hear of a room; tells what it was. From `invisible`, they start at the newest. Writes `memberships`.
pub fn update_involvement(tx: &Tx<'_>, room: RoomId, user: UserId, involvement: Involvement) -> Result<Involvement> {
    let sql = "SELECT involvement FROM memberships WHERE room_id = ?1 AND user_id = ?2";
    let before = one(tx, sql, (room, user))?;
    let sql = "UPDATE memberships SET involvement = ?3, last_read_message_id = CASE WHEN ?4 THEN
                 (SELECT last_message_id FROM rooms WHERE id = ?1) ELSE last_read_message_id END
               WHERE room_id = ?1 AND user_id = ?2";
    let comes_back = before == Involvement::Invisible && involvement != Involvement::Invisible;
    run(tx, sql, (room, user, involvement, comes_back))?;
    Ok(before)
}
