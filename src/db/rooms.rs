//! Rooms as one of their members sees them.
//!
//! Invariant: a room that is being deleted is found by nobody.

use super::mentions;
use super::prelude::*;
use std::collections::HashMap;

/// Rooms in one person's list. More than anybody follows; a list past it shows the first by name.
pub const ROOMS_MAX: i64 = 5_000;
/// People of all of somebody's pings together that a list names.
const PING_PEOPLE_MAX: i64 = 20_000;
/// People after whom one ping is named.
const NAMED_MAX: i64 = 50;

/// The columns that a [`Room`] is read from; a ping is not named yet.
const COLUMNS: &str = "rooms.id, rooms.kind, coalesce(rooms.name, ''), memberships.involvement,
    memberships.last_read_message_id, rooms.last_message_at_ms, rooms.last_message_id, rooms.creator_id";
const FROM: &str = "memberships JOIN rooms ON rooms.id = memberships.room_id";

from_row! {
    Room { id, kind, name, involvement, last_read_message_id, last_message_at_ms, last_message_id, creator_id }
}

/// What a ping is called by one of its people: after the others, or after themselves.
fn direct_name(people: &[Author]) -> String {
    names_as_sentence(&people.iter().map(|person| person.name.clone()).collect::<Vec<_>>())
}

/// Leaves `viewer` out of a ping's people, unless they are alone in it.
fn others(mut people: Vec<Author>, viewer: UserId) -> Vec<Author> {
    if people.iter().any(|person| person.id != viewer) {
        people.retain(|person| person.id != viewer);
    }
    people
}

/// The people of one ping, by name, without `viewer`. Reads only; at most `NAMED_MAX`.
pub fn direct_people(connection: &Connection, room: RoomId, viewer: UserId) -> Result<Vec<Author>> {
    let sql = format!(
        "SELECT {AUTHOR} FROM memberships JOIN users ON users.id = memberships.user_id
         WHERE room_id = ?1 ORDER BY users.name_key, users.id LIMIT ?2"
    );
    let people = all(connection, &sql, (room, NAMED_MAX))?;
    Ok(others(people, viewer))
}

/// A room by id, if `viewer` is in it. Reads only. This is the check that makes a foreign room not exist.
pub fn for_member(connection: &Connection, id: RoomId, viewer: UserId) -> Result<Option<Room>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {FROM}
         WHERE memberships.room_id = ?1 AND memberships.user_id = ?2 AND rooms.deleted_at_ms IS NULL"
    );
    let mut room: Option<Room> = maybe(connection, &sql, (id, viewer))?;
    if let Some(room) = room.as_mut().filter(|room| room.is_direct()) {
        room.name = direct_name(&direct_people(connection, id, viewer)?);
    }
    Ok(room)
}

/// SQL that counts others' messages than ?1's after one in a room. It looks at 20,000 at most: further behind are programs only.
fn unread(room: &str, after: &str) -> String {
    format!(
        "SELECT count(*) FROM
           (SELECT 1 FROM (SELECT creator_id FROM messages WHERE messages.room_id = {room} AND messages.id > {after}
              AND removed_at_ms IS NULL ORDER BY messages.id LIMIT 20000)
            WHERE creator_id <> ?1 LIMIT 1000)"
    )
}
const _: () = assert!(UNREAD_MAX + 1 == 1000, "the queries count up to UNREAD_MAX + 1");

/// Cursors that moved and are not written yet, by room: they count in place of the stored ones.
pub type Moves = HashMap<RoomId, MessageId>;

/// The rooms `viewer` is in with what they have not read: rooms by name, then pings by their last message. Reads only, in two queries
/// (and one for each that is unread, one for each move); at most [`ROOMS_MAX`], and for each [`UNREAD_MAX`] + 1 entries of an index.
pub fn page_for_member(connection: &Connection, viewer: UserId, moves: &Moves) -> Result<Vec<RoomEntry>> {
    // Where nothing is after the cursor, nothing is counted.
    let sql = format!(
        "SELECT {COLUMNS}, CASE WHEN rooms.last_message_id <= memberships.last_read_message_id THEN 0 ELSE ({}) END
         FROM {FROM}
         WHERE memberships.user_id = ?1 AND rooms.deleted_at_ms IS NULL
         ORDER BY rooms.name_key, rooms.last_message_at_ms DESC, rooms.id DESC LIMIT {ROOMS_MAX}",
        unread("memberships.room_id", "memberships.last_read_message_id")
    );
    let rows: Vec<(Room, i64)> = all(connection, &sql, [viewer])?;
    let entry = |(room, count)| RoomEntry { room, unread: Unread { count, mention: false }, people: Vec::new() };
    let mut entries: Vec<RoomEntry> = rows.into_iter().map(entry).collect();
    let mut people = people_of_pings(connection, viewer)?;
    for entry in &mut entries {
        if entry.room.is_direct() {
            entry.people = others(people.remove(&entry.room.id).unwrap_or_default(), viewer);
            entry.room.name = direct_name(&entry.people);
        }
        let read = entry.room.read_through(moves);
        if read > entry.room.last_read_message_id {
            entry.room.last_read_message_id = read;
            entry.unread = unread_after(connection, entry.room.id, viewer, read)?;
        } else if entry.unread.count > 0 {
            entry.unread.mention = mentions::is_called(connection, entry.room.id, viewer, read)?;
        }
    }
    // Pings have no name to sort by, so they came first.
    entries.sort_by_key(|entry| entry.room.is_direct());
    Ok(entries)
}

/// Everybody in somebody's pings, by room, by name.
fn people_of_pings(connection: &Connection, viewer: UserId) -> Result<HashMap<RoomId, Vec<Author>>> {
    let sql = format!(
        "SELECT rooms.id, {AUTHOR} FROM memberships AS mine JOIN rooms ON rooms.id = mine.room_id
         JOIN memberships ON memberships.room_id = rooms.id JOIN users ON users.id = memberships.user_id
         WHERE mine.user_id = ?1 AND rooms.kind = 'direct' AND rooms.deleted_at_ms IS NULL
         ORDER BY users.name_key, users.id LIMIT ?2"
    );
    let mut people: HashMap<RoomId, Vec<Author>> = HashMap::new();
    for (room, person) in all(connection, &sql, (viewer, PING_PEOPLE_MAX))? {
        people.entry(room).or_default().push(person);
    }
    Ok(people)
}

/// One room in its member's list. Reads only. A room that `viewer` is not in is `NotFound`.
pub fn entry_for_member(
    connection: &Connection, id: RoomId, viewer: UserId, moves: &Moves,
) -> Result<RoomEntry, AppError> {
    let mut room = for_member(connection, id, viewer)?.ok_or(AppError::NotFound)?;
    let people = if room.is_direct() { direct_people(connection, id, viewer)? } else { Vec::new() };
    room.last_read_message_id = room.read_through(moves);
    let unread = unread_after(connection, id, viewer, room.last_read_message_id)?;
    Ok(RoomEntry { room, unread, people })
}

/// What `viewer` has not read of a room after a message. Reads only; at most [`UNREAD_MAX`] + 1 entries of an index, and one of mentions.
pub fn unread_after(connection: &Connection, room: RoomId, viewer: UserId, after: MessageId) -> Result<Unread> {
    let count = one(connection, &unread("?2", "?3"), (viewer, room, after))?;
    Ok(Unread { count, mention: count > 0 && mentions::is_called(connection, room, viewer, after)? })
}

queries! {
    /// The rooms that somebody is in and wants to hear of. Reads only; at most [`ROOMS_MAX`].
    pub fn visible(connection: &Connection, viewer: UserId) -> Result<Vec<RoomId>> = all:
        format!("SELECT rooms.id FROM {FROM} WHERE memberships.user_id = ?1 AND involvement <> 'invisible'
         AND rooms.deleted_at_ms IS NULL LIMIT {ROOMS_MAX}");

    /// The room that `viewer` should land in: the wished one if they are in it, else the oldest of theirs. Reads only.
    pub fn landing(connection: &Connection, viewer: UserId, wished: Option<RoomId>) -> Result<Option<RoomId>> = maybe:
        format!("SELECT room_id FROM {FROM} WHERE user_id = ?1 AND involvement <> 'invisible' AND deleted_at_ms IS NULL
         ORDER BY room_id IS NOT ?2, kind = 'direct', room_id LIMIT 1");

    /// Makes an open or closed room with nobody in it. Writes `rooms`.
    pub fn insert(tx: &Tx<'_>, kind: RoomKind, name: &Name, creator: UserId) -> Result<RoomId> =
        one(kind, name, name_key(name.as_str()), creator, tx.now_ms()):
        "INSERT INTO rooms (kind, name, name_key, creator_id, created_at_ms, updated_at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5) RETURNING id";

    /// Makes a ping with nobody in it yet, unless (`None`) these people have one: UNIQUE decides. Writes `rooms`.
    pub fn insert_direct(tx: &Tx<'_>, key: &DirectKey, creator: UserId) -> Result<Option<RoomId>> =
        maybe(key.text(), creator, tx.now_ms()):
        "INSERT INTO rooms (kind, direct_key, creator_id, created_at_ms, updated_at_ms)
         VALUES ('direct', ?1, ?2, ?3, ?3) ON CONFLICT (direct_key) DO NOTHING RETURNING id";

    /// The ping of exactly these people. Reads only; one that must be there.
    pub fn direct(connection: &Connection, key: &DirectKey) -> Result<RoomId> = one(key.text()):
        "SELECT id FROM rooms WHERE direct_key = ?1";

    /// Gives an open or closed room its kind and name. Writes `rooms`.
    pub fn update(tx: &Tx<'_>, id: RoomId, kind: RoomKind, name: &Name) -> Result<()> =
        run(id, kind, name, name_key(name.as_str()), tx.now_ms()):
        "UPDATE rooms SET kind = ?2, name = ?3, name_key = ?4, updated_at_ms = ?5 WHERE id = ?1";

    /// Hands rooms over whose creator is no longer in them, so that somebody in them can still change them: to whoever
    /// came first. Writes `rooms`: one, or (none) every closed room that `creator` made.
    pub fn hand_over(tx: &Tx<'_>, room: Option<RoomId>, creator: UserId) -> Result<()> = run:
        "UPDATE rooms SET creator_id = (SELECT user_id FROM memberships JOIN users ON users.id = user_id
           WHERE room_id = rooms.id AND status = 'active' ORDER BY memberships.created_at_ms, user_id LIMIT 1)
         WHERE kind = 'closed' AND creator_id = ?2 AND (?1 IS NULL OR id = ?1)
           AND NOT EXISTS (SELECT 1 FROM memberships WHERE room_id = rooms.id AND user_id = creator_id)
           AND EXISTS (SELECT 1 FROM memberships JOIN users ON users.id = user_id
             WHERE room_id = rooms.id AND status = 'active')";

    /// Notes that a message came just now. Writes `rooms`.
    pub fn update_last_message(tx: &Tx<'_>, id: RoomId, message: MessageId) -> Result<()> =
        run(id, tx.now_ms(), message):
        "UPDATE rooms SET last_message_at_ms = ?2, updated_at_ms = ?2, last_message_id = ?3 WHERE id = ?1";

    /// Makes a room vanish: nobody finds it from now on; its rows are left to [`delete_batch`]. Writes `rooms`. A ping
    /// gives up its key, so that the same people can start anew.
    pub fn update_deleted(tx: &Tx<'_>, id: RoomId) -> Result<()> = run(id, tx.now_ms()):
        "UPDATE rooms SET deleted_at_ms = ?2,
         direct_key = CASE WHEN kind = 'direct' THEN 'deleted ' || id END WHERE id = ?1";
}

/// Makes sure, inside a write, that somebody active may change an open or closed room: its creator or an administrator, who
/// still belong to it; returns its name and who made it. Reads one row of each table by its key. A ping is `NotFound`: it never changes.
pub fn demand_editor(tx: &Tx<'_>, id: RoomId, editor: UserId) -> Result<(String, UserId), AppError> {
    super::memberships::demand(tx, id, editor)?;
    let sql = "SELECT name, creator_id, (SELECT role FROM users WHERE id = ?2) FROM rooms
               WHERE id = ?1 AND kind <> 'direct'";
    let (name, creator, role): (_, UserId, Role) = one(tx, sql, (id, editor))?;
    let may = creator == editor || role == Role::Administrator;
    if may { Ok((name, creator)) } else { Err(AppError::Forbidden(crate::domain::rooms::EDITORS_ONLY.into())) }
}

/// Rows of one table that one batch deletes.
const BATCH_LEN: u32 = 200;

/// Deletes some of what is left of rooms that vanished: messages first, then memberships, then the room itself. Writes
/// `messages` (with their boosts, versions and index entries), `memberships` and `rooms`, at most `BATCH_LEN` rows of one of them; tells whether it found any.
pub fn delete_batch(tx: &Tx<'_>) -> Result<bool> {
    let sql = "SELECT id FROM rooms WHERE deleted_at_ms IS NOT NULL ORDER BY id LIMIT 1";
    let room: Option<RoomId> = maybe(tx, sql, [])?;
    let Some(room) = room else { return Ok(false) };
    let sql = "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE room_id = ?1 LIMIT ?2) RETURNING id";
    let messages: Vec<MessageId> = all(tx, sql, (room, BATCH_LEN))?;
    messages.iter().for_each(|id| tx.index(*id));
    if !messages.is_empty() {
        return Ok(true);
    }
    let sql = "DELETE FROM memberships WHERE room_id = ?1
                 AND user_id IN (SELECT user_id FROM memberships WHERE room_id = ?1 LIMIT ?2)";
    if !changed(tx, sql, (room, BATCH_LEN))? {
        run(tx, "DELETE FROM rooms WHERE id = ?1", [room])?;
    }
    Ok(true)
}
