//! The checkpointer: a thread that moves the write-ahead log into the database file, so that the writer need not.
//!
//! Invariant: its connection is `query_only` and runs nothing but passive checkpoints: no reader or writer ever waits.

use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// How often, at most, the log is moved: rarely enough to gather many writes, often enough that readers search a short log.
const EVERY: Duration = Duration::from_secs(1);

/// Opens the connection and starts the thread. What is returned tells it that something was written; dropping it ends the thread.
pub(super) fn start(path: &Path) -> rusqlite::Result<SyncSender<()>> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "query_only", true)?;
    let (nudges, nudged) = sync_channel::<()>(1);
    let work = move || {
        while nudged.recv().is_ok() {
            // Gathers what is written meanwhile, and ends at once when the writer has gone.
            let due = Instant::now() + EVERY;
            loop {
                match nudged.recv_timeout(due.saturating_duration_since(Instant::now())) {
                    Ok(()) => {}
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
            if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
                tracing::warn!(%error, "the write-ahead log could not be moved; it will be tried again");
            }
        }
    };
    let started = thread::Builder::new().name("checkpointer".to_owned()).spawn(work);
    started.map(|_| nudges).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}
