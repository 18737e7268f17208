//! Thousands of sockets on one core: the least of RFC 6455 that a page needs to hear.

use super::http::Connection;
use super::processes::BASELINE;
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::process::Stdio;
use std::rc::Rc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// What stands before a message's number in its text.
pub const MARKER: &str = "marker-s";
/// Digits of the number.
const DIGITS: usize = 8;
/// Sockets that connect at the same time.
const CONNECTING_MAX: usize = 64;

/// The text with another number in place of each of its own.
pub fn numbered(text: &str, number: u64) -> String {
    let mut parts = text.split(MARKER);
    let mut made = parts.next().unwrap_or("").to_owned();
    for part in parts {
        made.push_str(&format!("{MARKER}{number:0DIGITS$}"));
        made.push_str(part.get(DIGITS..).unwrap_or(""));
    }
    made
}

/// The head of a text frame that a server sends (RFC 6455, 5.2).
pub fn frame_head(length: usize) -> Vec<u8> {
    let mut head = vec![0x81];
    match u16::try_from(length) {
        Ok(length) if length < 126 => head.push(u8::try_from(length).expect("a small length")),
        Ok(length) => {
            head.push(126);
            head.extend(length.to_be_bytes());
        }
        Err(_) => {
            head.push(127);
            head.extend((length as u64).to_be_bytes());
        }
    }
    head
}

/// What all sockets of a crowd have heard.
#[derive(Default)]
pub struct Heard {
    /// Messages with a number, by all together.
    pub messages: Cell<u64>,
    /// Sockets that are level.
    pub level: Cell<usize>,
    /// What was wrong first, if anything was.
    pub wrong: RefCell<Option<String>>,
    /// A text with a number, as it came.
    pub text: RefCell<String>,
    changed: Notify,
}

impl Heard {
    fn fail(&self, wrong: String) {
        self.wrong.borrow_mut().get_or_insert(wrong);
        self.changed.notify_one();
    }

    /// Waits until this holds.
    pub async fn until(&self, holds: impl Fn(&Self) -> bool) {
        while !holds(self) {
            self.changed.notified().await;
            if let Some(wrong) = &*self.wrong.borrow() {
                panic!("{wrong}");
            }
        }
    }
}

/// Many sockets. Dropping it hangs up.
pub struct Crowd {
    pub heard: Rc<Heard>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Crowd {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// How a crowd connects.
pub struct Way {
    pub address: SocketAddr,
    /// The requests to upgrade, taken in turn; none: bare connections.
    pub requests: Vec<Vec<u8>>,
}

impl Crowd {
    /// Connects so many and waits until each is level (has been told that it has caught up; a bare one at once).
    pub async fn connect(way: Way, count: usize) -> Self {
        let heard = Rc::new(Heard::default());
        let (way, permits) = (Rc::new(way), std::sync::Arc::new(tokio::sync::Semaphore::new(CONNECTING_MAX)));
        let tasks = (0..count).map(|index| {
            let (heard, way, permits) = (heard.clone(), way.clone(), permits.clone());
            tokio::task::spawn_local(async move {
                let permit = permits.acquire_owned().await.expect("a turn");
                let mut stream = match TcpStream::connect(way.address).await {
                    Ok(stream) => stream,
                    Err(error) => return heard.fail(format!("no connection: {error}")),
                };
                if way.requests.is_empty() {
                    heard.level.set(heard.level.get() + 1);
                    heard.changed.notify_one();
                } else {
                    stream.write_all(&way.requests[index % way.requests.len()]).await.expect("a sent request");
                }
                listen(stream, &heard, way.requests.is_empty(), permit).await;
            })
        });
        let crowd = Self { tasks: tasks.collect(), heard };
        crowd.heard.until(|heard| heard.level.get() == count).await;
        crowd
    }
}

/// A crowd in a process of its own: one process may not have the files open for two.
pub struct Elsewhere {
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Elsewhere {
    /// Connects to a baseline; a bare one takes no request to upgrade.
    pub async fn connect(address: SocketAddr, count: usize, is_bare: bool) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.env(BASELINE, "crowd").arg(format!("{address} {count} {is_bare}"));
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("a process");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut crowd = Self { lines, _child: child };
        crowd.hear(1).await;
        crowd
    }

    /// Waits until everybody has heard so many messages more.
    pub async fn hear(&mut self, messages: u64) {
        for _ in 0..messages {
            self.lines.next_line().await.expect("a line").expect("a crowd that goes on");
        }
    }
}

/// Is such a crowd: a line when all are level, and one for each message that everybody has heard.
pub async fn run_elsewhere(argument: &str) {
    let words: Vec<&str> = argument.split(' ').collect();
    let (address, count) = (words[0].parse().expect("an address"), words[1].parse().expect("a number"));
    let requests = if words[2] == "true" { Vec::new() } else { vec![upgrade("/ws", "")] };
    let crowd = Crowd::connect(Way { address, requests }, count).await;
    println!("level");
    for number in 1.. {
        crowd.heard.until(|heard| heard.messages.get() >= number * count as u64).await;
        println!("{number}");
    }
}

/// Reads frames, counting and checking (numbers of one socket only grow by one), and answers pings.
async fn listen(mut stream: TcpStream, heard: &Heard, is_bare: bool, permit: tokio::sync::OwnedSemaphorePermit) {
    let mut permit = Some(permit);
    let mut buffer: Vec<u8> = Vec::with_capacity(2048);
    let (mut upgraded, mut last) = (is_bare, None::<u64>);
    if is_bare {
        permit = None;
    }
    loop {
        let mut read = 0;
        if !upgraded && let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            if !buffer.starts_with(b"HTTP/1.1 101") {
                let head = String::from_utf8_lossy(&buffer).into_owned();
                return heard.fail(format!("no upgrade: {head}"));
            }
            (upgraded, read) = (true, end + 4);
        }
        while upgraded && let Some((opcode, start, end)) = frame(&buffer, read) {
            let text = &buffer[start..end];
            if opcode == 1 {
                if let Some(number) = number(text) {
                    // A baseline numbers from nought with each order.
                    if last.is_some_and(|last| number != last + 1 && number != 0) {
                        heard.fail(format!("{number} came after {last:?}"));
                    }
                    last = Some(number);
                    heard.messages.set(heard.messages.get() + 1);
                    if heard.text.borrow().is_empty() {
                        *heard.text.borrow_mut() = String::from_utf8_lossy(text).into_owned();
                    }
                } else if permit.is_some() && text.windows(9).any(|nine| nine == b"caught_up") {
                    permit = None;
                    heard.level.set(heard.level.get() + 1);
                }
                heard.changed.notify_one();
            } else if opcode == 9 {
                // Who never answers a ping is taken for gone. A client's frames are masked (RFC 6455, 5.3), here with nought.
                let head = [0x8a, 0x80 | u8::try_from(text.len()).expect("a control frame"), 0, 0, 0, 0];
                stream.write_all(&[&head, text].concat()).await.expect("a sent pong");
            } else if opcode == 8 {
                return heard.fail(format!("the server closed: {text:?}"));
            }
            read = end;
        }
        buffer.drain(..read);
        match stream.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => {
                return heard.fail("the server hung up".to_owned());
            }
            Ok(_) => {}
        }
    }
}

/// The frame that begins there, if it is whole: its opcode, and where its payload begins and ends.
fn frame(buffer: &[u8], at: usize) -> Option<(u8, usize, usize)> {
    let (first, second) = (*buffer.get(at)?, *buffer.get(at + 1)?);
    let (head, length) = match second & 0x7f {
        126 => (4, usize::from(u16::from_be_bytes(buffer.get(at + 2..at + 4)?.try_into().ok()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(buffer.get(at + 2..at + 10)?.try_into().ok()?)).ok()?),
        short => (2, usize::from(short)),
    };
    let end = at + head + length;
    (buffer.len() >= end).then_some((first & 0x0f, at + head, end))
}

/// The first number in a text.
fn number(text: &[u8]) -> Option<u64> {
    let at = text.windows(MARKER.len()).position(|window| window == MARKER.as_bytes())? + MARKER.len();
    std::str::from_utf8(text.get(at..at + DIGITS)?).ok()?.parse().ok()
}

/// A request to upgrade, as a page makes it.
pub fn upgrade(path: &str, token: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nHost: limits.example\r\nOrigin: http://limits.example\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Cookie: session_token={token}\r\n\r\n"
    )
    .into_bytes()
}

/// Tells the actix-ws baseline to send.
pub async fn order_actix(control: &mut Connection, text: &str, count: u64) {
    let request = format!("POST /send?{count} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{text}", text.len());
    assert_eq!(control.ask(request.as_bytes()).await.status, 200);
}

/// Tells the writev baseline to send.
pub async fn order_writev(control: &mut TcpStream, text: &str, count: u64, peers: usize) {
    control.write_u64(count).await.expect("an order");
    control.write_u64(peers as u64).await.expect("an order");
    control.write_u64(text.len() as u64).await.expect("an order");
    control.write_all(text.as_bytes()).await.expect("an order");
    assert_eq!(control.read_u8().await.expect("an answer"), 1);
}
