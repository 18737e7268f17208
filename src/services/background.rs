//! Work that is too large for one write, done in batches beside everything else.
//!
//! Invariants: each kind of work is a state in the database, so it is resumed after a crash; a batch is one bounded write,
//! between batches others have their turn; it ends when the server stops, between two batches.

use super::prelude::*;
use super::roster::purge;
use crate::db::search;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// How often cursors are written down, and work that had to wait is tried again.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// The pause between two batches: the writer is left to others for most of the time.
const PAUSE: Duration = Duration::from_millis(5);
/// Rounds after which one folder is swept for files that no message has: all of them within half a day.
const SWEEP_EVERY: u32 = 50;

/// The way to the background's work, for those who give it and the task that does it.
#[derive(Default)]
pub struct Background {
    wake: Notify,
    is_stopping: AtomicBool,
}

/// One batch of some kind of work; tells whether there may be more.
type Batch = fn(&Write<'_>) -> Result<bool>;

/// Every kind of work.
const WORK: &[Batch] = &[purge, |tx| Ok(rooms::delete_batch(tx)?), |tx| Ok(search::index_batch(tx)?)];

impl Background {
    /// Says that there is work.
    pub fn nudge(&self) {
        self.wake.notify_one();
    }

    /// Ends the work after the batch under way.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::SeqCst);
        self.wake.notify_one();
    }

    fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::SeqCst)
    }
}

/// Does what was left at the start and what it is told of, until it is stopped; writes moved cursors down. It writes nothing for nothing.
pub async fn run(core: Arc<Core>) {
    let (mut has_work, mut rounds) = (true, 0);
    while !core.background.is_stopping() {
        has_waited(core.reading.write_down(&core.db).await);
        if std::mem::take(&mut has_work) {
            has_work |= !catch_up(&core).await;
            has_work |= has_waited(core.files.delete_dropped(&core.db).await);
        }
        rounds += 1;
        if rounds % SWEEP_EVERY == 0 {
            has_waited(core.files.sweep(&core.db, (rounds / SWEEP_EVERY % 256) as u8).await);
        }
        has_work |= timeout(LOOK_EVERY, core.background.wake.notified()).await.is_ok();
        // The writer may have found the index damaged.
        has_work |= core.db.read(|snapshot| Ok(search::unindexed_through(snapshot)? > 0)).await.unwrap_or(false);
    }
    has_waited(core.reading.write_down(&core.db).await);
}

/// Has the search index made anew. What is interrupted goes on at the next start.
/// # Side effects
/// 1. an empty index takes its place and is filled in batches; until then searches find what is in it.
pub async fn reindex(core: &Core) -> Result<()> {
    core.db.write(|tx| Ok(search::begin_anew(tx)?)).await?;
    core.background.nudge();
    Ok(())
}

/// Does what is left of every kind of work, as far as that can be done now; tells whether all of it was.
pub async fn catch_up(core: &Core) -> bool {
    let mut is_done = true;
    for batch in WORK {
        is_done &= finish(core, *batch).await;
    }
    is_done
}

/// Does one kind of work until there is no more; tells whether it got there.
async fn finish(core: &Core, batch: Batch) -> bool {
    loop {
        match core.write(batch).await {
            Ok(true) if !core.background.is_stopping() => sleep(PAUSE).await,
            done => return !has_waited(done),
        }
    }
}

/// Whether work could not be done now; says why.
fn has_waited<T>(done: Result<T>) -> bool {
    if let Err(error) = &done {
        tracing::warn!(?error, "background work has to wait");
    }
    done.is_err()
}
