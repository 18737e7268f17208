//! Rooms as one of their members sees them.

use super::Tx;
use crate::domain::ids::{RoomId, UserId};
use crate::domain::rooms::{Room, RoomEntry, RoomKind, UNREAD_MAX, names_as_sentence};
use crate::domain::text::Name;
use rusqlite::{Connection, OptionalExtension, Result, Row};

/// Rooms in one person's list. More than anybody follows; a list past it shows the first by name.
pub const ROOMS_MAX: i64 = 5_000;

const COLUMNS: &str = "rooms.id, rooms.kind, rooms.name, memberships.involvement,
    memberships.last_read_message_id, rooms.last_message_at_ms";

fn room_at(connection: &Connection, row: &Row<'_>, viewer: UserId) -> Result<Room> {
    let id = row.get(0)?;
    let name: Option<String> = row.get(2)?;
    Ok(Room {
        id,
        kind: row.get(1)?,
        name: match name {
            Some(name) => name,
            None => direct_name(connection, id, viewer)?,
        },
        involvement: row.get(3)?,
        last_read_message_id: row.get(4)?,
        last_message_at_ms: row.get(5)?,
    })
}

/// What a direct room is called by one of its members: after the others, or after themselves.
fn direct_name(connection: &Connection, room: RoomId, viewer: UserId) -> Result<String> {
    let sql = "SELECT users.id, users.name FROM memberships JOIN users ON users.id = memberships.user_id
               WHERE room_id = ?1 ORDER BY users.name, users.id LIMIT 100";
    let mut statement = connection.prepare_cached(sql)?;
    let everyone = statement
        .query_map([room], |row| Ok((row.get::<_, UserId>(0)?, row.get::<_, String>(1)?)))?
        .collect::<Result<Vec<_>>>()?;
    let others: Vec<String> =
        everyone.iter().filter(|(id, _)| *id != viewer).map(|(_, name)| name.clone()).collect();
    let names = if others.is_empty() { everyone.into_iter().map(|(_, name)| name).collect() } else { others };
    Ok(names_as_sentence(&names))
}

/// A room by id, if `viewer` is in it. Reads only. This is the check that makes a foreign room not exist.
pub fn for_member(connection: &Connection, id: RoomId, viewer: UserId) -> Result<Option<Room>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM memberships JOIN rooms ON rooms.id = memberships.room_id
         WHERE memberships.room_id = ?1 AND memberships.user_id = ?2"
    );
    connection
        .prepare_cached(&sql)?
        .query_row((id, viewer), |row| room_at(connection, row, viewer))
        .optional()
}

/// Messages of others after the read cursor, in the scope of `rooms` and `memberships`; ?1 is the viewer.
const UNREAD: &str = "SELECT count(*) FILTER (WHERE creator_id <> ?1) FROM
    (SELECT creator_id FROM messages
     WHERE messages.room_id = memberships.room_id AND messages.id > memberships.last_read_message_id
       AND removed_at_ms IS NULL ORDER BY messages.id LIMIT 1000)";
const _: () = assert!(UNREAD_MAX + 1 == 1000, "the query counts up to UNREAD_MAX + 1");

/// The rooms `viewer` is in with what they have not read, by name. Reads only; at most [`ROOMS_MAX`], and for
/// each at most [`UNREAD_MAX`] + 1 entries of an index.
pub fn page_for_member(connection: &Connection, viewer: UserId) -> Result<Vec<RoomEntry>> {
    let sql = format!(
        "SELECT {COLUMNS}, ({UNREAD}) FROM memberships JOIN rooms ON rooms.id = memberships.room_id
         WHERE memberships.user_id = ?1 ORDER BY rooms.name COLLATE NOCASE, rooms.id LIMIT {ROOMS_MAX}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let entry =
        |row: &Row<'_>| Ok(RoomEntry { room: room_at(connection, row, viewer)?, unread_count: row.get(6)? });
    statement.query_map([viewer], entry)?.collect()
}

/// The rooms `viewer` is in and wants to see in the sidebar, by name. Reads only; at most [`ROOMS_MAX`].
pub fn sidebar(connection: &Connection, viewer: UserId) -> Result<Vec<Room>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM memberships JOIN rooms ON rooms.id = memberships.room_id
         WHERE memberships.user_id = ?1 AND involvement <> 'invisible'
         ORDER BY rooms.name COLLATE NOCASE, rooms.id LIMIT {ROOMS_MAX}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map([viewer], |row| room_at(connection, row, viewer))?.collect()
}

/// What `viewer` has not read of one room. Reads only, bounded as above.
pub fn unread_count(connection: &Connection, room: &Room, viewer: UserId) -> Result<i64> {
    let sql = format!("SELECT ({UNREAD}) FROM memberships WHERE room_id = ?2 AND user_id = ?1");
    connection.prepare_cached(&sql)?.query_row((viewer, room.id), |row| row.get(0))
}

/// The room that `viewer` should land in: the wished one if they are in it, else the oldest of theirs. Reads only.
pub fn landing(connection: &Connection, viewer: UserId, wished: Option<RoomId>) -> Result<Option<RoomId>> {
    let sql = "SELECT room_id FROM memberships WHERE user_id = ?1 AND involvement <> 'invisible'
               ORDER BY room_id <> ?2, room_id LIMIT 1";
    let wished = wished.map_or(0, |room| room.0);
    connection.prepare_cached(sql)?.query_row((viewer, wished), |row| row.get(0)).optional()
}

/// Makes an open or closed room with nobody in it. Writes `rooms`.
pub fn insert(tx: &Tx<'_>, kind: RoomKind, name: &Name, creator: UserId) -> Result<RoomId> {
    let sql = "INSERT INTO rooms (kind, name, creator_id, created_at_ms, updated_at_ms)
               VALUES (?1, ?2, ?3, ?4, ?4) RETURNING id";
    tx.prepare_cached(sql)?.query_row((kind, name.as_str(), creator, tx.now_ms()), |row| row.get(0))
}

/// Notes that a message came just now. Writes `rooms`.
pub fn update_last_message(tx: &Tx<'_>, id: RoomId) -> Result<()> {
    let sql = "UPDATE rooms SET last_message_at_ms = ?2, updated_at_ms = ?2 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute((id, tx.now_ms()))?;
    Ok(())
}
