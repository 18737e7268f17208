//! A socket that speaks JSON, and a page made of what it hears: what a browser would show.

use super::{PATIENCE, Person};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// A connected socket.
pub struct Socket(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What came over a socket.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// A frame's object.
    Frame(Value),
    /// A frame of HTML.
    Html(String),
    /// The server closed, with a code.
    Closed(u16),
    /// The connection broke.
    Broken,
}

impl Socket {
    /// Connects with somebody's token; `query` is what follows `/ws?`.
    pub async fn try_connect(person: &Person, query: &str) -> Result<Self, Error> {
        Self::connect(person, query, None).await
    }

    /// Connects, as JSON, to room 1 through a proxy that says where it comes from.
    pub async fn from_address(person: &Person, address: &str) -> Self {
        Self::connect(person, "format=json&room=1&since=0", Some(address)).await.expect("a socket")
    }

    async fn connect(person: &Person, query: &str, address: Option<&str>) -> Result<Self, Error> {
        let url = format!("{}/ws?{query}", person.base.replacen("http", "ws", 1));
        let mut request = url.into_client_request()?;
        if !person.token.is_empty() {
            let value = format!("Bearer {}", person.token).parse().expect("a header");
            request.headers_mut().insert("authorization", value);
        }
        if let Some(address) = address {
            request.headers_mut().insert("x-forwarded-for", address.parse().expect("a header"));
        }
        Ok(Self(timeout(PATIENCE, connect_async(request)).await.expect("an answer")?.0))
    }

    /// Connects, as JSON, to room 1 with a cursor.
    pub async fn since(person: &Person, revision: i64) -> Self {
        Self::try_connect(person, &format!("format=json&room=1&since={revision}")).await.expect("a socket")
    }

    /// Says something.
    pub async fn say(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).await.expect("a socket that takes frames");
    }

    /// The next thing that is heard, whatever it is.
    pub async fn hear(&mut self) -> Heard {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("something to hear") {
                Some(Ok(Message::Text(text))) => {
                    return match serde_json::from_str(&text) {
                        Ok(object) => Heard::Frame(object),
                        Err(_) => Heard::Html(text.to_string()),
                    };
                }
                Some(Ok(Message::Close(frame))) => {
                    return Heard::Closed(frame.map_or(1005, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Heard::Broken,
            }
        }
    }

    /// The next frame of a kind; others are passed over, but not an end.
    pub async fn frame(&mut self, kind: &str) -> Value {
        loop {
            match self.hear().await {
                Heard::Frame(frame) if frame["type"] == kind => return frame,
                Heard::Frame(_) | Heard::Html(_) => {}
                end => panic!("waited for {kind}, heard {end:?}"),
            }
        }
    }

    /// The code that the server closes with; frames are passed over.
    pub async fn close_code(&mut self) -> u16 {
        loop {
            match self.hear().await {
                Heard::Closed(code) => return code,
                Heard::Broken => panic!("the connection broke without a code"),
                _ => {}
            }
        }
    }

    /// Every change up to and without `caught_up`, then the revision it names.
    pub async fn catch_up(&mut self) -> (Vec<Value>, i64) {
        let mut changes = Vec::new();
        loop {
            match self.hear().await {
                Heard::Frame(frame) if frame["type"] == "caught_up" => {
                    return (changes, frame["revision"].as_i64().expect("a revision"));
                }
                Heard::Frame(frame) if frame["type"] == "presence" || frame["type"] == "typing" => {}
                Heard::Frame(frame) => changes.push(frame),
                other => panic!("waited for caught_up, heard {other:?}"),
            }
        }
    }
}

/// A page as the browser keeps it: messages by id, and the cursor. It checks, as it goes, that nothing is out of order or
/// comes twice.
#[derive(Debug, Default, Clone)]
pub struct Page {
    pub messages: BTreeMap<i64, String>,
    /// Who boosted what with what: message, booster, content.
    pub boosts: BTreeSet<(i64, i64, String)>,
    pub cursor: i64,
}

impl Page {
    /// A fresh load: every message of room 1 and the cursor.
    pub async fn load(person: &Person) -> Self {
        let mut page = Self::default();
        let mut path = "/rooms/1/messages?limit=100".to_owned();
        loop {
            let answer = person.get(&path).await;
            assert_eq!(answer.status(), 200);
            if page.cursor == 0 {
                page.cursor = answer.headers()["x-revision"].to_str().expect("text").parse().expect("a revision");
            }
            let array: Vec<Value> = answer.json().await.expect("an array");
            for message in &array {
                page.put(message);
            }
            match array.first() {
                Some(first) if array.len() == 100 => {
                    path = format!("/rooms/1/messages?limit=100&before={}", first["id"])
                }
                _ => return page,
            }
        }
    }

    fn shows(&self, message: &Value) -> bool {
        message["id"].as_i64().is_some_and(|id| self.messages.contains_key(&id))
    }

    fn put(&mut self, message: &Value) {
        let id = message["id"].as_i64().expect("an id");
        self.messages.insert(id, message["content"].as_str().expect("content").to_owned());
        self.put_boosts(id, &message["boosts"]);
    }

    fn put_boosts(&mut self, id: i64, boosts: &Value) {
        self.boosts.retain(|(message, ..)| *message != id);
        for boost in boosts.as_array().expect("boosts") {
            let (booster, content) = (boost["booster"]["id"].as_i64(), boost["content"].as_str());
            self.boosts.insert((id, booster.expect("an id"), content.expect("content").to_owned()));
        }
    }

    /// Takes a frame in as a page does. Tells whether the page must be loaded afresh.
    pub fn take(&mut self, frame: &Value) -> bool {
        let revision = frame["revision"].as_i64().unwrap_or(0);
        match frame["type"].as_str().expect("a type") {
            "caught_up" => self.cursor = self.cursor.max(revision),
            "reload" => return true,
            kind @ ("message_created" | "message_updated" | "message_removed" | "boosts_changed"
            | "preview_changed") => {
                assert!(revision > self.cursor, "{kind} {revision} after {}", self.cursor);
                self.cursor = revision;
                match kind {
                    "message_removed" => {
                        let id = frame["message_id"].as_i64().expect("an id");
                        self.put_boosts(id, &json!([]));
                        self.messages.remove(&id);
                    }
                    "boosts_changed" => {
                        let id = frame["message_id"].as_i64().expect("an id");
                        if self.messages.contains_key(&id) {
                            self.put_boosts(id, &frame["boosts"]);
                        }
                    }
                    "preview_changed" => {}
                    // As in the browser: a change of what is not shown is no message.
                    "message_updated" if !self.shows(&frame["message"]) => {}
                    _ => self.put(&frame["message"]),
                }
            }
            _ => {}
        }
        false
    }
}

/// A ping.
pub fn ping() -> Value {
    json!({"type": "ping"})
}
