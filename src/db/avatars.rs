//! Pictures of people, in the size in which they are shown.

use super::Tx;
use super::query::{change, maybe, run};
use crate::domain::UserId;
use rusqlite::{Connection, Result};

/// Somebody's picture, WebP, if they have one. Reads only.
pub fn find(connection: &Connection, user: UserId) -> Result<Option<Vec<u8>>> {
    let sql = "SELECT webp FROM avatars WHERE user_id = ?1";
    maybe(connection, sql, [user])
}

/// Puts somebody's picture in place of what was there. Writes `avatars`.
pub fn put(tx: &Tx<'_>, user: UserId, webp: &[u8]) -> Result<()> {
    let sql = "INSERT INTO avatars (user_id, webp) VALUES (?1, ?2)
               ON CONFLICT (user_id) DO UPDATE SET webp = excluded.webp";
    run(tx, sql, (user, webp))
}

/// Removes somebody's picture; tells whether there was one. Writes `avatars`.
pub fn delete(tx: &Tx<'_>, user: UserId) -> Result<bool> {
    Ok(change(tx, "DELETE FROM avatars WHERE user_id = ?1", [user])? == 1)
}
