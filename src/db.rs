//! The database: one writer, many readers, and a file of queries for each noun.
//!
//! [`Db::write`] runs a closure in the writer's next transaction, [`Db::read`] one in a read
//! transaction; both are the only ways in. SQL is in this folder and in `migrations/`, nowhere else.
//! Queries that write take a [`Tx`], which only the writer makes; queries that read take any connection.

pub mod accounts;
pub(crate) mod attachments;
pub(crate) mod audit;
pub(crate) mod avatars;
pub(crate) mod bans;
pub(crate) mod boosts;
mod checkpointer;
mod columns;
pub(crate) mod logos;
pub(crate) mod memberships;
pub(crate) mod mentions;
pub(crate) mod messages;
mod migrations;
pub mod previews;
mod query;
mod readers;
pub(crate) mod rooms;
pub(crate) mod roster;
pub(crate) mod sessions;
pub(crate) mod storage;
pub(crate) mod transfers;
pub(crate) mod users;
pub(crate) mod versions;
mod writer;

pub use readers::Snapshot;
pub use storage::Storage;
pub use writer::Tx;

use crate::domain::Clock;
use crate::domain::words::words;
use crate::error::AppError;
use readers::Readers;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use storage::OpenError;
use writer::Writer;

words! {
    /// How hard a commit tries to be on the disk (`PRAGMA synchronous`).
    pub enum Synchronous {
        /// An acknowledged write survives a power cut.
        Full = "full",
        /// It survives a crash of the program; a power cut may take the last moments.
        Normal = "normal",
    }
}

/// The database, shared by everything that reads or writes.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    writer: Writer,
    readers: Readers,
    waits: AtomicU64,
    storage: Mutex<Option<Storage>>,
}

impl Db {
    /// Opens the database in `storage`, migrates it and starts its threads. Where it fails, nothing is changed.
    pub fn open(storage: Storage, synchronous: Synchronous, clock: Clock) -> Result<Self, OpenError> {
        let path = storage.database()?;
        let writer = Writer::start(&path, synchronous, clock)?;
        let readers =
            Readers::start(&path).map_err(|error| OpenError::Folder(path, std::io::Error::other(error.to_string())))?;
        Ok(Self(Arc::new(Inner { writer, readers, waits: AtomicU64::new(0), storage: Mutex::new(Some(storage)) })))
    }

    /// Runs `work` in a read transaction: here when a connection is free, else on a reader thread.
    /// `Busy` when too many reads wait.
    pub async fn read<T: Send + 'static>(
        &self, work: impl FnOnce(&Snapshot<'_>) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        self.0.waits.fetch_add(1, Ordering::Relaxed);
        self.0.readers.read(work).await
    }

    /// Like [`Db::read`], always on a reader thread: for reads that may take longer than a page.
    pub async fn read_long<T: Send + 'static>(
        &self, work: impl FnOnce(&Snapshot<'_>) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        self.0.waits.fetch_add(1, Ordering::Relaxed);
        self.0.readers.read_long(work).await
    }

    /// Runs `work` in the writer's next transaction; when this returns `Ok`, it is durable.
    /// # Errors
    /// What `work` returned, with nothing written; `Busy` when the queue is full or the server stops, with
    /// nothing written; `Storage` when the commit could not be confirmed, so that trying again is safe.
    /// # Side effects
    /// 1. what `work` wrote; 2. the caller is told; 3. what `work` left with [`Tx::after_commit`].
    pub async fn write<T: Send + 'static>(
        &self, work: impl FnOnce(&Tx<'_>) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        self.0.waits.fetch_add(1, Ordering::Relaxed);
        self.0.writer.write(work).await
    }

    /// Whether writes can be expected to succeed.
    pub fn is_healthy(&self) -> bool {
        self.0.writer.is_healthy()
    }

    /// Transactions committed since the start that changed something.
    pub fn commits(&self) -> u64 {
        self.0.writer.commits()
    }

    /// Reads and writes asked for since the start: what requests waited for.
    pub fn waits(&self) -> u64 {
        self.0.waits.load(Ordering::Relaxed)
    }

    /// Writes what is queued, within `at_most`, ends the writer and unlocks the storage. Later writes are `Busy`. Blocks.
    pub fn stop(&self, at_most: Duration) {
        self.0.writer.stop(Instant::now() + at_most);
        // From here on nothing is written: whoever comes next may have the folder, whatever still reads.
        self.0.storage.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
