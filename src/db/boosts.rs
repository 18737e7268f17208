//! Boosts of messages.

use super::prelude::*;
use std::collections::HashMap;

from_row!(Boost { id, content, created_at_ms, booster });

/// Reads the boosts of messages into them, in the order they were added. Reads only, in one query; each has at most [`BOOSTS_MAX`].
pub(super) fn read_into(connection: &Connection, messages: Vec<&mut Message>) -> Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let ids: Vec<MessageId> = messages.iter().map(|message| message.id).collect();
    let sql = format!(
        "SELECT message_id, boosts.id, content, boosts.created_at_ms, {AUTHOR}
         FROM boosts JOIN users ON users.id = boosts.booster_id
         WHERE message_id IN (SELECT value FROM json_each(?1)) ORDER BY message_id, boosts.id"
    );
    let mut by_message: HashMap<MessageId, Vec<Boost>> = HashMap::new();
    for (message, boost) in all(connection, &sql, [array(ids)])? {
        by_message.entry(message).or_default().push(boost);
    }
    for message in messages {
        message.boosts = by_message.remove(&message.id).unwrap_or_default();
    }
    Ok(())
}

queries! {
    /// How many boosts a message has, and how many contents among them. Reads the message's boosts, which are bounded.
    pub fn counts(connection: &Connection, message: MessageId) -> Result<(i64, i64)> = one:
        "SELECT count(*), count(DISTINCT content) FROM boosts WHERE message_id = ?1";

    /// Adds a boost unless (`None`) the person has one of this content there: UNIQUE decides. Writes `boosts`.
    pub fn insert(tx: &Tx<'_>, message: MessageId, booster: UserId, content: &BoostContent) -> Result<Option<BoostId>> =
        maybe(message, booster, content, tx.now_ms()):
        "INSERT INTO boosts (message_id, booster_id, content, created_at_ms) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (message_id, booster_id, content) DO NOTHING RETURNING id";

    /// Somebody's boost of this content; one that must be there. Reads only.
    pub fn posted_as(
        connection: &Connection, message: MessageId, booster: UserId, content: &BoostContent
    ) -> Result<BoostId> = one:
        "SELECT id FROM boosts WHERE message_id = ?1 AND booster_id = ?2 AND content = ?3";

    /// Withdraws somebody's boost of a message; tells whether it was there. Writes `boosts`.
    pub fn delete(tx: &Tx<'_>, message: MessageId, booster: UserId, id: BoostId) -> Result<bool> = changed:
        "DELETE FROM boosts WHERE id = ?3 AND message_id = ?1 AND booster_id = ?2";
}

/// Withdraws what somebody added to messages up to `through`; at most `limit` messages, which are returned. Writes `boosts`.
pub fn delete_of_booster(
    tx: &Tx<'_>, booster: UserId, through: MessageId, limit: u32,
) -> Result<Vec<(RoomId, MessageId)>> {
    let sql =
        "SELECT DISTINCT messages.room_id, messages.id FROM boosts JOIN messages ON messages.id = boosts.message_id
               WHERE booster_id = ?1 AND message_id <= ?2 LIMIT ?3";
    let messages = all(tx, sql, (booster, through, limit))?;
    for (_, message) in &messages {
        run(tx, "DELETE FROM boosts WHERE message_id = ?1 AND booster_id = ?2", (message, booster))?;
    }
    Ok(messages)
}
