//! What people have read: cursors that move all day, kept here and written in batches.
//!
//! Invariants: a cursor moves forward, and back only by [`mark_unread`]; what is kept here counts at once, in pages as in other
//! devices; a crash costs the moves of the last seconds, which shows as unread what was read, never the other way round.

use super::prelude::*;
use crate::db::freshness::Part;
use crate::db::rooms::Moves;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Moves kept at most: those of a few seconds. Past it a page is told to try again.
const MOVES_MAX: usize = 50_000;
/// Moves written at once.
const BATCH_LEN: usize = 500;

/// Cursors that moved and are not written yet.
#[derive(Clone, Default)]
pub struct Reading(Arc<Mutex<BTreeMap<(UserId, RoomId), MessageId>>>);

impl Reading {
    fn moves(&self) -> MutexGuard<'_, BTreeMap<(UserId, RoomId), MessageId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The moves of one person, to be counted with.
    pub fn of(&self, user: UserId) -> Moves {
        let moves = self.moves();
        let mine = moves.range((user, RoomId(i64::MIN))..=(user, RoomId(i64::MAX)));
        mine.map(|((_, room), through)| (*room, *through)).collect()
    }

    /// Notes that somebody has read a room through a message.
    fn note(&self, user: UserId, room: RoomId, through: MessageId) -> Result<()> {
        let mut moves = self.moves();
        if moves.len() >= MOVES_MAX && !moves.contains_key(&(user, room)) {
            return Err(AppError::Busy);
        }
        moves.entry((user, room)).and_modify(|known| *known = through.max(*known)).or_insert(through);
        Ok(())
    }

    /// Writes the moves down, some at a time; nothing for none. What was not written when it fails is still kept, to be tried again.
    pub async fn write_down(&self, db: &Db) -> Result<()> {
        while !self.moves().is_empty() {
            let kept = self.clone();
            // Looked at on the writer's thread: a mark as unread that came before has taken its move away.
            let written = db.write(move |tx| {
                let batch: BTreeMap<_, _> = kept.moves().iter().take(BATCH_LEN).map(|(key, id)| (*key, *id)).collect();
                for ((user, room), through) in &batch {
                    memberships::update_read(tx, *room, *user, *through)?;
                }
                Ok(batch)
            });
            let written = written.await?;
            self.moves().retain(|key, through| written.get(key) != Some(through));
            if written.len() < BATCH_LEN {
                break;
            }
        }
        Ok(())
    }
}

/// Notes that somebody has read a room through a message (none: all there is); answers what is left.
/// # Errors
/// `NotFound` when they are not in the room, or the message is not of it; `Busy` when too many moves wait.
/// # Side effects
/// 1. the move is kept, to be written soon; 2. their other pages are told.
pub async fn read(core: &Core, user: UserId, room: RoomId, through: Option<MessageId>) -> Result<i64> {
    let moves = core.reading.of(user);
    let read = core.db.read(move |snapshot| {
        let found = rooms::for_member(snapshot, room, user)?.ok_or(AppError::NotFound)?;
        let wished = match through {
            Some(id) => messages::find(snapshot, room, id).map(|_| id)?,
            None => found.last_message_id,
        };
        let through = wished.max(found.read_through(&moves));
        let unread = rooms::unread_after(snapshot, room, user, through)?;
        Ok((through, unread, messages::revision(snapshot)?))
    });
    let (through, unread, as_of) = read.await?;
    core.reading.note(user, room, through)?;
    core.db.freshness().change([Part::Person(user)]);
    core.hub.order(move |topics, _| topics.unread(user, room, unread, as_of));
    Ok(unread.count)
}

/// Marks a room as unread from a message on; answers how much is unread.
/// # Errors
/// `NotFound` when they are not in the room, or the message is not of it.
/// # Side effects
/// 1. the cursor is written; 2. their pages are told.
pub async fn mark_unread(core: &Core, user: UserId, room: RoomId, from: MessageId) -> Result<i64> {
    let reading = core.reading.clone();
    core.write(move |tx| {
        memberships::demand(tx, room, user)?;
        let _ = messages::find(tx, room, from)?;
        reading.moves().remove(&(user, room));
        memberships::update_unread_from(tx, room, user, from)?;
        let unread = rooms::unread_after(tx, room, user, MessageId(from.0 - 1))?;
        let as_of = messages::revision(tx)?;
        tx.tell(move |topics, _| topics.unread(user, room, unread, as_of));
        Ok(unread.count)
    })
    .await
}
