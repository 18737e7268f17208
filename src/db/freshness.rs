//! When what pages are made of last changed: a logical clock that ticks for each commit.
//!
//! Invariant: the tick is told after the commit, before anybody hears of it. So what was read after tick `t` is still so while everything
//! it was made of last changed at `t` or before. What is written is told by SQLite itself, by triggers on the writer's connection: no
//! query can forget it, and a table that nothing is known of counts as everything.

use super::prelude::*;
use foldhash::{HashMap, HashSet};
use rusqlite::functions::FunctionFlags;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Parts whose last change is remembered; of more, all are taken to have changed.
const PARTS_MAX: usize = 100_000;
/// What a page is made of: a room with its messages and who is in it, a person with what is theirs alone, and the rest, which all share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    Room(RoomId),
    Person(UserId),
    Everything,
}

/// The clock, and when each part last changed.
#[derive(Default)]
pub struct Freshness(Mutex<(u64, HashMap<Part, u64>)>);

impl Freshness {
    fn locked(&self) -> MutexGuard<'_, (u64, HashMap<Part, u64>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The present tick. Taken before something is read, it tells how old that is at most.
    pub fn now(&self) -> u64 {
        self.locked().0
    }

    /// Whether nothing of these parts, nor of what all share, has changed since a tick.
    pub fn is_level(&self, tick: u64, parts: &[Part]) -> bool {
        let (_, changed) = &*self.locked();
        let is_old = |part| changed.get(part).is_none_or(|at| *at <= tick);
        is_old(&Part::Everything) && parts.iter().all(is_old)
    }

    /// Ticks: these parts have just changed.
    pub fn change(&self, parts: impl IntoIterator<Item = Part>) {
        let (tick, changed) = &mut *self.locked();
        *tick += 1;
        if changed.len() >= PARTS_MAX {
            changed.clear();
            changed.insert(Part::Everything, *tick);
        }
        changed.extend(parts.into_iter().map(|part| (part, *tick)));
    }
}

/// Parts that were written and are not told yet.
pub(super) type Written = Arc<Mutex<HashSet<Part>>>;

/// Has what a connection writes noted in `written`. Sets up triggers of its own, which are in no file.
pub(super) fn watch(connection: &Connection, written: &Written) -> Result<()> {
    let written = written.clone();
    connection.create_scalar_function("wrote", 2, FunctionFlags::SQLITE_UTF8, move |context| {
        let (kind, id) = (context.get::<i64>(0)?, context.get::<i64>(1)?);
        let part = match kind {
            1 => Part::Room(RoomId(id)),
            2 => Part::Person(UserId(id)),
            _ => Part::Everything,
        };
        written.lock().unwrap_or_else(PoisonError::into_inner).insert(part);
        Ok(0)
    })?;
    // What belongs to a message changes with the message's own row, and the rest that is left out is on no page.
    let sql =
        "SELECT name, (SELECT count(*) FROM pragma_table_info(sqlite_schema.name) AS it WHERE it.name = 'room_id') > 0,
                 (SELECT count(*) FROM pragma_table_info(sqlite_schema.name) AS it WHERE it.name = 'user_id') > 0
               FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'message_index%'
                 AND name NOT IN ('counters', 'boosts', 'message_versions', 'attachments', 'previews', 'dropped_files',
                                  'audit_entries', 'search_state')";
    for (table, has_room, has_user) in all::<(String, bool, bool)>(connection, sql, [])? {
        for (event, row) in [("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")] {
            // Where somebody has read to is theirs alone; that they are there, and what they may hear, is the room's too.
            let is_rooms = has_room && (table != "memberships" || event != "UPDATE");
            let wrote = match (table.as_str(), is_rooms, has_user) {
                ("rooms", ..) => format!("wrote(1, {row}.id)"),
                (_, true, true) => format!("wrote(1, {row}.room_id), wrote(2, {row}.user_id)"),
                (_, true, false) => format!("wrote(1, {row}.room_id)"),
                (_, false, true) => format!("wrote(2, {row}.user_id)"),
                (_, false, false) => "wrote(0, 0)".to_owned(),
            };
            connection.execute_batch(&format!(
                "CREATE TEMP TRIGGER wrote_{table}_{event} AFTER {event} ON main.{table} BEGIN SELECT {wrote}; END"
            ))?;
        }
    }
    Ok(())
}
