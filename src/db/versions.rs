//! What messages said before they were edited.

use super::Tx;
use super::query::{all, from_row, run};
use crate::domain::ids::MessageId;
use crate::domain::messages::{Message, VERSIONS_MAX, Version};
use rusqlite::{Connection, Result};

from_row!(Version { source, html, written_at_ms });

/// Keeps what a message says now; of more than [`VERSIONS_MAX`], the oldest go. Writes `message_versions`.
pub(super) fn insert(tx: &Tx<'_>, message: &Message) -> Result<()> {
    let sql = "INSERT INTO message_versions (message_id, source, body_html, written_at_ms) VALUES (?1, ?2, ?3, ?4)";
    let written_at_ms = message.edited_at_ms.unwrap_or(message.created_at_ms);
    let body = &message.body;
    run(tx, sql, (message.id, &body.source, &body.html, written_at_ms))?;
    let sql = "DELETE FROM message_versions WHERE message_id = ?1 AND id NOT IN
                 (SELECT id FROM message_versions WHERE message_id = ?1 ORDER BY id DESC LIMIT ?2)";
    run(tx, sql, (message.id, VERSIONS_MAX))
}

/// What a message said before, newest first. Reads only; at most [`VERSIONS_MAX`].
pub fn page(connection: &Connection, message: MessageId) -> Result<Vec<Version>> {
    let sql = "SELECT source, body_html, written_at_ms FROM message_versions WHERE message_id = ?1
               ORDER BY id DESC LIMIT ?2";
    all(connection, sql, (message, VERSIONS_MAX))
}
