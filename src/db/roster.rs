//! The people of the account as a list, and what administrators change of them. Bots are not among them.
//!
//! Invariant: whoever was removed is in no list.

use super::prelude::*;

/// People on a page.
pub const PAGE_LEN: u32 = 100;

/// Which people are listed.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// A part of their name; for administrators, of their e-mail address too. Empty: everyone.
    pub query: String,
    /// Whether an administrator looks, who also sees who is banned.
    pub for_administrator: bool,
}

/// ?1 is the query as names are sorted by, ?2 as it was typed, ?3 whether an administrator looks.
const LISTED: &str = "role <> 'bot' AND (status = 'active' OR (?3 AND status = 'banned'))
    AND (instr(name_key, ?1) > 0 OR instr(lower(name), lower(?2)) > 0
      OR (?3 AND instr(email_address, lower(?2)) > 0))";

queries! {
    /// How many people a filter lets through. Reads only; looks at everyone.
    pub fn count(connection: &Connection, filter: &Filter) -> Result<i64> =
        one(name_key(&filter.query), &filter.query, filter.for_administrator):
        format!("SELECT count(*) FROM users WHERE {LISTED}");

    /// A person by id, unless they were removed. Reads only.
    pub fn find(connection: &Connection, id: UserId) -> Result<Option<User>> = maybe:
        format!("SELECT {USER} FROM users WHERE id = ?1 AND status <> 'deactivated' AND role <> 'bot'");

    /// An active person by address. Reads only.
    pub fn by_address(connection: &Connection, address: &EmailAddress) -> Result<Option<User>> = maybe:
        format!("SELECT {USER} FROM users WHERE email_address = ?1 AND status = 'active' AND role <> 'bot'");

    /// Gives somebody another role. Writes `users`.
    pub fn update_role(tx: &Tx<'_>, id: UserId, role: Role) -> Result<()> = run(id, role, tx.now_ms()):
        "UPDATE users SET role = ?2, updated_at_ms = ?3 WHERE id = ?1";

    /// Gives somebody another status. Writes `users`.
    pub fn update_status(tx: &Tx<'_>, id: UserId, status: Status) -> Result<()> = run(id, status, tx.now_ms()):
        "UPDATE users SET status = ?2, updated_at_ms = ?3 WHERE id = ?1";
}

/// The people after somebody, administrators first, then members, each by name. Reads only; at most [`PAGE_LEN`] + 1, the last of
/// whom tells that there are more. After somebody unknown is an error: not found.
pub fn page(connection: &Connection, filter: &Filter, after: Option<UserId>) -> Result<Vec<User>> {
    let place = "SELECT role, name_key, id FROM users WHERE id = ?1";
    let (role, key, id) = match after {
        Some(id) => one::<(String, String, i64)>(connection, place, [id])?,
        None => Default::default(),
    };
    // 'administrator' sorts before 'member'.
    let sql = format!(
        "SELECT {USER} FROM users WHERE {LISTED} AND (role, name_key, id) > (?4, ?5, ?6)
         ORDER BY role, name_key, id LIMIT ?7"
    );
    let (folded, typed) = (name_key(&filter.query), &filter.query);
    let values = (folded, typed, filter.for_administrator, role, key, id, PAGE_LEN + 1);
    all(connection, &sql, values)
}

/// Makes sure, inside a write, that somebody else runs the account too, so that this one may cease to. Reads one row.
pub fn demand_another_administrator(tx: &Tx<'_>, than: UserId) -> Result<(), AppError> {
    let sql = "SELECT 1 FROM users WHERE role = 'administrator' AND status = 'active' AND id <> ?1 LIMIT 1";
    let last = AppError::Conflict("This is the last administrator. Make somebody else an administrator first.");
    if exists(tx, sql, [than])? { Ok(()) } else { Err(last) }
}

/// Ends every way in that somebody has: sessions, and links to sign in elsewhere. Writes `sessions` and `transfers`.
pub fn delete_ways_in(tx: &Tx<'_>, id: UserId) -> Result<()> {
    run(tx, "DELETE FROM sessions WHERE user_id = ?1", [id])?;
    super::transfers::delete_of(tx, id)
}

/// Takes somebody off the account: out of every room but the direct ones, their address free for others. What they wrote stays.
/// Writes `users`, `sessions`, `transfers`, `searches` and `memberships`, a row for each.
pub fn deactivate(tx: &Tx<'_>, id: UserId) -> Result<()> {
    delete_ways_in(tx, id)?;
    super::search::delete_recent(tx, id)?;
    let sql = "DELETE FROM memberships WHERE user_id = ?1
                 AND (SELECT kind FROM rooms WHERE rooms.id = memberships.room_id) <> 'direct'";
    run(tx, sql, [id])?;
    let sql = "UPDATE users SET status = 'deactivated', email_address = NULL, password_hash = NULL, updated_at_ms = ?2
               WHERE id = ?1";
    run(tx, sql, (id, tx.now_ms()))
}
