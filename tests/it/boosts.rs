//! Boosts: what is taken, what is told, what they leave alone.

use crate::support::socket::Socket;
use crate::support::{Person, TestServer};
use campfire::domain::CONTENTS_MAX;
use reqwest::{Method, Response};
use serde_json::{Value, json};

const SETTINGS: &[(&str, &str)] = &[("CAMPFIRE_POST_BURST", "1000")];

async fn started() -> (TestServer, Person, Person, Value) {
    let server = TestServer::start_with(SETTINGS).await;
    let ann = server.administrator().await;
    let bob = server.member("Bob").await;
    let message = ann.says("hello").await;
    (server, ann, bob, message)
}

fn path(message: &Value) -> String {
    format!("/rooms/1/messages/{}/boosts", message["id"])
}

async fn boosts(person: &Person, message: &Value, content: &str) -> Response {
    person.json(Method::POST, &path(message), &json!({"content": content})).await
}

#[tokio::test]
async fn a_boost_is_stored_told_and_shown_and_a_second_of_the_same_is_the_first() {
    let (server, ann, bob, message) = started().await;
    let mut socket = Socket::since(&ann, message["revision"].as_i64().unwrap()).await;
    socket.catch_up().await;
    let answer = boosts(&bob, &message, " 👍 ").await;
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["location"], path(&message).as_str());
    let boost: Value = answer.json().await.unwrap();
    assert_eq!((&boost["content"], &boost["booster"]["id"]), (&json!("👍"), &json!(bob.id)));
    let frame = socket.frame("boosts_changed").await;
    assert_eq!((&frame["message_id"], &frame["boosts"]), (&message["id"], &json!([boost])));
    assert!(frame["revision"].as_i64() > message["revision"].as_i64());
    let shown = &ann.messages().await[0];
    assert_eq!((&shown["boosts"], &shown["revision"]), (&json!([boost]), &frame["revision"]));
    let listed: Value = ann.get(&path(&message)).await.json().await.unwrap();
    assert_eq!(listed, json!([boost]));

    let again = boosts(&bob, &message, "👍").await;
    assert_eq!(again.status(), 200);
    assert_eq!(again.json::<Value>().await.unwrap(), boost);
    assert_eq!(server.number("SELECT count(*) FROM boosts").await, 1);
    // The repeat sent no frame: the next is of somebody else's.
    assert_eq!(boosts(&ann, &message, "👍").await.status(), 201);
    assert_eq!(socket.frame("boosts_changed").await["boosts"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_boost_has_1_to_16_characters_that_can_be_seen() {
    let (_server, _ann, bob, message) = started().await;
    for fits in ["x", &"🔥".repeat(16), &format!(" {} ", "é".repeat(16)), "so true", "👨‍👩‍👧‍👦", "<b>&\"'"]
    {
        assert_eq!(boosts(&bob, &message, fits).await.status(), 201, "{fits}");
    }
    for refused in ["", "   ", "\u{200b}", &"🔥".repeat(17), &"x".repeat(17), "two\nlines", "a\u{7}b"] {
        let answer = boosts(&bob, &message, refused).await;
        assert_eq!(answer.status(), 422, "{refused:?}");
        let error: Value = answer.json().await.unwrap();
        assert_eq!(error["error"]["field"], "content");
    }
    let page = bob.page("/rooms/1").await.text().await.unwrap();
    assert!(!page.contains("<b>&"), "what is typed is text");
    let shown: Value = bob.get(&path(&message)).await.json().await.unwrap();
    assert_eq!(shown.as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn concurrent_boosts_of_the_same_content_count_once_for_each_person() {
    let (server, ann, bob, message) = started().await;
    let posts = (0..16).map(|number| {
        let (who, message) = (if number % 2 == 0 { ann.clone() } else { bob.clone() }, message.clone());
        tokio::spawn(async move { boosts(&who, &message, "🎉").await })
    });
    let mut created = 0;
    for post in posts.collect::<Vec<_>>() {
        let answer = post.await.unwrap();
        assert!(answer.status().is_success());
        created += usize::from(answer.status() == 201);
    }
    assert_eq!(created, 2);
    assert_eq!(server.number("SELECT count(*) FROM boosts").await, 2);
}

#[tokio::test]
async fn only_the_booster_withdraws_and_one_click_does() {
    let (server, ann, bob, message) = started().await;
    let boost: Value = boosts(&bob, &message, "👍").await.json().await.unwrap();
    let mut socket = Socket::since(&ann, 0).await;
    socket.catch_up().await;
    let one = format!("{}/{}", path(&message), boost["id"]);
    assert_eq!(ann.json(Method::DELETE, &one, &json!({})).await.status(), 404);
    let other = ann.says("another").await;
    let elsewhere = format!("{}/{}", path(&other), boost["id"]);
    assert_eq!(bob.json(Method::DELETE, &elsewhere, &json!({})).await.status(), 404);
    assert_eq!(server.number("SELECT count(*) FROM boosts").await, 1);
    assert_eq!(bob.json(Method::DELETE, &one, &json!({})).await.status(), 204);
    assert_eq!(socket.frame("boosts_changed").await["boosts"], json!([]));
    assert_eq!(bob.json(Method::DELETE, &one, &json!({})).await.status(), 404);

    // A plain form's button joins, and pressed again withdraws.
    for count in [1, 0, 1] {
        let answer = bob.form(&path(&message), &[("content", "🔥"), ("toggle", "1")]).await;
        assert_eq!(answer.status(), 303);
        assert_eq!(answer.headers()["location"], format!("/rooms/1/@{}", message["id"]).as_str());
        assert_eq!(server.number("SELECT count(*) FROM boosts").await, count);
        assert_eq!(socket.frame("boosts_changed").await["boosts"].as_array().unwrap().len() as i64, count);
    }
}

#[tokio::test]
async fn a_boost_makes_nothing_unread_and_moves_no_room_up() {
    let (_server, ann, bob, message) = started().await;
    let read = bob.json(Method::PUT, "/rooms/1/read", &json!({})).await;
    assert_eq!(read.status(), 200);
    let before: Value = bob.get("/rooms/1").await.json().await.unwrap();
    assert_eq!(before["unread_count"], 0);
    assert_eq!(boosts(&ann, &message, "👍").await.status(), 201);
    assert_eq!(bob.get("/rooms/1").await.json::<Value>().await.unwrap(), before);
    ann.says("a message does").await;
    let after: Value = bob.get("/rooms/1").await.json().await.unwrap();
    assert_eq!(after["unread_count"], 1);
}

#[tokio::test]
async fn a_page_that_was_away_gets_the_boosts_and_not_the_body_again() {
    let (_server, ann, bob, message) = started().await;
    boosts(&bob, &message, "👍").await;
    boosts(&bob, &message, "🔥").await;
    let since = message["revision"].as_i64().unwrap();
    let (changes, _) = Socket::since(&ann, since).await.catch_up().await;
    assert_eq!(changes.len(), 1, "one change for each message");
    assert_eq!(changes[0]["type"], "message_updated");
    assert_eq!(changes[0]["message"]["boosts"].as_array().unwrap().len(), 2);
    // As HTML, the body is as old as it was, so the one that is shown stays.
    let mut socket = Socket::try_connect(&ann, &format!("room=1&since={since}")).await.unwrap();
    let html = loop {
        match socket.hear().await {
            crate::support::socket::Heard::Html(html) if html.contains("_boosts") => break html,
            crate::support::socket::Heard::Html(_) | crate::support::socket::Heard::Frame(_) => {}
            end => panic!("{end:?}"),
        }
    };
    assert!(html.contains(&format!("_body\" data-revision=\"{since}\"")), "{html}");
    assert!(html.contains(&format!("_boosts\" data-revision=\"{}\"", since + 2)), "{html}");
    assert!(html.contains(&format!("data-boosters=\"|{}:1|\"", bob.id)), "{html}");
}

#[tokio::test]
async fn a_removed_message_has_no_boosts_and_takes_none() {
    let (server, ann, bob, message) = started().await;
    boosts(&bob, &message, "👍").await;
    ann.json(Method::DELETE, &format!("/rooms/1/messages/{}", message["id"]), &json!({})).await;
    assert_eq!(server.number("SELECT count(*) FROM boosts").await, 0);
    assert_eq!(boosts(&bob, &message, "👍").await.status(), 404);
    assert_eq!(bob.get(&path(&message)).await.status(), 404);
    assert_eq!(server.number("SELECT count(*) FROM boosts").await, 0);
}

#[tokio::test]
async fn a_message_takes_so_many_contents_and_a_boost_costs_as_much_as_a_post() {
    let (server, ann, bob, message) = started().await;
    for number in 0..CONTENTS_MAX {
        assert_eq!(boosts(&bob, &message, &number.to_string()).await.status(), 201);
    }
    let answer = boosts(&bob, &message, "one more").await;
    assert_eq!(answer.status(), 409);
    assert_eq!(answer.json::<Value>().await.unwrap()["error"]["kind"], "conflict");
    // What is there can be joined, and is answered again.
    assert_eq!(boosts(&ann, &message, "7").await.status(), 201);
    assert_eq!(boosts(&bob, &message, "7").await.status(), 200);
    assert_eq!(server.number("SELECT count(*) FROM boosts").await, CONTENTS_MAX + 1);

    let slow = TestServer::start_with(&[("CAMPFIRE_POST_BURST", "3"), ("CAMPFIRE_POSTS_PER_SECOND", "1")]).await;
    let eve = slow.administrator().await;
    let message = eve.says("hello").await;
    let mut refused = false;
    for number in 0..20 {
        refused |= boosts(&eve, &message, &number.to_string()).await.status() == 429;
    }
    assert!(refused);
}

#[tokio::test]
async fn the_boosts_of_somebody_banned_go_with_what_they_wrote() {
    let (server, ann, bob, message) = started().await;
    boosts(&bob, &message, "👎").await;
    boosts(&ann, &message, "👍").await;
    let mut socket = Socket::since(&ann, 0).await;
    socket.catch_up().await;
    assert_eq!(ann.json(Method::POST, &format!("/users/{}/ban", bob.id), &json!({})).await.status(), 204);
    let frame = socket.frame("boosts_changed").await;
    assert_eq!(frame["boosts"].as_array().unwrap().len(), 1);
    assert_eq!(frame["boosts"][0]["content"], "👍");
    assert_eq!(server.number("SELECT count(*) FROM boosts").await, 1);
}

#[tokio::test]
async fn a_page_of_another_person_boosts_nothing() {
    let (server, ann, bob, message) = started().await;
    let post = |viewer: i64| {
        let request = bob.request(Method::POST, &path(&message)).header("accept", "application/json");
        request.header("campfire-viewer", viewer).json(&json!({"content": "👍"})).send()
    };
    assert_eq!(post(ann.id).await.unwrap().status(), 401);
    assert_eq!(server.number("SELECT count(*) FROM boosts").await, 0);
    assert_eq!(post(bob.id).await.unwrap().status(), 201);
}
