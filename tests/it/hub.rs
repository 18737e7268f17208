//! The hub under load: a thousand readers, one that never reads, and the memory afterwards.

use crate::support::process::Process;
use crate::support::socket::{Heard, Page, Socket};
use crate::support::{PATIENCE, Person, TestServer, as_object};
use campfire::config::Config;
use campfire::db::Storage;
use campfire::server::Server;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Mutex;
use tokio::time::timeout;

const POSTERS: usize = 64;
const POSTS_EACH: usize = 2;
const READERS: usize = 1_000;
/// One load at a time: two at once on a small machine would be about each other.
static LOAD: Mutex<()> = Mutex::const_new(());
/// Bytes that the system keeps for a connection on each side, so that a peer that does not read is soon noticed.
const BUFFER: u32 = 4 * 1024;
const SETTINGS: &[(&str, &str)] = &[
    ("CAMPFIRE_POST_BURST", "1000000"),
    ("CAMPFIRE_POSTS_PER_SECOND", "1000000"),
    ("CAMPFIRE_SOCKETS_PER_PERSON", "100000"),
    ("CAMPFIRE_SOCKETS_MAX", "100000"),
];

/// A server whose connections have small buffers in the system.
async fn with_small_buffers() -> TestServer {
    let folder = TempDir::new().unwrap();
    let mut config =
        Config::from(|name| SETTINGS.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
            .unwrap();
    config.storage = folder.path().to_owned();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(BUFFER).unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let listener = socket.listen(2048).unwrap().into_std().unwrap();
    let storage = Storage::open(&config.storage).unwrap();
    TestServer::run(Server::on(listener, storage, config).unwrap(), folder)
}

/// A socket that is opened and then not read from.
async fn sleeper(person: &Person, address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(BUFFER).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let head = format!(
        "GET /ws?format=json&room=1&since=0 HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
         Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n",
        person.token
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// What woke a sleeper up.
#[derive(PartialEq)]
enum Awake {
    /// What it waited for.
    Enough,
    /// It was closed, or its connection was: it had taken nothing for too long.
    Closed,
}

/// Wakes a sleeper: reads its head, then frames as text (RFC 6455, 5.2: the server does not mask), until `is_enough`.
async fn wake(mut stream: TcpStream, is_enough: impl FnMut(&Value) -> bool) -> Awake {
    read_frames(&mut stream, is_enough).await.unwrap_or(Awake::Closed)
}

async fn read_frames(stream: &mut TcpStream, mut is_enough: impl FnMut(&Value) -> bool) -> std::io::Result<Awake> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    loop {
        let opcode = stream.read_u8().await? & 0x0f;
        let length = match stream.read_u8().await? {
            126 => u64::from(stream.read_u16().await?),
            127 => stream.read_u64().await?,
            short => u64::from(short),
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut payload).await?;
        if opcode == 8 {
            assert_eq!(payload[..2], 1013_u16.to_be_bytes(), "it may be closed for one reason only");
            return Ok(Awake::Closed);
        }
        if opcode == 1 && is_enough(&serde_json::from_slice(&payload).unwrap()) {
            return Ok(Awake::Enough);
        }
    }
}

/// Wakes a sleeper that lagged: its frames were dropped, and when it reads it is brought level from the database, which ends
/// in a second `caught_up`. Had it not lagged, that would never come. On a machine so slow that it slept past what a peer
/// may, it was closed, and comes back with its cursor as a page does.
async fn levelled(ann: &Person, asleep: TcpStream, fresh: &Page) -> BTreeMap<i64, String> {
    let (mut page, mut levels) = (Page::default(), 0);
    let awake = wake(asleep, |frame| {
        levels += usize::from(frame["type"] == "caught_up");
        assert!(!page.take(frame));
        levels >= 2 && page.cursor >= fresh.cursor
    });
    if timeout(PATIENCE, awake).await.expect("a sleeper that wakes up") == Awake::Enough {
        return page.messages;
    }
    let mut socket = Socket::since(ann, page.cursor).await;
    while page.cursor < fresh.cursor {
        match socket.hear().await {
            Heard::Frame(frame) if page.take(&frame) => return Page::load(ann).await.messages,
            Heard::Frame(_) => {}
            other => panic!("it was cut off again: {other:?}"),
        }
    }
    page.messages
}

/// Sixty-four people's worth of posts at once.
async fn storm(ann: &Person, posts_each: usize) {
    let posters = (0..POSTERS).map(|poster| {
        let ann = ann.clone();
        tokio::spawn(async move {
            for number in 0..posts_each {
                ann.says(&format!("{poster} {number}")).await;
            }
        })
    });
    for poster in posters.collect::<Vec<_>>() {
        poster.await.unwrap();
    }
}

/// Reads until the page has everything; `Page::take` fails on what comes twice or out of order.
async fn read_all(mut socket: Socket, cursor: i64, count: usize) -> Page {
    let mut page = Page { cursor, ..Page::default() };
    while page.messages.len() < count {
        match socket.hear().await {
            Heard::Frame(frame) => assert!(!page.take(&frame), "told to reload"),
            other => panic!("a reader was cut off: {other:?}"),
        }
    }
    page
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_readers_none_misses_anything_while_one_never_reads_and_catches_up_when_it_does() {
    let _alone = LOAD.lock().await;
    let server = with_small_buffers().await;
    let ann = server.administrator().await;
    let mut sockets = Vec::new();
    for _ in 0..READERS {
        let mut socket = Socket::since(&ann, 0).await;
        let (_, cursor) = socket.catch_up().await;
        sockets.push((socket, cursor));
    }
    let count = POSTERS * POSTS_EACH;
    let readers: Vec<_> =
        sockets.into_iter().map(|(socket, cursor)| tokio::spawn(read_all(socket, cursor, count))).collect();
    let asleep = sleeper(&ann, server.address).await;
    storm(&ann, POSTS_EACH).await;
    let fresh = Page::load(&ann).await;
    assert_eq!(fresh.messages.len(), count);
    assert_eq!(levelled(&ann, asleep, &fresh).await, fresh.messages);
    for page in join_all(readers).await {
        assert_eq!(page.unwrap().messages, fresh.messages);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_sleeper_never_heard_of_comes_whole_even_when_it_was_changed_since() {
    let _alone = LOAD.lock().await;
    let server = with_small_buffers().await;
    let ann = server.administrator().await;
    let asleep = sleeper(&ann, server.address).await;
    // More than it is told of in one batch, and changes that move messages to the last one.
    storm(&ann, 10).await;
    let whole = Page::load(&ann).await;
    for (place, id) in whole.messages.keys().skip(whole.messages.len() / 2).take(20).enumerate() {
        let path = format!("/rooms/1/messages/{id}");
        let (method, status) = if place % 2 == 0 { (Method::PUT, 200) } else { (Method::DELETE, 204) };
        let answer = ann.json(method, &path, &json!({"body": format!("edited {id}")})).await;
        assert_eq!(answer.status(), status);
    }
    let fresh = Page::load(&ann).await;
    assert_eq!(levelled(&ann, asleep, &fresh).await, fresh.messages);
}

/// Memory of a process in KiB: what is its own and its share of the rest (Pss).
fn memory_kib(process: &Process) -> u64 {
    let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", process.id())).unwrap();
    let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap();
    pss.split_whitespace().next().unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_storm_memory_comes_back_to_where_it_was_after_the_one_before() {
    let _alone = LOAD.lock().await;
    let folder = TempDir::new().unwrap();
    let process = Process::start(folder.path(), SETTINGS).await;
    let base = format!("http://{}", process.address);
    let mut ann = Person { client: reqwest::Client::new(), base, id: 1, token: String::new() };
    let form = [("name", "Ann"), ("email_address", "ann@example.com"), ("password", "correct horse")];
    let answer = ann.json(Method::POST, "/first_run", &as_object(&form)).await;
    ann.token = answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
    let mut after = Vec::new();
    for _ in 0..8 {
        let start = Page::load(&ann).await.cursor;
        let mut readers = Vec::new();
        for _ in 0..READERS / 4 {
            let mut socket = Socket::since(&ann, start).await;
            let (_, cursor) = socket.catch_up().await;
            readers.push(tokio::spawn(read_all(socket, cursor, POSTERS * POSTS_EACH)));
        }
        storm(&ann, POSTS_EACH).await;
        for reader in readers {
            reader.await.unwrap();
        }
        // A request of its own: what was closed before it has been seen by the server.
        ann.messages().await;
        after.push(memory_kib(&process));
    }
    // The first storms fill SQLite's page caches and the allocator's arenas, once. Of the later ones, any may end with an
    // arena more in use; what leaks makes each end higher than all before.
    let (before, later) = (after[2..5].iter().max().unwrap(), after[5..].iter().min().unwrap());
    assert!(later * 100 <= before * 105, "KiB after each storm: {after:?}");
}
