//! The readers: connections that cannot write, and the threads for reads that must not hold up others.
//!
//! Invariants: every read runs inside one read transaction, so what it sees is one state; a read older than
//! [`AGE_MAX`] is interrupted, since it would keep the write-ahead log from being emptied.

use super::Db;
use super::writer::STATEMENTS_MAX;
use crate::error::{AppError, Result};
use r2d2::Pool;
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Connections: one for each worker of a small machine, and the threads' own. Each costs its page cache, 2 MB at most.
const CONNECTIONS_MAX: u32 = 8;
/// Threads for long reads: at most half of the connections, so that short reads always find one.
const THREADS: usize = 4;
/// Reads that may wait for a thread; past it the server is busy and says so.
const QUEUE_MAX: usize = 256;
/// How long one read may last. Far above any page; a query that takes longer is a mistake.
const AGE_MAX: Duration = Duration::from_secs(10);
/// Virtual-machine steps between looks at the clock: about a millisecond's worth.
const STEPS_PER_LOOK: std::ffi::c_int = 100_000;

/// A read transaction: everything read through it is of one state.
pub type Snapshot<'c> = Transaction<'c>;

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// The pool and the threads.
pub(super) struct Readers {
    pool: Pool<SqliteConnectionManager>,
    jobs: SyncSender<Job>,
}

impl Readers {
    /// Opens the pool on an existing database and starts the threads.
    pub(super) fn start(path: &Path) -> Result<Self, r2d2::Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let manager = SqliteConnectionManager::file(path).with_flags(flags).with_init(|connection| {
            connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
            connection.busy_timeout(Duration::from_secs(5))?;
            // Else a statement is compiled anew whenever it gets a LIMIT.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            connection.pragma_update(None, "query_only", true)?;
            connection.pragma_update(None, "temp_store", "memory")
        });
        let pool = Pool::builder()
            .max_size(CONNECTIONS_MAX)
            .min_idle(Some(1))
            .test_on_check_out(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .build(manager)?;
        let (jobs, queue) = sync_channel::<Job>(QUEUE_MAX);
        let queue = Arc::new(Mutex::new(queue));
        for number in 0..THREADS {
            let (queue, pool) = (queue.clone(), pool.clone());
            let thread = thread::Builder::new().name(format!("reader {number}"));
            if let Err(error) = thread.spawn(move || work(&queue, &pool)) {
                tracing::warn!(%error, "a reader thread could not be started");
            }
        }
        Ok(Self { pool, jobs })
    }
}

impl Db {
    /// Runs short `work` in a read transaction: here if a connection is free, else on a reader thread. `Busy` when too many wait.
    pub async fn read<T: Send + 'static>(
        &self, work: impl FnOnce(&Snapshot<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let Some(connection) = self.0.readers.pool.try_get() else { return self.read_long(work).await };
        self.0.waits.fetch_add(1, Ordering::Relaxed);
        snapshot(&connection, work)
    }

    /// Like [`Db::read`], always on a reader thread: for reads that may take longer than a page. `Internal` when it panics.
    pub async fn read_long<T: Send + 'static>(
        &self, work: impl FnOnce(&Snapshot<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.0.waits.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let _ = sender.send(snapshot(connection, work));
        });
        self.0.readers.jobs.try_send(job).map_err(|_| AppError::Busy)?;
        receiver.await.unwrap_or(Err(AppError::Internal("a read panicked".to_owned())))
    }
}

fn work(queue: &Mutex<Receiver<Job>>, pool: &Pool<SqliteConnectionManager>) {
    loop {
        let Ok(Ok(job)) = queue.lock().map(|queue| queue.recv()) else { return };
        match pool.get() {
            Ok(connection) => drop(catch_unwind(AssertUnwindSafe(|| job(&connection)))),
            Err(error) => tracing::error!(%error, "no connection for a reader thread"),
        }
    }
}

/// Runs `work` in a read transaction that ends with it.
fn snapshot<T>(connection: &Connection, work: impl FnOnce(&Snapshot<'_>) -> Result<T>) -> Result<T> {
    let deadline = Instant::now() + AGE_MAX;
    connection.progress_handler(STEPS_PER_LOOK, Some(move || Instant::now() > deadline))?;
    work(&connection.unchecked_transaction()?)
}
