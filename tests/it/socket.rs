//! The socket: who may open one, what it says first, what it takes, and how it ends.

use crate::support::socket::{Heard, Socket, ping};
use crate::support::{Person, TestServer};
use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

async fn started() -> (TestServer, Person) {
    let server = TestServer::start_with(&[("CAMPFIRE_POST_BURST", "1000")]).await;
    let ann = server.administrator().await;
    (server, ann)
}

async fn connect(person: &Person, query: &str) -> Socket {
    Socket::try_connect(person, query).await.unwrap()
}

#[tokio::test]
async fn a_socket_without_a_session_is_accepted_and_closed_with_4401() {
    let (server, ann) = started().await;
    let mut nobody = connect(&server.visitor(), "room=1&since=0").await;
    assert_eq!(nobody.close_code().await, 4401);
    let stranger = Person { token: "x".repeat(32), ..ann };
    assert_eq!(connect(&stranger, "room=1&since=0").await.close_code().await, 4401);
}

#[tokio::test]
async fn a_room_that_is_not_mine_is_no_such_room() {
    let (server, ann) = started().await;
    let outsider = server.outsider("Olga").await;
    ann.says("inside").await;
    for query in ["room=1&since=0", "room=99&since=0", "room=abc&since=0", "room=0"] {
        assert_eq!(connect(&outsider, query).await.close_code().await, 4404, "{query}");
    }
    let (changes, _) = connect(&outsider, "format=json").await.catch_up().await;
    assert!(changes.is_empty(), "without a room there is nothing to hear of one");
}

#[tokio::test]
async fn what_was_missed_comes_once_in_order_and_then_what_is_new() {
    let (_server, ann) = started().await;
    let first = ann.says("first").await;
    let second = ann.says("second").await;
    let third = ann.says("third").await;
    let path = |message: &Value| format!("/rooms/1/messages/{}", message["id"]);
    ann.json(Method::PUT, &path(&first), &json!({"body": "first, edited"})).await;
    ann.json(Method::DELETE, &path(&second), &json!({})).await;

    let since = second["revision"].as_i64().unwrap();
    let mut socket = Socket::since(&ann, since).await;
    let (changes, revision) = socket.catch_up().await;
    let kinds: Vec<&str> = changes.iter().map(|change| change["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["message_created", "message_updated", "message_removed"]);
    assert_eq!(changes[0]["message"]["id"], third["id"]);
    assert_eq!(changes[1]["message"]["content"], "first, edited");
    assert_eq!(changes[2]["message_id"], second["id"]);
    assert_eq!(changes[2]["revision"], revision);
    assert!(!changes.iter().any(|change| change.to_string().contains("second")), "a tombstone says nothing");

    ann.says("fourth").await;
    let frame = socket.frame("message_created").await;
    assert_eq!((&frame["message"]["content"], frame["revision"].as_i64()), (&json!("fourth"), Some(revision + 1)));
}

#[tokio::test]
async fn without_a_cursor_the_fifty_most_recent_messages_come_first() {
    let (_server, ann) = started().await;
    for number in 1..=60 {
        ann.says(&format!("message {number}")).await;
    }
    let (changes, _) = connect(&ann, "format=json&room=1").await.catch_up().await;
    let texts: Vec<String> =
        changes.iter().map(|change| change["message"]["content"].as_str().unwrap().into()).collect();
    assert_eq!(texts, (11..=60).map(|number| format!("message {number}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_last_seen_message_is_accepted_in_place_of_a_cursor() {
    let (_server, ann) = started().await;
    let seen = ann.says("seen").await;
    ann.says("not seen").await;
    let query = format!("format=json&room=1&last_seen_message_id={}", seen["id"]);
    let (changes, _) = connect(&ann, &query).await.catch_up().await;
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0]["message"]["content"], "not seen");
}

#[tokio::test]
async fn a_cursor_beyond_the_counter_or_too_far_behind_is_told_to_reload() {
    let (_server, ann) = started().await;
    ann.says("one").await;
    let (changes, revision) = Socket::since(&ann, 1_000_000).await.catch_up().await;
    assert_eq!(changes, [json!({"type": "reload"})]);
    assert_eq!(revision, 1);
    for number in 0..200 {
        ann.says(&number.to_string()).await;
    }
    let (changes, _) = Socket::since(&ann, 1).await.catch_up().await;
    assert_eq!(changes.len(), 200);
    let (changes, _) = Socket::since(&ann, 0).await.catch_up().await;
    assert_eq!(changes, [json!({"type": "reload"})]);
}

#[tokio::test]
async fn a_malformed_query_is_a_bad_request_and_a_plain_get_is_not_a_socket() {
    let (_server, ann) = started().await;
    for query in ["room=1&since=abc", "room=1&since=-1", "room=1&last_seen_message_id=x", "room=1&format=xml"] {
        assert!(Socket::try_connect(&ann, query).await.is_err(), "{query}");
        assert_eq!(ann.get(&format!("/ws?{query}")).await.status(), 400);
    }
    assert_eq!(ann.get("/ws?room=1").await.status(), 400);
}

#[tokio::test]
async fn a_ping_is_answered_and_what_is_not_understood_gets_an_error_and_no_end() {
    let (_server, ann) = started().await;
    let mut socket = Socket::since(&ann, 0).await;
    socket.say(ping()).await;
    assert_eq!(socket.frame("pong").await, json!({"type": "pong"}));
    for frame in ["{}", "no json", r#"{"type":"dance"}"#, r#"{"type":"message"}"#] {
        socket.0.send(Message::text(frame)).await.unwrap();
        assert!(socket.frame("error").await["message"].is_string(), "{frame}");
    }
    socket.0.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    socket.frame("error").await;
    socket.say(ping()).await;
    socket.frame("pong").await;
}

/// A client's short frame (RFC 6455, 5.2), masked with nought, which leaves it as it is.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let head = [first, 0x80 | u8::try_from(payload.len()).unwrap(), 0, 0, 0, 0];
    [&head, payload].concat()
}

async fn send_bytes(socket: &mut Socket, bytes: &[u8]) {
    let MaybeTlsStream::Plain(stream) = socket.0.get_mut() else { panic!("a plain connection") };
    stream.write_all(bytes).await.unwrap();
}

#[tokio::test]
async fn a_message_may_come_in_parts_and_bytes_and_a_ping_between_them_gets_its_pong() {
    let (_server, ann) = started().await;
    let mut socket = Socket::since(&ann, 0).await;
    socket.catch_up().await;
    let said = ping().to_string();
    let (first, rest) = said.as_bytes().split_at(3);
    let (second, last) = rest.split_at(4);
    let frames = [frame(0x01, first), frame(0x00, second), frame(0x89, b"there?"), frame(0x80, last)].concat();
    for byte in frames {
        send_bytes(&mut socket, &[byte]).await;
    }
    let mut answers = Vec::new();
    while answers.len() < 2 {
        match socket.0.next().await.unwrap().unwrap() {
            Message::Pong(payload) => answers.push(String::from_utf8(payload.to_vec()).unwrap()),
            Message::Text(text) if text.contains("pong") => answers.push(text.to_string()),
            _ => {}
        }
    }
    assert_eq!(answers, ["there?", r#"{"type":"pong"}"#]);
}

#[tokio::test]
async fn what_breaks_the_protocol_ends_the_socket_with_a_code_and_an_end_is_answered() {
    let (_server, ann) = started().await;
    let part = frame(0x00, &[b'x'; 125]);
    let too_large_in_parts = [frame(0x01, b"x"), part.repeat(600)].concat();
    for (bytes, code) in [
        (frame(0x81, b"\xff\xfe"), 1007),
        (vec![0x81, 1, b'x'], 1008),
        (frame(0x80, b"the last part of nothing"), 1008),
        (frame(0x83, b"no such kind"), 1008),
        (frame(0x88, &1000_u16.to_be_bytes()), 1000),
        (too_large_in_parts, 1008),
    ] {
        let mut socket = Socket::since(&ann, 0).await;
        send_bytes(&mut socket, &bytes).await;
        assert_eq!(socket.close_code().await, code, "{:?}", &bytes[..6.min(bytes.len())]);
    }
}

#[tokio::test]
async fn too_many_or_too_large_frames_end_the_socket_with_1008() {
    let (_server, ann) = started().await;
    let mut quick = Socket::since(&ann, 0).await;
    for _ in 0..60 {
        // The server may have closed already.
        let _ = quick.0.feed(Message::text(ping().to_string())).await;
    }
    let _ = quick.0.flush().await;
    assert_eq!(quick.close_code().await, 1008);
    let mut large = Socket::since(&ann, 0).await;
    let _ = large.0.send(Message::text("x".repeat(65 * 1024))).await;
    assert_eq!(large.close_code().await, 1008);
}

#[tokio::test]
async fn too_many_sockets_of_one_person_are_told_so_and_another_person_is_not_concerned() {
    let server = TestServer::start_with(&[("CAMPFIRE_SOCKETS_PER_PERSON", "2"), ("CAMPFIRE_SOCKETS_MAX", "3")]).await;
    let ann = server.administrator().await;
    let bob = server.member("Bob").await;
    let mut kept = Vec::new();
    for _ in 0..2 {
        let mut socket = Socket::since(&ann, 0).await;
        socket.catch_up().await;
        kept.push(socket);
    }
    assert_eq!(Socket::since(&ann, 0).await.close_code().await, 4429);
    let mut bobs = Socket::since(&bob, 0).await;
    bobs.catch_up().await;
    assert_eq!(Socket::since(&bob, 0).await.close_code().await, 4429, "three in all");
    ann.says("still heard").await;
    bobs.frame("message_created").await;
    kept[0].frame("message_created").await;
}

#[tokio::test]
async fn a_message_posted_over_a_socket_is_posted_as_over_http() {
    let (server, ann) = started().await;
    let bob = server.member("Bob").await;
    let (mut socket, mut bobs) = (Socket::since(&ann, 0).await, Socket::since(&bob, 0).await);
    socket.catch_up().await;
    bobs.catch_up().await;
    let id = Uuid::new_v4().to_string();
    let frame = json!({"type": "message", "content": "by socket", "room_id": 1, "client_message_id": id});
    socket.say(frame.clone()).await;
    let created = socket.frame("message_created").await;
    assert_eq!(
        (&created["message"]["content"], &created["message"]["client_message_id"]),
        (&json!("by socket"), &json!(id))
    );
    assert_eq!(bobs.frame("message_created").await, created);
    // A repeat is answered with the message and changes nothing.
    socket.say(frame).await;
    let posted = socket.frame("message_posted").await;
    assert_eq!(posted["message"], created["message"]);
    assert!(posted.get("revision").is_none(), "only what comes in order has a revision");
    assert_eq!(server.rows().await.len(), 1);
    // What is refused is told under the same id.
    for (content, room) in [("", 1), ("hello", 99)] {
        let id = Uuid::new_v4().to_string();
        socket.say(json!({"type": "message", "content": content, "room_id": room, "client_message_id": id})).await;
        assert_eq!(socket.frame("error").await["client_message_id"], id);
    }
    assert_eq!(server.rows().await.len(), 1);
}

#[tokio::test]
async fn writing_and_presence_are_told_to_the_room() {
    let (server, ann) = started().await;
    let bob = server.member("Bob").await;
    let mut socket = Socket::since(&ann, 0).await;
    socket.catch_up().await;
    let mut bobs = Socket::since(&bob, 0).await;
    let came = loop {
        let frame = socket.frame("presence").await;
        if frame["user_id"] == bob.id {
            break frame;
        }
    };
    assert_eq!(came["online"], true);
    bobs.say(json!({"type": "typing_start"})).await;
    let typing = socket.frame("typing").await;
    assert_eq!((&typing["user"]["name"], &typing["on"]), (&json!("Bob"), &json!(true)));
    bobs.say(json!({"type": "typing_stop"})).await;
    assert_eq!(socket.frame("typing").await["on"], false);
    bobs.say(json!({"type": "absent"})).await;
    let went = socket.frame("presence").await;
    assert_eq!((went["user_id"].as_i64(), &went["online"]), (Some(bob.id), &json!(false)));
}

#[tokio::test]
async fn a_page_gets_html_and_the_frames_are_the_same_for_everyone() {
    let (server, ann) = started().await;
    let bob = server.member("Bob").await;
    let mut sockets = Vec::new();
    for person in [&ann, &bob] {
        let mut socket = connect(person, "room=1&since=0").await;
        socket.frame("caught_up").await;
        sockets.push(socket);
    }
    let message = ann.says("to everyone").await;
    let mut heard = Vec::new();
    for socket in &mut sockets {
        heard.push(loop {
            match socket.hear().await {
                Heard::Html(html) if html.contains("to everyone") => break html,
                Heard::Html(_) | Heard::Frame(_) => {}
                end => panic!("{end:?}"),
            }
        });
    }
    assert_eq!(heard[0], heard[1]);
    assert!(heard[0].starts_with(r##"<hx-upsert hx-target="#messages" key="data-key" sort data-revision="##));
    let element = format!(r#"id="message_{}""#, message["client_message_id"].as_str().unwrap());
    assert!(heard[0].contains(&element));
}
