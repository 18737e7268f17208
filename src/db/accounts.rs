//! The account: exactly one row, or none before the first run; and its logo.

use super::prelude::*;

/// The account.
#[derive(Debug, Clone)]
pub struct Account {
    /// What it is called.
    pub name: String,
    /// The secret part of the invite link.
    pub join_code: String,
    /// Whether only administrators may make rooms.
    pub restricts_room_creation: bool,
    /// Whether links are looked at, to show what they lead to.
    pub shows_previews: bool,
    /// Whether there are custom styles.
    pub has_custom_styles: bool,
    /// Changes with the logo; none: the flame.
    pub logo_version: Option<String>,
    /// When anything of it last changed, in milliseconds since 1970: the version of the custom styles.
    pub updated_at_ms: i64,
}

from_row! {
    Account { name, join_code, restricts_room_creation, has_custom_styles, logo_version, updated_at_ms, shows_previews }
}

queries! {
    /// The account, if the first run has happened. Reads only.
    pub fn account(connection: &Connection) -> Result<Option<Account>> = maybe:
        "SELECT name, join_code, restricts_room_creation, custom_styles <> '', logo_version, updated_at_ms,
         shows_previews FROM accounts WHERE id = 1";

    /// Makes the account unless there is one; tells whether it did. Writes `accounts`.
    pub fn insert(tx: &Tx<'_>, name: &Name, join_code: &str) -> Result<bool> =
        changed(name, join_code, tx.now_ms()):
        "INSERT INTO accounts (id, name, join_code, created_at_ms, updated_at_ms)
         VALUES (1, ?1, ?2, ?3, ?3) ON CONFLICT DO NOTHING";

    /// Gives the account another name. Writes `accounts`.
    pub fn update_name(tx: &Tx<'_>, name: &Name) -> Result<()> = run(name, tx.now_ms()):
        "UPDATE accounts SET name = ?1, updated_at_ms = ?2 WHERE id = 1";

    /// Says whether only administrators may make rooms. Writes `accounts`.
    pub fn update_room_creation(tx: &Tx<'_>, is_restricted: bool) -> Result<()> = run(is_restricted, tx.now_ms()):
        "UPDATE accounts SET restricts_room_creation = ?1, updated_at_ms = ?2 WHERE id = 1";

    /// Says whether links are looked at. Writes `accounts`.
    pub fn update_previews(tx: &Tx<'_>, is_on: bool) -> Result<()> = run(is_on, tx.now_ms()):
        "UPDATE accounts SET shows_previews = ?1, updated_at_ms = ?2 WHERE id = 1";

    /// Gives the account another join code; the old one is worth nothing from then on. Writes `accounts`.
    pub fn update_join_code(tx: &Tx<'_>, join_code: &str) -> Result<()> = run(join_code, tx.now_ms()):
        "UPDATE accounts SET join_code = ?1, updated_at_ms = ?2 WHERE id = 1";

    /// The custom styles; empty when there are none. Reads only.
    pub fn custom_styles(connection: &Connection) -> Result<String> = one:
        "SELECT custom_styles FROM accounts WHERE id = 1";

    /// Gives the account other custom styles; tells whether they are others. Writes `accounts`.
    pub fn update_custom_styles(tx: &Tx<'_>, styles: &str) -> Result<bool> = changed(styles, tx.now_ms()):
        // The styles' URL has the time of this in it: two changes within a millisecond must not share one.
        "UPDATE accounts SET custom_styles = ?1, updated_at_ms = max(?2, updated_at_ms + 1)
         WHERE id = 1 AND custom_styles <> ?1";

    /// The logo as PNG, small as home screens want it or large as web manifests do, with its version; none: the flame. Reads only.
    pub fn logo(connection: &Connection, is_small: bool) -> Result<Option<(String, Vec<u8>)>> =
        maybe(if is_small { "small" } else { "large" }):
        "SELECT logo_version, png FROM accounts JOIN logos ON logos.size = ?1
         WHERE accounts.id = 1 AND logo_version IS NOT NULL";
}

/// Gives the account a logo. Writes `logos` and `accounts`.
pub fn update_logo(tx: &Tx<'_>, small_png: &[u8], large_png: &[u8], version: &str) -> Result<()> {
    let sql = "INSERT INTO logos (size, png) VALUES (?1, ?2) ON CONFLICT (size) DO UPDATE SET png = excluded.png";
    for (size, png) in [("small", small_png), ("large", large_png)] {
        run(tx, sql, (size, png))?;
    }
    let sql = "UPDATE accounts SET logo_version = ?1, updated_at_ms = ?2 WHERE id = 1";
    run(tx, sql, (version, tx.now_ms()))
}

/// Takes the logo away; tells whether there was one. Writes `logos` and `accounts`.
pub fn delete_logo(tx: &Tx<'_>) -> Result<bool> {
    run(tx, "DELETE FROM logos", [])?;
    let sql = "UPDATE accounts SET logo_version = NULL, updated_at_ms = ?1 WHERE id = 1 AND logo_version IS NOT NULL";
    changed(tx, sql, [tx.now_ms()])
}
