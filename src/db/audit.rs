//! The audit log: one line for each administrative act, written with the act itself.

use super::Tx;
use crate::domain::audit::Act;
use crate::domain::clock::{iso, utc_label};
use crate::domain::ids::UserId;
use rusqlite::{Connection, Result};

/// Who acts, and from where.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The administrator; none for the command line.
    pub id: Option<UserId>,
    /// Their name as it is now.
    pub name: String,
    /// The address they act from; empty when it is not known.
    pub ip_address: String,
}

/// A line of the log.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    /// Its number; a larger one was written later.
    pub id: i64,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Who, by the name they had.
    pub actor_name: String,
    /// What.
    pub act: Act,
    /// Whom or what it was done to; may be empty.
    pub subject_name: String,
    /// More about it; may be empty.
    pub detail: String,
    /// From where; empty when it is not known.
    pub ip_address: String,
}

impl AuditEntry {
    /// When, for programs.
    pub fn at(&self) -> String {
        iso(self.at_ms)
    }

    /// When, for people.
    pub fn at_label(&self) -> String {
        utc_label(self.at_ms)
    }
}

/// Lines on a page.
pub const PAGE_LEN: u32 = 100;

/// Adds a line. Writes `audit_entries`.
pub fn insert(tx: &Tx<'_>, actor: &Actor, act: Act, subject: &str, detail: &str) -> Result<()> {
    let sql = "INSERT INTO audit_entries (at_ms, actor_id, actor_name, action, subject_name, detail, ip_address)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = (tx.now_ms(), actor.id, &actor.name, act, subject, detail, &actor.ip_address);
    tx.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// The newest lines before a number. Reads only; at most [`PAGE_LEN`] + 1, the last of which tells that there is more.
pub fn page(connection: &Connection, before: i64) -> Result<Vec<AuditEntry>> {
    let sql = "SELECT id, at_ms, actor_name, action, subject_name, detail, ip_address FROM audit_entries
               WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let entries = statement.query_map((before, PAGE_LEN + 1), |row| {
        Ok(AuditEntry {
            id: row.get(0)?,
            at_ms: row.get(1)?,
            actor_name: row.get(2)?,
            act: row.get(3)?,
            subject_name: row.get(4)?,
            detail: row.get(5)?,
            ip_address: row.get(6)?,
        })
    })?;
    entries.collect()
}
