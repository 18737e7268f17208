//! Editing: conflicts, earlier versions, and the forms without JavaScript.

use crate::support::socket::Socket;
use crate::support::{Person, TestServer};
use campfire::domain::VERSIONS_MAX;
use reqwest::{Method, Response};
use serde_json::{Value, json};

async fn started() -> (TestServer, Person, Person, Value) {
    let server = TestServer::start_with(&[("CAMPFIRE_POST_BURST", "1000")]).await;
    let ann = server.administrator().await;
    let bob = server.member("Bob").await;
    let message = bob.says("first").await;
    (server, ann, bob, message)
}

fn path(message: &Value) -> String {
    format!("/rooms/1/messages/{}", message["id"])
}

async fn edits(person: &Person, message: &Value, body: Value) -> Response {
    person.json(Method::PUT, &path(message), &body).await
}

#[tokio::test]
async fn an_edit_of_what_was_edited_meanwhile_is_a_conflict_and_overwrites_nothing() {
    let (server, ann, bob, message) = started().await;
    let seen = message["revision"].as_i64().unwrap();
    // A boost is no edit: it does not come in anybody's way.
    let boost = format!("{}/boosts", path(&message));
    assert_eq!(ann.json(Method::POST, &boost, &json!({"content": "👍"})).await.status(), 201);
    let edited = edits(&ann, &message, json!({"body": "by Ann", "revision": seen})).await;
    assert_eq!(edited.status(), 200);
    let edited: Value = edited.json().await.unwrap();

    let answer = edits(&bob, &message, json!({"body": "by Bob", "revision": seen})).await;
    assert_eq!(answer.status(), 409);
    let error: Value = answer.json().await.unwrap();
    assert_eq!(error["error"]["kind"], "conflict");
    assert_eq!(server.rows().await[0].2, "by Ann");
    // As a form: what it says now beside what was typed, to be decided.
    let fields = [("body", "by Bob <i>"), ("revision", &seen.to_string())];
    for is_fragment in [false, true] {
        let request = bob.request(Method::POST, &format!("{}?_method=PUT", path(&message))).form(&fields);
        let request = if is_fragment { request.header("hx-request", "true") } else { request };
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 409);
        let html = answer.text().await.unwrap();
        assert!(html.contains("by Ann") && html.contains("by Bob &#60;i&#62;"), "{html}");
        assert!(html.contains(&format!("name=\"revision\" value=\"{}\"", edited["revision"])), "{html}");
        assert_eq!(html.contains("<html"), !is_fragment);
    }
    assert_eq!(server.rows().await[0].2, "by Ann");
    // Having seen that, or not caring, one may.
    let answer = edits(&bob, &message, json!({"body": "by Bob", "revision": edited["revision"]})).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(edits(&ann, &message, json!({"body": "whatever"})).await.status(), 200);
    assert_eq!(edits(&ann, &message, json!({"body": "x", "revision": "soon"})).await.status(), 422);
}

#[tokio::test]
async fn of_concurrent_edits_of_one_revision_one_is_saved() {
    let (server, ann, bob, message) = started().await;
    let edits = (0..12).map(|number| {
        let (who, message) = (if number % 2 == 0 { ann.clone() } else { bob.clone() }, message.clone());
        let body = json!({"body": format!("number {number}"), "revision": message["revision"]});
        tokio::spawn(async move { edits(&who, &message, body).await.status().as_u16() })
    });
    let mut statuses = Vec::new();
    for edit in edits.collect::<Vec<_>>() {
        statuses.push(edit.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!((statuses[0], statuses[1], statuses[11]), (200, 409, 409), "{statuses:?}");
    assert_eq!(server.number("SELECT count(*) FROM message_versions").await, 1);
}

#[tokio::test]
async fn earlier_versions_are_for_the_author_and_administrators_and_go_with_the_message() {
    let (server, ann, bob, message) = started().await;
    let cid = server.member("Cid").await;
    let versions = format!("{}/versions", path(&message));
    assert_eq!(bob.get(&versions).await.json::<Value>().await.unwrap(), json!([]));
    edits(&bob, &message, json!({"body": "second"})).await;
    edits(&ann, &message, json!({"body": "third"})).await;
    for person in [&ann, &bob] {
        let found: Vec<Value> = person.get(&versions).await.json().await.unwrap();
        let contents: Vec<&Value> = found.iter().map(|version| &version["content"]).collect();
        assert_eq!(contents, ["second", "first"]);
        assert_eq!(found[1]["created_at"], message["created_at"]);
        let page = person.page(&versions).await.text().await.unwrap();
        assert!(page.contains("<p>first</p>") && page.contains("<p>third</p>"), "{page}");
    }
    let refused = cid.get(&versions).await;
    assert_eq!(refused.status(), 403);
    assert!(!refused.text().await.unwrap().contains("first"));
    for number in 0..VERSIONS_MAX {
        edits(&bob, &message, json!({"body": number.to_string()})).await;
    }
    assert_eq!(server.number("SELECT count(*) FROM message_versions").await, i64::from(VERSIONS_MAX));

    assert_eq!(bob.json(Method::DELETE, &path(&message), &json!({})).await.status(), 204);
    assert_eq!(server.number("SELECT count(*) FROM message_versions").await, 0);
    assert_eq!(ann.get(&versions).await.status(), 404);
}

#[tokio::test]
async fn saving_what_it_says_already_changes_nothing() {
    let (server, ann, bob, message) = started().await;
    let mut socket = Socket::since(&ann, message["revision"].as_i64().unwrap()).await;
    socket.catch_up().await;
    let answer = edits(&bob, &message, json!({"body": " first ", "revision": 0})).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json::<Value>().await.unwrap(), message);
    assert_eq!(server.number("SELECT count(*) FROM message_versions").await, 0);
    edits(&bob, &message, json!({"body": "other"})).await;
    assert_eq!(socket.frame("message_updated").await["message"]["content"], "other");
}

#[tokio::test]
async fn the_form_is_a_fragment_a_page_or_the_message() {
    let (_server, ann, bob, message) = started().await;
    let edit = format!("{}/edit", path(&message));
    let request = bob.request(Method::GET, &edit).header("hx-request", "true");
    let fragment = request.send().await.unwrap().text().await.unwrap();
    assert!(fragment.starts_with("<form") && fragment.contains("first</textarea>"), "{fragment}");
    let page = bob.page(&edit).await.text().await.unwrap();
    assert!(page.contains("<html") && page.contains(fragment.trim()), "{page}");
    assert_eq!(ann.get(&edit).await.json::<Value>().await.unwrap(), message);

    // The permalink page offers, without JavaScript, what its reader may do.
    let cid = _server.member("Cid").await;
    let place = format!("/rooms/1/@{}", message["id"]);
    for (person, may) in [(&ann, true), (&bob, true), (&cid, false)] {
        let page = person.page(&place).await.text().await.unwrap();
        assert_eq!(page.contains(&format!("href=\"{edit}\"")), may);
        assert_eq!(page.contains(&format!("action=\"{}?_method=DELETE\"", path(&message))), may);
        assert!(page.contains(&format!("action=\"{}/boosts\"", path(&message))));
    }
    // A form that is refused keeps what was typed.
    let form = [("body", "x".repeat(10_001)), ("revision", message["revision"].to_string())];
    let request = bob.request(Method::POST, &format!("{}?_method=PUT", path(&message))).form(&form);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 422);
    let html = answer.text().await.unwrap();
    assert!(html.contains("10,001") && html.contains(&form[0].1));
}

#[tokio::test]
async fn a_line_stands_before_the_first_message_that_is_new_to_its_reader() {
    let (_server, ann, bob, message) = started().await;
    let marked = |page: String| {
        let article = page.split("<article").find(|article| article.contains("data-first-unread"));
        article.map(|article| article.split("<p>").nth(1).unwrap().split("</p>").next().unwrap().to_owned())
    };
    ann.json(Method::PUT, "/rooms/1/read", &json!({"message_id": message["id"]})).await;
    assert_eq!(marked(ann.page("/rooms/1").await.text().await.unwrap()), None);
    ann.says("mine").await;
    assert_eq!(marked(ann.page("/rooms/1").await.text().await.unwrap()), None, "one's own is not new");
    bob.says("new").await;
    bob.says("newer").await;
    assert_eq!(marked(ann.page("/rooms/1").await.text().await.unwrap()), Some("new".into()));
    ann.json(Method::PUT, "/rooms/1/read", &json!({})).await;
    assert_eq!(marked(ann.page("/rooms/1").await.text().await.unwrap()), None);
}
