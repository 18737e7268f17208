//! Who belongs to which room.

use super::{Tx, users};
use crate::domain::ids::{RoomId, UserId};
use crate::domain::people::User;
use crate::domain::rooms::Involvement;
use crate::error::AppError;
use rusqlite::{Connection, Result};

/// Makes sure, inside a write, that somebody active still belongs to the room: the right that the request
/// came with may have gone meanwhile. Reads one row of each table by its key.
pub fn demand(tx: &Tx<'_>, room: RoomId, user: UserId) -> std::result::Result<(), AppError> {
    let sql = "SELECT 1 FROM memberships JOIN users ON users.id = memberships.user_id
               WHERE room_id = ?1 AND user_id = ?2 AND users.status = 'active'";
    if tx.prepare_cached(sql)?.exists((room, user))? { Ok(()) } else { Err(AppError::NotFound) }
}

/// How many people are in the room. Reads only; counts the room's index.
pub fn count(connection: &Connection, room: RoomId) -> Result<i64> {
    let sql = "SELECT count(*) FROM memberships WHERE room_id = ?1";
    connection.prepare_cached(sql)?.query_row([room], |row| row.get(0))
}

/// People in one answer. A room of more shows the first by name, and the number of all.
pub const MEMBERS_MAX: u32 = 1_000;

/// The room's people, by name. Reads only; at most [`MEMBERS_MAX`].
pub fn page(connection: &Connection, room: RoomId) -> Result<Vec<User>> {
    let sql = format!(
        "SELECT {} FROM memberships JOIN users ON users.id = memberships.user_id
         WHERE room_id = ?1 ORDER BY users.name COLLATE NOCASE, users.id LIMIT {MEMBERS_MAX}",
        users::COLUMNS
    );
    connection.prepare_cached(&sql)?.query_map([room], |row| users::user_at(row, 0))?.collect()
}

/// Puts somebody into one room, at its newest message. Writes `memberships`.
pub fn insert(tx: &Tx<'_>, room: RoomId, user: UserId, involvement: Involvement) -> Result<()> {
    let sql = "INSERT INTO memberships (room_id, user_id, involvement, last_read_message_id, created_at_ms)
               VALUES (?1, ?2, ?3, coalesce((SELECT id FROM messages WHERE room_id = ?1 AND removed_at_ms IS NULL ORDER BY id DESC LIMIT 1), 0), ?4)
               ON CONFLICT DO NOTHING";
    tx.prepare_cached(sql)?.execute((room, user, involvement, tx.now_ms()))?;
    Ok(())
}

/// Puts somebody into every open room, at its newest message. Writes `memberships`, a row for each.
pub fn insert_into_open_rooms(tx: &Tx<'_>, user: UserId) -> Result<()> {
    let sql = "INSERT INTO memberships (room_id, user_id, involvement, last_read_message_id, created_at_ms)
               SELECT rooms.id, ?1, 'mentions',
                 coalesce((SELECT messages.id FROM messages
                   WHERE messages.room_id = rooms.id AND removed_at_ms IS NULL ORDER BY messages.id DESC LIMIT 1), 0), ?2
               FROM rooms WHERE kind = 'open' ON CONFLICT DO NOTHING";
    tx.prepare_cached(sql)?.execute((user, tx.now_ms()))?;
    Ok(())
}
