//! HTTP as a load generator needs it: requests made beforehand, answers read whole and looked at, every one.

use super::measure::{Sample, processor_seconds};
use flate2::read::GzDecoder;
use std::cell::{Cell, RefCell};
use std::io::Read;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection that is kept.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, as it stands in its connection's buffer.
pub struct Answer<'c> {
    pub status: u16,
    pub head: &'c str,
    pub body: &'c [u8],
}

impl Answer<'_> {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.split("\r\n").skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The body as text, unpacked if it is packed.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if self.header("content-encoding") == Some("gzip") {
            GzDecoder::new(self.body).read_to_string(&mut text).expect("gzip of text");
        } else {
            text = String::from_utf8(self.body.to_vec()).expect("text");
        }
        text
    }
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("an option");
        Self { stream, buffer: Vec::with_capacity(64 * 1024) }
    }

    /// Sends a request and reads its answer.
    pub async fn ask(&mut self, request: &[u8]) -> Answer<'_> {
        self.stream.write_all(request).await.expect("a sent request");
        self.buffer.clear();
        let head_len = loop {
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            assert_ne!(self.stream.read_buf(&mut self.buffer).await.expect("an answer"), 0, "the server hung up");
        };
        let head = std::str::from_utf8(&self.buffer[..head_len]).expect("a head");
        let status = head[9..12].parse().expect("a status");
        let length = Answer { status, head, body: &[] }.header("content-length").map(|text| text.parse::<usize>());
        let total = head_len + length.map_or(0, |length| length.expect("a length"));
        while self.buffer.len() < total {
            assert_ne!(self.stream.read_buf(&mut self.buffer).await.expect("a body"), 0, "the server hung up");
        }
        let (head, body) = self.buffer.split_at(head_len);
        Answer { status, head: std::str::from_utf8(head).expect("a head"), body: &body[..total - head_len] }
    }
}

/// A GET as a browser sends it, with what else it says.
pub fn get(path: &str, token: &str, more: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nHost: limits.example\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\n\
         Cookie: session_token={token}\r\n{more}\r\n"
    )
    .into_bytes()
}

/// A post of a message as a script sends it.
pub fn post(room: i64, token: &str, id: uuid::Uuid, body: &str) -> Vec<u8> {
    let form = format!("client_message_id={id}&body={}", body.replace(' ', "+"));
    format!(
        "POST /rooms/{room}/messages HTTP/1.1\r\nHost: limits.example\r\nAccept: application/json\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nAuthorization: Bearer {token}\r\n\r\n{form}",
        form.len()
    )
    .into_bytes()
}

/// What must hold of an answer's unpacked text; it panics if it does not.
pub type Check = Rc<dyn Fn(&str)>;

/// Requests to be repeated, each with the bytes of its last answer that was looked at in full: equal bytes are as good.
pub struct Requests {
    requests: Vec<Vec<u8>>,
    seen: RefCell<Vec<Vec<u8>>>,
    check: Check,
}

impl Requests {
    pub fn new(requests: Vec<Vec<u8>>, check: Check) -> Rc<Self> {
        let seen = RefCell::new(vec![Vec::new(); requests.len()]);
        Rc::new(Self { requests, seen, check })
    }

    /// Makes each request once, so that what can be kept is.
    pub async fn ask_all(&self, address: SocketAddr) {
        let mut connection = Connection::open(address).await;
        for index in 0..self.requests.len() {
            self.ask(&mut connection, index).await;
        }
    }

    /// Makes one request and looks at its answer.
    pub async fn ask(&self, connection: &mut Connection, index: usize) {
        let index = index % self.requests.len();
        let answer = connection.ask(&self.requests[index]).await;
        assert_eq!(answer.status, 200, "{}", answer.head);
        if self.seen.borrow()[index] == answer.body {
            return;
        }
        assert_eq!(answer.header("content-encoding"), Some("gzip"), "{}", answer.head);
        assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")), "{}", answer.head);
        assert!(answer.header("etag").is_some(), "{}", answer.head);
        (self.check)(&answer.text());
        self.seen.borrow_mut()[index] = answer.body.to_vec();
    }
}

/// Asks over and over, on so many connections at once, for so long.
pub async fn load(
    address: SocketAddr, process: u32, requests: &Rc<Requests>, connections: usize, span: Duration,
) -> Sample {
    let count = Rc::new(Cell::new(0_u64));
    let ends = Instant::now() + span;
    let (started, before) = (Instant::now(), processor_seconds(process));
    let tasks = (0..connections).map(|offset| {
        let (requests, count) = (requests.clone(), count.clone());
        tokio::task::spawn_local(async move {
            let mut connection = Connection::open(address).await;
            let mut index = offset * 61;
            while Instant::now() < ends {
                requests.ask(&mut connection, index).await;
                count.set(count.get() + 1);
                index += 1;
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("every answer is right");
    }
    sample(count.get() as f64, started, process, before)
}

/// A sample of so many operations since then.
pub fn sample(count: f64, started: Instant, process: u32, before: f64) -> Sample {
    let cpu_us = (processor_seconds(process) - before) * 1e6 / count;
    Sample { rate: count / started.elapsed().as_secs_f64(), cpu_us }
}
