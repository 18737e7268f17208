//! The control socket: what the command line asks of a running server, and does by itself when none runs.
//!
//! A Unix socket in the storage folder: one line of JSON in, one out. Whoever may connect to it may write the database anyway.
//!
//! Invariants: only its owner may connect, from the first moment on; whoever holds the storage's lock may replace it, so one that
//! a killed server left behind is in nobody's way; orders and their time are bounded.

use crate::config::Config;
use crate::db::Db;
use crate::db::storage::{OpenError, Storage};
use crate::domain::clock::system_ms;
use crate::live::hub::Hub;
use crate::services::commands::{invite_path, make_administrator, reset_password};
use crate::services::passwords::Passwords;
use serde::{Deserialize, Serialize};
use socket2::{Domain, SockAddr, Socket, Type};
use std::fs::{self, Permissions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Bytes in a line: the longest password, each of its bytes written as six, and an address.
const LINE_MAX: u64 = 8 * 1024;
/// How long an exchange may take: a hash that waits for others, and a commit on a slow disk.
const EXCHANGE_MAX: Duration = Duration::from_secs(10);
/// How long whoever asks waits: longer than the server takes.
const ANSWER_MAX: Duration = Duration::from_secs(15);
/// Exchanges at once; more wait to be accepted, up to [`BACKLOG_MAX`].
const AT_ONCE_MAX: usize = 4;
/// Connections that wait to be accepted: nobody types more.
const BACKLOG_MAX: i32 = 8;
/// How long the writer may take to end when no server runs.
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// What the command line can ask for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Order {
    /// Give somebody a new password; a generated one when none is given.
    ResetPassword {
        /// Their e-mail address.
        address: String,
        /// The password.
        password: Option<String>,
    },
    /// Make somebody an administrator.
    MakeAdministrator {
        /// Their e-mail address.
        address: String,
    },
    /// Tell the invite link.
    InviteLink,
}

/// What became of an order, in a sentence.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Done(String),
    Failed(String),
}

/// What orders are carried out with.
#[derive(Clone)]
pub struct Desk {
    /// The database.
    pub db: Db,
    /// The hub.
    pub hub: Hub,
    /// Hashing of passwords.
    pub passwords: Arc<Passwords>,
    /// Where people find the server: `https://chat.example.com`.
    pub origin: String,
}

impl Desk {
    /// Carries an order out.
    ///
    /// # Errors
    /// Why it can't be, as a sentence; nothing is written then.
    pub async fn carry_out(&self, order: Order) -> Result<String, String> {
        let Self { db, hub, passwords, origin } = self;
        let done = match order {
            Order::ResetPassword { address, password } => {
                reset_password(db, hub, passwords, &address, password).await.map(|(user, generated)| match generated {
                    Some(password) => format!("The new password of {}: {password}", user.name),
                    None => format!("{} has the new password and is signed out everywhere.", user.name),
                })
            }
            Order::MakeAdministrator { address } => {
                let user = make_administrator(db, hub, &address).await;
                user.map(|user| format!("{} is an administrator.", user.name))
            }
            Order::InviteLink => match invite_path(db).await {
                Ok(None) => return Err(UNUSED.to_owned()),
                Ok(Some(path)) => Ok(format!("{origin}{path}")),
                Err(error) => Err(error),
            },
        };
        done.map_err(|error| error.to_string())
    }
}

const UNUSED: &str = "This Campfire has not been set up yet: open it in a browser first.";

fn path(folder: &Path) -> PathBuf {
    folder.join("control.sock")
}

/// Makes the socket in a folder whose lock is held.
///
/// # Errors
/// What the system says; a path that is too long for a socket is among it.
pub fn bind(folder: &Path) -> io::Result<UnixListener> {
    let path = path(folder);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(&path)?)?;
    // Before it listens, nobody can connect.
    fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    socket.listen(BACKLOG_MAX)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Removes the socket of a server that stops.
pub fn remove(folder: &Path) {
    // One that stays is in nobody's way.
    let _ = fs::remove_file(path(folder));
}

/// Takes orders until it is given up.
pub async fn listen(listener: UnixListener, desk: Desk) {
    let listener = match tokio::net::UnixListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::warn!(%error, "the control socket can't be listened to"),
    };
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if under_way.len() < AT_ONCE_MAX => match accepted {
                Ok((stream, _)) => {
                    let desk = desk.clone();
                    under_way.spawn(async move {
                        if timeout(EXCHANGE_MAX, exchange(stream, &desk)).await.is_err() {
                            tracing::warn!("an order over the control socket took too long");
                        }
                    });
                }
                // Out of file descriptors, say: not for long, one hopes.
                Err(error) => {
                    tracing::warn!(%error, "the control socket can't take an order");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            },
            Some(_) = under_way.join_next() => {}
        }
    }
}

async fn exchange(stream: tokio::net::UnixStream, desk: &Desk) {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    let read = tokio::io::BufReader::new(reader.take(LINE_MAX)).read_line(&mut line).await;
    let order = read.ok().filter(|_| line.ends_with('\n')).and_then(|_| serde_json::from_str(&line).ok());
    let answer = match order {
        Some(order) => match desk.carry_out(order).await {
            Ok(sentence) => Answer::Done(sentence),
            Err(sentence) => Answer::Failed(sentence),
        },
        None => Answer::Failed("The server does not know this command. Is it of another version?".to_owned()),
    };
    let mut line = serde_json::to_string(&answer).unwrap_or_default();
    line.push('\n');
    // Whoever asked may have gone.
    let _ = writer.write_all(line.as_bytes()).await;
}

/// Has an order carried out: by the server that runs on the configured storage, or here when none does.
///
/// # Errors
/// Why it can't be, as a sentence.
pub async fn command(config: Config, order: Order) -> Result<String, String> {
    match UnixStream::connect(path(&config.storage)) {
        Ok(stream) => ask(stream, &order).unwrap_or_else(|error| {
            Err(format!(
                "The running server did not answer ({error}). Whether it did what was asked is not known; trying again is safe."
            ))
        }),
        Err(_) => here(config, order).await,
    }
}

fn ask(mut stream: UnixStream, order: &Order) -> io::Result<Result<String, String>> {
    stream.set_read_timeout(Some(ANSWER_MAX))?;
    stream.set_write_timeout(Some(ANSWER_MAX))?;
    let mut line = serde_json::to_string(order)?;
    line.push('\n');
    stream.write_all(line.as_bytes())?;
    line.clear();
    BufReader::new(stream.take(LINE_MAX)).read_line(&mut line)?;
    Ok(match serde_json::from_str(&line)? {
        Answer::Done(sentence) => Ok(sentence),
        Answer::Failed(sentence) => Err(sentence),
    })
}

/// Carries an order out with the storage locked, so that no server starts meanwhile.
async fn here(config: Config, order: Order) -> Result<String, String> {
    if !Storage::is_used(&config.storage) {
        return Err(format!("There is no Campfire in {}. Is CAMPFIRE_STORAGE right?", config.storage.display()));
    }
    let storage = Storage::open(&config.storage).map_err(|error| match error {
        OpenError::InUse(folder) => format!(
            "A Campfire is running on the storage at {} but takes no commands. If it has just started, try again; \
             otherwise stop it, then run this command again.",
            folder.display()
        ),
        error => error.to_string(),
    })?;
    let clock: crate::domain::clock::Clock = Arc::new(system_ms);
    let db = Db::open(storage, config.synchronous, clock.clone()).map_err(|error| error.to_string())?;
    // Nobody is connected: the hub has nobody to tell.
    let hub = Hub::start(1, 1, clock).map_err(|error| error.to_string())?;
    let passwords = Arc::new(Passwords::start().map_err(|error| error.to_string())?);
    let origin = config.origin(config.address);
    let carried_out = Desk { db: db.clone(), hub, passwords, origin }.carry_out(order).await;
    db.stop(DRAIN_MAX);
    carried_out
}
