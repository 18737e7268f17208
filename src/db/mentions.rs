//! Mentions: who is meant by a name, who is called by which message, and the names of those whom messages refer to.

use super::prelude::*;
use std::collections::BTreeSet;

/// Namesakes that are looked at; among more, nobody can be told apart anyway.
const NAMESAKES_MAX: u32 = 50;

/// The names of everybody to whom there are references in these texts. Reads only, in one query, or none where nobody is mentioned.
pub(super) fn names<'t>(connection: &Connection, texts: impl Iterator<Item = &'t str>) -> Result<Names> {
    let ids: BTreeSet<UserId> = texts.flat_map(referenced).collect();
    if ids.is_empty() {
        return Ok(Names::new());
    }
    let sql = "SELECT id, name FROM users WHERE id IN (SELECT value FROM json_each(?1))";
    Ok(all(connection, sql, [array(&ids)])?.into_iter().collect())
}

/// Puts names in place of references. Reads only, at most one query.
pub fn put_names(connection: &Connection, bodies: Vec<&mut Body>) -> Result<()> {
    let names = names(connection, bodies.iter().map(|body| body.source.as_str()))?;
    bodies.into_iter().for_each(|body| body.put_names(&names));
    Ok(())
}

/// Who is mentioned where, in a message of `creator` in a room. Those whom the message `edited` mentions keep their references where
/// others have their name. Reads only, a few rows by their index for each spot.
pub fn find(
    connection: &Connection, room: RoomId, creator: UserId, edited: Option<MessageId>, spots: &[Spot<'_>],
) -> Result<Vec<Found>> {
    let sql = "SELECT role = 'administrator', (SELECT source FROM messages WHERE id = ?2) FROM users WHERE id = ?1";
    let (may_call_all, before): (bool, Option<String>) = one(connection, sql, (creator, edited))?;
    let known: BTreeSet<UserId> = before.iter().flat_map(|source| referenced(source)).collect();
    let mut found = Vec::new();
    for spot in spots {
        let mut meant = spot.everyone().filter(|_| may_call_all).map(|end| (EVERYONE, end));
        // The longest name that somebody has, or the shortest as a first name.
        let exact = spot.names.iter().map(|(name, end)| (*name, *end, false));
        let first = spot.names.last().filter(|_| !spot.is_bracketed).map(|(name, end)| (*name, *end, true));
        for (name, end, is_first) in exact.chain(first) {
            if meant.is_none() {
                meant = only(connection, room, &known, name, is_first)?.map(|id| (id, end));
            }
        }
        found.extend(meant.map(|(id, end)| (spot.start..end, id.0)));
    }
    Ok(found)
}

/// Who has a name (or first name), in the room, else in the account. Of namesakes, who was mentioned before or is spelled just so.
fn only(
    connection: &Connection, room: RoomId, known: &BTreeSet<UserId>, name: &str, is_first: bool,
) -> Result<Option<UserId>> {
    let sql = "SELECT id, name, (status = 'active')
                 * (1 + EXISTS (SELECT 1 FROM memberships WHERE room_id = ?1 AND user_id = id)) FROM users
               WHERE role IN ('member', 'administrator', 'bot') AND name_key BETWEEN ?2 AND ?3 LIMIT ?4";
    let key = name_key(name);
    let (least, most) = if is_first { (format!("{key} "), format!("{key}!")) } else { (key.clone(), key) };
    let mut people: Vec<(UserId, String, i64)> = all(connection, sql, (room, least, most, NAMESAKES_MAX))?;
    if let Some((id, ..)) = people.iter().find(|(id, ..)| known.contains(id)) {
        return Ok(Some(*id));
    }
    // 2: in the room, 1: in the account, 0: in neither any more.
    let nearest = people.iter().map(|(.., near)| *near).max();
    people.retain(|(.., near)| *near > 0 && Some(*near) == nearest);
    if people.len() > 1 {
        people.retain(|(_, exact, ..)| exact == name);
    }
    Ok(people.first().filter(|_| people.len() == 1).map(|(id, ..)| *id))
}

/// Notes whom a message calls: those in its room besides its author; everyone only when an administrator wrote it. Writes `mentions`.
pub(super) fn insert(tx: &Tx<'_>, message: MessageId, called: &[UserId]) -> Result<()> {
    if called.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO mentions (room_id, user_id, message_id)
               SELECT messages.room_id, value, messages.id FROM json_each(?2) JOIN messages ON messages.id = ?1
               WHERE value <> creator_id AND CASE WHEN value = 0
                 THEN EXISTS (SELECT 1 FROM users WHERE id = creator_id AND role = 'administrator')
                 ELSE EXISTS (SELECT 1 FROM memberships WHERE room_id = messages.room_id AND user_id = value) END";
    run(tx, sql, (message, array(called)))
}

queries! {
    /// Forgets whom a message calls. Writes `mentions`.
    pub(super) fn delete(tx: &Tx<'_>, message: MessageId) -> Result<()> = run:
        "DELETE FROM mentions WHERE message_id = ?1";

    /// Whether a message of a room after `after` calls somebody. Reads only: an entry of the index, and calls to everyone.
    pub fn is_called(connection: &Connection, room: RoomId, user: UserId, after: MessageId) -> Result<bool> = one:
        "SELECT EXISTS (SELECT 1 FROM mentions WHERE room_id = ?1 AND user_id = ?2 AND message_id > ?3)
         OR EXISTS (SELECT 1 FROM mentions JOIN messages ON messages.id = message_id
           WHERE mentions.room_id = ?1 AND user_id = 0 AND message_id > ?3 AND creator_id <> ?2)";
}
