//! Files of messages, as far as they are rows, and the names of files that are to be deleted.
//!
//! Invariant: a row goes with its message, by whatever statement; a trigger then notes its file in `dropped_files`.

use super::prelude::*;

impl FromRow for Option<Attachment> {
    /// From columns that are all empty where there is no file.
    fn from_row(row: &mut Columns<'_>) -> Result<Self> {
        let (key, name, content_type): (Option<FileKey>, Option<String>, Option<String>) = row.read()?;
        let size_bytes = row.read::<Option<i64>>()?.map_or(0, i64::unsigned_abs);
        let dimensions = row.read::<Option<u32>>()?.zip(row.read()?);
        let has_thumbnail = row.read::<Option<bool>>()? == Some(true);
        let (Some(key), Some(name), Some(content_type)) = (key, name, content_type) else { return Ok(None) };
        Ok(Some(Attachment { key, name, content_type, size_bytes, dimensions, has_thumbnail }))
    }
}

/// Gives a new message its file. Writes `attachments`.
pub(super) fn insert(tx: &Tx<'_>, message: MessageId, file: &Attachment) -> Result<()> {
    let sql =
        "INSERT INTO attachments (message_id, file_key, name, content_type, size_bytes, width, height, has_thumbnail)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let (width, height) = file.dimensions.unzip();
    let size_bytes = i64::try_from(file.size_bytes).unwrap_or(i64::MAX);
    let values = (message, &file.key, &file.name, &file.content_type, size_bytes, width, height, file.has_thumbnail);
    run(tx, sql, values)
}

/// Which of some files no message has. Reads only, one index probe for each.
pub fn unknown(connection: &Connection, mut keys: Vec<FileKey>) -> Result<Vec<FileKey>> {
    let sql = "SELECT file_key FROM attachments WHERE file_key IN (SELECT value FROM json_each(?1))";
    let known: Vec<FileKey> = all(connection, sql, [array(keys.iter().map(|key| &key.0).collect::<Vec<_>>())])?;
    keys.retain(|key| !known.contains(key));
    Ok(keys)
}

queries! {
    /// Files whose rows are gone. Reads only; at most `limit`.
    pub fn dropped(connection: &Connection, limit: u32) -> Result<Vec<FileKey>> = all:
        "SELECT file_key FROM dropped_files LIMIT ?1";
}

/// Forgets files that are deleted. Writes `dropped_files`, a row for each.
pub fn forget(tx: &Tx<'_>, keys: &[FileKey]) -> Result<()> {
    keys.iter().try_for_each(|key| run(tx, "DELETE FROM dropped_files WHERE file_key = ?1", [key]))
}
