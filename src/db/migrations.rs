//! The schema's steps, embedded, and how they are taken.
//!
//! Invariants: forward only; each step is one transaction together with its number
//! (`PRAGMA user_version`), so a crash leaves it taken or not; a step that has landed is never edited.
//! A database that is newer, or not ours, is refused before anything is written.

use super::query;
use super::storage::OpenError;
use crate::domain::text::name_key;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// Marks our files among SQLite's ("Camp" in ASCII; <https://www.sqlite.org/fileformat2.html#application_id>).
const APPLICATION_ID: i64 = 0x4361_6d70;

/// The steps in order; the schema's number is how many were taken.
const STEPS: &[&str] = &[
    include_str!("../../migrations/0001_create_accounts_and_people.sql"),
    include_str!("../../migrations/0002_create_rooms_and_memberships.sql"),
    include_str!("../../migrations/0003_create_messages.sql"),
    include_str!("../../migrations/0004_extend_people.sql"),
    include_str!("../../migrations/0005_extend_rooms.sql"),
    include_str!("../../migrations/0006_extend_account.sql"),
    include_str!("../../migrations/0007_create_boosts.sql"),
    include_str!("../../migrations/0008_create_mentions.sql"),
    include_str!("../../migrations/0009_create_attachments.sql"),
    include_str!("../../migrations/0010_mute_sounds.sql"),
    include_str!("../../migrations/0011_create_previews.sql"),
    include_str!("../../migrations/0012_create_message_index.sql"),
    include_str!("../../migrations/0013_create_searches.sql"),
];
/// The newest schema's number.
const KNOWN: i64 = STEPS.len() as i64;

/// Makes sure that the file holds our database (or none yet), of a schema known here. Reads only; returns the schema's number.
/// `Newer`, `NotOurs` or `Damaged`, and what else SQLite says.
pub(super) fn recognise(connection: &Connection, path: &Path) -> Result<i64, OpenError> {
    let sqlite = |error| OpenError::of(path, error);
    let number = |sql| query::one::<i64>(connection, sql, []).map_err(sqlite);
    let found = number("PRAGMA user_version")?;
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    let is_ours = number("PRAGMA application_id")? == APPLICATION_ID;
    if !is_ours && (tables > 0 || found > 0) {
        return Err(OpenError::NotOurs(path.to_owned()));
    }
    if found <= KNOWN { Ok(found) } else { Err(OpenError::Newer(found, KNOWN)) }
}

/// Brings a database that was recognised to the newest schema. A step that fails is undone.
pub(super) fn run(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let found = recognise(connection, path)?;
    let sqlite = |error| OpenError::of(path, error);
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    let key = |context: &Context<'_>| Ok(name_key(&context.get::<String>(0)?));
    connection.create_scalar_function("name_key", 1, flags, key).map_err(sqlite)?;
    for (step, sql) in (1..=KNOWN).zip(STEPS).skip_while(|(step, _)| *step <= found) {
        take(connection, step, sql).map_err(sqlite)?;
    }
    Ok(())
}

fn take(connection: &mut Connection, step: i64, sql: &str) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(sql)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", step)?;
    transaction.commit()
}

unit_tests!("../../tests/unit/db/migrations.rs");
