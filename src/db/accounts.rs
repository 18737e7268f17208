//! The account: exactly one row, or none before the first run.

use super::Tx;
use crate::domain::secrets::JoinCode;
use crate::domain::text::Name;
use rusqlite::{Connection, OptionalExtension, Result};

/// The account.
#[derive(Debug, Clone)]
pub struct Account {
    /// What it is called.
    pub name: String,
    /// The secret part of the invite link.
    pub join_code: String,
}

/// The account, if the first run has happened. Reads only.
pub fn account(connection: &Connection) -> Result<Option<Account>> {
    connection
        .prepare_cached("SELECT name, join_code FROM accounts WHERE id = 1")?
        .query_row([], |row| Ok(Account { name: row.get(0)?, join_code: row.get(1)? }))
        .optional()
}

/// Makes the account unless there is one; tells whether it did. Writes `accounts`.
pub fn insert(tx: &Tx<'_>, name: &Name, join_code: &JoinCode) -> Result<bool> {
    let sql = "INSERT INTO accounts (id, name, join_code, created_at_ms, updated_at_ms)
               VALUES (1, ?1, ?2, ?3, ?3) ON CONFLICT DO NOTHING";
    Ok(tx.prepare_cached(sql)?.execute((name.as_str(), join_code.as_str(), tx.now_ms()))? == 1)
}
