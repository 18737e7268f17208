//! What people looked for lately.

use super::prelude::*;

/// Recent searches that are kept of each person.
const RECENT_MAX: u32 = 10;

queries! {
    /// What somebody looked for, latest first. Reads only; at most `RECENT_MAX`.
    pub fn recent(connection: &Connection, user: UserId) -> Result<Vec<String>> = all(user, RECENT_MAX):
        "SELECT query FROM searches WHERE user_id = ?1 ORDER BY searched_at_ms DESC, query DESC LIMIT ?2";

    /// Notes that somebody looked for something, now. Writes `searches`.
    pub fn insert(tx: &Tx<'_>, user: UserId, query: &str) -> Result<()> = run(user, query, tx.now_ms()):
        "INSERT INTO searches (user_id, query, searched_at_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET searched_at_ms = excluded.searched_at_ms";

    /// Forgets all but the latest `RECENT_MAX`. Writes `searches`.
    pub fn cut(tx: &Tx<'_>, user: UserId) -> Result<()> = run(user, RECENT_MAX):
        "DELETE FROM searches WHERE user_id = ?1 AND query NOT IN
           (SELECT query FROM searches WHERE user_id = ?1 ORDER BY searched_at_ms DESC, query DESC LIMIT ?2)";

    /// Forgets what somebody looked for. Writes `searches`.
    pub fn delete(tx: &Tx<'_>, user: UserId) -> Result<()> = run: "DELETE FROM searches WHERE user_id = ?1";
}
