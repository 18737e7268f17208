//! Previews of messages' links.

use super::prelude::*;

impl FromRow for Option<Preview> {
    /// From columns that are all empty where there is none.
    fn from_row(row: &mut Columns<'_>) -> Result<Self> {
        let (url, title, description): (Option<String>, Option<String>, Option<String>) = row.read()?;
        let (width, height, revision): (Option<u32>, Option<u32>, Option<i64>) = row.read()?;
        let (image_size, revision) = ((width.unwrap_or(0), height.unwrap_or(0)), revision.unwrap_or(0));
        let (Some(url), Some(title), Some(description)) = (url, title, description) else { return Ok(None) };
        Ok(Some(Preview { url, title, description, image_size, revision }))
    }
}

/// Makes sure that the account shows previews and the message has none, not even a removed one; else `NotFound`. Reads only.
pub fn demand_wanted(connection: &Connection, message: MessageId) -> Result<()> {
    let sql =
        "SELECT 1 FROM accounts WHERE shows_previews AND NOT EXISTS (SELECT 1 FROM previews WHERE message_id = ?1)";
    if exists(connection, sql, [message])? { Ok(()) } else { Err(rusqlite::Error::QueryReturnedNoRows) }
}

/// Gives a message its preview, of the revision that it takes next. Writes `previews`.
pub fn insert(tx: &Tx<'_>, message: MessageId, preview: &Preview, image: Option<&[u8]>) -> Result<()> {
    let sql =
        "INSERT INTO previews (message_id, url, title, description, image_width, image_height, brought_by, image_webp)
               SELECT ?1, ?2, ?3, ?4, ?5, ?6, value + 1, ?7 FROM counters WHERE name = 'revision'";
    let Preview { url, title, description, image_size: (width, height), .. } = preview;
    run(tx, sql, (message, url, title, description, width, height, image))
}

queries! {
    /// Erases a message's preview; what stays keeps another from being made. Writes `previews`.
    pub fn remove(tx: &Tx<'_>, message: MessageId) -> Result<()> = run:
        "UPDATE previews SET is_removed = 1, url = '', title = '', description = '', image_width = 0,
         image_height = 0, image_webp = NULL WHERE message_id = ?1";

    /// Drops a message's preview unless it is of this link: it has another now. Writes `previews`.
    pub fn drop_of_other_link(tx: &Tx<'_>, message: MessageId, link: Option<&str>) -> Result<()> = run:
        "DELETE FROM previews WHERE message_id = ?1 AND url IS NOT ?2 AND NOT is_removed";

    /// The picture of a message's preview, WebP. Reads only.
    pub fn image(connection: &Connection, room: RoomId, message: MessageId) -> Result<Vec<u8>> = one:
        "SELECT image_webp FROM previews JOIN messages ON messages.id = message_id
         WHERE message_id = ?2 AND room_id = ?1 AND image_webp IS NOT NULL";
}
