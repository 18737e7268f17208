//! Mentions: whom a name means, who is called, and that a reference follows the person, not the name.

use crate::rooms::{closed, made};
use crate::support::socket::{Heard, Socket};
use crate::support::{Person, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

/// Ann, who runs the account, Bob Lee and Cleo, in room 1.
async fn started() -> (TestServer, Person, Person, Person) {
    let server = TestServer::start_with(&[("CAMPFIRE_POST_BURST", "1000")]).await;
    let (ann, bob, cleo) = (server.administrator().await, server.member("Bob Lee").await, server.member("Cleo").await);
    (server, ann, bob, cleo)
}

fn mentioned(message: &Value) -> Vec<i64> {
    let html = message["body"]["html"].as_str().unwrap();
    html.split("data-mention=\"").skip(1).map(|rest| rest.split('"').next().unwrap().parse().unwrap_or(0)).collect()
}

/// What of a room is unread, and whether it mentions the person.
async fn unread(person: &Person, room: i64) -> (i64, bool) {
    let room: Value = person.get(&format!("/rooms/{room}")).await.json().await.unwrap();
    (room["unread_count"].as_i64().unwrap(), room["mention"].as_bool().unwrap())
}

async fn renames(person: &Person, name: &str) {
    assert_eq!(person.json(Method::PUT, "/users/me/profile", &json!({"name": name})).await.status(), 200);
}

async fn edits(person: &Person, message: &Value, body: &str) -> Value {
    let path = format!("/rooms/{}/messages/{}", message["room_id"], message["id"]);
    let answer = person.json(Method::PUT, &path, &json!({"body": body})).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

#[tokio::test]
async fn a_name_in_brackets_or_an_unambiguous_one_mentions_the_person_and_calls_them() {
    let (_server, ann, bob, cleo) = started().await;
    for text in ["hey @[Bob Lee]", "hey @bob lee, look", "hey @bob", "hey @BÓB!"] {
        let message = ann.says(text).await;
        assert_eq!(mentioned(&message), [bob.id], "{text}: {message}");
        assert_eq!(unread(&bob, 1).await, (1, true), "{text}");
        assert!(!unread(&cleo, 1).await.1);
        assert_eq!(bob.json(Method::PUT, "/rooms/1/read", &json!({})).await.status(), 200);
        assert_eq!(unread(&bob, 1).await, (0, false));
    }
    let message = ann.says("hey @bob").await;
    assert_eq!(message["content"], "hey @[Bob Lee]");
    assert_eq!(message["body"]["plain_text"], "hey @Bob Lee");
    assert_eq!(
        message["body"]["html"],
        format!("<p>hey <a class=\"mention\" href=\"/users/{0}\" data-mention=\"{0}\">@Bob Lee</a></p>", bob.id)
    );
    // Whoever is not called has something unread all the same; one's own name calls nobody.
    assert_eq!(unread(&cleo, 1).await, (5, false));
    bob.says("me, @bob").await;
    assert_eq!(mentioned(&bob.says("me, @bob").await), [bob.id]);
    bob.json(Method::PUT, "/rooms/1/read", &json!({"message_id": message["id"]})).await;
    assert_eq!(unread(&bob, 1).await, (0, false));
    // On the page: by its own mark, which is the same for everyone, and by the pill of the one who is called.
    let page = cleo.page("/rooms/1").await.text().await.unwrap();
    assert!(page.contains(&format!("data-mentions=\"{}\"", bob.id)) && !page.contains("data-count=\"5\" data-mention"));
    ann.says("@cleo").await;
    let page = cleo.page("/rooms/1").await.text().await.unwrap();
    assert!(page.contains("id=\"unread_1\" data-count=\"8\" data-mention>"), "{page}");
    let styles = cleo.page(&format!("/users/{}/stylesheet", cleo.id)).await.text().await.unwrap();
    assert!(styles.contains(&format!("[data-mentions~=\"{}\"]", cleo.id)), "{styles}");
}

#[tokio::test]
async fn among_namesakes_a_name_means_nobody_unless_only_one_of_them_is_in_the_room() {
    let (server, ann, bob, _cleo) = started().await;
    let other = server.member("Bob Stone").await;
    let twin = server.member("Bob Twin").await;
    renames(&twin, "Bob Lee").await;
    for text in ["@bob", "@bob lee", "@[Bob Lee]", "@bo", "@[bob]", "@nobody", "@[nobody]"] {
        assert_eq!(mentioned(&ann.says(text).await), [0; 0], "{text}");
        assert_eq!(ann.says(text).await["content"], text);
    }
    assert_eq!(mentioned(&ann.says("@bob stone @[bob stone]").await), [other.id, other.id]);
    let room = closed(&[&ann, &twin], "Plans").await;
    let message = made(&ann, &format!("/rooms/{room}/messages"), json!({"body": "@bob and @[Bob Lee]"})).await;
    assert_eq!(mentioned(&message), [twin.id, twin.id]);
    assert_eq!((unread(&twin, room).await, unread(&bob, 1).await.1), ((1, true), false));
    // Saved again as it was given back, it still means the same, also where another of that name has come.
    let content = message["content"].as_str().unwrap();
    assert_eq!(content, "@[Bob Lee] and @[Bob Lee]");
    let members = json!({"name": "Plans", "user_ids": [ann.id, twin.id, bob.id]});
    assert_eq!(ann.json(Method::PUT, &format!("/rooms/closeds/{room}"), &members).await.status(), 200);
    let edited = edits(&ann, &message, &format!("{content}!")).await;
    assert_eq!(
        (mentioned(&edited), &edited["content"]),
        (vec![twin.id, twin.id], &json!("@[Bob Lee] and @[Bob Lee]!"))
    );
    let unchanged = edits(&ann, &edited, edited["content"].as_str().unwrap()).await;
    assert_eq!(unchanged["revision"], edited["revision"], "nothing to change");
}

#[tokio::test]
async fn somebody_outside_the_room_is_shown_and_not_called() {
    let (server, ann, bob, cleo) = started().await;
    let room = closed(&[&ann, &bob], "Plans").await;
    let message = made(&ann, &format!("/rooms/{room}/messages"), json!({"body": "@cleo @bob"})).await;
    assert_eq!(mentioned(&message), [cleo.id, bob.id]);
    assert_eq!(server.number("SELECT count(*) FROM mentions").await, 1);
    assert_eq!((unread(&bob, room).await, unread(&cleo, 1).await), ((1, true), (0, false)));
    // Who can no longer come in is not found.
    assert_eq!(ann.json(Method::DELETE, &format!("/account/users/{}", cleo.id), &json!({})).await.status(), 204);
    assert_eq!(mentioned(&ann.says("@cleo").await), [0; 0]);
}

#[tokio::test]
async fn everyone_is_called_by_administrators_only() {
    let (server, ann, bob, cleo) = started().await;
    let message = bob.says("hey @everyone").await;
    assert_eq!((mentioned(&message), unread(&cleo, 1).await), (vec![], (1, false)));
    // An administrator who corrects a member's message does not speak for them.
    let edited = edits(&ann, &message, "Hey, @everyone").await;
    assert_eq!((mentioned(&edited), unread(&cleo, 1).await), (vec![], (1, false)));
    let message = ann.says("hey @everyone and @[Everyone]").await;
    assert_eq!(message["content"], "hey @everyone and @everyone");
    assert_eq!((unread(&cleo, 1).await, unread(&bob, 1).await), ((2, true), (1, true)));
    assert_eq!(server.number("SELECT count(*) FROM mentions").await, 1, "one row, however many they are");
    // It is no call of herself, whatever else she has not read.
    assert_eq!(unread(&ann, 1).await, (1, false));
    assert!(bob.page("/rooms/1").await.text().await.unwrap().contains("data-mentions=\"everyone\""));
}

#[tokio::test]
async fn a_renamed_person_is_shown_by_the_new_name_wherever_they_are_mentioned() {
    let (server, ann, bob, _cleo) = started().await;
    let message = ann.says("hey @bob").await;
    edits(&ann, &message, "hello @bob").await;
    renames(&bob, "Robert <Lee>").await;
    let path = format!("/rooms/1/messages/{}", message["id"]);
    let now: Value = ann.get(&path).await.json().await.unwrap();
    assert_eq!(now["content"], "hello @[Robert <Lee>]");
    assert_eq!(now["body"]["plain_text"], "hello @Robert <Lee>");
    let escaped = ">@Robert &lt;Lee&gt;</a>";
    assert!(now["body"]["html"].as_str().unwrap().contains(escaped), "{now}");
    for page in ["/rooms/1".to_owned(), format!("{path}/versions"), format!("{path}/edit")] {
        let page = ann.page(&page).await.text().await.unwrap();
        assert!(page.contains("Robert") && !page.contains("Bob Lee"), "{page}");
    }
    let versions: Value = ann.get(&format!("{path}/versions")).await.json().await.unwrap();
    assert_eq!(versions[0]["content"], "hey @[Robert <Lee>]");
    assert!(versions[0]["html"].as_str().unwrap().contains(escaped));
    assert_eq!(
        server.number("SELECT count(*) FROM messages WHERE source LIKE '%Bob%' OR body_html LIKE '%Bob%'").await,
        0
    );
    // The old name means nobody any more, the new one does.
    assert_eq!(mentioned(&ann.says("@[Bob Lee] @[Robert <Lee>]").await), [bob.id]);
}

#[tokio::test]
async fn edits_and_removals_change_who_is_called() {
    let (server, ann, bob, cleo) = started().await;
    let message = ann.says("hello").await;
    assert_eq!(unread(&bob, 1).await, (1, false));
    edits(&ann, &message, "hello @bob").await;
    assert_eq!((unread(&bob, 1).await, unread(&cleo, 1).await), ((1, true), (1, false)));
    edits(&ann, &message, "hello @cleo").await;
    assert_eq!((unread(&bob, 1).await, unread(&cleo, 1).await), ((1, false), (1, true)));
    let quote = ann.says("> hello @cleo\n\nquite so, @bob").await;
    assert_eq!(mentioned(&quote), [cleo.id, bob.id]);
    edits(&ann, &message, "hello").await;
    assert_eq!((unread(&bob, 1).await, unread(&cleo, 1).await), ((2, true), (2, false)), "a quote calls nobody again");
    let path = format!("/rooms/1/messages/{}", quote["id"]);
    assert_eq!(ann.json(Method::DELETE, &path, &json!({})).await.status(), 204);
    assert_eq!(unread(&bob, 1).await, (1, false));
    assert_eq!(server.number("SELECT count(*) FROM mentions").await, 0);
    // With a room they go, in its batches.
    let room = closed(&[&ann, &bob], "Plans").await;
    made(&ann, &format!("/rooms/{room}/messages"), json!({"body": "@bob"})).await;
    assert_eq!(ann.json(Method::DELETE, &format!("/rooms/{room}"), &json!({})).await.status(), 204);
    while server.number("SELECT count(*) FROM rooms").await > 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.number("SELECT count(*) FROM mentions").await, 0);
}

#[tokio::test]
async fn whether_a_mention_is_unread_is_one_look_at_the_key() {
    let (server, ..) = started().await;
    let plan = server.db.read(|snapshot| {
        let sql = "EXPLAIN QUERY PLAN SELECT 1 FROM mentions WHERE room_id = 1 AND user_id = 2 AND message_id > 3";
        Ok(snapshot.prepare(sql)?.query_row([], |row| row.get::<_, String>(3))?)
    });
    let plan = plan.await.unwrap();
    assert!(plan.contains("PRIMARY KEY (room_id=? AND user_id=? AND message_id>?)"), "{plan}");
}

#[tokio::test]
async fn whoever_is_called_hears_of_it_at_once_and_the_others_that_something_came() {
    let (_server, ann, bob, cleo) = started().await;
    let home = async |person: &Person| {
        let mut socket = Socket::try_connect(person, "format=json").await.unwrap();
        socket.catch_up().await;
        socket
    };
    let (mut bobs, mut cleos) = (home(&bob).await, home(&cleo).await);
    let until = async |socket: &mut Socket, unread: (i64, bool)| {
        loop {
            let frame = socket.frame("unread").await;
            if (frame["unread_count"].as_i64().unwrap(), frame["mention"].as_bool().unwrap()) == unread {
                return;
            }
        }
    };
    let message = ann.says("hello").await;
    until(&mut bobs, (1, false)).await;
    // An edit calls too, and no longer.
    edits(&ann, &message, "hello @bob").await;
    until(&mut bobs, (1, true)).await;
    edits(&ann, &message, "hello @cleo").await;
    until(&mut bobs, (1, false)).await;
    until(&mut cleos, (1, true)).await;
    ann.says("@bob").await;
    until(&mut bobs, (2, true)).await;
    until(&mut cleos, (2, true)).await;
    // Read on one device, it is read on the others; what comes then is another matter.
    for person in [&bob, &cleo] {
        person.json(Method::PUT, "/rooms/1/read", &json!({})).await;
    }
    until(&mut bobs, (0, false)).await;
    until(&mut cleos, (0, false)).await;
    ann.says("nobody").await;
    until(&mut cleos, (1, false)).await;
    ann.says("@everyone").await;
    until(&mut cleos, (2, true)).await;
    // To a page it is a mark in the sidebar.
    let mut page = Socket::try_connect(&bob, "").await.unwrap();
    page.catch_up().await;
    ann.says("@bob").await;
    let mark = "id=\"unread_1\" data-count=\"3\" data-mention";
    while !matches!(page.hear().await, Heard::Html(html) if html.contains(mark)) {}
}
