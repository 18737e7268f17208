//! Rooms and pings: made, changed, deleted; who is in them; and that people's pages hear of it at once.

use crate::support::socket::{Heard, Socket};
use crate::support::{Person, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

/// Makes something and gives its JSON.
pub async fn made(person: &Person, path: &str, body: Value) -> Value {
    let answer = person.json(Method::POST, path, &body).await;
    let status = answer.status().as_u16();
    assert!([200, 201].contains(&status), "{path}: {status} {}", answer.text().await.unwrap());
    answer.json().await.unwrap()
}

/// A closed room of these people, made by the first.
pub async fn closed(people: &[&Person], name: &str) -> i64 {
    let ids: Vec<i64> = people.iter().map(|person| person.id).collect();
    made(people[0], "/rooms/closeds", json!({"name": name, "user_ids": ids})).await["id"].as_i64().unwrap()
}

/// The rooms somebody lists, by name.
pub async fn names(person: &Person) -> Vec<String> {
    let rooms: Vec<Value> = person.get("/rooms").await.json().await.unwrap();
    rooms.iter().map(|room| room["name"].as_str().unwrap().to_owned()).collect()
}

async fn status(person: &Person, method: Method, path: &str, body: Value) -> u16 {
    person.json(method, path, &body).await.status().as_u16()
}

/// Somebody's page without a room: what it hears is of all their rooms.
async fn home(person: &Person) -> Socket {
    let mut socket = Socket::try_connect(person, "format=json").await.unwrap();
    socket.catch_up().await;
    socket
}

/// Somebody's page in a room.
async fn at(person: &Person, room: i64) -> Socket {
    let mut socket = Socket::try_connect(person, &format!("format=json&room={room}&since=0")).await.unwrap();
    socket.catch_up().await;
    socket
}

#[tokio::test]
async fn an_open_room_is_everyones_and_appears_at_once_also_for_whoever_joins_later() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let mut bobs_page = home(&bob).await;
    let answer = bob.json(Method::POST, "/rooms/opens", &json!({"name": " Design "})).await;
    assert_eq!(
        (answer.status(), answer.headers()["location"].to_str().unwrap()),
        (201.try_into().unwrap(), "/rooms/2")
    );
    let room: Value = answer.json().await.unwrap();
    assert_eq!(
        (&room["kind"], &room["name"], &room["involvement"]),
        (&json!("open"), &json!("Design"), &json!("mentions"))
    );
    assert_eq!(bobs_page.frame("room_created").await["room"]["id"], 2);
    assert_eq!(names(&ann).await, ["All Talk", "Design"]);
    assert_eq!(names(&server.member("Cid").await).await, ["All Talk", "Design"]);
}

#[tokio::test]
async fn a_closed_room_is_for_those_chosen_and_its_maker_and_others_hear_nothing_of_it() {
    let server = TestServer::start().await;
    let (ann, bob, cid) = (server.administrator().await, server.member("Bob").await, server.member("Cid").await);
    let (mut bobs_page, mut anns_page) = (home(&bob).await, home(&ann).await);
    let room = made(&cid, "/rooms/closeds", json!({"name": "Secrets", "user_ids": [bob.id]})).await;
    let path = format!("/rooms/{}", room["id"]);
    assert_eq!(bobs_page.frame("room_created").await["room"]["name"], "Secrets");
    assert_eq!(cid.get(&path).await.status(), 200, "the maker is in it without being chosen");
    // An administrator who is not in it can't find it, and hears nothing: the next thing Ann hears is what comes after.
    assert_eq!(ann.get(&path).await.status(), 404);
    cid.json(Method::POST, &format!("{path}/messages"), &json!({"body": "psst"})).await;
    made(&cid, "/rooms/opens", json!({"name": "Later"})).await;
    loop {
        let Heard::Frame(frame) = anns_page.hear().await else { panic!("Ann's page ended") };
        assert!(!frame.to_string().contains("Secrets") && frame["room_id"] != room["id"], "{frame}");
        if frame["type"] == "room_created" {
            break;
        }
    }
}

#[tokio::test]
async fn rooms_are_sorted_by_name_with_numbers_and_accents_as_people_expect() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    for name in ["Zebra", "room 10", "Émile", "Room 9", "eagle", "émigré"] {
        made(&ann, "/rooms/opens", json!({"name": name})).await;
    }
    assert_eq!(names(&ann).await, ["All Talk", "eagle", "émigré", "Émile", "Room 9", "room 10", "Zebra"]);
}

#[tokio::test]
async fn a_removed_member_stops_receiving_messages_that_instant_and_is_told_also_after_a_reconnect() {
    let server = TestServer::start().await;
    let (ann, bob, cid) = (server.administrator().await, server.member("Bob").await, server.member("Cid").await);
    let room = closed(&[&ann, &bob, &cid], "Plans").await;
    let (mut bobs_page, mut bobs_phone, mut cids_page) = (at(&bob, room).await, home(&bob).await, at(&cid, room).await);
    let change = json!({"user_ids": [ann.id, cid.id]});
    assert_eq!(status(&ann, Method::PUT, &format!("/rooms/closeds/{room}"), change).await, 200);
    let body = json!({"body": "now that Bob is gone"});
    ann.json(Method::POST, &format!("/rooms/{room}/messages"), &body).await;
    loop {
        match bobs_page.hear().await {
            Heard::Closed(code) => break assert_eq!(code, 4403),
            Heard::Frame(frame) => assert!(!frame.to_string().contains("now that"), "{frame}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(bobs_phone.frame("room_removed").await["room"]["id"], room);
    assert_eq!(cids_page.frame("message_created").await["message"]["content"], "now that Bob is gone");
    let mut again = Socket::try_connect(&bob, &format!("format=json&room={room}&since=0")).await.unwrap();
    assert_eq!(again.close_code().await, 4404);
    assert_eq!(names(&bob).await, ["All Talk"]);
}

#[tokio::test]
async fn somebody_added_to_a_closed_room_sees_it_at_once_and_starts_with_nothing_unread() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let room = closed(&[&ann], "Plans").await;
    ann.json(Method::POST, &format!("/rooms/{room}/messages"), &json!({"body": "before"})).await;
    let mut bobs_page = home(&bob).await;
    let change = json!({"user_ids": [ann.id, bob.id]});
    assert_eq!(status(&ann, Method::PUT, &format!("/rooms/closeds/{room}"), change).await, 200);
    let shown = bobs_page.frame("room_created").await;
    assert_eq!((&shown["room"]["name"], &shown["room"]["unread_count"]), (&json!("Plans"), &json!(0)));
    ann.json(Method::POST, &format!("/rooms/{room}/messages"), &json!({"body": "after"})).await;
    let unread = bobs_page.frame("unread").await;
    assert_eq!(
        (&unread["room_id"], &unread["unread_count"], &unread["mention"]),
        (&json!(room), &json!(1), &json!(false))
    );
}

#[tokio::test]
async fn a_room_is_renamed_live_and_converted_both_ways_with_involvements_kept() {
    let server = TestServer::start().await;
    let (ann, bob, cid) = (server.administrator().await, server.member("Bob").await, server.member("Cid").await);
    let room = closed(&[&ann, &bob], "Plans").await;
    status(&bob, Method::PUT, &format!("/rooms/{room}/involvement"), json!({"involvement": "everything"})).await;
    let mut bobs_page = home(&bob).await;
    assert_eq!(status(&ann, Method::PUT, &format!("/rooms/closeds/{room}"), json!({"name": "Schemes"})).await, 200);
    assert_eq!(bobs_page.frame("room_updated").await["room"]["name"], "Schemes");
    assert_eq!(names(&bob).await, ["All Talk", "Schemes"], "without user_ids everybody stays");

    assert_eq!(status(&ann, Method::PUT, &format!("/rooms/opens/{room}"), json!({})).await, 200);
    assert_eq!(bobs_page.frame("room_updated").await["room"]["kind"], "open");
    assert_eq!(names(&cid).await, ["All Talk", "Schemes"]);
    let bobs: Value = bob.get(&format!("/rooms/{room}")).await.json().await.unwrap();
    assert_eq!(bobs["involvement"], "everything");

    let change = json!({"user_ids": [bob.id]});
    let answer = ann.json(Method::PUT, &format!("/rooms/closeds/{room}"), &change).await;
    assert_eq!(answer.status(), 204, "Ann took herself out: there is no room to answer with");
    assert_eq!(names(&ann).await, ["All Talk"]);
    assert_eq!(names(&cid).await, ["All Talk"]);
    assert_eq!(names(&bob).await, ["All Talk", "Schemes"]);
}

#[tokio::test]
async fn a_deleted_room_is_gone_for_everyone_and_on_disk_while_other_rooms_stay() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let room = closed(&[&ann, &bob], "Plans").await;
    for number in 0..5 {
        ann.json(Method::POST, &format!("/rooms/{room}/messages"), &json!({"body": format!("secret {number}")})).await;
    }
    ann.says("stays").await;
    let (mut bobs_page, mut bobs_phone) = (at(&bob, room).await, home(&bob).await);
    assert_eq!(status(&bob, Method::DELETE, &format!("/rooms/{room}"), json!({})).await, 403);
    assert_eq!(status(&ann, Method::DELETE, &format!("/rooms/{room}"), json!({})).await, 204);
    assert_eq!(bobs_page.close_code().await, 4404);
    assert_eq!(bobs_phone.frame("room_removed").await["room"]["id"], room);
    assert_eq!(bob.get(&format!("/rooms/{room}/messages")).await.status(), 404);
    assert_eq!(status(&ann, Method::DELETE, &format!("/rooms/{room}"), json!({})).await, 404);
    emptied(&server, room).await;
    assert_eq!(server.rows().await.len(), 1);
    assert_eq!(server.number("SELECT count(*) FROM audit_entries WHERE action = 'room_deleted'").await, 1);
}

/// Waits until the background has deleted all rows of a room: each look is a read, which takes its turn.
async fn emptied(server: &TestServer, room: i64) {
    let left = format!(
        "SELECT (SELECT count(*) FROM rooms WHERE id = {room})
        + (SELECT count(*) FROM messages WHERE room_id = {room})
        + (SELECT count(*) FROM memberships WHERE room_id = {room})"
    );
    let wait = async {
        while server.number(&left).await > 0 {
            tokio::task::yield_now().await
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, wait).await.expect("an emptied room");
}

#[tokio::test]
async fn what_a_stopped_server_had_left_to_delete_goes_when_it_starts_again() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let room = closed(&[&ann], "Plans").await;
    // More than one batch.
    server
        .sql(format!(
            "INSERT INTO messages (room_id, creator_id, client_message_id, created_revision, revision, source, body_html,
               plain_text, created_at_ms, updated_at_ms)
             WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000)
             SELECT {room}, 1, printf('%08x-0000-4000-8000-000000000000', n), n, n, 'x', 'x', 'x', 0, 0 FROM numbers"
        ))
        .await;
    let folder = server.stop().await;
    let path = folder.path().join("campfire.sqlite3");
    rusqlite::Connection::open(path)
        .unwrap()
        .execute("UPDATE rooms SET deleted_at_ms = 1 WHERE id = ?1", [room])
        .unwrap();
    let server = TestServer::start_in(folder, &[]).await;
    emptied(&server, room).await;
}

#[tokio::test]
async fn the_same_people_find_the_same_ping_in_any_order_also_all_at_once() {
    let server = TestServer::start().await;
    let (ann, bob, cid) = (server.administrator().await, server.member("Bob").await, server.member("Cid").await);
    let orders =
        [(&ann, vec![bob.id, cid.id]), (&bob, vec![cid.id, ann.id]), (&cid, vec![ann.id, bob.id, ann.id, cid.id])];
    let posts = orders.iter().cycle().take(12).map(|(person, ids)| {
        let (person, body) = ((*person).clone(), json!({"user_ids": ids}));
        tokio::spawn(async move { person.json(Method::POST, "/rooms/directs", &body).await })
    });
    let mut statuses = Vec::new();
    for answer in posts.collect::<Vec<_>>() {
        let answer = answer.await.unwrap();
        statuses.push(answer.status().as_u16());
        assert_eq!(answer.json::<Value>().await.unwrap()["id"], 2);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    let pair = made(&ann, "/rooms/directs", json!({"user_ids": [bob.id]})).await;
    let own = made(&ann, "/rooms/directs", json!({"user_ids": [ann.id]})).await;
    let ids = [2, pair["id"].as_i64().unwrap(), own["id"].as_i64().unwrap()];
    assert!(ids[0] < ids[1] && ids[1] < ids[2], "other people, another ping: {ids:?}");
    assert_eq!((&pair["name"], &pair["involvement"]), (&json!("Bob"), &json!("everything")));
    assert_eq!(own["name"], "Ann Admin");
    let cids: Value = cid.get("/rooms/2").await.json().await.unwrap();
    assert_eq!(cids["name"], "Ann Admin and Bob");
}

#[tokio::test]
async fn a_ping_never_changes_its_kind_name_or_people_but_any_of_them_can_delete_it() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    made(&ann, "/rooms/directs", json!({"user_ids": [bob.id]})).await;
    let body = json!({"name": "Now a room", "user_ids": [ann.id]});
    for path in ["/rooms/opens/2", "/rooms/closeds/2"] {
        assert_eq!(status(&ann, Method::PUT, path, body.clone()).await, 404, "{path}");
        assert_eq!(ann.page(&format!("{path}/edit")).await.status(), 404, "{path}");
    }
    assert_eq!(status(&ann, Method::PUT, "/rooms/directs/2", body).await, 405);
    assert_eq!(server.number("SELECT count(*) FROM memberships WHERE room_id = 2").await, 2);
    assert_eq!(status(&bob, Method::DELETE, "/rooms/directs/2", json!({})).await, 204);
    // The same people start anew, with nothing of the old one.
    assert_eq!(made(&ann, "/rooms/directs", json!({"user_ids": [bob.id]})).await["id"], 3);
    // An open room is none to be deleted by that path.
    assert_eq!(status(&ann, Method::DELETE, "/rooms/directs/1", json!({})).await, 404);
    assert_eq!(ann.get("/rooms/1").await.status(), 200);
}

#[tokio::test]
async fn bad_input_gets_its_error_and_changes_nothing() {
    let server = TestServer::start().await;
    let (ann, bob, gone) = (server.administrator().await, server.member("Bob").await, server.member("Gone").await);
    let room = closed(&[&ann, &bob], "Plans").await;
    server.sql(format!("UPDATE users SET status = 'deactivated' WHERE id = {}", gone.id)).await;
    let count = "SELECT (SELECT count(*) FROM rooms) * 1000 + (SELECT count(*) FROM memberships)";
    let before = server.number(count).await;
    let closed_path = format!("/rooms/closeds/{room}");
    let involvement = format!("/rooms/{room}/involvement");
    let long = "x".repeat(10_000);
    for (method, path, body, field) in [
        (Method::POST, "/rooms/opens", json!({"name": "   "}), "name"),
        (Method::POST, "/rooms/opens", json!({"name": long}), "name"),
        (Method::POST, "/rooms/opens", json!({}), "name"),
        (Method::POST, "/rooms/closeds", json!({"name": "A", "user_ids": ["bob"]}), "user_ids"),
        (Method::POST, "/rooms/closeds", json!({"name": "A", "user_ids": [gone.id]}), "user_ids"),
        (Method::POST, "/rooms/closeds", json!({"name": "A", "user_ids": [999]}), "user_ids"),
        (Method::PUT, &closed_path, json!({"user_ids": []}), "user_ids"),
        (Method::PUT, &closed_path, json!({"user_ids": [-1]}), "user_ids"),
        (Method::PUT, &closed_path, json!({"name": "\u{200b}"}), "name"),
        (Method::POST, "/rooms/directs", json!({}), "user_ids"),
        (Method::POST, "/rooms/directs", json!({"user_ids": [gone.id]}), "user_ids"),
        (Method::POST, "/rooms/directs", json!({"user_ids": ["1.5"]}), "user_ids"),
        (Method::POST, "/rooms/directs", json!({"user_ids": (1..60).collect::<Vec<_>>()}), "user_ids"),
        (Method::PUT, &involvement, json!({"involvement": "loud"}), "involvement"),
        (Method::PUT, &involvement, json!({}), "involvement"),
    ] {
        let answer = ann.json(method, path, &body).await;
        assert_eq!(answer.status(), 422, "{path} {body}");
        assert_eq!(answer.json::<Value>().await.unwrap()["error"]["field"], field, "{path}");
    }
    assert_eq!(server.number(count).await, before);
    assert_eq!(names(&ann).await, ["All Talk", "Plans"]);
    // The form comes again, with what was typed and what is wrong.
    let name = "y".repeat(201);
    let answer = ann.in_a_browser().form("/rooms/opens", &[("name", &name)]).await;
    assert_eq!(answer.status(), 422);
    let page = answer.text().await.unwrap();
    assert!(page.contains(&name) && page.contains("at most 200 characters"), "{page}");
}

#[tokio::test]
async fn where_only_administrators_make_rooms_others_are_refused_but_ping_all_the_same() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    server.sql("UPDATE accounts SET restricts_room_creation = 1").await;
    for kind in ["opens", "closeds"] {
        assert_eq!(bob.page(&format!("/rooms/{kind}/new")).await.status(), 403);
        assert_eq!(status(&bob, Method::POST, &format!("/rooms/{kind}"), json!({"name": "Mine"})).await, 403);
        assert_eq!(status(&ann, Method::POST, &format!("/rooms/{kind}"), json!({"name": "Mine"})).await, 201);
    }
    assert_eq!(status(&bob, Method::POST, "/rooms/directs", json!({"user_ids": [ann.id]})).await, 201);
    assert!(!bob.page("/rooms/1").await.text().await.unwrap().contains("New room"));
}

#[tokio::test]
async fn an_invisible_room_leaves_the_sidebar_live_and_comes_back_with_nothing_unread() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    made(&ann, "/rooms/opens", json!({"name": "Noise"})).await;
    let mut page = home(&bob).await;
    let set =
        async |level: &str| status(&bob, Method::PUT, "/rooms/2/involvement", json!({"involvement": level})).await;
    assert_eq!(set("invisible").await, 200);
    assert_eq!(page.frame("room_removed").await["room"]["id"], 2);
    assert!(!bob.page("/users/me/sidebar").await.text().await.unwrap().contains("Noise"));
    ann.json(Method::POST, "/rooms/2/messages", &json!({"body": "unheard"})).await;
    // It can still be read, and JSON still lists it.
    assert_eq!(bob.get("/rooms/2/messages").await.status(), 200);
    let rooms: Vec<Value> = bob.get("/rooms").await.json().await.unwrap();
    assert_eq!((&rooms[1]["involvement"], &rooms[1]["unread"]), (&json!("invisible"), &json!(false)));
    assert_eq!(set("nothing").await, 200);
    let back = page.frame("room_created").await;
    assert_eq!((&back["room"]["unread_count"], &back["room"]["involvement"]), (&json!(0), &json!("nothing")));
    // Nothing between: what was posted while it was invisible was not told.
}

#[tokio::test]
async fn a_closed_room_can_be_left_and_is_handed_over_when_its_maker_goes() {
    let server = TestServer::start().await;
    let (ann, bob, cid) = (server.administrator().await, server.member("Bob").await, server.member("Cid").await);
    let room = closed(&[&bob, &cid], "Plans").await;
    let (path, me) = (format!("/rooms/closeds/{room}"), format!("/rooms/{room}/members/me"));
    assert_eq!(status(&cid, Method::PUT, &path, json!({"name": "Mine"})).await, 403);
    assert_eq!(status(&bob, Method::DELETE, &me, json!({})).await, 204);
    assert_eq!(names(&bob).await, ["All Talk"]);
    assert_eq!(status(&cid, Method::PUT, &path, json!({"name": "Mine"})).await, 200, "it is his to look after now");
    assert_eq!(status(&cid, Method::DELETE, &me, json!({})).await, 409, "the last one deletes it");
    assert_eq!(names(&cid).await, ["All Talk", "Mine"]);
    // Likewise when an administrator takes its maker off the account.
    let second = closed(&[&bob, &cid], "Second").await;
    assert_eq!(status(&ann, Method::DELETE, &format!("/account/users/{}", bob.id), json!({})).await, 204);
    assert_eq!(status(&cid, Method::PUT, &format!("/rooms/closeds/{second}"), json!({"name": "Third"})).await, 200);
}

#[tokio::test]
async fn an_administrator_who_changes_somebody_elses_room_leaves_a_line_and_whoever_made_it_does_not() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let room = closed(&[&bob, &ann], "Plans").await;
    let lines = "SELECT count(*) FROM audit_entries WHERE action = 'room_changed' AND actor_id = 1";
    assert_eq!(status(&bob, Method::PUT, &format!("/rooms/closeds/{room}"), json!({"name": "A"})).await, 200);
    assert_eq!(server.number(lines).await, 0);
    assert_eq!(status(&ann, Method::PUT, &format!("/rooms/closeds/{room}"), json!({"name": "B"})).await, 200);
    assert_eq!(server.number(lines).await, 1);
}

#[tokio::test]
async fn a_ping_with_somebody_who_was_removed_is_refused_also_where_there_was_one() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let room = made(&ann, "/rooms/directs", json!({"user_ids": [bob.id]})).await["id"].clone();
    status(&ann, Method::DELETE, &format!("/account/users/{}", bob.id), json!({})).await;
    assert_eq!(status(&ann, Method::POST, "/rooms/directs", json!({"user_ids": [bob.id]})).await, 422);
    assert_eq!(ann.get(&format!("/rooms/{room}")).await.status(), 200, "what was said is still there");
}

#[tokio::test]
async fn the_people_of_a_room_are_found_by_a_part_of_their_name() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    for name in ["Zoë Q", "Bob", "Zora"] {
        server.member(name).await;
    }
    let answer = ann.get("/rooms/1/members?query=ZO").await;
    assert_eq!(answer.headers()["x-total-count"], "2");
    let people: Vec<Value> = answer.json().await.unwrap();
    assert_eq!(people.iter().map(|person| &person["name"]).collect::<Vec<_>>(), ["Zoë Q", "Zora"]);
    assert!(ann.get("/rooms/1/members?query=nobody").await.json::<Vec<Value>>().await.unwrap().is_empty());
}

#[tokio::test]
async fn whoever_spoke_last_is_offered_first_by_any_start_of_their_name_or_by_their_initials() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let (anton, zoe, eve) =
        (server.member("Anton Berg").await, server.member("Zoë Ander").await, server.member("Eva Hahn").await);
    let offered = async |query: &str| {
        let people: Vec<Value> = ann.get(&format!("/rooms/1/members?query={query}")).await.json().await.unwrap();
        people.iter().map(|person| person["id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(offered("an").await, [ann.id, anton.id, zoe.id], "by how the name fits, then by name");
    zoe.says("hello").await;
    assert_eq!(offered("an").await, [zoe.id, ann.id, anton.id]);
    eve.says("hello").await;
    assert_eq!(offered("").await, [eve.id, zoe.id, ann.id, anton.id]);
    assert_eq!(offered("an&limit=2").await, [zoe.id, ann.id]);
    for (query, who) in [("ab", anton.id), ("zoe", zoe.id), ("ahn", eve.id), ("ber", anton.id), ("eva%20h", eve.id)] {
        assert_eq!(offered(query).await, [who], "{query}");
    }
}

#[tokio::test]
async fn what_was_in_a_deleted_room_is_not_in_the_file_either() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let room = closed(&[&ann], "Plans").await;
    let secret = "ZEBRASECRET".repeat(20);
    ann.json(Method::POST, &format!("/rooms/{room}/messages"), &json!({"body": secret})).await;
    assert_eq!(status(&ann, Method::DELETE, &format!("/rooms/{room}"), json!({})).await, 204);
    emptied(&server, room).await;
    let folder = server.stop().await;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        assert!(!bytes.windows(11).any(|window| window == b"ZEBRASECRET"), "{}", path.display());
    }
}
