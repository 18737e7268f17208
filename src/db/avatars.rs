//! Pictures of people, in the size in which they are shown.

use super::prelude::*;

queries! {
    /// Somebody's picture, WebP, if they have one. Reads only.
    pub fn find(connection: &Connection, user: UserId) -> Result<Option<Vec<u8>>> = maybe:
        "SELECT webp FROM avatars WHERE user_id = ?1";

    /// Puts somebody's picture in place of what was there. Writes `avatars`.
    pub fn put(tx: &Tx<'_>, user: UserId, webp: &[u8]) -> Result<()> = run:
        "INSERT INTO avatars (user_id, webp) VALUES (?1, ?2)
         ON CONFLICT (user_id) DO UPDATE SET webp = excluded.webp";

    /// Removes somebody's picture; tells whether there was one. Writes `avatars`.
    pub fn delete(tx: &Tx<'_>, user: UserId) -> Result<bool> = changed: "DELETE FROM avatars WHERE user_id = ?1";
}
