//! Work that is too large for one write, done in batches beside everything else.
//!
//! Invariants: each kind of work is a state in the database, so it is resumed after a crash; a batch is one bounded write,
//! between batches others have their turn; it ends when the server stops, between two batches.

use super::bans;
use super::reading::Reading;
use crate::db::{Db, Tx, rooms};
use crate::error::AppError;
use crate::live::hub::Hub;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// How often cursors are written down, and work that had to wait is tried again.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// The pause between two batches: the writer is left to others for most of the time.
const PAUSE: Duration = Duration::from_millis(5);

/// The background's work: shared by those who give it and the task that does it.
#[derive(Clone)]
pub struct Background(Arc<Inner>);

struct Inner {
    db: Db,
    hub: Hub,
    reading: Reading,
    wake: Notify,
    is_stopping: AtomicBool,
}

/// One batch of some kind of work; tells whether there may be more.
type Batch = fn(&Tx<'_>, &Hub) -> Result<bool, AppError>;

/// Every kind of work.
const WORK: &[Batch] = &[bans::purge, |tx, _| Ok(rooms::delete_batch(tx)?)];

impl Background {
    /// Background work on `db`; what others must know of it is told to `hub`. Cursors that moved are written down by and by.
    pub fn new(db: Db, hub: Hub, reading: Reading) -> Self {
        let inner = Inner { db, hub, reading, wake: Notify::new(), is_stopping: AtomicBool::new(false) };
        Self(Arc::new(inner))
    }

    /// Says that there is work.
    pub fn nudge(&self) {
        self.0.wake.notify_one();
    }

    /// Ends the work after the batch under way.
    pub fn stop(&self) {
        self.0.is_stopping.store(true, Ordering::SeqCst);
        self.0.wake.notify_one();
    }

    /// Does what there is to do, until it is stopped: what was left at the start, and what it is told of. It writes nothing for nothing.
    pub async fn run(self) {
        let mut has_work = true;
        while !self.0.is_stopping.load(Ordering::SeqCst) {
            self.write_down().await;
            if std::mem::take(&mut has_work) {
                for batch in WORK {
                    has_work |= !self.finish(*batch).await;
                }
            }
            has_work |= timeout(LOOK_EVERY, self.0.wake.notified()).await.is_ok();
        }
        self.write_down().await;
    }

    async fn write_down(&self) {
        if !self.0.reading.is_level()
            && let Err(error) = self.0.reading.write_down(&self.0.db).await
        {
            tracing::warn!(?error, "what was read could not be written down yet");
        }
    }

    /// Does one kind of work until there is no more; tells whether it got there.
    async fn finish(&self, batch: Batch) -> bool {
        loop {
            let hub = self.0.hub.clone();
            match self.0.db.write(move |tx| batch(tx, &hub)).await {
                Ok(true) if !self.0.is_stopping.load(Ordering::SeqCst) => sleep(PAUSE).await,
                Ok(_) => return true,
                Err(error) => {
                    tracing::warn!(?error, "background work has to wait");
                    return false;
                }
            }
        }
    }
}
