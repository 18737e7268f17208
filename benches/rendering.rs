//! What rich messages cost: to post one, and to show a page of forty, beside plain ones. Run with `cargo bench --bench rendering`.
//!
//! The server is the real binary; what is counted is the processor time that it used, read from `/proc`. Figures of one run compare
//! with each other only. Every answer is checked.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a measurement may fail")]

#[path = "../tests/support/process.rs"]
#[expect(dead_code, reason = "tests need more of it")]
mod process;

use process::Process;
use reqwest::Client;
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::TempDir;

/// How long something may take before the measurement fails; for `process.rs`.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Messages on a page, and posts for one figure.
const MESSAGES: u32 = 40;
/// Pages for one figure.
const PAGES: u32 = 100;
/// Rounds, each in the order plain, rich, rich, plain.
const ROUNDS: usize = 3;
/// Ticks of `/proc/…/stat` in a second (sysconf(_SC_CLK_TCK) on every Linux).
const TICKS_PER_SECOND: f64 = 100.0;
/// What people write most.
const PLAIN: &str = "Shall we have lunch at the place by the river?";
/// All at once: marks, a mention, a list, a table, a link, an emoji and code.
const RICH: &str = "**Plan** for _Thursday_, @[Ann]:\n\n- [x] invite ~~everybody~~ Bob :tada:\n- [ ] book <https://river.invalid/>\n\n\
    | dish | price |\n|---|---|\n| soup | 6 |\n| fish | 14 |\n\n> as agreed\n\n```rust\nfn main() {\n    let total: u32 = [6, 14].iter().sum();\n    \
    println!(\"{total}\");\n}\n```";

struct Server {
    process: Process,
    client: Client,
    token: String,
    _folder: TempDir,
}

impl Server {
    async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let settings =
            [("CAMPFIRE_LOG", "error"), ("CAMPFIRE_POST_BURST", "1000000"), ("CAMPFIRE_POSTS_PER_SECOND", "1000000")];
        let process = Process::start(folder.path(), &settings).await;
        let client = Client::new();
        let form = json!({"name": "Ann", "email_address": "ann@example.com", "password": "correct horse"});
        let request = client.post(format!("http://{}/first_run", process.address)).header("accept", "application/json");
        let session: Value = request.json(&form).send().await.unwrap().json().await.unwrap();
        Self { process, client, token: session["token"].as_str().unwrap().to_owned(), _folder: folder }
    }

    /// Makes a room.
    async fn room(&self, name: &str) -> i64 {
        let request = self.client.post(format!("http://{}/api/rooms/closeds", self.process.address));
        let answer = request.bearer_auth(&self.token).json(&json!({"name": name})).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        answer.json::<Value>().await.unwrap()["id"].as_i64().unwrap()
    }

    /// Processor time for one post, in milliseconds; the message must have `expected` in its markup.
    async fn post(&self, room: i64, body: &str, expected: &str) -> f64 {
        let before = self.processor_seconds();
        for _ in 0..MESSAGES {
            let request = self.client.post(format!("http://{}/api/rooms/{room}/messages", self.process.address));
            let answer = request.bearer_auth(&self.token).json(&json!({"body": body})).send().await.unwrap();
            assert_eq!(answer.status(), 201);
            let message: Value = answer.json().await.unwrap();
            assert!(message["body"]["html"].as_str().unwrap().contains(expected), "{message}");
        }
        (self.processor_seconds() - before) * 1000.0 / f64::from(MESSAGES)
    }

    /// Processor time for one page, in milliseconds; it must have `expected` in it forty times.
    async fn page(&self, room: i64, expected: &str) -> f64 {
        let before = self.processor_seconds();
        for _ in 0..PAGES {
            let request = self.client.get(format!("http://{}/rooms/{room}", self.process.address));
            let answer = request.bearer_auth(&self.token).header("accept", "text/html").send().await.unwrap();
            assert_eq!(answer.status(), 200);
            let count = answer.text().await.unwrap().matches(expected).count();
            assert_eq!(count, MESSAGES as usize, "{expected}");
        }
        (self.processor_seconds() - before) * 1000.0 / f64::from(PAGES)
    }

    fn processor_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / TICKS_PER_SECOND
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let server = Server::start().await;
    let (plain_room, rich_room) = (server.room("Plain").await, server.room("Rich").await);
    let (mut plain_posts, mut rich_posts, mut plain_pages, mut rich_pages) = (vec![], vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        plain_posts.push(server.post(plain_room, PLAIN, "by the river").await);
        rich_posts.push(server.post(rich_room, RICH, "table-scroller").await);
        rich_posts.push(server.post(rich_room, RICH, "class=\"mention\"").await);
        plain_posts.push(server.post(plain_room, PLAIN, "by the river").await);
        plain_pages.push(server.page(plain_room, "<p>Shall we have lunch").await);
        rich_pages.push(server.page(rich_room, "table-scroller").await);
        rich_pages.push(server.page(rich_room, "table-scroller").await);
        plain_pages.push(server.page(plain_room, "<p>Shall we have lunch").await);
    }
    println!("processor time of the server, in ms; median of {ROUNDS} rounds, order plain rich rich plain");
    println!("| | plain | rich | ratio |\n|---|---|---|---|");
    for (what, plain, rich) in [("a post", plain_posts, rich_posts), ("a page of 40", plain_pages, rich_pages)] {
        let (plain, rich) = (median(plain), median(rich));
        println!("| {what} | {plain:.2} | {rich:.2} | {:.1} |", rich / plain);
    }
}
