//! Posting: the decision table T1–T4, each side effect and its negative.

use crate::support::socket::Socket;
use crate::support::{Person, TestServer};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

async fn started() -> (TestServer, Person) {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    (server, ann)
}

fn new_id() -> String {
    Uuid::new_v4().to_string()
}

/// What a room remembers of its last message.
async fn last_message_at(person: &Person) -> Value {
    let room: Value = person.get("/rooms/1").await.json().await.unwrap();
    room["last_message_at"].clone()
}

#[tokio::test]
async fn t4_a_new_message_is_stored_and_the_room_and_its_sockets_learn_of_it() {
    let (server, ann) = started().await;
    let mut socket = Socket::since(&ann, 0).await;
    socket.catch_up().await;
    assert_eq!(last_message_at(&ann).await, Value::Null);

    let id = new_id();
    let answer = ann.posts("Hello <b>", &id).await;
    assert_eq!(answer.status(), 201);
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let message: Value = answer.json().await.unwrap();
    assert_eq!(message["client_message_id"], id);
    assert_eq!(message["body"]["html"], "<p>Hello &lt;b&gt;</p>");

    assert_eq!(server.rows().await.len(), 1);
    assert_eq!(last_message_at(&ann).await, message["created_at"]);
    let frame = socket.frame("message_created").await;
    assert_eq!(frame["message"], message);
    let found: Value = ann.get(&location).await.json().await.unwrap();
    assert_eq!(found, message);
}

#[tokio::test]
async fn what_is_posted_or_edited_is_markdown_and_what_was_plain_stays_so_until_then() {
    let (server, ann) = started().await;
    let markdown = "SELECT count(*) FROM messages WHERE source_format = 'markdown'";
    let message = ann.says("**one** :tada:\n- two").await;
    assert_eq!(message["body"]["source"], "**one** :tada:\n- two");
    assert_eq!(message["body"]["html"], "<p><strong>one</strong> 🎉</p><ul dir=\"auto\"><li>two</li></ul>");
    assert_eq!(message["body"]["plain_text"], "one 🎉\n• two");
    assert_eq!(server.number(markdown).await, 1);

    server.sql("UPDATE messages SET source = '*old*', source_format = 'plain', body_html = '<p>*old*</p>'").await;
    let path = format!("/rooms/1/messages/{}", message["id"]);
    let old: Value = ann.get(&path).await.json().await.unwrap();
    assert_eq!(old["body"]["html"], "<p>*old*</p>");
    let edited: Value = ann.json(Method::PUT, &path, &json!({"body": "*new*"})).await.json().await.unwrap();
    assert_eq!(edited["body"]["html"], "<p><em>new</em></p>");
    assert_eq!(server.number(markdown).await, 1);
}

#[tokio::test]
async fn t1_a_repeat_is_the_first_message_whatever_it_says_and_has_no_side_effect() {
    let (server, ann) = started().await;
    let id = new_id();
    let first: Value = ann.posts("first", &id).await.json().await.unwrap();
    let stamp = last_message_at(&ann).await;
    let mut socket = Socket::since(&ann, 0).await;
    socket.catch_up().await;

    for body in ["first", "another", "", &"x".repeat(10_001)] {
        let answer = ann.posts(body, &id.to_uppercase()).await;
        assert_eq!(answer.status(), 200, "{} characters", body.len());
        assert_eq!(answer.json::<Value>().await.unwrap(), first);
    }

    assert_eq!(server.rows().await.len(), 1);
    assert_eq!(last_message_at(&ann).await, stamp);
    // The next frame is of the next message: the repeats sent none.
    ann.says("second").await;
    assert_eq!(socket.frame("message_created").await["message"]["content"], "second");
}

#[tokio::test]
async fn t1_a_repeat_is_answered_with_the_message_as_it_is_now() {
    let (_server, ann) = started().await;
    let id = new_id();
    let first: Value = ann.posts("first", &id).await.json().await.unwrap();
    let path = format!("/rooms/1/messages/{}", first["id"]);
    let edited: Value = ann.json(Method::PUT, &path, &json!({"body": "edited"})).await.json().await.unwrap();
    let repeat: Value = ann.posts("first", &id).await.json().await.unwrap();
    assert_eq!(repeat, edited);
}

#[tokio::test]
async fn t1_a_repeat_costs_nothing_of_the_rate() {
    let server = TestServer::start_with(&[("CAMPFIRE_POST_BURST", "3"), ("CAMPFIRE_POSTS_PER_SECOND", "1")]).await;
    let ann = server.administrator().await;
    let id = new_id();
    ann.posts("first", &id).await;
    for _ in 0..20 {
        assert_eq!(ann.posts("first", &id).await.status(), 200);
    }
    // Used up, a repeat is still answered and a new message is not.
    let mut refused = None;
    for number in 0..20 {
        let answer = ann.posts(&format!("new {number}"), &new_id()).await;
        if answer.status() == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a limit");
    assert!(refused.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(ann.posts("first", &id).await.status(), 200);
}

#[tokio::test]
async fn somebody_elses_id_is_refused_and_reveals_nothing() {
    let (server, ann) = started().await;
    let bob = server.member("Bob").await;
    let id = new_id();
    ann.posts("a secret plan", &id).await;
    for body in ["mine now", ""] {
        let answer = bob.posts(body, &id).await;
        assert_eq!(answer.status(), 409);
        assert!(!answer.text().await.unwrap().contains("secret"));
    }
    assert_eq!(server.rows().await.len(), 1);
}

#[tokio::test]
async fn a_repeat_of_a_removed_message_is_gone_and_is_not_created_again() {
    let (server, ann) = started().await;
    let bob = server.member("Bob").await;
    let id = new_id();
    let message: Value = ann.posts("regretted", &id).await.json().await.unwrap();
    let path = format!("/rooms/1/messages/{}", message["id"]);
    assert_eq!(ann.json(Method::DELETE, &path, &json!({})).await.status(), 204);

    assert_eq!(ann.posts("regretted", &id).await.status(), 410);
    assert_eq!(bob.posts("regretted", &id).await.status(), 409);
    assert!(ann.messages().await.is_empty());
    let rows = server.rows().await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].2, "", "a tombstone has no content");
}

#[tokio::test]
async fn the_same_id_in_another_room_is_another_message() {
    let (server, ann) = started().await;
    let user = ann.id;
    server
        .db
        .write(move |tx| {
            tx.execute_batch(&format!(
                "INSERT INTO rooms (id, kind, name, creator_id, created_at_ms, updated_at_ms) VALUES (2, 'closed', 'Two', {user}, 0, 0);
                 INSERT INTO memberships (room_id, user_id, involvement, created_at_ms) VALUES (2, {user}, 'mentions', 0);"
            ))?;
            Ok(())
        })
        .await
        .unwrap();
    let id = new_id();
    assert_eq!(ann.posts("one", &id).await.status(), 201);
    let body = json!({"body": "two", "client_message_id": id});
    assert_eq!(ann.json(Method::POST, "/rooms/2/messages", &body).await.status(), 201);
}

#[tokio::test]
async fn a_page_does_not_post_as_whoever_signed_in_after_its_own_person() {
    let (server, ann) = started().await;
    let bob = server.member("Bob").await;
    let post = |viewer: i64| {
        let request = bob.request(Method::POST, "/rooms/1/messages").header("accept", "application/json");
        request.header("campfire-viewer", viewer).json(&json!({"body": "whose?"})).send()
    };
    assert_eq!(post(ann.id).await.unwrap().status(), 401);
    assert!(server.rows().await.is_empty());
    assert_eq!(post(bob.id).await.unwrap().status(), 201);
}

#[tokio::test]
async fn t2_whoever_is_not_in_the_room_is_told_that_there_is_none() {
    let (server, ann) = started().await;
    let outsider = server.outsider("Olga").await;
    let id = new_id();
    ann.posts("inside", &id).await;
    for (body, id) in [("hello", new_id()), ("hello", id), ("", new_id())] {
        let answer = outsider.posts(body, &id).await;
        assert_eq!(answer.status(), 404);
    }
    let answer = outsider.json(Method::POST, "/rooms/999/messages", &json!({"body": "hello"})).await;
    assert_eq!(answer.status(), 404);
    assert_eq!(server.rows().await.len(), 1);
}

#[tokio::test]
async fn t3_what_does_not_parse_is_refused_at_its_field_and_stores_nothing() {
    let (server, ann) = started().await;
    let too_long = "🔥".repeat(10_001);
    for (body, id, field) in [
        ("", new_id(), "body"),
        (" \n\t ", new_id(), "body"),
        (too_long.as_str(), new_id(), "body"),
        ("fine", "not-a-uuid".to_owned(), "client_message_id"),
    ] {
        let answer = ann.posts(body, &id).await;
        assert_eq!(answer.status(), 422);
        let error: Value = answer.json().await.unwrap();
        assert_eq!(error["error"]["kind"], "invalid");
        assert_eq!(error["error"]["field"], field);
    }
    assert!(server.rows().await.is_empty());
    assert_eq!(last_message_at(&ann).await, Value::Null);

    let fits = "🔥".repeat(10_000);
    assert_eq!(ann.posts(&fits, &new_id()).await.status(), 201);
    let as_form = ann.form("/rooms/1/messages", &[("body", fits.as_str())]).await;
    assert_eq!(as_form.status(), 303);
    assert_eq!(server.rows().await.len(), 2);
}

#[tokio::test]
async fn concurrent_repeats_leave_one_row_and_one_answer() {
    let (server, ann) = started().await;
    let id = new_id();
    let posts = (0..24).map(|number| {
        let (ann, id) = (ann.clone(), id.clone());
        tokio::spawn(async move { ann.posts(&format!("number {number}"), &id).await })
    });
    let mut created = 0;
    let mut answers = Vec::new();
    for post in posts.collect::<Vec<_>>() {
        let answer = post.await.unwrap();
        created += usize::from(answer.status() == 201);
        answers.push(answer.json::<Value>().await.unwrap());
    }
    assert_eq!(created, 1);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(server.rows().await.len(), 1);
}

#[tokio::test]
async fn an_edit_and_a_removal_are_for_the_author_and_administrators() {
    let (server, ann) = started().await;
    let (bob, cid) = (server.member("Bob").await, server.member("Cid").await);
    let message = bob.says("mine").await;
    let path = format!("/rooms/1/messages/{}", message["id"]);
    let mut socket = Socket::since(&ann, message["revision"].as_i64().unwrap()).await;
    socket.catch_up().await;

    assert_eq!(cid.json(Method::PUT, &path, &json!({"body": "not mine"})).await.status(), 403);
    assert_eq!(cid.json(Method::DELETE, &path, &json!({})).await.status(), 403);
    assert_eq!(bob.json(Method::PUT, &path, &json!({"body": " "})).await.status(), 422);
    let edited: Value = bob.json(Method::PATCH, &path, &json!({"body": "better"})).await.json().await.unwrap();
    assert_eq!(edited["content"], "better");
    assert!(edited["edited_at"].is_string());
    assert_eq!(socket.frame("message_updated").await["message"], edited);

    assert_eq!(ann.json(Method::DELETE, &path, &json!({})).await.status(), 204);
    assert_eq!(socket.frame("message_removed").await["message_id"], message["id"]);
    assert_eq!(bob.json(Method::PUT, &path, &json!({"body": "too late"})).await.status(), 404);
    assert_eq!(bob.json(Method::DELETE, &path, &json!({})).await.status(), 404);
    assert_eq!(bob.get(&path).await.status(), 404);
}

#[tokio::test]
async fn no_request_waits_for_the_database_more_than_three_times() {
    let (server, ann) = started().await;
    let message = ann.says("hello").await;
    let path = format!("/rooms/1/messages/{}", message["id"]);
    let requests = [
        ann.request(Method::GET, "/rooms/1"),
        ann.request(Method::GET, "/rooms/1/messages"),
        ann.request(Method::POST, "/rooms/1/messages").form(&[("body", "again, @Ann")]),
        ann.request(Method::PUT, &path).json(&json!({"body": "edited, @Ann"})),
        ann.request(Method::POST, &format!("{path}/boosts")).form(&[("content", "👍")]),
        ann.request(Method::GET, &format!("{path}/boosts")).header("accept", "application/json"),
        ann.request(Method::GET, &format!("{path}/edit")),
        ann.request(Method::GET, &format!("{path}/versions")),
        ann.request(Method::DELETE, &path),
        ann.request(Method::GET, "/"),
        ann.request(Method::GET, "/rooms").header("accept", "application/json"),
    ];
    for request in requests {
        let before = server.db.waits();
        let answer = request.send().await.unwrap();
        assert!(answer.status().as_u16() < 400, "{}", answer.url());
        let waits = server.db.waits() - before;
        assert!((1..=3).contains(&waits), "{} waited {waits} times", answer.url());
    }
}

#[tokio::test]
async fn what_is_shown_is_what_the_renderer_makes_that_fuzzing_tries() {
    let (_server, ann) = started().await;
    let source = "**bold** <b>\n\n| a |\n|---|\n| `b` |";
    let message = ann.says(source).await;
    let rendered = campfire::domain::render(source);
    assert_eq!(message["body"]["html"], rendered.html.as_str());
    assert_eq!(message["body"]["plain_text"], rendered.plain_text);
}
