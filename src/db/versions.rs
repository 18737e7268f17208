//! What messages said before they were edited.

use super::prelude::*;

from_row!(Version { source, html, written_at_ms });

/// Keeps what a message says now; of more than [`VERSIONS_MAX`], the oldest go. Writes `message_versions`.
pub(super) fn insert(tx: &Tx<'_>, message: MessageId) -> Result<()> {
    let sql = "INSERT INTO message_versions (message_id, source, body_html, written_at_ms)
               SELECT id, source, body_html, coalesce(edited_at_ms, created_at_ms) FROM messages WHERE id = ?1";
    run(tx, sql, [message])?;
    let sql = "DELETE FROM message_versions WHERE message_id = ?1 AND id NOT IN
                 (SELECT id FROM message_versions WHERE message_id = ?1 ORDER BY id DESC LIMIT ?2)";
    run(tx, sql, (message, VERSIONS_MAX))
}

/// What a message said before, newest first. Reads only; at most [`VERSIONS_MAX`].
pub fn page(connection: &Connection, message: MessageId) -> Result<Vec<Version>> {
    let sql = "SELECT source, body_html, written_at_ms FROM message_versions WHERE message_id = ?1
               ORDER BY id DESC LIMIT ?2";
    let mut versions: Vec<Version> = all(connection, sql, (message, VERSIONS_MAX))?;
    let names = super::mentions::names(connection, versions.iter().map(|version| version.source.as_str()))?;
    for version in &mut versions {
        version.source = mentions::in_source(&version.source, &names);
        version.html = version.html.with_names(&names);
    }
    Ok(versions)
}
