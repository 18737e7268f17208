//! The writer: the one thread that owns the only connection that can write.
//!
//! Closures wait in a bounded queue; the thread takes what is there into one transaction, each
//! closure in a savepoint of its own, commits (durably: `synchronous=FULL`), then tells everyone, then
//! runs what was left for after the commit, in commit order.
//!
//! Invariants:
//! - a closure that fails or panics leaves no trace, and it alone is told;
//! - when the whole transaction is lost (SQLite undoes it on a full disk, among others) or COMMIT fails,
//!   everyone in the group gets `Storage`, no after-commit action runs, and the connection is opened
//!   anew;
//! - stamps never go back: `now_ms` is the clock or the last stamp, whichever is later.

use super::checkpointer::Checkpointer;
use super::storage::OpenError;
use super::{Synchronous, migrations};
use crate::domain::clock::Clock;
use crate::error::AppError;
use rusqlite::{Connection, OptionalExtension};
use std::cell::RefCell;
use std::mem;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Closures that may wait. At ten thousand writes a second that is a tenth of a second of waiting;
/// past it, saying "busy" at once is kinder.
const QUEUE_MAX: usize = 1024;
/// Closures in one transaction: enough to spread one flush over many, few enough that the first
/// does not wait long for the last.
const GROUP_MAX: usize = 64;
/// While the database will not take writes, how often the thread tries one of its own.
const PROBE_EVERY: Duration = Duration::from_secs(1);
/// Above this size the writer itself empties the write-ahead log, readers permitting: it bounds the
/// disk used and the time a crashed server needs to come back.
const WAL_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Statements kept compiled; more than this program has.
pub(super) const STATEMENTS_MAX: usize = 256;

/// What a closure sees: the transaction, its stamp, and a place to leave things for after the commit.
pub struct Tx<'c> {
    connection: &'c Connection,
    now_ms: i64,
    actions: RefCell<Vec<Action>>,
}

struct Action {
    act: Box<dyn FnOnce() + Send>,
    if_it_panics: Box<dyn FnOnce() + Send>,
}

impl Tx<'_> {
    /// The stamp of this write, in milliseconds since 1970; never earlier than the last one.
    pub fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// Leaves `act` to be run once this write is durable, after those of earlier writes. It runs on
    /// the writer's thread and must not wait. Should it panic, `if_it_panics` runs instead.
    pub fn after_commit(&self, act: impl FnOnce() + Send + 'static, if_it_panics: impl FnOnce() + Send + 'static) {
        let action = Action { act: Box::new(act), if_it_panics: Box::new(if_it_panics) };
        self.actions.borrow_mut().push(action);
    }
}

impl Deref for Tx<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

/// Tells whoever waits for a closure how it went: `Ok` is "committed".
type Answer = Box<dyn FnOnce(Result<(), AppError>) + Send>;

/// How a closure went inside its savepoint.
struct Outcome {
    /// Whether its changes stay.
    keep: bool,
    /// Why not, when storage was the reason.
    error: Option<AppError>,
    answer: Answer,
}

type Job = Box<dyn FnOnce(&Tx<'_>) -> Outcome + Send>;

enum Order {
    Write(Job),
    Stop(Instant),
}

/// The way to the writer's thread.
pub(super) struct Writer {
    orders: SyncSender<Order>,
    state: Arc<State>,
    thread: std::sync::Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct State {
    stopping: AtomicBool,
    unhealthy: AtomicBool,
    commits: AtomicU64,
}

impl Writer {
    /// Opens the database, migrates it and starts the thread. Where it fails, nothing is changed.
    pub(super) fn start(path: &Path, synchronous: Synchronous, clock: Clock) -> Result<Self, OpenError> {
        // Looked at before anything is set, since setting WAL mode already changes a file that may not be ours.
        let stranger = Connection::open(path).map_err(|error| OpenError::of(path, error))?;
        migrations::recognise(&stranger, path)?;
        drop(stranger);
        let mut connection = open(path, synchronous).map_err(|error| OpenError::of(path, error))?;
        migrations::run(&mut connection, path)?;
        let last_ms = last_stamp(&connection).map_err(|error| OpenError::of(path, error))?;
        let checkpointer = Checkpointer::start(path).map_err(|error| OpenError::of(path, error))?;
        let (orders, queue) = sync_channel(QUEUE_MAX);
        let state = Arc::new(State::default());
        let thread = Thread {
            path: path.to_owned(),
            synchronous,
            connection: Some(connection),
            queue,
            state: state.clone(),
            checkpointer,
            clock,
            last_ms,
        };
        let thread = thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || thread.run())
            .map_err(|error| OpenError::Folder(path.to_owned(), error))?;
        Ok(Self { orders, state, thread: std::sync::Mutex::new(Some(thread)) })
    }

    /// Runs `work` in the next transaction and waits for its commit.
    /// What `work` returned; `Internal` when it panicked; `Busy` when the queue is full or the writer is
    /// stopping or gone; `Storage` when the commit could not be confirmed.
    pub(super) async fn write<T: Send + 'static>(
        &self, work: impl FnOnce(&Tx<'_>) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        if self.state.stopping.load(Ordering::SeqCst) {
            return Err(AppError::Busy);
        }
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |tx| {
            let result = catch_unwind(AssertUnwindSafe(|| work(tx)))
                .unwrap_or_else(|_| Err(AppError::Internal("a write panicked".to_owned())));
            let error = result.as_ref().err().cloned();
            let answer = move |commit: Result<(), AppError>| {
                // Whoever asked may have gone; the write stands all the same.
                let _ = sender.send(result.and_then(|value| commit.map(|()| value)));
            };
            Outcome { keep: error.is_none(), error, answer: Box::new(answer) }
        });
        match self.orders.try_send(Order::Write(job)) {
            Ok(()) => receiver.await.unwrap_or(Err(AppError::Storage { full: false })),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(AppError::Busy),
        }
    }

    /// Whether the last write that touched the disk succeeded and the thread lives.
    pub(super) fn is_healthy(&self) -> bool {
        let alive = self.thread.lock().is_ok_and(|thread| thread.as_ref().is_some_and(|t| !t.is_finished()));
        alive && !self.state.unhealthy.load(Ordering::SeqCst)
    }

    /// Transactions committed since the start that changed something.
    pub(super) fn commits(&self) -> u64 {
        self.state.commits.load(Ordering::Relaxed)
    }

    /// Writes what is queued, until `deadline` at most, and ends the thread.
    pub(super) fn stop(&self, deadline: Instant) {
        self.state.stopping.store(true, Ordering::SeqCst);
        let _ = self.orders.send(Order::Stop(deadline));
        let thread = self.thread.lock().ok().and_then(|mut thread| thread.take());
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

struct Thread {
    path: PathBuf,
    synchronous: Synchronous,
    /// None between a failure and the next successful opening.
    connection: Option<Connection>,
    queue: Receiver<Order>,
    state: Arc<State>,
    checkpointer: Checkpointer,
    clock: Clock,
    last_ms: i64,
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

    /// Takes `first` and what is queued behind it into one transaction. Returns the deadline when
    /// the order to stop was among it.
    fn group(&mut self, first: Job) -> Option<Instant> {
        let mut next = Some(first);
        let mut stop = None;
        let mut outcomes = Vec::new();
        let mut actions = Vec::new();
        let committed = match self.begin() {
            Ok(connection) => {
                let mut lost = None;
                let mut taken = 0;
                while let Some(job) = next.take() {
                    self.last_ms = self.last_ms.max((self.clock)());
                    match in_savepoint(&connection, self.last_ms, job, &mut actions) {
                        Ok(outcome) => outcomes.push(outcome),
                        Err((outcome, error)) => {
                            outcomes.extend(outcome);
                            lost = Some(error);
                            break;
                        }
                    }
                    taken += 1;
                    if taken < GROUP_MAX {
                        match self.queue.try_recv() {
                            Ok(Order::Write(job)) => next = Some(job),
                            Ok(Order::Stop(deadline)) => stop = Some(deadline),
                            Err(_) => {}
                        }
                    }
                }
                let result = match lost {
                    Some(error) => Err(error),
                    None => connection.execute_batch("COMMIT").map_err(AppError::from),
                };
                if result.is_ok() {
                    self.connection = Some(connection);
                }
                result
            }
            Err(error) => Err(error),
        };
        self.finish(committed, outcomes, actions);
        stop
    }

    /// Takes the connection, opening it if need be, with a transaction begun.
    fn begin(&mut self) -> Result<Connection, AppError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => open(&self.path, self.synchronous)?,
        };
        connection.execute_batch("BEGIN IMMEDIATE")?;
        Ok(connection)
    }

    /// Tells everyone, then runs the actions.
    fn finish(&mut self, committed: Result<(), AppError>, outcomes: Vec<Outcome>, actions: Vec<Action>) {
        match &committed {
            Err(error) => {
                self.state.unhealthy.store(true, Ordering::SeqCst);
                tracing::error!(?error, closures = outcomes.len(), "a group of writes could not be committed");
            }
            Ok(()) if outcomes.iter().any(|outcome| outcome.keep) => {
                self.state.unhealthy.store(false, Ordering::SeqCst);
                self.state.commits.fetch_add(1, Ordering::Relaxed);
            }
            Ok(()) => {}
        }
        let verdict = committed.map_err(|error| match error {
            AppError::Storage { full } => AppError::Storage { full },
            _ => AppError::Storage { full: false },
        });
        let succeeded = verdict.is_ok();
        for outcome in outcomes {
            (outcome.answer)(verdict.clone());
        }
        if !succeeded {
            return;
        }
        for action in actions {
            if catch_unwind(AssertUnwindSafe(action.act)).is_err() {
                tracing::error!("an after-commit action panicked");
                let _ = catch_unwind(AssertUnwindSafe(action.if_it_panics));
            }
        }
        self.tend_wal();
    }

    /// Lets the checkpointer know; empties an overgrown log.
    fn tend_wal(&self) {
        self.checkpointer.nudge();
        let mut wal = self.path.clone().into_os_string();
        wal.push("-wal");
        let overgrown = std::fs::metadata(wal).is_ok_and(|file| file.len() > WAL_BYTES_MAX);
        if let (true, Some(connection)) = (overgrown, &self.connection) {
            let _ = truncate_wal(connection);
        }
    }

    /// After a failure, finds out whether writing works again, so that `/health` can say so.
    fn probe(&mut self) {
        if !self.state.unhealthy.load(Ordering::SeqCst) {
            return;
        }
        let touch = "UPDATE counters SET value = value WHERE name = 'revision'; COMMIT";
        match self.begin().and_then(|connection| {
            connection.execute_batch(touch)?;
            Ok(connection)
        }) {
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
fn in_savepoint(
    connection: &Connection, now_ms: i64, job: Job, actions: &mut Vec<Action>,
) -> Result<Outcome, (Option<Outcome>, AppError)> {
    if let Err(error) = connection.execute_batch("SAVEPOINT job") {
        return Err((None, error.into()));
    }
    let tx = Tx { connection, now_ms, actions: RefCell::new(mem::take(actions)) };
    let before = tx.actions.borrow().len();
    let outcome = job(&tx);
    *actions = tx.actions.into_inner();
    if connection.is_autocommit() {
        let error = outcome.error.clone().unwrap_or(AppError::Storage { full: false });
        return Err((Some(outcome), error));
    }
    let end = if outcome.keep {
        "RELEASE job"
    } else {
        actions.truncate(before);
        "ROLLBACK TO job; RELEASE job"
    };
    match connection.execute_batch(end) {
        Ok(()) => Ok(outcome),
        Err(error) => Err((Some(outcome), error.into())),
    }
}

fn open(path: &Path, synchronous: Synchronous) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
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

/// When the newest message was stamped; a clock that was set back must not go before it.
fn last_stamp(connection: &Connection) -> rusqlite::Result<i64> {
    let sql = "SELECT created_at_ms FROM messages ORDER BY id DESC LIMIT 1";
    Ok(connection.query_row(sql, [], |row| row.get(0)).optional()?.unwrap_or(0))
}

fn truncate_wal(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}
