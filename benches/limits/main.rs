//! How close the server is to what the machine can do: `cargo bench --bench limits`, or only some rows: `… -- 1 4`.
//!
//! Every figure is a ratio to a baseline in the same run (the least program that could be called the same), taken in the order
//! baseline, ours, ours, baseline, in several rounds; a round whose baselines differ by more than a tenth is rejected. Server and generator
//! have a processor each, where there are two. Every answer is checked; every acknowledged post is looked for in the database.
//!
//! Set by the environment: `LIMITS_MESSAGES` (a million), `LIMITS_SOCKETS` (ten thousand), `LIMITS_SECONDS` a sample (3), `LIMITS_ROUNDS`
//! (3), `LIMITS_JSON`, a file for comparing runs, `LIMITS_STORAGE`, a folder for the data to be kept and used again. A row that ran smaller than it is meant to says so and counts as not met. Ends with 0.
#![expect(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a measurement may fail")]

mod baselines;
mod data;
mod http;
mod measure;
mod processes;
mod raw;
mod rows;
mod sockets;

use measure::Goal;
use processes::{BASELINE, Running};
use serde_json::{Value, json};
use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// Messages that are meant to be in the database: rows that ran smaller count as not met.
pub const MESSAGES_MEANT: u64 = 1_000_000;
/// How long a row may take before the others have their turn.
const ROW_TIME_MAX: Duration = Duration::from_secs(600);
/// Sockets that are meant to be open at once.
pub const SOCKETS_MEANT: usize = 10_000;

/// The file of a storage that the data is in.
const DATABASE: &str = "campfire.sqlite3";

/// One line of the table.
pub struct Line {
    row: u32,
    what: String,
    ours: String,
    baseline: String,
    ratio: Option<f64>,
    goal: Goal,
    is_smaller: bool,
}

/// How the run goes.
pub struct Run {
    /// What is made here is gone afterwards.
    pub folder: TempDir,
    /// How long a sample takes.
    pub span: Duration,
    /// Rounds of four samples.
    pub rounds: usize,
    /// Sockets at most.
    pub sockets: usize,
    /// Messages in the database.
    pub messages: u64,
    lines: Vec<Line>,
}

impl Run {
    /// The storage of the data.
    pub fn storage(&self) -> PathBuf {
        self.folder.path().join("storage")
    }

    /// Notes a line; without a ratio it was rejected.
    pub fn line(&mut self, row: u32, what: &str, figures: (String, String), ratio: Option<f64>, goal: Goal) {
        let line = Line {
            row,
            what: what.to_owned(),
            ours: figures.0,
            baseline: figures.1,
            ratio,
            goal,
            is_smaller: self.messages < MESSAGES_MEANT,
        };
        println!("{}", line.text());
        self.lines.push(line);
    }

    /// Says of the last line that it ran smaller than it is meant to.
    pub fn smaller(&mut self, is_smaller: bool) {
        if let Some(line) = self.lines.last_mut() {
            line.is_smaller |= is_smaller;
        }
    }
}

impl Line {
    fn verdict(&self) -> &'static str {
        match self.ratio {
            None => "rejected: the machine did not hold still",
            Some(_) if self.is_smaller => "ran smaller than meant: not met",
            Some(ratio) if self.goal.is_met(ratio) => "met",
            Some(_) => "not met",
        }
    }

    fn text(&self) -> String {
        let ratio = self.ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.3}"));
        format!(
            "| {} | {} | {} | {} | {ratio} | {} | {} |",
            self.row,
            self.what,
            self.ours,
            self.baseline,
            self.goal,
            self.verdict()
        )
    }

    fn json(&self) -> Value {
        json!({"row": self.row, "what": self.what, "ours": self.ours, "baseline": self.baseline, "ratio": self.ratio,
            "goal": self.goal.to_string(), "verdict": self.verdict()})
    }
}

fn setting<T: std::str::FromStr>(name: &str, default: T) -> T {
    env::var(name).ok().map_or(default, |text| text.parse().ok().unwrap_or_else(|| panic!("{name} is {text:?}")))
}

/// Starts this program again on the second processor, so that the servers have the first for themselves.
fn pin() {
    if env::var_os("LIMITS_PINNED").is_none() && processes::processors() > 1 {
        let mut command = std::process::Command::new("taskset");
        command.args(["-c", "1"]).arg(env::current_exe().expect("this program")).args(env::args_os().skip(1));
        let status = command.env("LIMITS_PINNED", "1").status().expect("taskset(1)");
        std::process::exit(status.code().unwrap_or(1));
    }
}

/// Makes the data: an account by the server itself, the rest by SQL, and lets the server put in order what it wants to.
async fn prepare(storage: &Path, messages: u64) {
    std::fs::create_dir_all(storage).unwrap();
    let running = Running::ours(storage).await;
    let form = "name=Ann&email_address=ann%40example.com&password=correct+horse+battery";
    let request = format!(
        "POST /first_run HTTP/1.1\r\nHost: limits.example\r\nAccept: application/json\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let mut connection = http::Connection::open(running.address).await;
    assert_eq!(connection.ask(request.as_bytes()).await.status, 201);
    running.stop().await;
    data::fill(storage, messages).unwrap();
    let reindexed = processes::ours_command(storage, running_nowhere()).arg("reindex").status().await.unwrap();
    assert!(reindexed.success());
}

/// Where a command does not listen.
fn running_nowhere() -> std::net::SocketAddr {
    std::net::SocketAddr::from(([127, 0, 0, 1], 0))
}

async fn measure(wanted: &[u32]) -> Run {
    let folder = TempDir::new().unwrap();
    let mut run = Run {
        span: Duration::from_secs_f64(setting("LIMITS_SECONDS", 3.0)),
        rounds: setting("LIMITS_ROUNDS", 3),
        sockets: setting("LIMITS_SOCKETS", SOCKETS_MEANT),
        messages: setting("LIMITS_MESSAGES", MESSAGES_MEANT),
        folder,
        lines: Vec::new(),
    };
    match env::var_os("LIMITS_STORAGE") {
        None => prepare(&run.storage(), run.messages).await,
        Some(made) => {
            let made = PathBuf::from(made);
            if !made.exists() {
                prepare(&made, run.messages).await;
            }
            std::fs::create_dir_all(run.storage()).unwrap();
            std::fs::copy(made.join(DATABASE), run.storage().join(DATABASE)).unwrap();
        }
    }
    println!("{} messages, {} processors, {} rounds\n", run.messages, processes::processors(), run.rounds);
    println!("| row | measured | ours | baseline | ratio | goal | |\n|---|---|---|---|---|---|---|");
    for row in 1..=12 {
        let is_wanted = wanted.is_empty() || wanted.contains(&row);
        if is_wanted && tokio::time::timeout(ROW_TIME_MAX, rows::measure(row, &mut run)).await.is_err() {
            println!("| {row} | what is left of it | – | – | – | | not met: given up after {ROW_TIME_MAX:?} |");
        }
    }
    run
}

fn main() {
    if let Some(name) = env::var_os(BASELINE) {
        let argument = env::args().nth(1).unwrap_or_default();
        actix_web::rt::System::new().block_on(baselines::run(&name.to_string_lossy(), &argument));
        return;
    }
    pin();
    let wanted: Vec<u32> = env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let run = tokio::task::LocalSet::new().block_on(&runtime, measure(&wanted));
    if let Some(file) = env::var_os("LIMITS_JSON") {
        let lines: Vec<Value> = run.lines.iter().map(Line::json).collect();
        std::fs::write(file, serde_json::to_vec_pretty(&lines).unwrap()).unwrap();
    }
}
