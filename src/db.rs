//! The database: one writer, many readers, and a file of queries for each noun.
//!
//! [`Db::write`] (in `writer.rs`) runs a closure in the writer's next transaction, [`Db::read`] (in `readers.rs`) one in a
//! read transaction; both are the only ways in. SQL is in this folder and in `migrations/`, nowhere else.
//! Queries that write take a [`Tx`], which only the writer makes; queries that read take any connection. Most are no more than a
//! signature and SQL: `queries!` in `query.rs`. What all of them name is in `prelude.rs`.

pub mod accounts;
pub(crate) mod attachments;
pub(crate) mod audit;
pub(crate) mod bans;
pub(crate) mod boosts;
mod checkpointer;
pub(crate) mod freshness;
pub(crate) mod memberships;
pub(crate) mod mentions;
pub(crate) mod messages;
mod migrations;
mod prelude;
pub mod previews;
mod query;
mod readers;
pub(crate) mod rooms;
pub(crate) mod roster;
pub(crate) mod search;
pub(crate) mod sessions;
pub(crate) mod storage;
pub(crate) mod transfers;
pub(crate) mod users;
mod writer;

pub use readers::Snapshot;
pub use storage::Storage;
pub use writer::Tx;

use crate::domain::Clock;
use crate::domain::words;
use freshness::Freshness;
use readers::Readers;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
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
    freshness: Arc<Freshness>,
    storage: Mutex<Option<Storage>>,
}

impl Db {
    /// Opens the database in `storage`, migrates it and starts its threads. Where it fails, nothing is changed.
    pub fn open(storage: Storage, synchronous: Synchronous, clock: Clock) -> Result<Self, OpenError> {
        let path = storage.database()?;
        let freshness = Arc::<Freshness>::default();
        let writer = Writer::start(&path, synchronous, clock, freshness.clone())?;
        let readers = Readers::start(&path).map_err(|error| OpenError::Folder(path, std::io::Error::other(error)))?;
        let (waits, storage) = (AtomicU64::new(0), Mutex::new(Some(storage)));
        Ok(Self(Arc::new(Inner { writer, readers, waits, freshness, storage })))
    }

    /// When what pages are made of last changed.
    pub(crate) fn freshness(&self) -> &Freshness {
        &self.0.freshness
    }

    /// Reads and writes asked for since the start: what requests waited for.
    pub fn waits(&self) -> u64 {
        self.0.waits.load(Ordering::Relaxed)
    }
}
