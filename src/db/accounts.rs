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
    /// Whether only administrators may make rooms.
    pub restricts_room_creation: bool,
    /// Whether there are custom styles.
    pub has_custom_styles: bool,
    /// Changes with the logo; none: the flame.
    pub logo_version: Option<String>,
    /// When anything of it last changed, in milliseconds since 1970: the version of the custom styles.
    pub updated_at_ms: i64,
}

/// The account, if the first run has happened. Reads only.
pub fn account(connection: &Connection) -> Result<Option<Account>> {
    connection
        .prepare_cached(
            "SELECT name, join_code, restricts_room_creation, custom_styles <> '', logo_version, updated_at_ms
             FROM accounts WHERE id = 1",
        )?
        .query_row([], |row| {
            Ok(Account {
                name: row.get(0)?,
                join_code: row.get(1)?,
                restricts_room_creation: row.get(2)?,
                has_custom_styles: row.get(3)?,
                logo_version: row.get(4)?,
                updated_at_ms: row.get(5)?,
            })
        })
        .optional()
}

/// Makes the account unless there is one; tells whether it did. Writes `accounts`.
pub fn insert(tx: &Tx<'_>, name: &Name, join_code: &JoinCode) -> Result<bool> {
    let sql = "INSERT INTO accounts (id, name, join_code, created_at_ms, updated_at_ms)
               VALUES (1, ?1, ?2, ?3, ?3) ON CONFLICT DO NOTHING";
    Ok(tx.prepare_cached(sql)?.execute((name.as_str(), join_code.as_str(), tx.now_ms()))? == 1)
}
