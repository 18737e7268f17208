//! The account's logo, in two sizes.

use super::prelude::*;

/// The logo as PNG, small as home screens want it or large as web manifests do, with its version; none: the flame. Reads only.
pub fn find(connection: &Connection, is_small: bool) -> Result<Option<(String, Vec<u8>)>> {
    let sql = "SELECT logo_version, png FROM accounts JOIN logos ON logos.size = ?1
               WHERE accounts.id = 1 AND logo_version IS NOT NULL";
    maybe(connection, sql, [if is_small { "small" } else { "large" }])
}

/// Gives the account a logo. Writes `logos` and `accounts`.
pub fn update(tx: &Tx<'_>, small_png: &[u8], large_png: &[u8], version: &str) -> Result<()> {
    let sql = "INSERT INTO logos (size, png) VALUES (?1, ?2) ON CONFLICT (size) DO UPDATE SET png = excluded.png";
    for (size, png) in [("small", small_png), ("large", large_png)] {
        run(tx, sql, (size, png))?;
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
