//! What people have not read: counted, told, read on one device and known on the others.

use crate::rooms::{closed, made};
use crate::support::socket::{Heard, Socket};
use crate::support::{Person, TestServer};
use proptest::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};

async fn says(person: &Person, room: i64, text: &str) -> i64 {
    let path = format!("/rooms/{room}/messages");
    made(person, &path, json!({"body": text})).await["id"].as_i64().unwrap()
}

async fn unread(person: &Person, room: i64) -> i64 {
    let room: Value = person.get(&format!("/rooms/{room}")).await.json().await.unwrap();
    room["unread_count"].as_i64().unwrap()
}

async fn reads(person: &Person, method: Method, room: i64, body: Value) -> Value {
    let answer = person.json(method, &format!("/rooms/{room}/read"), &body).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

async fn home(person: &Person) -> Socket {
    let mut socket = Socket::try_connect(person, "format=json").await.unwrap();
    socket.catch_up().await;
    socket
}

/// Hears unread marks until a room has this count.
async fn until(socket: &mut Socket, room: i64, count: i64) {
    loop {
        let frame = socket.frame("unread").await;
        if frame["room_id"] == room && frame["unread_count"] == count {
            return;
        }
    }
}

#[tokio::test]
async fn messages_of_others_are_unread_until_read_and_one_device_tells_the_others() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let (mut phone, mut laptop) = (home(&bob).await, home(&bob).await);
    let first = says(&ann, 1, "one").await;
    says(&bob, 1, "mine").await;
    says(&ann, 1, "two").await;
    until(&mut phone, 1, 2).await;
    until(&mut laptop, 1, 2).await;
    assert_eq!(unread(&bob, 1).await, 2);
    assert_eq!(unread(&ann, 1).await, 1, "Bob's");
    assert_eq!(reads(&bob, Method::PUT, 1, json!({"message_id": first})).await["unread_count"], 1);
    until(&mut phone, 1, 1).await;
    assert_eq!(reads(&bob, Method::PUT, 1, json!({})).await["unread_count"], 0);
    until(&mut phone, 1, 0).await;
    until(&mut laptop, 1, 0).await;
    // The cursor only moves forward.
    assert_eq!(reads(&bob, Method::PUT, 1, json!({"message_id": first})).await["unread_count"], 0);
    assert_eq!(unread(&bob, 1).await, 0);
}

#[tokio::test]
async fn pages_that_connect_while_messages_come_count_each_of_them_once() {
    let server = TestServer::start_with(&[("CAMPFIRE_POST_BURST", "1000")]).await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let posts = async {
        for number in 1..=60 {
            says(&ann, 1, &format!("number {number}")).await;
        }
    };
    let connects = async {
        let mut sockets = Vec::new();
        for _ in 0..16 {
            sockets.push(home(&bob).await);
        }
        sockets
    };
    let ((), sockets) = tokio::join!(posts, connects);
    says(&ann, 1, "the last").await;
    for mut socket in sockets {
        let mut count = 0;
        while count < 61 {
            count = socket.frame("unread").await["unread_count"].as_i64().unwrap();
        }
        assert_eq!(count, 61);
    }
    assert_eq!(unread(&bob, 1).await, 61);
}

#[tokio::test]
async fn marking_as_unread_puts_the_cursor_before_the_message_and_survives_a_restart_as_reading_does() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let ids = [says(&ann, 1, "one").await, says(&ann, 1, "two").await, says(&ann, 1, "three").await];
    let mut phone = home(&bob).await;
    reads(&bob, Method::PUT, 1, json!({})).await;
    assert_eq!(reads(&bob, Method::DELETE, 1, json!({"message_id": ids[1]})).await["unread_count"], 2);
    until(&mut phone, 1, 2).await;
    let room = closed(&[&ann, &bob], "Plans").await;
    says(&ann, room, "four").await;
    reads(&bob, Method::PUT, room, json!({})).await;
    drop(phone);
    let folder = server.stop().await;
    let server = TestServer::start_in(folder, &[]).await;
    let bob = Person { base: format!("http://{}", server.address), ..bob };
    assert_eq!((unread(&bob, 1).await, unread(&bob, room).await), (2, 0));
}

#[tokio::test]
async fn what_names_no_message_of_the_room_moves_no_cursor() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let room = closed(&[&ann, &bob], "Plans").await;
    let (here, elsewhere) = (says(&ann, 1, "here").await, says(&ann, room, "elsewhere").await);
    for wrong in [json!(elsewhere), json!(999), json!("x"), json!(-1), json!(1.5)] {
        for method in [Method::PUT, Method::DELETE] {
            let answer = bob.json(method, "/rooms/1/read", &json!({"message_id": wrong})).await;
            assert_eq!(answer.status(), 404, "{wrong}");
        }
    }
    assert_eq!(unread(&bob, 1).await, 1);
    // By a socket too, with an error.
    let mut socket = Socket::since(&bob, 0).await;
    socket.catch_up().await;
    socket.say(json!({"type": "read", "message_id": 999})).await;
    socket.frame("error").await;
    socket.say(json!({"type": "read", "message_id": here})).await;
    until(&mut socket, 1, 0).await;
}

#[tokio::test]
async fn a_get_reads_nothing_and_a_plain_form_does() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    says(&ann, 1, "one").await;
    let browser = bob.in_a_browser();
    for path in ["/", "/rooms/1", "/rooms/1/messages", "/users/me/sidebar"] {
        browser.page(path).await;
    }
    assert_eq!(unread(&bob, 1).await, 1);
    assert!(browser.page("/rooms/1").await.text().await.unwrap().contains("Mark as read"));
    let answer = browser.form("/rooms/1/read?_method=PUT", &[]).await;
    assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (303, "/rooms/1"));
    assert_eq!(unread(&bob, 1).await, 0);
}

#[tokio::test]
async fn the_count_is_exact_to_999_and_then_says_more() {
    let server = TestServer::start().await;
    let (_ann, bob) = (server.administrator().await, server.member("Bob").await);
    let fill = |from: i64, to: i64| {
        format!(
            "INSERT INTO messages (room_id, creator_id, client_message_id, created_revision, revision, source, body_html,
               plain_text, created_at_ms, updated_at_ms)
             WITH RECURSIVE numbers(n) AS (SELECT {from} UNION ALL SELECT n + 1 FROM numbers WHERE n < {to})
             SELECT 1, 1, printf('%08x-0000-4000-8000-000000000000', n), n, n, 'x', 'x', 'x', 0, 0 FROM numbers;
             UPDATE rooms SET last_message_id = (SELECT max(id) FROM messages);"
        )
    };
    server.sql(fill(1, 999)).await;
    assert_eq!(unread(&bob, 1).await, 999);
    assert!(bob.page("/users/me/sidebar").await.text().await.unwrap().contains(">999<"));
    server.sql(fill(1_000, 3_000)).await;
    assert_eq!(unread(&bob, 1).await, 1_000);
    assert!(bob.page("/users/me/sidebar").await.text().await.unwrap().contains("999+"));
}

#[tokio::test]
async fn a_removed_message_is_no_longer_unread_and_a_busy_room_is_told_of_at_most_once_a_second() {
    let server = TestServer::start_with(&[("CAMPFIRE_POST_BURST", "1000")]).await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let mut phone = home(&bob).await;
    let mut last = 0;
    for number in 0..100 {
        last = says(&ann, 1, &format!("{number}")).await;
    }
    let mut told = 0;
    loop {
        if let Heard::Frame(frame) = phone.hear().await
            && frame["type"] == "unread"
        {
            told += 1;
            if frame["unread_count"] == 100 {
                break;
            }
        }
    }
    assert!(told < 50, "{told} frames for a hundred messages");
    assert_eq!(ann.json(Method::DELETE, &format!("/rooms/1/messages/{last}"), &json!({})).await.status(), 204);
    until(&mut phone, 1, 99).await;
    assert_eq!(unread(&bob, 1).await, 99);
}

#[derive(Debug, Clone)]
enum Step {
    Post { room: usize, bob: bool },
    Remove { which: usize },
    Read { room: usize, upto: usize },
    Mark { which: usize },
    Hide { room: usize },
    Show { room: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..3_usize, any::<bool>()).prop_map(|(room, bob)| Step::Post { room, bob }),
        2 => (0..50_usize).prop_map(|which| Step::Remove { which }),
        3 => (0..3_usize, 0..50_usize).prop_map(|(room, upto)| Step::Read { room, upto }),
        1 => (0..50_usize).prop_map(|which| Step::Mark { which }),
        1 => (0..3_usize).prop_map(|room| Step::Hide { room }),
        1 => (0..3_usize).prop_map(|room| Step::Show { room }),
    ]
}

/// A message as the plain list knows it.
struct Known {
    id: i64,
    room: usize,
    bob: bool,
    is_removed: bool,
}

async fn play(server: &TestServer, ann: &Person, bob: &Person, steps: Vec<Step>) {
    let rooms = [closed(&[ann, bob], "A").await, closed(&[ann, bob], "B").await, closed(&[ann, bob], "C").await];
    let (mut list, mut cursors, mut hidden) = (Vec::<Known>::new(), [0_i64; 3], [false; 3]);
    let mut phone = home(bob).await;
    for step in steps {
        match step {
            Step::Post { room, bob: by_bob } => {
                let id = says(if by_bob { bob } else { ann }, rooms[room], "x").await;
                list.push(Known { id, room, bob: by_bob, is_removed: false });
            }
            Step::Remove { which } if !list.is_empty() => {
                let place = which % list.len();
                let known = &mut list[place];
                let path = format!("/rooms/{}/messages/{}", rooms[known.room], known.id);
                ann.json(Method::DELETE, &path, &json!({})).await;
                known.is_removed = true;
            }
            Step::Read { room, upto } => {
                let here: Vec<i64> = list.iter().filter(|it| it.room == room).map(|it| it.id).collect();
                if let Some(id) = here.get(upto % here.len().max(1)) {
                    reads(bob, Method::PUT, rooms[room], json!({"message_id": id})).await;
                    cursors[room] = cursors[room].max(*id);
                }
            }
            Step::Mark { which } if !list.is_empty() => {
                let known = &list[which % list.len()];
                reads(bob, Method::DELETE, rooms[known.room], json!({"message_id": known.id})).await;
                cursors[known.room] = known.id - 1;
            }
            Step::Hide { room } => {
                set(bob, rooms[room], "invisible").await;
                hidden[room] = true;
            }
            Step::Show { room } => {
                set(bob, rooms[room], "mentions").await;
                if std::mem::take(&mut hidden[room]) {
                    let newest = list.iter().filter(|it| it.room == room).map(|it| it.id).max().unwrap_or(0);
                    cursors[room] = newest;
                }
            }
            Step::Remove { .. } | Step::Mark { .. } => {}
        }
        for room in 0..3 {
            let expected =
                list.iter().filter(|it| it.room == room && !it.bob && !it.is_removed && it.id > cursors[room]).count();
            assert_eq!(unread(bob, rooms[room]).await, expected as i64);
        }
    }
    // What the phone heard, in the end, is what a fresh load says: a last message in each room settles what was gathered.
    for room in (0..3).filter(|room| !hidden[*room]) {
        says(ann, rooms[room], "last").await;
        let count = unread(bob, rooms[room]).await;
        until(&mut phone, rooms[room], count).await;
    }
    server.sql("UPDATE rooms SET deleted_at_ms = 1, direct_key = NULL WHERE id > 1").await;
}

async fn set(person: &Person, room: i64, level: &str) {
    let path = format!("/rooms/{room}/involvement");
    assert_eq!(person.json(Method::PUT, &path, &json!({"involvement": level})).await.status(), 200);
}

#[test]
fn whatever_is_posted_removed_read_marked_and_hidden_the_counts_are_right_in_pages_and_live() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (server, ann, bob) = runtime.block_on(async {
        let quick = [("CAMPFIRE_POST_BURST", "100000"), ("CAMPFIRE_POSTS_PER_SECOND", "100000")];
        let server = TestServer::start_with(&quick).await;
        let (ann, bob) = (server.administrator().await, server.member("Bob").await);
        (server, ann, bob)
    });
    let config = ProptestConfig { cases: 12, max_shrink_iters: 40, ..ProptestConfig::default() };
    proptest!(config, |(steps in proptest::collection::vec(step(), 1..40))| {
        runtime.block_on(play(&server, &ann, &bob, steps));
    });
}

/// Messages of somebody, put into a room behind the server's back.
fn fill(room: i64, creator: i64, from: i64, to: i64) -> String {
    format!(
        "INSERT INTO messages (room_id, creator_id, client_message_id, created_revision, revision, source, body_html,
           plain_text, created_at_ms, updated_at_ms)
         WITH RECURSIVE numbers(n) AS (SELECT {from} UNION ALL SELECT n + 1 FROM numbers WHERE n < {to})
         SELECT {room}, {creator}, printf('%08x-0000-4000-8000-000000000000', n), n, n, 'x', 'x', 'x', 0, 0 FROM numbers;
         UPDATE rooms SET last_message_id = (SELECT max(id) FROM messages WHERE room_id = {room}) WHERE id = {room};"
    )
}

#[tokio::test]
async fn what_one_wrote_oneself_does_not_hide_what_others_wrote_after_it() {
    let server = TestServer::start().await;
    let (_ann, bob) = (server.administrator().await, server.member("Bob").await);
    server.sql(fill(1, bob.id, 1, 1_500)).await;
    server.sql(fill(1, 1, 1_501, 1_505)).await;
    assert_eq!(unread(&bob, 1).await, 5);
    let rooms: Vec<Value> = bob.get("/rooms").await.json().await.unwrap();
    assert_eq!(rooms[0]["unread_count"], 5);
}

#[tokio::test]
async fn who_comes_into_a_busy_room_is_told_only_of_what_comes_after() {
    let server = TestServer::start().await;
    let (ann, bob, cid) = (server.administrator().await, server.member("Bob").await, server.member("Cid").await);
    let room = closed(&[&ann, &cid], "Busy").await;
    let (mut bobs, mut cids) = (home(&bob).await, home(&cid).await);
    for number in 0..6 {
        says(&ann, room, &format!("{number}")).await;
    }
    let change = json!({"user_ids": [ann.id, bob.id, cid.id]});
    assert_eq!(ann.json(Method::PUT, &format!("/rooms/closeds/{room}"), &change).await.status(), 200);
    says(&ann, room, "welcome").await;
    until(&mut cids, room, 7).await;
    let first = bobs.frame("unread").await;
    assert_eq!((&first["room_id"], &first["unread_count"]), (&json!(room), &json!(1)));
}

#[tokio::test]
async fn who_turns_away_from_the_page_is_told_of_what_they_did_not_read_there() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let mut page = Socket::since(&bob, 0).await;
    page.catch_up().await;
    says(&ann, 1, "just as the tab was hidden").await;
    page.frame("message_created").await;
    page.say(json!({"type": "absent"})).await;
    until(&mut page, 1, 1).await;
    says(&ann, 1, "and another").await;
    until(&mut page, 1, 2).await;
}

#[tokio::test]
async fn a_ping_older_than_a_hundred_others_is_heard_of_again_with_its_next_message() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let oldest = made(&ann, "/rooms/directs", json!({"user_ids": [bob.id]})).await["id"].as_i64().unwrap();
    server
        .sql(format!(
            "INSERT INTO rooms (id, kind, direct_key, creator_id, last_message_at_ms, created_at_ms, updated_at_ms)
             WITH RECURSIVE numbers(n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1129)
             SELECT n, 'direct', 'key ' || n, 1, n, 0, 0 FROM numbers;
             INSERT INTO memberships (room_id, user_id, involvement, created_at_ms)
             SELECT id, {}, 'everything', 0 FROM rooms WHERE id >= 1000;",
            bob.id
        ))
        .await;
    let mut phone = home(&bob).await;
    says(&ann, oldest, "do you remember?").await;
    until(&mut phone, oldest, 1).await;
}

/// The ids of the messages on a page, and the first unread one by its line.
async fn shown(person: &Person, path: &str) -> (Vec<i64>, Option<i64>, String) {
    let html = person.in_a_browser().page(path).await.text().await.unwrap();
    let id = |article: &str| article.split('"').next().unwrap().parse::<i64>().unwrap();
    let articles: Vec<_> = html.split("<article").skip(1).filter(|it| it.contains("data-message-id")).collect();
    let key = |article: &&str| id(article.split("data-message-id=\"").nth(1).unwrap());
    let line = articles.iter().find(|article| article.split('>').next().unwrap().contains("data-first-unread"));
    (articles.iter().map(key).collect(), line.map(key), html)
}

#[tokio::test]
async fn a_room_with_more_unread_than_a_page_opens_at_the_first_unread_message_and_with_less_at_the_newest() {
    let server = TestServer::start_with(&[("CAMPFIRE_POST_BURST", "1000")]).await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    for number in 1..=60 {
        says(&ann, 1, &number.to_string()).await;
    }
    // Whoever has read nothing is at home at the newest end.
    assert_eq!(shown(&bob, "/rooms/1").await.0.last(), Some(&60));
    reads(&bob, Method::PUT, 1, json!({"message_id": 30})).await;
    let (ids, line, html) = shown(&bob, "/rooms/1").await;
    assert_eq!((ids[0], *ids.last().unwrap(), line), (21, 60, Some(31)), "it all fits");
    assert!(!html.contains("id=\"newer\"") && html.contains("Mark as read<"));
    for number in 61..=100 {
        says(&ann, 1, &number.to_string()).await;
    }
    let (ids, line, html) = shown(&bob, "/rooms/1").await;
    assert_eq!((ids[0], ids.len(), line), (25, 40, Some(31)), "a few that are known, then what is new");
    assert!(html.contains("id=\"newer\"") && html.contains("href=\"/rooms/1?newest\""), "ways on");
    assert!(html.contains("data-jump-count>70<"), "{html}");
    // The same as a list that is fetched afresh; elsewhere it is as it was asked for.
    let list = bob.request(Method::GET, "/rooms/1/messages").header("hx-request", "true").send().await.unwrap();
    assert!(list.text().await.unwrap().contains("data-message-id=\"31\""));
    assert_eq!(shown(&bob, "/rooms/1?newest").await.0.last(), Some(&100));
    let json: Vec<Value> = bob.get("/rooms/1/messages").await.json().await.unwrap();
    assert_eq!(json.last().unwrap()["id"], 100);
    // Without scripts one reads on page by page, and nothing is skipped.
    let browser = bob.in_a_browser();
    for (last, left) in [(64, 36), (100, 0)] {
        let (ids, _, html) = shown(&bob, "/rooms/1").await;
        assert_eq!(*ids.last().unwrap(), last);
        let field = html.split("name=\"message_id\" value=\"").nth(1).map(|rest| rest.split('"').next().unwrap());
        assert_eq!(field, (last < 100).then(|| last.to_string()).as_deref());
        let fields: Vec<_> = field.map(|id| ("message_id", id)).into_iter().collect();
        assert_eq!(browser.form("/rooms/1/read?_method=PUT", &fields).await.status(), 303);
        assert_eq!(unread(&bob, 1).await, left);
    }
    // Who has just spoken sees what they said.
    for number in 101..=150 {
        says(&ann, 1, &number.to_string()).await;
    }
    assert_eq!(shown(&bob, "/rooms/1").await.1, Some(101));
    says(&bob, 1, "mine").await;
    assert_eq!(shown(&bob, "/rooms/1").await.0.last(), Some(&151));
}
