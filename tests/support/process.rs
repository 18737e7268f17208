//! The real program in a process of its own, to be killed and started again on the same folder.

use super::PATIENCE;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// A running program.
pub struct Process {
    pub address: SocketAddr,
    child: Child,
}

/// How a program ended that did not start: its code and what it said.
#[derive(Debug)]
pub struct Refused {
    pub status: ExitStatus,
    pub said: String,
}

fn command(folder: &Path, settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_campfire"));
    command
        .env_clear()
        .env("CAMPFIRE_ADDRESS", "127.0.0.1:0")
        .env("CAMPFIRE_STORAGE", folder)
        .env("CAMPFIRE_LOG", "warn")
        .envs(settings.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

impl Process {
    /// Starts the program and waits until it says where it is, or has ended.
    pub async fn try_start(folder: &Path, settings: &[(&str, &str)]) -> Result<Self, Refused> {
        // Clients that are made without a server in this process need it too; fails where it is done already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut child = command(folder, settings).spawn().expect("a process");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let line = timeout(PATIENCE, lines.next_line()).await.expect("a line in time").expect("a line");
        match line {
            Some(line) => {
                let port = line.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port at the end");
                // Reads on, so that the program is never held up by a full pipe.
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                let mut stderr = child.stderr.take().expect("its log");
                tokio::spawn(async move { tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await });
                Ok(Self { address: SocketAddr::from(([127, 0, 0, 1], port)), child })
            }
            None => {
                let mut said = String::new();
                let mut stderr = child.stderr.take().expect("its log");
                timeout(PATIENCE, stderr.read_to_string(&mut said)).await.expect("an end").expect("text");
                let status = timeout(PATIENCE, child.wait()).await.expect("an end").expect("a status");
                Err(Refused { status, said })
            }
        }
    }

    /// Starts the program.
    pub async fn start(folder: &Path, settings: &[(&str, &str)]) -> Self {
        Self::try_start(folder, settings).await.expect("a program that starts")
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id().expect("a living process")
    }

    /// Kills it with SIGKILL: nothing is finished, nothing is said.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("a kill");
    }

    /// Asks it to stop with a signal and waits until it has ended.
    pub async fn stop(mut self, signal: &str) -> ExitStatus {
        let id = self.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().await.expect("kill(1)");
        assert!(sent.success());
        timeout(PATIENCE, self.child.wait()).await.expect("an end").expect("a status")
    }
}

/// How a command ended, and what it said.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a command on a folder, with something on its standard input, and waits until it has ended.
pub async fn run(folder: &Path, words: &[&str], input: &str) -> Ended {
    let mut child = command(folder, &[]).args(words).stdin(Stdio::piped()).spawn().expect("a process");
    let mut stdin = child.stdin.take().expect("its input");
    // A command that reads nothing may have ended already.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = timeout(PATIENCE, child.wait_with_output()).await.expect("an end").expect("an output");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}
