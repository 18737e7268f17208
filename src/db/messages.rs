//! Messages: writing them, pages of them, and what changed since a revision.
//!
//! Invariants: each write takes exactly one revision; a message is found only in its room; a removed one has no content.

use super::prelude::*;
use super::{attachments, boosts, mentions};

/// Messages on a page unless fewer or more are asked for.
pub const PAGE_LEN: u32 = 40;
/// Messages on a page at most.
pub const PAGE_MAX: u32 = 100;
/// Messages shown before the one that a page begins with: enough to remember what was being talked about.
const CONTEXT_LEN: u32 = 6;

const COLUMNS: &str = "messages.id, client_message_id, room_id, users.id, users.name, users.role, users.avatar_version,
    created_revision, revision, source, body_html, plain_text, messages.created_at_ms, messages.updated_at_ms,
    edited_at_ms, body_revision, file_key, attachments.name, content_type, size_bytes, width, height, has_thumbnail,
    previews.url, title, description, image_width, image_height, brought_by, removed_at_ms";
const FROM: &str = "messages JOIN users ON users.id = messages.creator_id
    LEFT JOIN attachments ON attachments.message_id = messages.id
    LEFT JOIN previews ON previews.message_id = messages.id AND NOT is_removed";

from_row! {
    Message {
        id, client_message_id, room_id, creator, created_revision, revision, body, created_at_ms, updated_at_ms,
        edited_at_ms, body_revision, attachment, preview; boosts
    }
}

impl FromRow for Body {
    fn from_row(row: &mut Columns<'_>) -> Result<Self> {
        Ok(Self::stored(row.read()?, row.read()?, row.read()?))
    }
}

/// A message or what is left of it.
pub type Stored = Result<Arc<Message>, Tombstone>;

impl FromRow for Stored {
    /// From a row with [`COLUMNS`]; what is not in it, [`stored`] adds.
    fn from_row(row: &mut Columns<'_>) -> Result<Self> {
        let (message, removed_at_ms): (Message, Option<i64>) = row.read()?;
        Ok(if removed_at_ms.is_none() { Ok(Arc::new(message)) } else { Err(message.tombstone(message.revision)) })
    }
}

/// What a condition finds, with what belongs to messages beside their rows, in at most three queries: they, boosts, names.
fn stored(connection: &Connection, condition: &str, values: impl Params) -> Result<Vec<Stored>> {
    let mut stored: Vec<Stored> = all(connection, &format!("SELECT {COLUMNS} FROM {FROM} WHERE {condition}"), values)?;
    let mut messages: Vec<&mut Message> = stored.iter_mut().flatten().map(Arc::make_mut).collect();
    mentions::put_names(connection, messages.iter_mut().map(|message| &mut message.body).collect())?;
    boosts::read_into(connection, messages)?;
    Ok(stored)
}

queries! {
    /// The last revision that was given out. Reads only. Read first in a snapshot, it is that snapshot's cursor.
    pub fn revision(connection: &Connection) -> Result<Revision> = one:
        "SELECT value FROM counters WHERE name = 'revision'";

    /// Takes the next revision. Writes `counters`.
    fn next_revision(tx: &Tx<'_>) -> Result<Revision> = one:
        "UPDATE counters SET value = value + 1 WHERE name = 'revision' RETURNING value";

    /// The change that created a message of the room, be it there or removed; none when it never was. Reads only.
    pub fn created_revision(connection: &Connection, room: RoomId, id: MessageId) -> Result<Option<Revision>> =
        maybe(id, room):
        "SELECT created_revision FROM messages WHERE id = ?1 AND room_id = ?2";

    /// The first message of others after a cursor: for somebody who has not read all. Reads only.
    pub fn first_unread(
        connection: &Connection, room: RoomId, viewer: UserId, read: MessageId
    ) -> Result<Option<MessageId>> = maybe(room, read, viewer):
        "SELECT id FROM messages WHERE room_id = ?1 AND id > ?2 AND removed_at_ms IS NULL AND creator_id <> ?3
         ORDER BY id LIMIT 1";
}

/// A message or its tombstone by id, in its room. Reads only.
pub fn find(connection: &Connection, room: RoomId, id: MessageId) -> Result<Stored> {
    let found = stored(connection, "messages.id = ?1 AND room_id = ?2", (id, room))?.pop();
    found.ok_or(rusqlite::Error::QueryReturnedNoRows)
}

/// A message by id, in its room; a removed one is `NotFound`. Reads only.
pub fn present(connection: &Connection, room: RoomId, id: MessageId) -> Result<Arc<Message>> {
    find(connection, room, id)?.map_err(|_| rusqlite::Error::QueryReturnedNoRows)
}

/// What was posted in the room under a sender's id, if anything was. Reads only.
pub fn posted_as(connection: &Connection, room: RoomId, id: ClientMessageId) -> Result<Option<Stored>> {
    Ok(stored(connection, "room_id = ?1 AND client_message_id = ?2", (room, id))?.pop())
}

/// Makes sure, inside a write, that somebody active may change a message of the room: its author or an
/// administrator, who still belong to the room. Reads one row of each table by its key.
pub fn demand_editor(tx: &Tx<'_>, message: &Message, editor: UserId) -> Result<(), AppError> {
    super::memberships::demand(tx, message.room_id, editor)?;
    let sql = "SELECT id = ?2 OR role = 'administrator' FROM users WHERE id = ?1";
    let may = one(tx, sql, (editor, message.creator.id))?;
    if may { Ok(()) } else { Err(AppError::Forbidden(crate::domain::messages::EDITORS_ONLY.into())) }
}

/// Writes a new message unless its `client_message_id` was used in the room before: UNIQUE decides. Writes
/// `messages`, `attachments`, `mentions`, `counters` and the search index. `None` means a repeat, with nothing written.
pub fn insert(tx: &Tx<'_>, room: RoomId, creator: UserId, draft: &Draft) -> Result<Option<Arc<Message>>> {
    let sql = "INSERT INTO messages (room_id, creator_id, client_message_id, created_revision, revision, body_revision,
                 source, source_format, body_html, plain_text, created_at_ms, updated_at_ms)
               SELECT ?1, ?2, ?3, next.value, next.value, next.value, ?4, 'markdown', ?5, ?6, ?7, ?7
               FROM (SELECT value + 1 AS value FROM counters WHERE name = 'revision') AS next WHERE true
               ON CONFLICT (room_id, client_message_id) DO NOTHING RETURNING id";
    let body = &draft.body;
    let values = (room, creator, draft.client_message_id, &body.source, &body.html, &body.plain_text, tx.now_ms());
    let Some(id) = maybe(tx, sql, values)? else { return Ok(None) };
    mentions::insert(tx, id, &body.called)?;
    if let Some(file) = &draft.attachment {
        attachments::insert(tx, id, file)?;
    }
    next_revision(tx)?;
    tx.index(id);
    present(tx, room, id).map(Some)
}

/// Gives a message another body, keeping the old as a version. Writes both, `mentions`, `counters` and the search index. `NotFound`
/// when removed.
pub fn update_body(tx: &Tx<'_>, message: &Message, body: &Body) -> Result<Arc<Message>> {
    insert_version(tx, message.id)?;
    let sql = "UPDATE messages SET source = ?2, source_format = 'markdown', body_html = ?3, plain_text = ?4,
                 revision = ?5, body_revision = ?5, updated_at_ms = ?6, edited_at_ms = ?6
               WHERE id = ?1 AND removed_at_ms IS NULL";
    let values = (message.id, &body.source, &body.html, &body.plain_text, next_revision(tx)?, tx.now_ms());
    run(tx, sql, values)?;
    mentions::delete(tx, message.id)?;
    mentions::insert(tx, message.id, &body.called)?;
    tx.index(message.id);
    present(tx, message.room_id, message.id)
}

/// Gives a message the next revision: something beside its body changed. Writes `messages` and `counters`. Returns it as it is then.
pub fn update_revision(tx: &Tx<'_>, room: RoomId, id: MessageId) -> Result<Arc<Message>> {
    let sql = "UPDATE messages SET revision = ?2, updated_at_ms = ?3 WHERE id = ?1 AND removed_at_ms IS NULL";
    run(tx, sql, (id, next_revision(tx)?, tx.now_ms()))?;
    present(tx, room, id)
}

/// Turns a message into its tombstone. Writes `messages`, `counters` and whatever belongs to it, `dropped_files` and the index too.
pub fn delete(tx: &Tx<'_>, message: &Message) -> Result<Tombstone> {
    let revision = next_revision(tx)?;
    tx.index(message.id);
    for table in ["boosts", "mentions", "message_versions", "attachments", "previews"] {
        run(tx, &format!("DELETE FROM {table} WHERE message_id = ?1"), [message.id])?;
    }
    let sql = "UPDATE messages SET source = '', body_html = '', plain_text = '', revision = ?2,
                 updated_at_ms = ?3, removed_at_ms = ?3
               WHERE id = ?1 AND removed_at_ms IS NULL";
    run(tx, sql, (message.id, revision, tx.now_ms()))?;
    Ok(message.tombstone(revision))
}

/// A page of a room's messages, oldest first. Reads only; at most `limit` messages (2 more rows are looked at).
/// A place that names no message of the room is `NotFound`.
pub fn page(connection: &Connection, room: RoomId, place: Place, limit: u32) -> Result<Window, AppError> {
    let revision = revision(connection)?;
    // The id between older and newer ones, and how many of each.
    let (at, older_max, newer_max) = match place {
        Place::Newest => (i64::MAX, limit, 0),
        Place::Before(id) => (id.0, limit, 0),
        Place::After(id) => (id.0.saturating_add(1), 0, limit),
        Place::Around(id) => (id.0, limit - limit / 2 - 1, limit / 2 + 1),
        Place::From(id) => (id.0, CONTEXT_LEN.min(limit - 1), limit - CONTEXT_LEN.min(limit - 1)),
    };
    if let Place::Before(id) | Place::After(id) | Place::Around(id) | Place::From(id) = place {
        // It is or was a message of the room.
        let _ = find(connection, room, id)?;
    }
    // One row more than wanted is read on each side: it tells whether there is more.
    let side = |condition: &str, max: u32| {
        let condition = format!("room_id = ?1 AND removed_at_ms IS NULL AND messages.id {condition} LIMIT ?3");
        let found = stored(connection, &condition, (room, at, max + 1))?;
        let mut side: Vec<_> = found.into_iter().flatten().collect();
        let has_more = side.len() > max as usize;
        side.truncate(max as usize);
        Ok::<_, rusqlite::Error>((side, has_more))
    };
    let (mut all, has_older) = side("< ?2 ORDER BY messages.id DESC", older_max)?;
    let (newer, has_newer) = side(">= ?2 ORDER BY messages.id", newer_max)?;
    all.reverse();
    all.extend(newer);
    let has_older = has_older || matches!(place, Place::After(_));
    let has_newer = has_newer || matches!(place, Place::Before(_));
    Ok(Window { messages: all, has_older, has_newer, revision })
}

/// What somebody wrote, in every room, up to a message, oldest first. Reads only; at most `limit` messages.
pub fn page_of_creator(
    connection: &Connection, creator: UserId, through: MessageId, limit: u32,
) -> Result<Vec<Arc<Message>>> {
    let condition = "creator_id = ?1 AND messages.id <= ?2 AND removed_at_ms IS NULL ORDER BY messages.id LIMIT ?3";
    Ok(stored(connection, condition, (creator, through, limit))?.into_iter().flatten().collect())
}

/// Messages by id, wherever they are, in the order of the ids; those that are gone are left out. Reads only, one row for each.
pub fn listed(connection: &Connection, ids: &[MessageId]) -> Result<Vec<Arc<Message>>> {
    let found = stored(connection, "messages.id IN (SELECT value FROM json_each(?1))", [array(ids)])?;
    let mut messages: Vec<Arc<Message>> = found.into_iter().flatten().collect();
    messages.sort_by_key(|message| ids.iter().position(|id| *id == message.id));
    Ok(messages)
}

/// What changed in a room after the revision `after`, in revision order. Reads only; at most `limit` changes. A message that was
/// created past `known`, up to which the page has all of them, comes whole; others, as an update or as gone.
pub fn changes_after(
    connection: &Connection, room: RoomId, after: Revision, known: Revision, limit: u32,
) -> Result<Vec<Change>> {
    let change = |stored: Stored| match stored {
        Err(tombstone) => Change::Removed(tombstone),
        Ok(message) if message.created_revision > known => Change::Created(message),
        Ok(message) => Change::Updated(message),
    };
    let condition = "room_id = ?1 AND revision > ?2 ORDER BY revision LIMIT ?3";
    Ok(stored(connection, condition, (room, after, limit))?.into_iter().map(change).collect())
}

from_row!(Version { source, html, written_at_ms });

/// Keeps what a message says now; of more than [`VERSIONS_MAX`], the oldest go. Writes `message_versions`.
fn insert_version(tx: &Tx<'_>, message: MessageId) -> Result<()> {
    let sql = "INSERT INTO message_versions (message_id, source, body_html, written_at_ms)
               SELECT id, source, body_html, coalesce(edited_at_ms, created_at_ms) FROM messages WHERE id = ?1";
    run(tx, sql, [message])?;
    let sql = "DELETE FROM message_versions WHERE message_id = ?1 AND id NOT IN
                 (SELECT id FROM message_versions WHERE message_id = ?1 ORDER BY id DESC LIMIT ?2)";
    run(tx, sql, (message, VERSIONS_MAX))
}

/// What a message said before, newest first. Reads only; at most [`VERSIONS_MAX`].
pub fn versions(connection: &Connection, message: MessageId) -> Result<Vec<Version>> {
    let sql = "SELECT source, body_html, written_at_ms FROM message_versions WHERE message_id = ?1
               ORDER BY id DESC LIMIT ?2";
    let mut versions: Vec<Version> = all(connection, sql, (message, VERSIONS_MAX))?;
    let names = super::mentions::names(connection, versions.iter().map(|version| version.source.as_str()))?;
    for version in &mut versions {
        version.source = crate::domain::mentions::in_source(&version.source, &names);
        version.html = version.html.with_names(&names);
    }
    Ok(versions)
}
