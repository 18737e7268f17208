//! How the cost of a request grows with the account: the sidebar, a room's page and the list of people, at 100 rooms and 500 people
//! and at ten times that. Run with `cargo bench --bench growth`.
//!
//! The server is the real binary, a process of its own; what is counted is the processor time that it used, read from
//! `/proc`, since wall-clock time on a shared machine says little. Figures of one run compare with each other only. Every
//! answer is checked.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a measurement may fail")]

#[path = "../tests/support/process.rs"]
#[expect(dead_code, reason = "tests need more of it")]
mod process;

use campfire::db::{Db, Storage, Synchronous};
use process::Process;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// How long something may take before the measurement fails; for `process.rs`.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Requests for one figure.
const REQUESTS: u32 = 200;
/// Rounds, each in the order small, large, large, small.
const ROUNDS: usize = 3;
/// Ticks of `/proc/…/stat` in a second (sysconf(_SC_CLK_TCK) on every Linux).
const TICKS_PER_SECOND: f64 = 100.0;

/// An account of some size, with a server on it.
struct Account {
    process: Process,
    client: Client,
    token: String,
    _folder: TempDir,
}

impl Account {
    async fn of(rooms: u32, people: u32) -> Self {
        let folder = TempDir::new().unwrap();
        let settings = [("CAMPFIRE_LOG", "error")];
        let process = Process::start(folder.path(), &settings).await;
        let client = Client::new();
        let form = json!({"name": "Ann", "email_address": "ann@example.com", "password": "correct horse"});
        let url = format!("http://{}/first_run", process.address);
        let request = client.post(url).header("accept", "application/json").json(&form);
        let session: Value = request.send().await.unwrap().json().await.unwrap();
        process.kill().await;
        fill(&folder, rooms, people).await;
        let process = Process::start(folder.path(), &settings).await;
        let token = session["token"].as_str().unwrap().to_owned();
        Self { process, client, token, _folder: folder }
    }

    /// Processor time that the server uses for one request, in milliseconds; the answer must have `expected` in it.
    async fn cost(&self, path: &str, expected: &str) -> f64 {
        let before = self.processor_seconds();
        for _ in 0..REQUESTS {
            let request = self.client.request(Method::GET, format!("http://{}{path}", self.process.address));
            let answer = request.bearer_auth(&self.token).header("accept", "text/html").send().await.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            let text = answer.text().await.unwrap();
            assert!(text.contains(expected), "{path} has no {expected}");
        }
        (self.processor_seconds() - before) * 1000.0 / f64::from(REQUESTS)
    }

    fn processor_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
        ticks / TICKS_PER_SECOND
    }
}

/// Puts people and rooms into a database that nobody has open: everybody is in every tenth room, Ann in all; every room has
/// messages, of which she has read some.
async fn fill(folder: &TempDir, rooms: u32, people: u32) {
    let storage = Storage::open(folder.path()).unwrap();
    let db = Db::open(storage, Synchronous::Normal, Arc::new(|| 1_769_862_896_789)).unwrap();
    let numbers =
        |to: u32| format!("WITH RECURSIVE numbers(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < {to})");
    let sql = format!(
        "INSERT INTO users (id, name, name_key, email_address, created_at_ms, updated_at_ms)
         {} SELECT n, 'Person ' || n, 'person ' || printf('%06d', n), 'p' || n || '@example.com', 0, 0 FROM numbers;
         INSERT INTO rooms (id, kind, name, name_key, creator_id, created_at_ms, updated_at_ms)
         {} SELECT n, 'closed', 'Room ' || n, 'room ' || printf('%06d', n), 1, 0, 0 FROM numbers;
         INSERT OR IGNORE INTO memberships (room_id, user_id, involvement, created_at_ms)
         SELECT rooms.id, users.id, 'mentions', 0 FROM rooms, users WHERE users.id = 1 OR rooms.id % 10 = 1;
         INSERT INTO messages (room_id, creator_id, client_message_id, created_revision, revision, source, body_html,
           plain_text, created_at_ms, updated_at_ms)
         SELECT rooms.id, 2, printf('%08x-0000-4000-8000-%012x', rooms.id, numbers.n), rooms.id * 20 + numbers.n,
           rooms.id * 20 + numbers.n, 'hello', '<p>hello</p>', 'hello', 0, 0
         FROM rooms, (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3 UNION SELECT 4) AS numbers;
         UPDATE rooms SET last_message_id = (SELECT max(id) FROM messages WHERE room_id = rooms.id);
         UPDATE memberships SET last_read_message_id = (SELECT last_message_id FROM rooms WHERE id = room_id) - room_id % 3;
         UPDATE counters SET value = 1000000 WHERE name = 'revision';
         ANALYZE;",
        numbers(people),
        numbers(rooms),
    );
    db.write(move |tx| Ok(tx.execute_batch(&sql)?)).await.unwrap();
    db.stop(PATIENCE);
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (small, large) = (Account::of(100, 500).await, Account::of(1_000, 5_000).await);
    println!(
        "processor time of the server for one request, in ms; median of {ROUNDS} rounds, order small large large small"
    );
    println!("| request | 100 rooms, 500 people | 1,000 rooms, 5,000 people | ratio |\n|---|---|---|---|");
    for (name, path, expected) in [
        ("sidebar", "/users/me/sidebar", "id=\"rooms\""),
        ("room page", "/rooms/1", "id=\"messages\""),
        ("list of people", "/account/users", "Person 2"),
        ("people of a room of everyone", "/rooms/1/members", "Person 2"),
    ] {
        let (mut smalls, mut larges) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            smalls.push(small.cost(path, expected).await);
            larges.push(large.cost(path, expected).await);
            larges.push(large.cost(path, expected).await);
            smalls.push(small.cost(path, expected).await);
        }
        let (small, large) = (median(smalls), median(larges));
        println!("| {name} | {small:.2} | {large:.2} | {:.1} |", large / small);
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
