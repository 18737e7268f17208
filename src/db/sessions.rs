//! Sessions: who is signed in, by the hash of their token.

use super::prelude::*;

/// Where a session comes from, as shown in its owner's list.
#[derive(Debug, Clone)]
pub struct Origin {
    pub ip_address: String,
    /// What the program calls itself; at most [`USER_AGENT_MAX`] bytes.
    pub user_agent: String,
}

/// Bytes kept of a User-Agent header: enough to know the device by.
pub const USER_AGENT_MAX: usize = 512;

from_row!(Viewer { user, session_id });

/// A session in its owner's list.
#[derive(Debug, Clone)]
pub struct Listed {
    pub id: SessionId,
    pub origin: Origin,
    pub created_at_ms: i64,
    /// When its use was last written down.
    pub last_used_at_ms: i64,
}

from_row!(Origin { ip_address, user_agent });
from_row!(Listed { id, origin, created_at_ms, last_used_at_ms });

/// Sessions in a list: more than anybody has devices.
pub const LISTED_MAX: u32 = 100;

queries! {
    /// Who has a token, if it was used since `used_after_ms` and they are active; and when that was written. Reads only.
    pub fn by_token(connection: &Connection, token: &TokenHash, used_after_ms: i64) -> Result<Option<(Viewer, i64)>> =
        maybe: format!("SELECT {USER}, sessions.id, last_used_at_ms
         FROM sessions JOIN users ON users.id = sessions.user_id
         WHERE token_hash = ?1 AND last_used_at_ms > ?2 AND users.status = 'active'");

    /// Whether a session is still valid. Reads only.
    pub fn is_valid(connection: &Connection, id: SessionId, used_after_ms: i64) -> Result<bool> = exists:
        "SELECT 1 FROM sessions JOIN users ON users.id = sessions.user_id
         WHERE sessions.id = ?1 AND last_used_at_ms > ?2 AND users.status = 'active'";

    /// Somebody's valid sessions, those used last first. Reads only; at most [`LISTED_MAX`].
    pub fn of_user(connection: &Connection, user: UserId, used_after_ms: i64) -> Result<Vec<Listed>> =
        all(user, used_after_ms, LISTED_MAX):
        "SELECT id, ip_address, user_agent, created_at_ms, last_used_at_ms FROM sessions
         WHERE user_id = ?1 AND last_used_at_ms > ?2 ORDER BY last_used_at_ms DESC, id DESC LIMIT ?3";

    /// Starts a session, if the person is still active. Writes `sessions`.
    pub fn insert(tx: &Tx<'_>, user: UserId, token: &TokenHash, origin: &Origin) -> Result<Option<SessionId>> =
        maybe(user, token, &origin.ip_address, &origin.user_agent, tx.now_ms()):
        "INSERT INTO sessions (user_id, token_hash, ip_address, user_agent, created_at_ms, last_used_at_ms)
         SELECT id, ?2, ?3, ?4, ?5, ?5 FROM users WHERE id = ?1 AND status = 'active' RETURNING id";

    /// Writes down that a session was used just now, and from where. Writes `sessions`.
    pub fn update_last_used(tx: &Tx<'_>, id: SessionId, origin: &Origin) -> Result<()> =
        run(id, tx.now_ms(), &origin.ip_address, &origin.user_agent):
        "UPDATE sessions SET last_used_at_ms = ?2, ip_address = ?3, user_agent = ?4 WHERE id = ?1";

    /// Ends a session; its token is worth nothing from then on. Writes `sessions`.
    pub fn delete(tx: &Tx<'_>, id: SessionId) -> Result<()> = run: "DELETE FROM sessions WHERE id = ?1";

    /// Ends a session of somebody's; tells whether they had it. Writes `sessions`.
    pub fn delete_own(tx: &Tx<'_>, user: UserId, id: SessionId) -> Result<bool> = changed:
        "DELETE FROM sessions WHERE id = ?2 AND user_id = ?1";

    /// Ends all of somebody's sessions but one. Writes `sessions`.
    pub fn delete_others(tx: &Tx<'_>, user: UserId, keep: SessionId) -> Result<()> = run:
        "DELETE FROM sessions WHERE user_id = ?1 AND id <> ?2";

    /// Drops at most `limit` sessions that were last used before `used_before_ms`. Writes `sessions`.
    pub fn delete_expired(tx: &Tx<'_>, used_before_ms: i64, limit: u32) -> Result<usize> = change:
        "DELETE FROM sessions WHERE id IN
         (SELECT id FROM sessions WHERE last_used_at_ms <= ?1 ORDER BY id LIMIT ?2)";
}

/// Makes sure, inside a write, that the session a request came by is still there and its owner active. Reads one row.
pub fn demand(tx: &Tx<'_>, viewer: &Viewer) -> Result<(), AppError> {
    if is_valid(tx, viewer.session_id, 0)? { Ok(()) } else { Err(AppError::SignedOut) }
}
