//! The writer: the one thread that owns the only connection that can write.
//!
//! Closures wait in a bounded queue; the thread takes what is there into one transaction, each
//! closure in a savepoint of its own, commits (durably: `synchronous=FULL`), then tells everyone, then
//! runs what was left for after the commit, in commit order.
//!
//! Invariants:
//! - a closure that fails or panics leaves no trace, and it alone is told;
//! - when the whole transaction is lost (as SQLite does on a full disk) or COMMIT fails, everyone in the group gets
//!   `Storage`, no after-commit action runs, and the connection is opened anew;
//! - stamps never go back: `now_ms` is the clock or the last stamp, whichever is later.

use super::freshness::{Freshness, Part, Written, watch};
use super::storage::OpenError;
use super::{Db, Synchronous, checkpointer, migrations, query, search};
use crate::domain::{Clock, MessageId};
use crate::error::{AppError, Result};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::cell::RefCell;
use std::mem;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Closures that may wait: a tenth of a second at ten thousand writes a second; past it, saying "busy" at once is kinder.
const QUEUE_MAX: usize = 1024;
/// Closures in one transaction: many share a flush, and the first does not wait long for the last.
const GROUP_MAX: usize = 64;
/// While the database will not take writes, how often the thread tries one of its own.
const PROBE_EVERY: Duration = Duration::from_secs(1);
/// Above this size the writer itself empties the write-ahead log, readers permitting: it bounds the disk used and how long a
/// crashed server needs to come back.
const WAL_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Statements kept compiled; more than this program has.
pub(super) const STATEMENTS_MAX: usize = 256;

/// What a closure sees: the transaction, its stamp, and a place to leave things for after the commit.
pub struct Tx<'c> {
    connection: &'c Connection,
    now_ms: i64,
    actions: RefCell<Vec<Action>>,
    /// Messages of which the index has to be told.
    unindexed: RefCell<Vec<MessageId>>,
}

/// What runs after the commit, and what runs should that panic.
type Action = (Box<dyn FnOnce() + Send>, Box<dyn FnOnce() + Send>);

impl Tx<'_> {
    /// The stamp of this write, in milliseconds since 1970; never earlier than the last one.
    pub fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// Leaves `act` to be run once this write is durable, after those of earlier writes. It runs on
    /// the writer's thread and must not wait. Should it panic, `if_it_panics` runs instead.
    pub fn after_commit(&self, act: impl FnOnce() + Send + 'static, if_it_panics: impl FnOnce() + Send + 'static) {
        self.actions.borrow_mut().push((Box::new(act), Box::new(if_it_panics)));
    }

    /// Has the search index follow what a message is at the end of the transaction, if this write stays. It is written once for the
    /// group: at each savepoint it would write out what it has.
    pub(super) fn index(&self, id: MessageId) {
        self.unindexed.borrow_mut().push(id);
    }
}

impl Deref for Tx<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

/// Tells whoever waits for a closure how it went: `Ok` is "committed".
type Answer = Box<dyn FnOnce(Result<()>) + Send>;

/// Runs inside its savepoint; returns why its changes must not stay, if so, and whom to tell.
type Job = Box<dyn FnOnce(&Tx<'_>) -> (Option<AppError>, Answer) + Send>;

enum Order {
    Write(Job),
    Stop(Instant),
}

/// The way to the writer's thread.
pub(super) struct Writer {
    orders: SyncSender<Order>,
    state: Arc<State>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct State {
    stopping: AtomicBool,
    unhealthy: AtomicBool,
    commits: AtomicU64,
}

impl Writer {
    /// Opens the database, migrates it and starts the thread. Where it fails, nothing is changed.
    pub(super) fn start(
        path: &Path, synchronous: Synchronous, clock: Clock, freshness: Arc<Freshness>,
    ) -> Result<Self, OpenError> {
        let sqlite = |error| OpenError::of(path, error);
        // Looked at before anything is set, since setting WAL mode already changes a file that may not be ours.
        migrations::recognise(&Connection::open(path).map_err(sqlite)?, path)?;
        let mut connection = open(path, synchronous).map_err(sqlite)?;
        migrations::run(&mut connection, path)?;
        let written = Written::default();
        watch(&connection, &written).map_err(sqlite)?;
        // When the newest message was stamped: a clock that was set back must not go before it.
        let newest = "SELECT created_at_ms FROM messages ORDER BY id DESC LIMIT 1";
        let last_ms = query::maybe(&connection, newest, []).map_err(sqlite)?.unwrap_or(0);
        let nudges = checkpointer::start(path).map_err(sqlite)?;
        let (orders, queue) = sync_channel(QUEUE_MAX);
        let shared = Arc::new(State::default());
        let failed = |error| OpenError::Folder(path.to_owned(), error);
        let (path, connection, state) = (path.to_owned(), Some(connection), shared.clone());
        let work = Thread { path, synchronous, connection, queue, state, nudges, clock, last_ms, freshness, written };
        let thread = thread::Builder::new().name("writer".to_owned()).spawn(move || work.run()).map_err(failed)?;
        Ok(Self { orders, state: shared, thread: Mutex::new(Some(thread)) })
    }
}

impl Db {
    /// Runs `work` in the writer's next transaction; when this returns `Ok`, it is durable.
    /// # Errors
    /// What `work` returned, or `Internal` when it panics, with nothing written; `Busy` when the queue is full or the server
    /// stops, with nothing written; `Storage` when the commit could not be confirmed, so that trying again is safe.
    /// # Side effects
    /// 1. what `work` wrote; 2. the caller is told; 3. what `work` left with [`Tx::after_commit`].
    pub async fn write<T: Send + 'static>(
        &self, work: impl FnOnce(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.0.waits.fetch_add(1, Ordering::Relaxed);
        let writer = &self.0.writer;
        if writer.state.stopping.load(Ordering::SeqCst) {
            return Err(AppError::Busy);
        }
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |tx| {
            let result = catch_unwind(AssertUnwindSafe(|| work(tx)))
                .unwrap_or_else(|_| Err(AppError::Internal("a write panicked".to_owned())));
            let error = result.as_ref().err().cloned();
            let answer: Answer = Box::new(move |commit| {
                // Whoever asked may have gone; the write stands all the same.
                let _ = sender.send(result.and_then(|value| commit.map(|()| value)));
            });
            (error, answer)
        });
        writer.orders.try_send(Order::Write(job)).map_err(|_| AppError::Busy)?;
        receiver.await.unwrap_or(Err(AppError::Storage { full: false }))
    }

    /// Whether writes can be expected to succeed: the last one that touched the disk did, and the thread lives.
    pub fn is_healthy(&self) -> bool {
        let writer = &self.0.writer;
        let alive = writer.thread.lock().is_ok_and(|thread| thread.as_ref().is_some_and(|t| !t.is_finished()));
        alive && !writer.state.unhealthy.load(Ordering::SeqCst)
    }

    /// Transactions committed since the start that changed something.
    pub fn commits(&self) -> u64 {
        self.0.writer.state.commits.load(Ordering::Relaxed)
    }

    /// Writes what is queued, within `at_most`, ends the writer and unlocks the storage. Later writes are `Busy`. Blocks.
    pub fn stop(&self, at_most: Duration) {
        let writer = &self.0.writer;
        writer.state.stopping.store(true, Ordering::SeqCst);
        let _ = writer.orders.send(Order::Stop(Instant::now() + at_most));
        let thread = writer.thread.lock().ok().and_then(|mut thread| thread.take());
        let _ = thread.map(JoinHandle::join);
        // From here on nothing is written: whoever comes next may have the folder, whatever still reads.
        self.0.storage.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

struct Thread {
    path: PathBuf,
    synchronous: Synchronous,
    /// None between a failure and the next successful opening.
    connection: Option<Connection>,
    queue: Receiver<Order>,
    state: Arc<State>,
    /// To the checkpointer.
    nudges: SyncSender<()>,
    clock: Clock,
    last_ms: i64,
    freshness: Arc<Freshness>,
    written: Written,
}

/// Closures of one transaction.
#[derive(Default)]
struct Group {
    next: Option<Job>,
    /// Whether the changes of each that ran stay, and whom to tell.
    answers: Vec<(bool, Answer)>,
    actions: Vec<Action>,
    unindexed: Vec<MessageId>,
    /// The deadline, when the order to stop was behind them.
    stop: Option<Instant>,
}

impl Thread {
    fn run(mut self) {
        let deadline = loop {
            match self.queue.recv_timeout(PROBE_EVERY) {
                Ok(Order::Write(job)) => {
                    if let Some(deadline) = self.group(job) {
                        break deadline;
                    }
                }
                Ok(Order::Stop(deadline)) => break deadline,
                Err(RecvTimeoutError::Timeout) => self.probe(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        };
        while Instant::now() < deadline {
            match self.queue.try_recv() {
                Ok(Order::Write(job)) => drop(self.group(job)),
                Ok(Order::Stop(_)) => {}
                Err(_) => break,
            }
        }
        if let Some(connection) = &self.connection {
            let _ = truncate_wal(connection);
        }
    }

    /// Writes `first` and what is queued behind it, tells everyone, runs the actions. Returns a deadline if told to stop.
    fn group(&mut self, first: Job) -> Option<Instant> {
        let mut group = Group { next: Some(first), ..Group::default() };
        let committed = self.transact(&mut group);
        let mut parts = mem::take(&mut *self.written.lock().unwrap_or_else(PoisonError::into_inner));
        // What failed may be there all the same.
        parts.extend(committed.is_err().then_some(Part::Everything));
        self.freshness.change(parts);
        match &committed {
            Err(error) => {
                self.state.unhealthy.store(true, Ordering::SeqCst);
                tracing::error!(?error, closures = group.answers.len(), "a group of writes could not be committed");
            }
            Ok(()) if group.answers.iter().any(|(is_kept, _)| *is_kept) => {
                self.state.unhealthy.store(false, Ordering::SeqCst);
                self.state.commits.fetch_add(1, Ordering::Relaxed);
            }
            Ok(()) => {}
        }
        let verdict =
            committed.map_err(|error| AppError::Storage { full: matches!(error, AppError::Storage { full: true }) });
        for (_, answer) in group.answers {
            answer(verdict.clone());
        }
        if verdict.is_ok() {
            for (act, if_it_panics) in group.actions {
                if catch_unwind(AssertUnwindSafe(act)).is_err() {
                    tracing::error!("an after-commit action panicked");
                    let _ = catch_unwind(AssertUnwindSafe(if_it_panics));
                }
            }
            self.tend_wal();
        }
        group.stop
    }

    /// Runs the closures of a group in a transaction and commits it. Without a commit the connection is given up.
    fn transact(&mut self, group: &mut Group) -> Result<()> {
        let connection = self.begin()?;
        while let Some(job) = group.next.take() {
            self.last_ms = self.last_ms.max((self.clock)());
            in_savepoint(&connection, self.last_ms, job, group)?;
            if group.answers.len() < GROUP_MAX {
                match self.queue.try_recv() {
                    Ok(Order::Write(job)) => group.next = Some(job),
                    Ok(Order::Stop(deadline)) => group.stop = Some(deadline),
                    Err(_) => {}
                }
            }
        }
        search::write(&connection, &group.unindexed, self.state.commits.load(Ordering::Relaxed))?;
        run(&connection, "COMMIT")?;
        self.connection = Some(connection);
        Ok(())
    }

    /// Takes the connection, opening it if need be, with a transaction begun.
    fn begin(&mut self) -> Result<Connection> {
        let again = || {
            let connection = open(&self.path, self.synchronous)?;
            watch(&connection, &self.written).map(|()| connection)
        };
        let connection = self.connection.take().map_or_else(again, Ok)?;
        run(&connection, "BEGIN IMMEDIATE")?;
        Ok(connection)
    }

    /// Lets the checkpointer know; empties an overgrown log.
    fn tend_wal(&self) {
        let _ = self.nudges.try_send(());
        let mut wal = self.path.clone().into_os_string();
        wal.push("-wal");
        let overgrown = std::fs::metadata(wal).is_ok_and(|file| file.len() > WAL_BYTES_MAX);
        if overgrown && let Some(connection) = &self.connection {
            let _ = truncate_wal(connection);
        }
    }

    /// After a failure, finds out whether writing works again, so that `/health` can say so.
    fn probe(&mut self) {
        if !self.state.unhealthy.load(Ordering::SeqCst) {
            return;
        }
        let touch = "UPDATE counters SET value = value WHERE name = 'revision'; COMMIT";
        match self.begin().and_then(|connection| Ok(connection.execute_batch(touch).map(|()| connection)?)) {
            Ok(connection) => {
                self.connection = Some(connection);
                self.state.unhealthy.store(false, Ordering::SeqCst);
                tracing::info!("the database takes writes again");
            }
            Err(error) => tracing::debug!(?error, "the database still does not take writes"),
        }
    }
}

/// Runs one closure in its savepoint. `Err` means that the whole transaction is gone.
fn in_savepoint(connection: &Connection, now_ms: i64, job: Job, group: &mut Group) -> Result<()> {
    run(connection, "SAVEPOINT job")?;
    let tx = Tx { connection, now_ms, actions: RefCell::default(), unindexed: RefCell::default() };
    let (error, answer) = job(&tx);
    group.answers.push((error.is_none(), answer));
    if connection.is_autocommit() {
        return Err(error.unwrap_or(AppError::Storage { full: false }));
    }
    if error.is_none() {
        group.actions.append(&mut tx.actions.into_inner());
        group.unindexed.append(&mut tx.unindexed.into_inner());
    } else {
        run(connection, "ROLLBACK TO job")?;
    }
    Ok(run(connection, "RELEASE job")?)
}

/// Runs a statement that stays compiled: one of these runs before and after each closure.
fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

fn open(path: &Path, synchronous: Synchronous) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", synchronous.word())?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    // What is removed is gone from the file too, not only from its index.
    connection.pragma_update(None, "secure_delete", true)?;
    Ok(connection)
}

fn truncate_wal(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}
