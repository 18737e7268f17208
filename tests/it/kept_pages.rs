//! Pages that are kept: whoever asks gets what would be made now, whatever is written, revoked or read meanwhile.

use crate::support::socket::Socket;
use crate::support::{Person, TestServer};
use proptest::prelude::*;
use reqwest::header::{ACCEPT, CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// What somebody does: who of three, and with what.
#[derive(Debug, Clone)]
struct Step {
    who: usize,
    act: Act,
}

#[derive(Debug, Clone)]
enum Act {
    Say {
        is_closed: bool,
    },
    Edit,
    Remove,
    Boost,
    Rename,
    Read {
        is_closed: bool,
    },
    MarkUnread,
    Hide,
    MakeRoom,
    Ping,
    /// Ann lets somebody into the closed room, or out.
    Admit {
        is_in: bool,
    },
    RenameRoom,
    RenameAccount,
    /// Their other page opens or closes.
    Online,
    Theme,
    /// The session that they read with ends; they come again.
    SignOut,
}

fn step() -> impl Strategy<Value = Step> {
    let act = prop_oneof![
        4 => any::<bool>().prop_map(|is_closed| Act::Say { is_closed }),
        1 => Just(Act::Edit),
        1 => Just(Act::Remove),
        1 => Just(Act::Boost),
        1 => Just(Act::Rename),
        2 => any::<bool>().prop_map(|is_closed| Act::Read { is_closed }),
        1 => Just(Act::MarkUnread),
        1 => Just(Act::Hide),
        1 => Just(Act::MakeRoom),
        1 => Just(Act::Ping),
        2 => any::<bool>().prop_map(|is_in| Act::Admit { is_in }),
        1 => Just(Act::RenameRoom),
        1 => Just(Act::RenameAccount),
        1 => Just(Act::Online),
        1 => Just(Act::Theme),
        1 => Just(Act::SignOut),
    ];
    (0usize..3, act).prop_map(|(who, act)| Step { who, act })
}

struct World {
    people: [Person; 3],
    sockets: [Option<Socket>; 3],
    closed: i64,
    last: Option<(i64, i64)>,
    number: u32,
}

impl World {
    async fn of(server: &TestServer) -> Self {
        let people = [server.administrator().await, server.member("Bob").await, server.member("Eve").await];
        let form = json!({"name": "Closed", "user_ids": [people[0].id, people[1].id]});
        let room: Value = people[0].json(Method::POST, "/rooms/closeds", &form).await.json().await.unwrap();
        let closed = room["id"].as_i64().unwrap();
        Self { people, sockets: [None, None, None], closed, last: None, number: 0 }
    }

    fn paths(&self) -> [(String, bool); 5] {
        let room = self.closed;
        [
            ("/rooms/1".to_owned(), false),
            (format!("/rooms/{room}"), false),
            ("/users/me/sidebar?room_id=1".to_owned(), true),
            ("/rooms/1/messages".to_owned(), true),
            (format!("/rooms/{room}/messages"), true),
        ]
    }

    async fn act(&mut self, server: &TestServer, Step { who, act }: Step) {
        let (person, closed) = (self.people[who].clone(), self.closed);
        self.number += 1;
        let number = self.number;
        let put = async |path: &str, body: Value| drop(person.json(Method::PUT, path, &body).await);
        match act {
            Act::Say { is_closed } => {
                let room = if is_closed { closed } else { 1 };
                let body = json!({"body": format!("words {number}")});
                let answer = person.json(Method::POST, &format!("/rooms/{room}/messages"), &body).await;
                if answer.status() == 201 {
                    let message: Value = answer.json().await.unwrap();
                    self.last = Some((room, message["id"].as_i64().unwrap()));
                }
            }
            Act::Edit | Act::Remove | Act::Boost => {
                let Some((room, id)) = self.last else { return };
                let path = format!("/rooms/{room}/messages/{id}");
                match act {
                    Act::Edit => put(&path, json!({"body": format!("other words {number}")})).await,
                    Act::Remove => drop(person.json(Method::DELETE, &path, &json!({})).await),
                    _ => drop(person.json(Method::POST, &format!("{path}/boosts"), &json!({"content": "👍"})).await),
                }
            }
            Act::Rename => put("/users/me/profile", json!({"name": format!("Person {who} {number}")})).await,
            Act::Theme => {
                put("/users/me/profile", json!({"theme": if number.is_multiple_of(2) { "dark" } else { "light" }}))
                    .await;
            }
            Act::Read { is_closed } => {
                put(&format!("/rooms/{}/read", if is_closed { closed } else { 1 }), json!({})).await;
            }
            Act::MarkUnread => {
                if let Some((room, id)) = self.last {
                    let path = format!("/rooms/{room}/read?message_id={id}");
                    drop(person.json(Method::DELETE, &path, &json!({"message_id": id})).await);
                }
            }
            Act::Hide => {
                let involvement = ["invisible", "everything", "nothing", "mentions"][number as usize % 4];
                put("/rooms/1/involvement", json!({"involvement": involvement})).await;
            }
            Act::MakeRoom => {
                let name = json!({"name": format!("Room {number}")});
                drop(person.json(Method::POST, "/rooms/opens", &name).await);
            }
            Act::Ping => {
                let others = json!({"user_ids": [self.people[(who + 1) % 3].id]});
                drop(person.json(Method::POST, "/rooms/directs", &others).await);
            }
            Act::Admit { is_in } => {
                let mut ids = vec![self.people[0].id];
                ids.extend(is_in.then_some(person.id));
                let form = json!({"user_ids": ids});
                drop(self.people[0].json(Method::PUT, &format!("/rooms/closeds/{closed}"), &form).await);
            }
            Act::RenameRoom => {
                let form = json!({"name": format!("Closed {number}")});
                drop(self.people[0].json(Method::PUT, &format!("/rooms/closeds/{closed}"), &form).await);
            }
            Act::RenameAccount => {
                drop(self.people[0].json(Method::PUT, "/account", &json!({"name": format!("Us {number}")})).await);
            }
            Act::Online => {
                self.sockets[who] = match self.sockets[who].take() {
                    Some(_) => None,
                    None => Some(Socket::since(&person, 0).await),
                };
            }
            Act::SignOut => {
                let ended = person.json(Method::DELETE, "/session", &json!({})).await;
                assert_eq!(ended.status(), 204);
                assert_eq!(asked(&person, "/rooms/1", false, false).await.0, StatusCode::SEE_OTHER);
                let address = ["ann@example.com", "bob@example.com", "eve@example.com"][who];
                let form = json!({"email_address": address, "password": crate::support::PASSWORD});
                let answer = server.visitor().json(Method::POST, "/session", &form).await;
                if answer.status() == 201 {
                    let session: Value = answer.json().await.unwrap();
                    self.people[who].token = session["token"].as_str().unwrap().to_owned();
                } else {
                    // Too many attempts: a session of their own making.
                    assert_eq!(answer.status(), 429);
                    let sql = format!("UPDATE sessions SET user_id = user_id WHERE user_id = {}", person.id);
                    server.sql(sql).await;
                }
            }
        }
    }
}

/// The status and the body, but for the cursor in it, which may be older: no change between is on the page.
async fn asked(person: &Person, path: &str, is_fragment: bool, is_anew: bool) -> (StatusCode, String) {
    let mut request = person.request(Method::GET, path).header(ACCEPT, "text/html");
    if is_fragment {
        request = request.header("hx-request", "true");
    }
    if is_anew {
        request = request.header(CACHE_CONTROL, "no-cache");
    }
    let answer = request.send().await.unwrap();
    let (status, mut text) = (answer.status(), answer.text().await.unwrap());
    if let Some((before, rest)) = text.split_once("aria-label=\"Messages\" data-revision=\"") {
        text = format!("{before}{}", rest.split_once('"').unwrap().1);
    }
    if !status.is_success() {
        text.clear();
    }
    (status, text)
}

/// The version of the sidebar that a socket is told when it connects.
async fn told(person: &Person) -> String {
    let mut socket = Socket::try_connect(person, "format=json").await.unwrap();
    socket.frame("caught_up").await["sidebar"].as_str().unwrap().to_owned()
}

async fn play(steps: Vec<Step>) {
    let server = TestServer::start_with(&[("CAMPFIRE_POST_BURST", "10000")]).await;
    let mut world = World::of(&server).await;
    for step in steps {
        let (people, paths) = (world.people.clone(), world.paths());
        let reads = people
            .iter()
            .flat_map(|person| paths.iter().map(move |(path, is_fragment)| asked(person, path, *is_fragment, false)));
        // Pages are asked for while it happens, and may be made before or after; what is kept of them must not outlive it.
        tokio::join!(futures_util::future::join_all(reads), world.act(&server, step.clone()));
        for (who, person) in world.people.iter().enumerate() {
            let sidebar = asked(person, &paths[2].0, true, true).await.1;
            for _ in 0..2 {
                assert!(sidebar.contains(&format!("data-version=\"{}\"", told(person).await)), "{who} after {step:?}");
            }
            for (path, is_fragment) in &paths {
                let kept = asked(person, path, *is_fragment, false).await;
                let anew = asked(person, path, *is_fragment, true).await;
                let again = asked(person, path, *is_fragment, false).await;
                // Who is online may change between any two.
                if kept != anew && again != anew {
                    assert_eq!(again, asked(person, path, *is_fragment, true).await, "{who} at {path} after {step:?}");
                }
            }
        }
    }
    server.stop().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_kept_page_is_what_would_be_made_now(steps in proptest::collection::vec(step(), 1..25)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(play(steps));
    }
}

#[tokio::test]
async fn a_page_is_made_once_while_nothing_of_it_changes_and_never_where_that_is_switched_off() {
    for (size, is_kept) in [("1MB", true), ("0", false)] {
        let server = TestServer::start_with(&[("CAMPFIRE_PAGE_CACHE", size)]).await;
        let (ann, bob) = (server.administrator().await, server.member("Bob").await);
        let form = json!({"name": "Elsewhere", "user_ids": [bob.id]});
        let elsewhere: Value = bob.json(Method::POST, "/rooms/closeds", &form).await.json().await.unwrap();
        // The first leaves a cookie, which is part of what is asked.
        ann.page("/rooms/1").await;
        let first = ann.page("/rooms/1").await;
        let etag = first.headers()[ETAG].clone();
        let first = first.text().await.unwrap();
        // What is said in a room that is not hers changes nothing for her.
        let path = format!("/rooms/{}/messages", elsewhere["id"]);
        assert_eq!(bob.json(Method::POST, &path, &json!({"body": "aside"})).await.status(), 201);
        let reads = server.db.waits();
        if is_kept {
            assert_eq!(ann.page("/rooms/1").await.text().await.unwrap(), first);
            let known = ann.request(Method::GET, "/rooms/1").header(ACCEPT, "text/html").header(IF_NONE_MATCH, etag);
            let known = known.send().await.unwrap();
            assert_eq!((known.status(), known.text().await.unwrap().len()), (StatusCode::NOT_MODIFIED, 0));
        } else {
            ann.page("/rooms/1").await;
        }
        assert_eq!(server.db.waits() == reads, is_kept);
        // It is hers alone: another person, host or encoding gets another.
        let bobs = bob.page("/rooms/1").await.text().await.unwrap();
        assert!(bobs.contains("Bob") && bobs != first);
        bob.says("to everyone").await;
        assert!(ann.page("/rooms/1").await.text().await.unwrap().contains("to everyone"));
        // What she has read, and who is there, is nowhere in the database yet.
        let sidebar = async || ann.page("/users/me/sidebar").await.text().await.unwrap();
        let (unread, again) = (sidebar().await, sidebar().await);
        assert_eq!(unread, again);
        assert_eq!(ann.json(Method::PUT, "/rooms/1/read", &json!({})).await.status(), 200);
        let read = sidebar().await;
        assert_ne!(read, unread);
        assert!(!read.contains("data-online"));
        let _socket = Socket::since(&bob, 0).await;
        while !asked(&ann, "/users/me/sidebar", false, true).await.1.contains("data-online") {
            tokio::task::yield_now().await;
        }
        assert!(sidebar().await.contains("data-online"));
    }
}

#[tokio::test]
async fn a_search_is_kept_until_something_changes_in_ones_rooms_or_of_ones_own() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let room = async |name: &str, ids: Vec<i64>| -> i64 {
        let made = bob.json(Method::POST, "/rooms/closeds", &json!({"name": name, "user_ids": ids})).await;
        made.json::<Value>().await.unwrap()["id"].as_i64().unwrap()
    };
    let (shared, elsewhere) = (room("Shared", vec![ann.id, bob.id]).await, room("Elsewhere", vec![bob.id]).await);
    let say = async |room: i64, text: &str| {
        let said = bob.json(Method::POST, &format!("/rooms/{room}/messages"), &json!({"body": text})).await;
        said.json::<Value>().await.unwrap()
    };
    let said = say(shared, "soup inside").await;
    let find = async || ann.page("/searches?q=soup").await.text().await.unwrap();
    // The first leaves a cookie, which is part of what is asked.
    find().await;
    let first = find().await;
    assert!(first.contains("inside"));
    say(elsewhere, "soup elsewhere").await;
    let reads = server.db.waits();
    assert_eq!((find().await, server.db.waits()), (first, reads), "it is kept");

    let path = format!("/rooms/{shared}/messages/{}", said["id"]);
    assert_eq!(bob.json(Method::PUT, &path, &json!({"body": "soup edited"})).await.status(), 200);
    assert!(find().await.contains("edited"));
    bob.says("soup for everyone").await;
    assert!(find().await.contains("for everyone"));
    assert_eq!(ann.json(Method::POST, "/searches", &json!({"q": "stew lately"})).await.status(), 204);
    assert!(find().await.contains("stew lately"));
    let without_ann = json!({"user_ids": [bob.id]});
    assert_eq!(bob.json(Method::PUT, &format!("/rooms/closeds/{shared}"), &without_ann).await.status(), 200);
    let found = find().await;
    assert!(!found.contains("edited") && !found.contains("elsewhere") && found.contains("for everyone"));
}
