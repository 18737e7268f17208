//! Bans: addresses that are kept out, and what somebody banned wrote, which goes in batches.

use super::prelude::*;
use crate::domain::addresses::bannable;
use std::net::IpAddr;

/// Addresses kept out for one person, the last ones they came from: a phone changes its own daily.
pub const PER_PERSON_MAX: u32 = 100;
/// Addresses kept out in all: at fifty bytes each in memory, five megabytes.
pub const ADDRESSES_MAX: u32 = 100_000;

/// Every address that is kept out. Reads only; at most [`ADDRESSES_MAX`], the newest bans first.
pub fn addresses(connection: &Connection) -> Result<Vec<IpAddr>> {
    let sql = "SELECT ip_address FROM bans ORDER BY created_at_ms DESC LIMIT ?1";
    let texts: Vec<String> = all(connection, sql, [ADDRESSES_MAX])?;
    Ok(texts.iter().filter_map(|text| text.parse().ok()).collect())
}

/// The distinct addresses that somebody's sessions come from, the last used first. Reads only; at most [`PER_PERSON_MAX`].
pub fn addresses_of_sessions(connection: &Connection, id: UserId) -> Result<Vec<IpAddr>> {
    let sql = "SELECT ip_address FROM sessions WHERE user_id = ?1
               GROUP BY ip_address ORDER BY max(last_used_at_ms) DESC LIMIT ?2";
    let texts: Vec<String> = all(connection, sql, (id, PER_PERSON_MAX))?;
    Ok(texts.iter().filter_map(|text| bannable(text)).collect())
}

queries! {
    /// Keeps an address out on somebody's account. Writes `bans`.
    pub fn insert(tx: &Tx<'_>, id: UserId, address: IpAddr) -> Result<()> = run(id, address.to_string(), tx.now_ms()):
        "INSERT INTO bans (user_id, ip_address, created_at_ms) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";

    /// Says that all somebody has written so far is to be removed. Writes `users`.
    pub fn start_purge(tx: &Tx<'_>, id: UserId) -> Result<()> = run:
        "UPDATE users SET purge_through_id = (SELECT max(id) FROM messages) WHERE id = ?1";

    /// Somebody whose messages are to be removed, and up to which. Reads only.
    pub fn next_purge(connection: &Connection) -> Result<Option<(UserId, MessageId)>> = maybe:
        "SELECT id, purge_through_id FROM users WHERE purge_through_id IS NOT NULL ORDER BY id LIMIT 1";

    /// Says that nothing of somebody's is left to be removed. Writes `users`.
    pub fn end_purge(tx: &Tx<'_>, id: UserId) -> Result<()> = run:
        "UPDATE users SET purge_through_id = NULL WHERE id = ?1";
}

/// Lets in what was kept out on somebody's account; tells what nobody else keeps out. Writes `bans`; looks at all of them.
pub fn delete(tx: &Tx<'_>, id: UserId) -> Result<Vec<IpAddr>> {
    let sql = "SELECT ip_address FROM bans WHERE user_id = ?1
                 AND ip_address NOT IN (SELECT ip_address FROM bans WHERE user_id <> ?1)";
    let free: Vec<String> = all(tx, sql, [id])?;
    run(tx, "DELETE FROM bans WHERE user_id = ?1", [id])?;
    Ok(free.iter().filter_map(|text| text.parse().ok()).collect())
}
