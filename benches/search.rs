//! What a search costs over a million messages in 200 rooms, beside the same over ten thousand; what the index costs a post, and the
//! database. Run with `cargo bench --bench search`; `CAMPFIRE_BENCH_MESSAGES=200000` has fewer.
//!
//! The server is the real binary, a process of its own. Searches are timed as programs ask for them, answers are checked; posts and the
//! index are counted in processor time, read from `/proc`. Figures of one run compare with each other only.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a measurement may fail")]

#[path = "../tests/support/process.rs"]
#[expect(dead_code, reason = "tests need more of it")]
mod process;

use futures_util::future::join_all;
use process::{Process, run};
use reqwest::{Client, StatusCode};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long something may take before the measurement fails; for `process.rs`. A million messages take their time to be indexed.
pub const PATIENCE: Duration = Duration::from_secs(1_800);
/// Rooms; the n-th has 1/n as many messages as the first.
const ROOMS: u64 = 200;
/// Messages in the room of whoever is in that one only.
const BOBS_LEN: u64 = 20;
/// Different words, of which the n-th is said 1/n as often as the first.
const WORDS: u64 = 50_000;
/// Timings of one search; the median counts.
const TIMINGS: usize = 15;
/// Posts for one figure, and clients that post at once: as many as the writer takes into one group.
const POSTS: usize = 6_400;
const CLIENTS: usize = 64;
/// Ticks of `/proc/…/stat` in a second (sysconf(_SC_CLK_TCK) on every Linux).
const TICKS_PER_SECOND: f64 = 100.0;

/// Numbers without a pattern, the same in every run (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 1 to `max`, n with a share of about 1/n.
    fn skewed(&mut self, max: u64) -> u64 {
        let share = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        ((max as f64 + 1.0).powf(share) as u64).clamp(1, max)
    }
}

/// The n-th word: common ones are short.
fn word(mut n: u64) -> String {
    const SYLLABLES: [&str; 16] =
        ["de", "ka", "lo", "mi", "ne", "pu", "ra", "si", "to", "vu", "wa", "ze", "bri", "cha", "flo", "gru"];
    let mut word = String::new();
    while n > 0 {
        word.push_str(SYLLABLES[(n % 16) as usize]);
        n /= 16;
    }
    word
}

fn text(numbers: &mut Numbers, number: u64) -> String {
    let mut words: Vec<String> = (0..4 + numbers.next() % 12).map(|_| word(numbers.skewed(WORDS))).collect();
    // Each as frequent in a small account as in a large one, but for what is rare: that is as often said in both.
    if number.is_multiple_of(20) {
        words.push("lunch place".to_owned());
    } else if number.is_multiple_of(7) {
        words.push("place lunch".to_owned());
    }
    if number.is_multiple_of(20) {
        words.push("我在上海市工作".to_owned());
    }
    if number < 9_000 && number.is_multiple_of(300) {
        words.push("xylophone".to_owned());
    }
    words.join(" ")
}

/// An account of some size with a server on it: Ann, who said everything, is in all rooms, Bob in the last only.
struct Account {
    process: Process,
    client: Client,
    ann: String,
    bob: String,
    /// Microseconds of processor time that the index took for each message.
    index_us: f64,
    folder: TempDir,
}

impl Account {
    async fn of(messages: u64) -> Self {
        let folder = TempDir::new().unwrap();
        let settings =
            [("CAMPFIRE_LOG", "error"), ("CAMPFIRE_POST_BURST", "1000000"), ("CAMPFIRE_POSTS_PER_SECOND", "100000")];
        let process = Process::start(folder.path(), &settings).await;
        let client = Client::new();
        let enters = async |path: String, name: &str| {
            let address = format!("{name}@example.com");
            let form = json!({"name": name, "email_address": address, "password": "correct horse"});
            let url = format!("http://{}{path}", process.address);
            let request = client.post(url).header("accept", "application/json").json(&form);
            let session: Value = request.send().await.unwrap().json().await.unwrap();
            session["token"].as_str().unwrap().to_owned()
        };
        let ann = enters("/first_run".to_owned(), "Ann").await;
        let code: String = database(&folder).query_row("SELECT join_code FROM accounts", [], |row| row.get(0)).unwrap();
        let bob = enters(format!("/join/{code}"), "Bob").await;
        process.kill().await;
        fill(&mut database(&folder), messages);
        let before = processor_seconds("self", 13);
        let done = run(folder.path(), &["reindex"], "").await;
        assert_eq!(done.code, Some(0), "{done:?}");
        let index_us = (processor_seconds("self", 13) - before) * 1e6 / messages as f64;
        let process = Process::start(folder.path(), &settings).await;
        Self { process, client, ann, bob, index_us, folder }
    }

    /// Milliseconds that a search takes, and how many messages its page has.
    async fn time(&self, token: &str, query: &str) -> (f64, usize) {
        let url = reqwest::Url::parse_with_params(&format!("http://{}/searches", self.process.address), [("q", query)]);
        let (url, mut times, mut len) = (url.unwrap(), Vec::new(), 0);
        while times.len() < TIMINGS {
            let begun = Instant::now();
            let request = self.client.get(url.clone()).bearer_auth(token).header("accept", "application/json");
            let answer = request.send().await.unwrap();
            if answer.status() == StatusCode::TOO_MANY_REQUESTS {
                // Searches have a rate.
                tokio::time::sleep(Duration::from_millis(300)).await;
                continue;
            }
            assert_eq!(answer.status(), StatusCode::OK, "{query}");
            let body = answer.bytes().await.unwrap();
            times.push(begun.elapsed().as_secs_f64() * 1000.0);
            let found: Vec<Value> = serde_json::from_slice(&body).unwrap();
            let ids: Vec<i64> = found.iter().map(|message| message["id"].as_i64().unwrap()).collect();
            assert!(ids.is_sorted_by(|one, other| one > other), "{query}");
            len = ids.len();
        }
        (median(times), len)
    }

    /// Microseconds of the server's processor time for a post, by so many clients at once.
    async fn post_cost(&self, clients: usize) -> f64 {
        let pid = self.process.id().to_string();
        let before = processor_seconds(&pid, 11);
        let posts = POSTS / CLIENTS * clients.max(16);
        let posting = (0..clients).map(async |number| {
            let mut numbers = Numbers(number as u64);
            for post in 0..posts / clients {
                let body = json!({"body": text(&mut numbers, (number * posts + post) as u64)});
                let url = format!("http://{}/rooms/1/messages", self.process.address);
                let request = self.client.post(url).bearer_auth(&self.ann).header("accept", "application/json");
                assert_eq!(request.json(&body).send().await.unwrap().status(), StatusCode::CREATED);
            }
        });
        join_all(posting).await;
        (processor_seconds(&pid, 11) - before) * 1e6 / (posts / clients * clients) as f64
    }
}

fn database(folder: &TempDir) -> Connection {
    Connection::open(folder.path().join("campfire.sqlite3")).unwrap()
}

/// Puts rooms and messages into a database that nobody has open.
fn fill(database: &mut Connection, count: u64) {
    let tx = database.transaction().unwrap();
    tx.execute_batch(&format!(
        "WITH RECURSIVE n(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < {ROOMS})
         INSERT INTO rooms (id, kind, name, creator_id, created_at_ms, updated_at_ms) SELECT n, 'closed', 'Room ' || n, 1, 0, 0 FROM n;
         INSERT INTO memberships (room_id, user_id, involvement, created_at_ms) SELECT id, 1, 'mentions', 0 FROM rooms WHERE id > 1;
         DELETE FROM memberships WHERE user_id = 2;
         INSERT INTO memberships (room_id, user_id, involvement, created_at_ms) VALUES ({ROOMS}, 2, 'mentions', 0);
         UPDATE counters SET value = 10000000 WHERE name = 'revision';"
    ))
    .unwrap();
    let insert = "INSERT INTO messages (room_id, creator_id, client_message_id, created_revision, revision, body_revision, source,
                    source_format, body_html, plain_text, created_at_ms, updated_at_ms)
                  VALUES (?1, 1, printf('%08x-0000-4000-8000-000000000000', ?2), ?2, ?2, ?2, ?3, 'markdown', '<p>' || ?3 || '</p>', ?3, ?4, ?4)";
    let mut insert = tx.prepare(insert).unwrap();
    let mut numbers = Numbers(count);
    for number in 0..count {
        // Bob's room has as much in a small account as in a large one.
        let is_bobs = number.is_multiple_of(count / BOBS_LEN);
        let room = if is_bobs { ROOMS } else { numbers.skewed(ROOMS - 1) };
        let text = text(&mut numbers, if is_bobs { 0 } else { number });
        let at_ms = 1_769_862_896_789 + number as i64 * 1_000;
        insert.execute((room as i64, number as i64 + 1, text, at_ms)).unwrap();
    }
    drop(insert);
    tx.commit().unwrap();
}

/// Processor time of a process (field 11 of what `proc_pid_stat(5)` says behind the name, and the next) or of its ended children (13).
fn processor_seconds(pid: &str, field: usize) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    (fields[field].parse::<f64>().unwrap() + fields[field + 1].parse::<f64>().unwrap()) / TICKS_PER_SECOND
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let begun = Instant::now();
    let messages = std::env::var("CAMPFIRE_BENCH_MESSAGES").ok().and_then(|it| it.parse().ok()).unwrap_or(1_000_000);
    let (small, large) = (Account::of(10_000).await, Account::of(messages).await);
    println!("filled and indexed in {:.0} s", begun.elapsed().as_secs_f64());
    println!("\n| search | 10,000 messages | {messages} messages | ratio |\n|---|---|---|---|");
    for (name, is_bob, query) in [
        ("a common word", false, "place"),
        ("a word that is even more common", false, "de"),
        ("a rare word", false, "xylophone"),
        ("a phrase", false, "\"lunch place\""),
        ("a beginning of two letters", false, "lu"),
        ("a beginning of five letters", false, "flobr"),
        ("a pair of characters", false, "上海"),
        ("three characters", false, "上海市"),
        ("two common words, one excluded", false, "place lunch -deka"),
        ("a common word, by who is in one small room", true, "place"),
        ("a rare word, by who is in one small room", true, "xylophone"),
        ("an author on a day", false, "from:ann on:2026-01-31"),
    ] {
        let who = |account: &Account| if is_bob { account.bob.clone() } else { account.ann.clone() };
        let (small_ms, some) = small.time(&who(&small), query).await;
        let (large_ms, more) = large.time(&who(&large), query).await;
        assert!(more >= some.min(40) || is_bob, "{name}: {some} and {more}");
        let ratio = large_ms / small_ms;
        println!("| {name} (`{query}`) | {small_ms:.2} ms, {some} | {large_ms:.2} ms, {more} | {ratio:.1} |");
    }

    let number = |sql: &str| database(&large.folder).query_row(sql, [], |row| row.get::<_, f64>(0)).unwrap();
    let pages = "SELECT coalesce(sum(pgsize), 0) FROM dbstat";
    let (all, index) = (number(pages), number(&format!("{pages} WHERE name LIKE 'message_index%'")));
    let (with, without) = (all / messages as f64, (all - index) / messages as f64);
    println!("\nbytes of the database for each message: {with:.0} with the index, {without:.0} without");

    println!("\n| processor time | all of it | of which the index | adds |\n|---|---|---|---|");
    for (name, clients) in [("a post, among 64 clients", CLIENTS), ("a post, of one client", 1)] {
        let (all, index) = (large.post_cost(clients).await, large.index_us);
        println!("| {name} | {all:.0} µs | {index:.0} µs | {:.0} % |", index / (all - index) * 100.0);
    }
    for account in [small, large] {
        account.process.stop("-TERM").await;
    }
}
