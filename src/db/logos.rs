//! The account's logo, in two sizes.

use super::Tx;
use super::query::{change, maybe, run};
use rusqlite::{Connection, Result};

/// The logo as PNG, small or large, with its version; none: the flame. Reads only.
pub fn find(connection: &Connection, size: LogoSize) -> Result<Option<(String, Vec<u8>)>> {
    let sql = "SELECT logo_version, png FROM accounts JOIN logos ON logos.size = ?1
               WHERE accounts.id = 1 AND logo_version IS NOT NULL";
    maybe(connection, sql, [size.word()])
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoSize {
    /// As home screens want it.
    Small,
    /// As web manifests want it.
    Large,
}

impl LogoSize {
    fn word(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Large => "large",
        }
    }
}

/// Gives the account a logo. Writes `logos` and `accounts`.
pub fn update(tx: &Tx<'_>, small_png: &[u8], large_png: &[u8], version: &str) -> Result<()> {
    let sql = "INSERT INTO logos (size, png) VALUES (?1, ?2) ON CONFLICT (size) DO UPDATE SET png = excluded.png";
    for (size, png) in [(LogoSize::Small, small_png), (LogoSize::Large, large_png)] {
        run(tx, sql, (size.word(), png))?;
    }
    let sql = "UPDATE accounts SET logo_version = ?1, updated_at_ms = ?2 WHERE id = 1";
    run(tx, sql, (version, tx.now_ms()))
}

/// Takes the logo away; tells whether there was one. Writes `logos` and `accounts`.
pub fn delete(tx: &Tx<'_>) -> Result<bool> {
    run(tx, "DELETE FROM logos", [])?;
    let sql = "UPDATE accounts SET logo_version = NULL, updated_at_ms = ?1 WHERE id = 1 AND logo_version IS NOT NULL";
    Ok(change(tx, sql, [tx.now_ms()])? == 1)
}
