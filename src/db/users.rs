//! People and bots.

use super::Tx;
use crate::domain::ids::UserId;
use crate::domain::people::{Role, Status, User};
use crate::domain::secrets::PasswordHash;
use crate::domain::text::{EmailAddress, Name};
use crate::error::AppError;
use rusqlite::{Connection, OptionalExtension, Result, Row};

/// The columns that [`user_at`] reads.
pub(super) const COLUMNS: &str =
    "users.id, users.name, users.role, users.status, users.email_address, users.bio";

/// A user from a row with [`COLUMNS`], the first of them at `first`.
pub(super) fn user_at(row: &Row<'_>, first: usize) -> Result<User> {
    Ok(User {
        id: row.get(first)?,
        name: row.get(first + 1)?,
        role: row.get(first + 2)?,
        status: row.get(first + 3)?,
        email_address: row.get(first + 4)?,
        bio: row.get(first + 5)?,
    })
}

/// Somebody by id, whatever their status. Reads only.
pub fn find(connection: &Connection, id: UserId) -> Result<User> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE id = ?1");
    connection.prepare_cached(&sql)?.query_row([id], |row| user_at(row, 0))
}

/// An active person by address, with their password hash. Reads only.
pub fn with_password(
    connection: &Connection,
    address: &EmailAddress,
) -> Result<Option<(User, PasswordHash)>> {
    let sql = format!(
        "SELECT {COLUMNS}, password_hash FROM users
         WHERE email_address = ?1 AND status = 'active' AND password_hash IS NOT NULL"
    );
    connection
        .prepare_cached(&sql)?
        .query_row([address.as_str()], |row| Ok((user_at(row, 0)?, PasswordHash::stored(row.get(6)?))))
        .optional()
}

/// The first active administrator: whom to ask for help. Reads only.
pub fn first_administrator(connection: &Connection) -> Result<Option<User>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM users WHERE role = 'administrator' AND status = 'active' ORDER BY id LIMIT 1"
    );
    connection.prepare_cached(&sql)?.query_row([], |row| user_at(row, 0)).optional()
}

/// Adds an active person. Writes `users`. An address that is taken is a `Conflict`: the schema decides.
pub fn insert(
    tx: &Tx<'_>,
    name: &Name,
    address: &EmailAddress,
    password: &PasswordHash,
    role: Role,
) -> std::result::Result<User, AppError> {
    let sql = "INSERT INTO users (name, email_address, password_hash, role, created_at_ms, updated_at_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT (email_address) DO NOTHING RETURNING id";
    let values = (name.as_str(), address.as_str(), password.as_str(), role, tx.now_ms());
    let id = tx.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()?;
    match id {
        Some(id) => Ok(User {
            id,
            name: name.as_str().to_owned(),
            role,
            status: Status::Active,
            email_address: Some(address.as_str().to_owned()),
            bio: String::new(),
        }),
        None => Err(AppError::Conflict(
            "Somebody with this e-mail address is here already. Is it you? Then sign in.",
        )),
    }
}
