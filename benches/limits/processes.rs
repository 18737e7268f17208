//! The processes that are measured: ours and the baselines, each on one processor of its own where there are two.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Tells this program, started again, which baseline to be.
pub const BASELINE: &str = "LIMITS_BASELINE";

/// A running server. Dropping it kills it.
pub struct Running {
    pub address: SocketAddr,
    child: Child,
}

/// Processors that this process may use.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// A command that runs on the first processor, if there is a second for us.
fn pinned(program: &Path) -> Command {
    if std::env::var_os("LIMITS_PINNED").is_none() {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", "0"]).arg(program);
    command
}

impl Running {
    async fn start(mut command: Command) -> Self {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("a process");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let line = lines.next_line().await.expect("a line").expect("a program that starts");
        let port = line.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port at the end");
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { address: SocketAddr::from(([127, 0, 0, 1], port)), child }
    }

    /// Starts ours on a folder.
    pub async fn ours(folder: &Path) -> Self {
        Self::ours_at(folder, SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts ours at an address.
    pub async fn ours_at(folder: &Path, address: SocketAddr) -> Self {
        Self::start(ours_command(folder, address)).await
    }

    /// Starts a baseline.
    pub async fn baseline(name: &str, argument: &Path) -> Self {
        Self::start(baseline_command(name, argument)).await
    }

    pub fn id(&self) -> u32 {
        self.child.id().expect("a living process")
    }

    /// Kills it, at once.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("a kill");
    }

    /// Asks it to stop, and waits until it has.
    pub async fn stop(mut self) {
        let sent = Command::new("kill").args(["-TERM", &self.id().to_string()]).status().await.expect("kill(1)");
        assert!(sent.success());
        self.child.wait().await.expect("an end");
    }
}

/// The command that starts ours.
pub fn ours_command(folder: &Path, address: SocketAddr) -> Command {
    let mut command = pinned(Path::new(env!("CARGO_BIN_EXE_campfire")));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).envs([
        ("CAMPFIRE_LOG", "error"),
        ("CAMPFIRE_POST_BURST", "1000000"),
        ("CAMPFIRE_POSTS_PER_SECOND", "1000000"),
        ("CAMPFIRE_SOCKETS_PER_PERSON", "100000"),
    ]);
    command.env("CAMPFIRE_STORAGE", folder).env("CAMPFIRE_ADDRESS", address.to_string());
    command
}

/// The command that starts a baseline.
pub fn baseline_command(name: &str, argument: &Path) -> Command {
    let mut command = pinned(&std::env::current_exe().expect("this program"));
    command.env(BASELINE, name).arg(argument);
    command
}
