//! People and bots, and their pictures.

use super::audit::Actor;
use super::prelude::*;
use super::sessions;
use rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE;

/// The columns that a [`User`] is read from.
pub(super) const USER: &str = "users.id, users.name, users.role, users.status, users.email_address, users.bio,
    users.avatar_version, users.theme, users.mutes_sounds";
/// The columns that an [`Author`] is read from.
pub(super) const AUTHOR: &str = "users.id, users.name, users.role, users.avatar_version";

from_row!(User { id, name, role, status, email_address, bio, avatar_version, theme, mutes_sounds });
from_row!(Author { id, name, role, avatar_version });

/// People offered to be chosen for a room: more would not be found in a list.
pub const CHOICE_MAX: u32 = 5_000;

queries! {
    /// Somebody by id, whatever their status. Reads only.
    pub fn find(connection: &Connection, id: UserId) -> Result<User> = one:
        format!("SELECT {USER} FROM users WHERE id = ?1");

    /// Somebody by id, if they can come in. Reads only.
    pub fn find_active(connection: &Connection, id: UserId) -> Result<Option<User>> = maybe:
        format!("SELECT {USER} FROM users WHERE id = ?1 AND status = 'active'");

    /// Everybody who can come in, by name: to choose from. Reads only; at most [`CHOICE_MAX`].
    pub fn choice(connection: &Connection) -> Result<Vec<User>> = all:
        format!("SELECT {USER} FROM users WHERE status = 'active' ORDER BY name_key, id LIMIT {CHOICE_MAX}");

    /// Everybody who can come in, in the order they came. Reads only; at most `limit`.
    pub fn first(connection: &Connection, limit: u32) -> Result<Vec<User>> = all:
        format!("SELECT {USER} FROM users WHERE status = 'active' ORDER BY id LIMIT ?1");

    /// The last change of anybody's name or picture. Reads only.
    pub fn people_revision(connection: &Connection) -> Result<i64> = one:
        "SELECT value FROM counters WHERE name = 'people'";

    /// Whose name or picture changed after a revision, with the number of each change, in order. Reads only; at most `limit`.
    pub fn changed_after(connection: &Connection, after: i64, limit: u32) -> Result<Vec<(Author, i64)>> = all:
        format!("SELECT {AUTHOR}, people_revision FROM users WHERE people_revision > ?1
         ORDER BY people_revision LIMIT ?2");

    /// An active person by address, with their password hash. Reads only.
    pub fn with_password(connection: &Connection, address: &EmailAddress) -> Result<Option<(User, PasswordHash)>> =
        maybe:
        format!("SELECT {USER}, password_hash FROM users
         WHERE email_address = ?1 AND status = 'active' AND password_hash IS NOT NULL");

    /// The password hash of somebody who has one. Reads only.
    pub fn password_hash(connection: &Connection, id: UserId) -> Result<Option<PasswordHash>> = one:
        "SELECT password_hash FROM users WHERE id = ?1";

    /// The first active administrator: whom to ask for help. Reads only.
    pub fn first_administrator(connection: &Connection) -> Result<Option<User>> = maybe:
        format!("SELECT {USER} FROM users WHERE role = 'administrator' AND status = 'active' ORDER BY id LIMIT 1");

    /// Gives somebody's picture a version; none when they have no picture any more. Writes `users`.
    pub fn update_avatar_version(tx: &Tx<'_>, id: UserId, version: Option<&str>) -> Result<User> =
        one(id, version, tx.now_ms()):
        format!("UPDATE users SET avatar_version = ?2, updated_at_ms = ?3 WHERE id = ?1 AND status = 'active'
         RETURNING {USER}");

    /// Somebody's picture, WebP, in the size in which it is shown, if they have one. Reads only.
    pub fn avatar(connection: &Connection, id: UserId) -> Result<Option<Vec<u8>>> = maybe:
        "SELECT webp FROM avatars WHERE user_id = ?1";

    /// Puts somebody's picture in place of what was there. Writes `avatars`.
    pub fn put_avatar(tx: &Tx<'_>, id: UserId, webp: &[u8]) -> Result<()> = run:
        "INSERT INTO avatars (user_id, webp) VALUES (?1, ?2)
         ON CONFLICT (user_id) DO UPDATE SET webp = excluded.webp";

    /// Removes somebody's picture; tells whether there was one. Writes `avatars`.
    pub fn delete_avatar(tx: &Tx<'_>, id: UserId) -> Result<bool> = changed: "DELETE FROM avatars WHERE user_id = ?1";
}

/// Makes sure, inside a write, that whoever acts still runs the account, and by a session that is still there: the right that the
/// request came with may have gone meanwhile. The command line always may. Reads one row of each table by its key.
pub fn demand_administrator(tx: &Tx<'_>, actor: &Actor) -> Result<(), AppError> {
    let Some(viewer) = &actor.viewer else { return Ok(()) };
    sessions::demand(tx, viewer)?;
    let sql = "SELECT 1 FROM users WHERE id = ?1 AND role = 'administrator' AND status = 'active'";
    if exists(tx, sql, [viewer.user.id])? { Ok(()) } else { Err(AppError::Forbidden(ADMINISTRATORS_ONLY.into())) }
}

/// Numbers a change of what others see of somebody, for pages that were away. Writes `users` and `counters`.
pub fn next_people_revision(tx: &Tx<'_>, id: UserId) -> Result<i64> {
    let sql = "UPDATE counters SET value = value + 1 WHERE name = 'people' RETURNING value";
    let revision = one(tx, sql, [])?;
    let sql = "UPDATE users SET people_revision = ?2, updated_at_ms = ?3 WHERE id = ?1";
    run(tx, sql, (id, revision, tx.now_ms()))?;
    Ok(revision)
}

/// What of somebody changes; none: stays.
#[derive(Default)]
pub struct Changes {
    pub name: Option<Name>,
    pub email_address: Option<EmailAddress>,
    pub bio: Option<Bio>,
    pub theme: Option<Theme>,
    pub mutes_sounds: Option<bool>,
    pub password: Option<PasswordHash>,
}

/// Changes somebody active. Writes `users`. An address that is taken is a `Conflict`: the schema decides.
pub fn update(tx: &Tx<'_>, id: UserId, changes: &Changes) -> Result<User, AppError> {
    let sql = format!(
        "UPDATE users SET name = coalesce(?2, name), name_key = coalesce(?3, name_key),
         email_address = coalesce(?4, email_address), bio = coalesce(?5, bio), theme = coalesce(?6, theme),
         password_hash = coalesce(?7, password_hash), updated_at_ms = ?8, mutes_sounds = coalesce(?9, mutes_sounds)
         WHERE id = ?1 AND status = 'active' RETURNING {USER}"
    );
    let Changes { name, email_address, bio, theme, mutes_sounds, password } = changes;
    let key = name.as_ref().map(|name| name_key(name.as_str()));
    let values = (id, name, key, email_address, bio, theme, password, tx.now_ms(), mutes_sounds);
    match one(tx, &sql, values) {
        Err(rusqlite::Error::SqliteFailure(error, _)) if error.extended_code == SQLITE_CONSTRAINT_UNIQUE => {
            Err(AppError::Conflict("Somebody else here has this e-mail address."))
        }
        result => Ok(result?),
    }
}

/// Adds an active person. Writes `users`. An address that is taken is a `Conflict`: the schema decides.
pub fn insert(
    tx: &Tx<'_>, name: &Name, address: &EmailAddress, password: &PasswordHash, role: Role,
) -> Result<User, AppError> {
    let sql = format!(
        "INSERT INTO users (name, name_key, email_address, password_hash, role, created_at_ms, updated_at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (email_address) DO NOTHING RETURNING {USER}"
    );
    let key = name_key(name.as_str());
    let values = (name, key, address, password, role, tx.now_ms());
    let taken = AppError::Conflict("Somebody with this e-mail address is here already. Is it you? Then sign in.");
    maybe(tx, &sql, values)?.ok_or(taken)
}
