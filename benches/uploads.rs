//! Ten files of 100 MB that are sent at once: how fast they are taken, beside a plain write of as much to the same disk in the same
//! run, and how much memory the server takes for it. Run with `cargo bench --bench uploads`.
//!
//! The server is the real binary, a process of its own. Half of the files are bytes, half are pictures, which are written a second
//! time without what they tell besides themselves. Figures of one run compare with each other only. Every answer is checked.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a measurement may fail")]

#[path = "../tests/support/process.rs"]
#[expect(dead_code, reason = "tests need more of it")]
mod process;

use process::Process;
use reqwest::Client;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::Write;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// How long something may take before the measurement fails; for `process.rs`.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Files at once.
const FILES: usize = 10;
/// Bytes in each.
const FILE_BYTES: usize = 100_000_000;
/// Bytes that are handed to the system at a time.
const CHUNK: usize = 256 * 1024;

/// Sends one file without ever having it in memory; returns the answer's first line.
async fn send(address: SocketAddr, token: String, is_picture: bool) -> String {
    let head = "--cut\r\nContent-Disposition: form-data; name=\"attachment\"; filename=\"film\"\r\n\r\n".to_owned();
    // A JPEG up to its picture, all of whose bytes are zeros.
    let start: &[u8] =
        if is_picture { b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xFF\xDA\0\x02" } else { b"" };
    let end = "\r\n--cut--\r\n";
    let length = head.len() + start.len() + FILE_BYTES + end.len();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST /rooms/1/messages HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\naccept: application/json\r\n\
         content-type: multipart/form-data; boundary=cut\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{head}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.write_all(start).await.unwrap();
    let (chunk, mut left) = (vec![0; CHUNK], FILE_BYTES);
    while left > 0 {
        let length = left.min(CHUNK);
        stream.write_all(&chunk[..length]).await.unwrap();
        left -= length;
    }
    stream.write_all(end.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

/// Writes as much as all files to one folder, from as many threads, flushed; returns the seconds.
fn write_plainly() -> f64 {
    let folder = TempDir::new().unwrap();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for number in 0..FILES {
            let path = folder.path().join(number.to_string());
            scope.spawn(move || {
                let (mut file, chunk) = (File::create(path).unwrap(), vec![0; CHUNK]);
                let mut left = FILE_BYTES;
                while left > 0 {
                    let length = left.min(CHUNK);
                    file.write_all(&chunk[..length]).unwrap();
                    left -= length;
                }
                file.sync_all().unwrap();
            });
        }
    });
    begun.elapsed().as_secs_f64()
}

/// The most memory that a process has had, in megabytes.
fn peak_mb(process: &Process) -> f64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<f64>().unwrap() * 1024.0 / 1e6
}

#[tokio::main]
async fn main() {
    let folder = TempDir::new().unwrap();
    let settings = [("CAMPFIRE_LOG", "error"), ("CAMPFIRE_UPLOAD_MAX", "101MB")];
    let process = Process::start(folder.path(), &settings).await;
    let form = json!({"name": "Ann", "email_address": "ann@example.com", "password": "correct horse"});
    let request = Client::new().post(format!("http://{}/first_run", process.address));
    let session: Value =
        request.header("accept", "application/json").json(&form).send().await.unwrap().json().await.unwrap();
    let token = session["token"].as_str().unwrap().to_owned();
    let before = peak_mb(&process);
    let mut plain = tokio::task::spawn_blocking(write_plainly).await.unwrap();
    let begun = Instant::now();
    let mut uploads = JoinSet::new();
    for number in 0..FILES {
        uploads.spawn(send(process.address, token.clone(), number % 2 == 0));
    }
    while let Some(answer) = uploads.join_next().await {
        assert_eq!(answer.unwrap(), "HTTP/1.1 201 Created");
    }
    let taken = begun.elapsed().as_secs_f64();
    plain = plain.midpoint(tokio::task::spawn_blocking(write_plainly).await.unwrap());
    let megabytes = (FILES * FILE_BYTES) as f64 / 1e6;
    println!("{FILES} files of {} MB at once", FILE_BYTES / 1_000_000);
    println!("  sent to the server   {:7.1} MB/s", megabytes / taken);
    println!(
        "  written plainly      {:7.1} MB/s   (the server takes {:.2} times as long)",
        megabytes / plain,
        taken / plain
    );
    println!("  memory of the server {:7.1} MB at most, {before:.1} MB before", peak_mb(&process));
    process.kill().await;
}
