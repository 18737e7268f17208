//! Transfers: links that sign somebody in on another device, once, by the hash of their token.

use super::prelude::*;

queries! {
    /// Adds a link. Writes `transfers`.
    pub fn insert(tx: &Tx<'_>, user: UserId, token: &TokenHash, expires_at_ms: i64) -> Result<()> =
        run(user, token, tx.now_ms(), expires_at_ms):
        "INSERT INTO transfers (user_id, token_hash, created_at_ms, expires_at_ms) VALUES (?1, ?2, ?3, ?4)";

    /// Drops all of somebody's links but the newest `keep`. Writes `transfers`.
    pub fn delete_older(tx: &Tx<'_>, user: UserId, keep: u32) -> Result<()> = run:
        "DELETE FROM transfers WHERE user_id = ?1 AND id NOT IN
         (SELECT id FROM transfers WHERE user_id = ?1 ORDER BY id DESC LIMIT ?2)";

    /// Drops all of somebody's links: a way in that was closed must not be opened by one made before. Writes `transfers`.
    pub fn delete_of(tx: &Tx<'_>, user: UserId) -> Result<()> = run: "DELETE FROM transfers WHERE user_id = ?1";

    /// Drops at most `limit` links that are too old. Writes `transfers`.
    pub fn delete_expired(tx: &Tx<'_>, limit: u32) -> Result<usize> = change(tx.now_ms(), limit):
        "DELETE FROM transfers WHERE id IN
         (SELECT id FROM transfers WHERE expires_at_ms <= ?1 ORDER BY id LIMIT ?2)";

    /// Uses a link up that is still good; whose it was. Writes `transfers`: of any number at once, one gets it.
    pub fn take(tx: &Tx<'_>, token: &TokenHash) -> Result<Option<UserId>> = maybe(token, tx.now_ms()):
        "DELETE FROM transfers WHERE token_hash = ?1 AND expires_at_ms > ?2 RETURNING user_id";
}
