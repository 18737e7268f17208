//! Bans: addresses that are kept out, and what somebody banned wrote, which goes in batches.

use super::Tx;
use crate::domain::bans::bannable;
use crate::domain::ids::{MessageId, UserId};
use rusqlite::{Connection, OptionalExtension, Result};
use std::net::IpAddr;

/// Addresses kept out for one person, the last ones they came from: a phone changes its own daily.
pub const PER_PERSON_MAX: u32 = 100;
/// Addresses kept out in all: at fifty bytes each in memory, five megabytes.
pub const ADDRESSES_MAX: u32 = 100_000;

/// Every address that is kept out. Reads only; at most [`ADDRESSES_MAX`], the newest bans first.
pub fn addresses(connection: &Connection) -> Result<Vec<IpAddr>> {
    let sql = "SELECT ip_address FROM bans ORDER BY created_at_ms DESC LIMIT ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let texts = statement.query_map([ADDRESSES_MAX], |row| row.get::<_, String>(0))?;
    let texts = texts.collect::<Result<Vec<_>>>()?;
    Ok(texts.iter().filter_map(|text| text.parse().ok()).collect())
}

/// The distinct addresses that somebody's sessions come from, the last used first. Reads only; at most [`PER_PERSON_MAX`].
pub fn addresses_of_sessions(connection: &Connection, id: UserId) -> Result<Vec<IpAddr>> {
    let sql = "SELECT ip_address FROM sessions WHERE user_id = ?1
               GROUP BY ip_address ORDER BY max(last_used_at_ms) DESC LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let texts = statement.query_map((id, PER_PERSON_MAX), |row| row.get::<_, String>(0))?;
    let texts = texts.collect::<Result<Vec<_>>>()?;
    Ok(texts.iter().filter_map(|text| bannable(text)).collect())
}

/// Keeps an address out on somebody's account. Writes `bans`.
pub fn insert(tx: &Tx<'_>, id: UserId, address: IpAddr) -> Result<()> {
    let sql = "INSERT INTO bans (user_id, ip_address, created_at_ms) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    tx.prepare_cached(sql)?.execute((id, address.to_string(), tx.now_ms()))?;
    Ok(())
}

/// Lets in what was kept out on somebody's account, and tells which addresses nobody else is the reason for. Writes `bans`; looks at
/// every ban once.
pub fn delete(tx: &Tx<'_>, id: UserId) -> Result<Vec<IpAddr>> {
    let sql = "SELECT ip_address FROM bans WHERE user_id = ?1
                 AND ip_address NOT IN (SELECT ip_address FROM bans WHERE user_id <> ?1)";
    let mut statement = tx.prepare_cached(sql)?;
    let free = statement.query_map([id], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>>>()?;
    tx.prepare_cached("DELETE FROM bans WHERE user_id = ?1")?.execute([id])?;
    Ok(free.iter().filter_map(|text| text.parse().ok()).collect())
}

/// Says that all somebody has written so far is to be removed. Writes `users`.
pub fn start_purge(tx: &Tx<'_>, id: UserId) -> Result<()> {
    let sql = "UPDATE users SET purge_through_id = (SELECT max(id) FROM messages) WHERE id = ?1";
    tx.prepare_cached(sql)?.execute([id])?;
    Ok(())
}

/// Somebody whose messages are to be removed, and up to which. Reads only.
pub fn next_purge(connection: &Connection) -> Result<Option<(UserId, MessageId)>> {
    let sql = "SELECT id, purge_through_id FROM users WHERE purge_through_id IS NOT NULL ORDER BY id LIMIT 1";
    connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

/// Says that nothing of somebody's is left to be removed. Writes `users`.
pub fn end_purge(tx: &Tx<'_>, id: UserId) -> Result<()> {
    tx.prepare_cached("UPDATE users SET purge_through_id = NULL WHERE id = ?1")?.execute([id])?;
    Ok(())
}
