//! The control socket: what the command line asks of a running server, and does by itself when none runs.
//!
//! A Unix socket in the storage folder: one line of JSON in, one out. Whoever may connect to it may write the database anyway.
//!
//! Invariants: only its owner may connect, from the first moment on; whoever holds the storage's lock may replace it, so one that
//! a killed server left behind is in nobody's way; orders and their time are bounded.

use crate::config::Config;
use crate::db::storage::{OpenError, Storage};
use crate::services::roster::{invite_path, make_administrator, reset_password};
use crate::services::{Core, DRAIN_MAX, background};
use futures_util::StreamExt;
use futures_util::stream::poll_fn;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixSocket, UnixStream};
use tokio::time::{sleep, timeout};

/// Bytes in a line: the longest password, each of its bytes written as six, and an address.
const LINE_MAX: u64 = 8 * 1024;
/// How long an exchange may take: a hash that waits for others, and a commit on a slow disk.
const EXCHANGE_MAX: Duration = Duration::from_secs(10);
/// How long whoever asks waits: longer than the server takes.
const ANSWER_MAX: Duration = Duration::from_secs(15);
/// Exchanges at once; more wait to be accepted, up to [`BACKLOG_MAX`].
const AT_ONCE_MAX: usize = 4;
/// Connections that wait to be accepted: nobody types more.
const BACKLOG_MAX: u32 = 8;

const REINDEXED: &str =
    "The search index is made anew; a running server does it in the background, newest messages first.";

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
    /// Make the search index anew.
    Reindex,
}

/// What became of an order, in a sentence.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Done(String),
    /// Why it can't be carried out; nothing is written then.
    Failed(String),
}

/// Carries an order out. `origin` is where people find the server.
async fn carry_out(core: &Core, origin: &str, order: Order) -> Answer {
    let done = match order {
        Order::ResetPassword { address, password } => {
            reset_password(core, &address, password).await.map(|(user, generated)| match generated {
                Some(password) => format!("The new password of {}: {password}", user.name),
                None => format!("{} has the new password and is signed out everywhere.", user.name),
            })
        }
        Order::MakeAdministrator { address } => {
            make_administrator(core, &address).await.map(|user| format!("{} is an administrator.", user.name))
        }
        Order::Reindex => background::reindex(core).await.map(|()| REINDEXED.to_owned()),
        Order::InviteLink => invite_path(core).await.map(|path| format!("{origin}{path}")),
    };
    done.map_or_else(|error| Answer::Failed(error.to_string()), Answer::Done)
}

fn path(folder: &Path) -> PathBuf {
    folder.join("control.sock")
}

/// Makes the socket in a folder whose lock is held. Fails with what the system says, of a path that is too long for a socket too.
pub(crate) fn bind(folder: &Path) -> io::Result<UnixListener> {
    let path = path(folder);
    fs::remove_file(&path).or_else(|it| if it.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(it) })?;
    let socket = UnixSocket::new_stream()?;
    socket.bind(&path)?;
    // Before it listens, nobody can connect.
    fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    socket.listen(BACKLOG_MAX)
}

/// Removes the socket of a server that stops. One that stays is in nobody's way.
pub(crate) fn remove(folder: &Path) {
    let _ = fs::remove_file(path(folder));
}

/// Takes orders until it is given up. `origin` is where people find the server.
pub(crate) async fn listen(listener: UnixListener, core: Arc<Core>, origin: String) {
    let exchange = |accepted: io::Result<(UnixStream, _)>| async {
        match accepted {
            Ok((stream, _)) => {
                if timeout(EXCHANGE_MAX, exchange(stream, &core, &origin)).await.is_err() {
                    tracing::warn!("an order over the control socket took too long");
                }
            }
            // Out of file descriptors, say: not for long, one hopes.
            Err(error) => {
                tracing::warn!(%error, "the control socket can't take an order");
                sleep(Duration::from_secs(1)).await;
            }
        }
    };
    poll_fn(|context| listener.poll_accept(context).map(Some)).for_each_concurrent(AT_ONCE_MAX, exchange).await;
}

async fn exchange(mut stream: UnixStream, core: &Core, origin: &str) {
    let answer = match read(&mut stream).await {
        Ok(order) => carry_out(core, origin, order).await,
        Err(_) => Answer::Failed("The server does not know this command. Is it of another version?".to_owned()),
    };
    // Whoever asked may have gone.
    let _ = write(&mut stream, &answer).await;
}

/// Reads a line of JSON; one that does not end is none.
async fn read<T: DeserializeOwned>(stream: &mut UnixStream) -> io::Result<T> {
    let mut line = String::new();
    BufReader::new(stream.take(LINE_MAX)).read_line(&mut line).await?;
    Ok(serde_json::from_str(line.strip_suffix('\n').unwrap_or_default())?)
}

async fn write(stream: &mut UnixStream, line: &impl Serialize) -> io::Result<()> {
    stream.write_all(format!("{}\n", serde_json::to_string(line)?).as_bytes()).await
}

/// Has an order carried out, by the server that runs on the configured storage or here when none does; else tells why it can't be.
pub async fn command(config: Config, order: Order) -> Result<String, String> {
    let answer = match UnixStream::connect(path(&config.storage)).await {
        Ok(stream) => ask(stream, &order).await.map_err(|error| {
            format!(
                "The running server did not answer ({error}). Whether it did what was asked is not known; trying again is safe."
            )
        })?,
        Err(_) => here(config, order).await?,
    };
    match answer {
        Answer::Done(sentence) => Ok(sentence),
        Answer::Failed(sentence) => Err(sentence),
    }
}

async fn ask(mut stream: UnixStream, order: &Order) -> io::Result<Answer> {
    timeout(ANSWER_MAX, async {
        write(&mut stream, order).await?;
        read(&mut stream).await
    })
    .await?
}

/// Carries an order out with the storage locked, so that no server starts meanwhile.
async fn here(config: Config, order: Order) -> Result<Answer, String> {
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
    let core = Core::start(storage, &config)?;
    let answer = carry_out(&core, &config.origin(config.address), order).await;
    background::catch_up(&core).await;
    core.db.stop(DRAIN_MAX);
    Ok(answer)
}
