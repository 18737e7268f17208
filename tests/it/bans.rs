//! Bans: what somebody wrote goes, the addresses they came from are kept out, and lifting a ban.

use super::roster::{HOME, SETTINGS, ban, ban_path, closed_for_good, error, sign_in_from};
use crate::support::socket::{Heard, Socket};
use crate::support::{Person, TestServer};
use reqwest::Method;
use rusqlite::Connection;
use serde_json::json;
use std::collections::BTreeSet;

/// Where administrators come from, too.
const OFFICE: &str = "203.0.113.50";

#[tokio::test]
async fn a_ban_ends_every_session_and_removes_all_that_was_written_and_nothing_of_others() {
    let server = TestServer::start_with(SETTINGS).await;
    let (ann, bob, eve) = (server.administrator().await, server.member("Bob").await, server.member("Eve").await);
    let mut expected = BTreeSet::new();
    let mut kept = Vec::new();
    for number in 0..130 {
        let message = bob.says(&format!("spam {number}")).await;
        expected.insert(message["id"].as_i64().unwrap());
        if number % 50 == 0 {
            kept.push(eve.says(&format!("words {number}")).await);
        }
    }
    let of_bob = Socket::since(&bob, 0).await;
    let mut of_eve = Socket::since(&eve, 0).await;
    of_eve.catch_up().await;
    assert_eq!(error(ban(&eve, &bob).await).await.0, 403);
    let answer = ann.in_a_browser().form(&ban_path(&bob), &[]).await;
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()),
        (303, format!("/users/{}", bob.id).as_str())
    );
    closed_for_good(of_bob).await;
    let mut removed = BTreeSet::new();
    while removed.len() < expected.len() {
        let id = of_eve.frame("message_removed").await["message_id"].as_i64().unwrap();
        assert!(removed.insert(id), "{id} twice");
    }
    assert_eq!(removed, expected);
    assert_eq!(eve.messages().await, kept);
    assert_eq!(server.number("SELECT count(*) FROM messages WHERE source LIKE 'spam%'").await, 0);
    assert_eq!(bob.get("/rooms").await.status(), 401);
    assert_eq!(sign_in_from(&server, "bob@example.com", HOME).await.0, 401);
    assert_eq!(error(ban(&ann, &bob).await).await.0, 409, "once");
    assert_eq!(server.number("SELECT count(*) FROM bans").await, 0, "they came from this machine only");

    let lifted = ann.json(Method::DELETE, &ban_path(&bob), &json!({})).await;
    assert_eq!(lifted.status(), 204);
    assert_eq!(ann.json(Method::DELETE, &ban_path(&bob), &json!({})).await.status(), 404, "once");
    let (status, bob) = sign_in_from(&server, "bob@example.com", HOME).await;
    assert_eq!(status, 201);
    let message = bob.says("sorry").await;
    kept.push(message);
    assert_eq!(eve.messages().await, kept, "what is written afterwards stays");
}

#[tokio::test]
async fn a_ban_keeps_out_the_public_addresses_they_came_from_but_for_reading_until_it_is_lifted() {
    let server = TestServer::start_with(SETTINGS).await;
    let (ann, bob, eve) = (server.administrator().await, server.member("Bob").await, server.member("Eve").await);
    for address in [HOME, OFFICE, "10.1.2.3", "192.168.0.9", "169.254.1.1", "::1", "fd00::7", "2001:db8::7"] {
        assert_eq!(sign_in_from(&server, "bob@example.com", address).await.0, 201, "{address}");
    }
    assert_eq!(sign_in_from(&server, "ann@example.com", OFFICE).await.0, 201);
    let mut of_eve = Socket::since(&eve, 0).await;
    of_eve.catch_up().await;
    assert_eq!(ban(&ann, &bob).await.status(), 204);
    of_eve.frame("person_updated").await;
    let banned = server.number(format!("SELECT count(*) FROM bans WHERE user_id = {}", bob.id)).await;
    assert_eq!(banned, 2);

    let from = |method: Method, path: &str, address: &str| {
        eve.request(method, path).header("x-forwarded-for", address).header("accept", "application/json")
    };
    for address in [HOME, "2001:db8::7", "::ffff:203.0.113.9"] {
        assert_eq!(from(Method::GET, "/rooms/1/messages", address).send().await.unwrap().status(), 200);
        for (method, path) in
            [(Method::POST, "/rooms/1/messages"), (Method::PUT, "/users/me/profile"), (Method::POST, "/api/session")]
        {
            let answer = from(method, path, address).json(&json!({"body": "x"})).send().await.unwrap();
            assert!(!answer.headers().contains_key("retry-after"));
            assert_eq!(error(answer).await, (429, "banned".into(), String::new()), "{path} from {address}");
        }
        let form = [("body", "x")];
        let answer = eve.request(Method::POST, "/rooms/1/messages?_method=DELETE");
        let answer = answer.header("x-forwarded-for", address);
        let answer = answer.form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 429);
        assert!(answer.text().await.unwrap().contains("Only reading from here"));
    }
    for address in [OFFICE, "10.1.2.3", "203.0.113.10"] {
        let answer = from(Method::POST, "/rooms/1/messages", address).json(&json!({"body": "x"}));
        assert_eq!(answer.send().await.unwrap().status(), 201, "{address}");
    }
    assert_eq!(sign_in_from(&server, "eve@example.com", HOME).await.0, 429);

    // It holds after a restart too.
    let folder = server.stop().await;
    let server = TestServer::start_in(folder, SETTINGS).await;
    assert_eq!(sign_in_from(&server, "eve@example.com", HOME).await.0, 429);
    let (ann, eve) = (Person { base: server.url(""), ..ann }, Person { base: server.url(""), ..eve });
    let mut of_eve = Socket::since(&eve, 0).await;
    of_eve.catch_up().await;
    assert_eq!(ann.json(Method::DELETE, &ban_path(&bob), &json!({})).await.status(), 204);
    of_eve.frame("person_updated").await;
    assert_eq!(sign_in_from(&server, "eve@example.com", HOME).await.0, 201);
    assert_eq!(sign_in_from(&server, "bob@example.com", HOME).await.0, 201);
    assert_eq!(server.number("SELECT count(*) FROM bans").await, 0);
}

#[tokio::test]
async fn an_address_that_two_banned_people_share_is_kept_out_until_both_are_let_in() {
    let server = TestServer::start_with(SETTINGS).await;
    let (ann, bob, eve) = (server.administrator().await, server.member("Bob").await, server.member("Eve").await);
    let mut socket = Socket::since(&ann, 0).await;
    socket.catch_up().await;
    for person in [&bob, &eve] {
        let address = if person.id == bob.id { "bob@example.com" } else { "eve@example.com" };
        assert_eq!(sign_in_from(&server, address, HOME).await.0, 201);
    }
    assert_eq!(ban(&ann, &bob).await.status(), 204);
    assert_eq!(ban(&ann, &eve).await.status(), 204);
    for (person, status) in [(&bob, 429), (&eve, 201)] {
        assert_eq!(ann.json(Method::DELETE, &ban_path(person), &json!({})).await.status(), 204);
        for _ in 0..if person.id == bob.id { 3 } else { 1 } {
            socket.frame("person_updated").await;
        }
        assert_eq!(sign_in_from(&server, "bob@example.com", HOME).await.0, status);
    }
}

#[tokio::test]
async fn a_removal_that_a_crash_interrupted_goes_on_after_the_next_start() {
    let server = TestServer::start_with(SETTINGS).await;
    let (_, bob, eve) = (server.administrator().await, server.member("Bob").await, server.member("Eve").await);
    for number in 0..110 {
        bob.says(&format!("spam {number}")).await;
    }
    let (kept, late) = (eve.says("words").await, bob.says("later").await);
    let mut socket = Socket::since(&eve, 0).await;
    let (_, revision) = socket.catch_up().await;
    let folder = server.stop().await;
    let file = Connection::open(folder.path().join("campfire.sqlite3")).unwrap();
    let statement = "UPDATE users SET status = 'banned', purge_through_id = ?2 WHERE id = ?1";
    file.execute(statement, (bob.id, kept["id"].as_i64().unwrap())).unwrap();
    drop(file);
    let server = TestServer::start_in(folder, SETTINGS).await;
    let eve = Person { base: server.url(""), ..eve };
    let mut socket = Socket::since(&eve, revision).await;
    for _ in 0..110 {
        socket.frame("message_removed").await;
    }
    assert_eq!(eve.messages().await, [kept, late], "what came after the ban was not part of it");
    while server.number("SELECT count(*) FROM users WHERE purge_through_id IS NOT NULL").await > 0 {
        tokio::task::yield_now().await;
    }
    socket.say(json!({"type": "ping"})).await;
    // Who is online may be told between.
    loop {
        match socket.hear().await {
            Heard::Frame(frame) if frame["type"] == "pong" => break,
            heard => assert!(!format!("{heard:?}").contains("message_removed"), "{heard:?}"),
        }
    }
}

#[tokio::test]
async fn from_a_banned_address_nothing_is_posted_by_a_socket_either() {
    let server = TestServer::start_with(SETTINGS).await;
    let (ann, bob, eve) = (server.administrator().await, server.member("Bob").await, server.member("Eve").await);
    let mut socket = Socket::from_address(&eve, HOME).await;
    socket.catch_up().await;
    let post = json!({"type": "message", "content": "hello", "room_id": 1});
    socket.say(post.clone()).await;
    socket.frame("message_created").await;
    sign_in_from(&server, "bob@example.com", HOME).await;
    assert_eq!(ban(&ann, &bob).await.status(), 204);
    // Told after the addresses are refused.
    socket.frame("person_updated").await;
    socket.say(post).await;
    let refusal = socket.frame("error").await;
    assert!(refusal["message"].as_str().unwrap().contains("banned"), "{refusal}");
    assert_eq!(eve.messages().await.len(), 1);
}
