//! What messages said before they were edited.

use super::Tx;
use crate::domain::ids::MessageId;
use crate::domain::messages::{Message, VERSIONS_MAX, Version};
use crate::domain::rich_text::SafeHtml;
use rusqlite::{Connection, Result};

/// Keeps what a message says now; of more than [`VERSIONS_MAX`], the oldest go. Writes `message_versions`.
pub(super) fn insert(tx: &Tx<'_>, message: &Message) -> Result<()> {
    let sql = "INSERT INTO message_versions (message_id, source, body_html, written_at_ms) VALUES (?1, ?2, ?3, ?4)";
    let written_at_ms = message.edited_at_ms.unwrap_or(message.created_at_ms);
    let body = &message.body;
    tx.prepare_cached(sql)?.execute((message.id, &body.source, body.html.as_str(), written_at_ms))?;
    let sql = "DELETE FROM message_versions WHERE message_id = ?1 AND id NOT IN
                 (SELECT id FROM message_versions WHERE message_id = ?1 ORDER BY id DESC LIMIT ?2)";
    tx.prepare_cached(sql)?.execute((message.id, VERSIONS_MAX))?;
    Ok(())
}

/// What a message said before, newest first. Reads only; at most [`VERSIONS_MAX`].
pub fn page(connection: &Connection, message: MessageId) -> Result<Vec<Version>> {
    let sql = "SELECT source, body_html, written_at_ms FROM message_versions WHERE message_id = ?1
               ORDER BY id DESC LIMIT ?2";
    let version = |row: &rusqlite::Row<'_>| {
        Ok(Version { source: row.get(0)?, html: SafeHtml::stored(row.get(1)?), written_at_ms: row.get(2)? })
    };
    connection.prepare_cached(sql)?.query_map((message, VERSIONS_MAX), version)?.collect()
}
