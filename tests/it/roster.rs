//! What administrators do with people: roles and removal; and that somebody always runs the account.

use crate::support::socket::Socket;
use crate::support::{PASSWORD, Person, TestServer, as_object};
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// Times that two administrators race.
const ROUNDS: usize = 20;
pub(super) const HOME: &str = "203.0.113.9";
pub(super) const SETTINGS: &[(&str, &str)] = &[
    ("CAMPFIRE_TRUSTED_PROXIES", "127.0.0.1"),
    ("CAMPFIRE_POST_BURST", "100000"),
    ("CAMPFIRE_POSTS_PER_SECOND", "100000"),
];

pub(super) async fn error(answer: Response) -> (u16, String, String) {
    let status = answer.status().as_u16();
    let error: Value = answer.json().await.unwrap();
    let text = |name: &str| error["error"][name].as_str().unwrap_or("").to_owned();
    (status, text("kind"), text("field"))
}

fn user_path(person: &Person) -> String {
    format!("/account/users/{}", person.id)
}

pub(super) fn ban_path(person: &Person) -> String {
    format!("/users/{}/ban", person.id)
}

async fn set_role(by: &Person, person: &Person, role: &str) -> Response {
    by.json(Method::PUT, &user_path(person), &json!({"role": role})).await
}

async fn remove(by: &Person, person: &Person) -> Response {
    by.json(Method::DELETE, &user_path(person), &json!({})).await
}

pub(super) async fn ban(by: &Person, person: &Person) -> Response {
    by.json(Method::POST, &ban_path(person), &json!({})).await
}

pub(super) async fn sign_in_from(server: &TestServer, email_address: &str, ip_address: &str) -> (u16, Person) {
    let mut person = server.visitor();
    let form = [("email_address", email_address), ("password", PASSWORD)];
    let request = person.request(Method::POST, "/session").header("accept", "application/json");
    let answer = request.header("x-forwarded-for", ip_address).json(&as_object(&form)).send().await.unwrap();
    let status = answer.status().as_u16();
    if status == 201 {
        let session: Value = answer.json().await.unwrap();
        person.token = session["token"].as_str().unwrap().to_owned();
        person.id = session["user"]["id"].as_i64().unwrap();
    }
    (status, person)
}

async fn administrators(server: &TestServer) -> i64 {
    server.number("SELECT count(*) FROM users WHERE role = 'administrator' AND status = 'active'").await
}

pub(super) async fn closed_for_good(mut socket: Socket) {
    assert_eq!(socket.close_code().await, 4401);
}

#[tokio::test]
async fn a_role_is_member_or_administrator_and_anything_else_changes_nothing() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    assert_eq!(bob.get("/account/audit_log").await.status(), 403);
    let answer = set_role(&ann, &bob, "administrator").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json::<Value>().await.unwrap()["role"], "administrator");
    assert_eq!(bob.get("/account/audit_log").await.status(), 200);
    for role in ["bot", "", "Administrator", "owner"] {
        let refused = error(set_role(&ann, &bob, role).await).await;
        assert_eq!(refused, (422, "invalid".into(), "role".into()), "{role}");
    }
    assert_eq!(administrators(&server).await, 2);
    assert_eq!(set_role(&ann, &bob, "member").await.status(), 200);
    assert_eq!(set_role(&bob, &ann, "member").await.status(), 403);
    assert_eq!(administrators(&server).await, 1);
    server
        .sql("INSERT INTO users (id, name, role, created_at_ms, updated_at_ms) VALUES (90, 'Bot', 'bot', 0, 0)")
        .await;
    let bot = Person { id: 90, ..ann.clone() };
    assert_eq!(set_role(&ann, &bot, "member").await.status(), 404);
    assert_eq!(remove(&ann, &bot).await.status(), 404);
    assert_eq!(ban(&ann, &bot).await.status(), 404);
}

#[tokio::test]
async fn a_new_role_reaches_open_sockets() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let mut socket = Socket::since(&bob, 0).await;
    socket.catch_up().await;
    set_role(&ann, &bob, "administrator").await;
    let frame = socket.frame("person_updated").await;
    assert_eq!((&frame["user"]["id"], &frame["user"]["role"]), (&json!(bob.id), &json!("administrator")));
}

#[tokio::test]
async fn the_last_administrator_can_be_neither_demoted_nor_removed_nor_banned() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    assert_eq!(error(set_role(&ann, &ann, "member").await).await.0, 409);
    assert_eq!(error(remove(&ann, &ann).await).await.0, 409);
    assert_eq!(error(ban(&ann, &ann).await).await.0, 409);
    // One who is banned or was removed does not count.
    server.sql(format!("UPDATE users SET role = 'administrator', status = 'banned' WHERE id = {}", bob.id)).await;
    assert_eq!(error(set_role(&ann, &ann, "member").await).await.0, 409);
    assert_eq!(administrators(&server).await, 1);
    server.sql(format!("UPDATE users SET status = 'active' WHERE id = {}", bob.id)).await;
    assert_eq!(error(ban(&ann, &ann).await).await.0, 409, "nobody bans themselves");
    assert_eq!(set_role(&ann, &ann, "member").await.status(), 200);
    assert_eq!(error(remove(&bob, &bob).await).await.0, 409);
    assert_eq!(administrators(&server).await, 1);
}

#[derive(Debug, Clone, Copy)]
enum Race {
    Demote,
    Remove,
    Ban,
    Resign,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_administrators_who_do_it_to_each_other_at_once_leave_exactly_one() {
    for race in [Race::Demote, Race::Remove, Race::Ban, Race::Resign] {
        let server = TestServer::start_with(SETTINGS).await;
        let mut holder = server.administrator().await;
        for round in 0..ROUNDS {
            let rival = server.member(&format!("Rival {round}")).await;
            server.sql(format!("UPDATE users SET role = 'administrator' WHERE id = {}", rival.id)).await;
            let act = async |by: &Person, other: &Person| match race {
                Race::Demote => set_role(by, other, "member").await,
                Race::Remove => remove(by, other).await,
                Race::Ban => ban(by, other).await,
                Race::Resign => set_role(by, by, "member").await,
            };
            let (one, two) = tokio::join!(act(&holder, &rival), act(&rival, &holder));
            let statuses = (one.status().as_u16(), two.status().as_u16());
            assert!(one.status().is_success() != two.status().is_success(), "{race:?} {statuses:?}");
            let refused = if one.status().is_success() { statuses.1 } else { statuses.0 };
            assert!([401, 403, 404, 409].contains(&refused), "{race:?} {statuses:?}");
            assert_eq!(administrators(&server).await, 1, "{race:?}");
            // Of those who resign, the one who was refused stays.
            if one.status().is_success() == matches!(race, Race::Resign) {
                holder = rival;
            }
        }
    }
}

#[tokio::test]
async fn whoever_is_removed_is_out_at_once_and_what_they_wrote_stays() {
    let server = TestServer::start().await;
    let (ann, bob, eve) = (server.administrator().await, server.member("Bob").await, server.member("Eve").await);
    server
        .sql(format!(
            "INSERT INTO rooms (id, kind, name, direct_key, creator_id, created_at_ms, updated_at_ms) VALUES
               (2, 'closed', 'Two', NULL, {ann}, 0, 0), (3, 'direct', NULL, '{bob},{eve}', {ann}, 0, 0);
             INSERT INTO memberships (room_id, user_id, involvement, created_at_ms) VALUES
               (2, {bob}, 'mentions', 0), (3, {bob}, 'everything', 0), (3, {eve}, 'everything', 0);
             INSERT INTO transfers (user_id, token_hash, created_at_ms, expires_at_ms) VALUES ({bob}, x'00', 0, 9e15), ({eve}, x'01', 0, 9e15)",
            ann = ann.id, bob = bob.id, eve = eve.id
        ).replace("9e15", "9000000000000000"))
        .await;
    let message = bob.says("I was here").await;
    let (of_bob, mut of_eve) = (Socket::since(&bob, 0).await, Socket::since(&eve, 0).await);
    of_eve.catch_up().await;
    assert_eq!(error(remove(&eve, &bob).await).await.0, 403);
    assert_eq!(bob.get("/rooms").await.status(), 200);

    assert_eq!(remove(&ann, &bob).await.status(), 204);
    closed_for_good(of_bob).await;
    assert_eq!(bob.get("/rooms").await.status(), 401);
    let count = async |what: &str| server.number(format!("SELECT count(*) FROM {what} = {}", bob.id)).await;
    assert_eq!(count("sessions WHERE user_id").await, 0);
    assert_eq!(count("transfers WHERE user_id").await, 0);
    assert_eq!(count("memberships WHERE room_id <> 3 AND user_id").await, 0);
    assert_eq!(count("memberships WHERE room_id = 3 AND user_id").await, 1);
    assert_eq!(server.number(format!("SELECT count(*) FROM transfers WHERE user_id = {}", eve.id)).await, 1);
    assert_eq!(eve.messages().await, [message]);
    let rooms: Vec<Value> = eve.get("/rooms").await.json().await.unwrap();
    assert!(rooms.iter().any(|room| room["name"] == "Bob"), "the direct room keeps its name: {rooms:?}");
    assert_eq!(remove(&ann, &bob).await.status(), 404, "once");
    assert_eq!(set_role(&ann, &bob, "administrator").await.status(), 404);
    assert_eq!(ban(&ann, &bob).await.status(), 404);

    // Others hear on, and the address is free.
    ann.says("still here").await;
    of_eve.frame("message_created").await;
    let new = server.member("Bob").await;
    assert_ne!(new.id, bob.id);
    assert_eq!(sign_in_from(&server, "bob@example.com", HOME).await.1.id, new.id);
}
