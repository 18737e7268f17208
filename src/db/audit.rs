//! The audit log: one line for each administrative act, written with the act itself.

use super::prelude::*;

/// Who acts, and from where.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Who asks, and by which session; none: whoever may write in the storage, by the command line.
    pub viewer: Option<Viewer>,
    /// The address they act from; empty when it is not known.
    pub ip_address: String,
}

impl Actor {
    /// Whoever may write in the storage.
    pub const COMMAND_LINE: Self = Self { viewer: None, ip_address: String::new() };

    /// The person; none for the command line.
    pub fn id(&self) -> Option<UserId> {
        self.viewer.as_ref().map(|viewer| viewer.user.id)
    }
}

/// A line of the log.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    /// Its number; a larger one was written later.
    pub id: i64,
    pub at_ms: i64,
    /// Who, by the name they had.
    pub actor_name: String,
    pub act: Act,
    /// Whom or what it was done to; may be empty.
    pub subject_name: String,
    /// More about it; may be empty.
    pub detail: String,
    /// From where; empty when it is not known.
    pub ip_address: String,
}

from_row!(AuditEntry { id, at_ms, actor_name, act, subject_name, detail, ip_address });

/// Lines on a page.
pub const PAGE_LEN: u32 = 100;

queries! {
    /// Adds a line, with the name that the actor has now. Writes `audit_entries`.
    pub fn insert(tx: &Tx<'_>, actor: &Actor, act: Act, subject: &str, detail: &str) -> Result<()> =
        run(tx.now_ms(), actor.id(), act, subject, detail, &actor.ip_address):
        "INSERT INTO audit_entries (at_ms, actor_id, actor_name, action, subject_name, detail, ip_address)
         VALUES (?1, ?2, coalesce((SELECT name FROM users WHERE id = ?2), 'command line'), ?3, ?4, ?5, ?6)";

    /// The newest lines before a number. Reads only; at most [`PAGE_LEN`] + 1, the last of which tells of more.
    pub fn page(connection: &Connection, before: i64) -> Result<Vec<AuditEntry>> = all(before, PAGE_LEN + 1):
        "SELECT id, at_ms, actor_name, action, subject_name, detail, ip_address FROM audit_entries
         WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
}
