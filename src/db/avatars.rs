//! Pictures of people, in the size in which they are shown.

use super::Tx;
use crate::domain::ids::UserId;
use rusqlite::{Connection, OptionalExtension, Result};

/// Somebody's picture, WebP, if they have one. Reads only.
pub fn find(connection: &Connection, user: UserId) -> Result<Option<Vec<u8>>> {
    let sql = "SELECT webp FROM avatars WHERE user_id = ?1";
    connection.prepare_cached(sql)?.query_row([user], |row| row.get(0)).optional()
}

/// Puts somebody's picture in place of what was there. Writes `avatars`.
pub fn put(tx: &Tx<'_>, user: UserId, webp: &[u8]) -> Result<()> {
    let sql = "INSERT INTO avatars (user_id, webp) VALUES (?1, ?2)
               ON CONFLICT (user_id) DO UPDATE SET webp = excluded.webp";
    tx.prepare_cached(sql)?.execute((user, webp))?;
    Ok(())
}

/// Removes somebody's picture; tells whether there was one. Writes `avatars`.
pub fn delete(tx: &Tx<'_>, user: UserId) -> Result<bool> {
    Ok(tx.prepare_cached("DELETE FROM avatars WHERE user_id = ?1")?.execute([user])? == 1)
}
