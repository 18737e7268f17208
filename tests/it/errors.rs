//! Errors as they are told: as a page, a fragment or JSON, each time with nothing stored and nothing given away.

use crate::support::{Person, TestServer};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use uuid::Uuid;

const MESSAGES: &str = "/rooms/1/messages";
const FORM: &str = "application/x-www-form-urlencoded";

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum As {
    Page,
    Fragment,
    /// A whole page, for htmx.
    FullPage,
    Json,
}

const EVERY_WAY: [As; 4] = [As::Page, As::Fragment, As::FullPage, As::Json];

impl As {
    fn ask(self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Page => request.header("accept", "text/html,*/*;q=0.8"),
            Self::Fragment => request.header("hx-request", "true").header("hx-request-type", "partial"),
            Self::FullPage => request.header("hx-request", "true").header("hx-request-type", "full"),
            Self::Json => request.header("accept", "application/json"),
        }
    }
}

async fn started() -> (TestServer, Person) {
    let server = TestServer::start().await;
    let ann = server.administrator().await.in_a_browser();
    (server, ann)
}

/// A post to room 1 of these very bytes.
fn post(person: &Person, content_type: &str, body: impl Into<Vec<u8>>) -> RequestBuilder {
    let request = person.request(Method::POST, MESSAGES).body(body.into());
    if content_type.is_empty() { request } else { request.header(CONTENT_TYPE, content_type) }
}

/// Checks an error's shape, and gives back what it says.
async fn told(answer: Response, how: As, kind: &str, field: Option<&str>) -> String {
    let request_id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let content_type = answer.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
    let text = answer.text().await.unwrap();
    if how == As::Json {
        assert_eq!(content_type, "application/json");
        let whole: Value = serde_json::from_str(&text).unwrap();
        let error = whole["error"].as_object().unwrap();
        assert_eq!(whole.as_object().unwrap().len(), 1, "{whole}");
        let keys: BTreeSet<&str> = error.keys().map(String::as_str).collect();
        assert_eq!(keys, ["field", "kind", "message"].into(), "{whole}");
        assert_eq!((&error["kind"], &error["field"]), (&json!(kind), &json!(field)), "{whole}");
        assert!(error["message"].as_str().unwrap().ends_with(['.', '?']), "{whole}");
        return text;
    }
    assert_eq!(content_type, "text/html; charset=utf-8");
    let is_page = how != As::Fragment;
    assert_eq!(text.contains("<!doctype html>") && text.contains("</html>"), is_page, "{text}");
    assert_eq!(text.contains("<html") || text.contains("<body"), is_page, "{text}");
    assert!(text.contains(&request_id) || text.contains("role=\"alert\""), "{text}");
    text
}

/// What can be wrong with a post: what, the request, the status, the kind and the field.
fn wrong_posts(ann: &Person) -> Vec<(&'static str, RequestBuilder, u16, &'static str, Option<&'static str>)> {
    let json = |body: &str| post(ann, "application/json", body);
    let form = |body: &str| post(ann, FORM, body);
    let invalid = |what, request, field| (what, request, 422, "invalid", Some(field));
    let elsewhere = |path: &str| ann.request(Method::POST, path).form(&[("body", "x")]);
    vec![
        invalid("JSON that is cut off", json(r#"{"body":"x""#), "body"),
        invalid("JSON with something after it", json(r#"{"body":"x"} {}"#), "body"),
        invalid("JSON that is not UTF-8", post(ann, "application/json", b"{\"body\":\"\xff\"}"), "body"),
        invalid("JSON that is empty", json(""), "body"),
        invalid("JSON that is too deep", json(&format!("{{\"x\":{}", "[".repeat(1000))), "body"),
        invalid("a JSON number for a text", json(r#"{"body":7}"#), "body"),
        invalid("a JSON object for a text", json(r#"{"body":{"html":"x"}}"#), "body"),
        invalid("a JSON null", json(r#"{"body":null}"#), "body"),
        invalid("a JSON array", json(r#"["x"]"#), "body"),
        invalid("a JSON text", json(r#""x""#), "body"),
        invalid("JSON without fields", json("{}"), "body"),
        invalid("a form without fields", form(""), "body"),
        invalid("nothing at all", post(ann, "", ""), "body"),
        invalid("blanks", form("body=+%0D%0A%09"), "body"),
        invalid("a message that is too long", form(&format!("body={}", "x".repeat(10_001))), "body"),
        invalid("no UUID", form("body=x&client_message_id=7"), "client_message_id"),
        ("text", post(ann, "text/plain", "x"), 415, "unsupported_media_type", None),
        ("something without a type", post(ann, "", "body=x"), 415, "unsupported_media_type", None),
        ("XML", post(ann, "application/xml", "<body>x</body>"), 415, "unsupported_media_type", None),
        ("too much", form(&format!("body={}", "x".repeat(128 * 1024))), 413, "too_large", None),
        ("a foreign room", elsewhere("/rooms/2/messages"), 404, "not_found", None),
        ("no room", elsewhere("/rooms/none/messages"), 404, "not_found", None),
        ("no such thing", elsewhere("/nothing"), 404, "not_found", None),
        ("no method for a form", elsewhere("/rooms/1/messages?_method=GET"), 400, "bad_request", None),
        ("another site", form("body=x").header("origin", "https://evil.example"), 403, "forbidden", None),
        ("a method of elsewhere", ann.request(Method::DELETE, MESSAGES), 405, "method_not_allowed", None),
    ]
}

#[tokio::test]
async fn whatever_is_wrong_with_a_post_is_told_as_it_was_asked_for_and_stores_nothing() {
    let (server, ann) = started().await;
    server
        .sql("INSERT INTO rooms (id, kind, name, creator_id, created_at_ms, updated_at_ms) VALUES (2, 'open', 'Two', 1, 0, 0)")
        .await;
    let (commits, mut wrong) = (server.db.commits(), Vec::new());
    for how in EVERY_WAY {
        for (what, request, status, kind, field) in wrong_posts(&ann) {
            let answer = how.ask(request).send().await.unwrap();
            if answer.status() == status {
                told(answer, how, kind, field).await;
            } else {
                wrong.push(format!("{what}, as {how:?}: {} instead of {status}", answer.status()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(server.db.commits(), commits);
    // All of it could have been stored: this is.
    assert_eq!(post(&ann, FORM, "body=x").send().await.unwrap().status(), 303);
    assert_eq!(server.rows().await.len(), 1);
}

#[tokio::test]
async fn fields_that_nobody_asked_for_are_ignored() {
    let (server, ann) = started().await;
    let body = r#"{"colour":["red"],"creator_id":99,"id":77,"room_id":99,"body":"x"}"#;
    let answer = As::Json.ask(post(&ann, "application/json", body)).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let message: Value = answer.json().await.unwrap();
    assert_eq!((&message["id"], &message["creator_id"], &message["room_id"]), (&json!(1), &json!(1), &json!(1)));
    let form = post(&ann, FORM, "colour=red&colour=blue&creator_id=99&body=y&id=77");
    assert_eq!(form.send().await.unwrap().status(), 303);
    assert_eq!(server.number("SELECT sum(id) * 10 + max(creator_id) FROM messages").await, 31);
}

#[tokio::test]
async fn an_ended_session_is_a_way_to_sign_in_for_pages_and_401_for_the_rest() {
    let (server, ann) = started().await;
    server.sql("UPDATE sessions SET last_used_at_ms = 0").await;
    for how in EVERY_WAY {
        for request in [post(&ann, FORM, "body=x"), ann.request(Method::GET, MESSAGES)] {
            let answer = how.ask(request).send().await.unwrap();
            if matches!(how, As::Page | As::FullPage) {
                assert_eq!(answer.status(), 303);
                assert!(answer.headers()["location"].to_str().unwrap().starts_with("/session/new"));
            } else {
                assert_eq!(answer.status(), 401);
                told(answer, how, "signed_out", None).await;
            }
        }
    }
    assert!(server.rows().await.is_empty());
}

#[tokio::test]
async fn over_the_rate_is_told_with_how_long_to_wait() {
    let slow = [("CAMPFIRE_POST_BURST", "1"), ("CAMPFIRE_POSTS_PER_SECOND", "1")];
    let server = TestServer::start_with(&slow).await;
    let ann = server.administrator().await.in_a_browser();
    for how in EVERY_WAY {
        // A machine that is slow enough earns another post.
        let mut answer = how.ask(post(&ann, FORM, "body=x")).send().await.unwrap();
        while answer.status() != 429 {
            assert!(answer.status().as_u16() < 400, "{}", answer.status());
            answer = how.ask(post(&ann, FORM, "body=x")).send().await.unwrap();
        }
        assert_eq!(answer.headers()["retry-after"], "1");
        told(answer, how, "too_many", None).await;
    }
}

#[tokio::test]
async fn conflicts_and_what_is_gone_are_told_apart() {
    let (server, ann) = started().await;
    let bob = server.member("Bob").await;
    let (taken, gone) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
    bob.posts("mine", &taken).await;
    let path = format!("{MESSAGES}/{}", ann.posts("regretted", &gone).await.json::<Value>().await.unwrap()["id"]);
    assert_eq!(ann.json(Method::DELETE, &path, &json!({})).await.status(), 204);
    for how in EVERY_WAY {
        for (id, status, kind) in [(&taken, 409, "conflict"), (&gone, 410, "gone")] {
            let request = post(&ann, FORM, format!("body=x&client_message_id={id}"));
            let answer = how.ask(request).send().await.unwrap();
            assert_eq!(answer.status(), status, "as {how:?}");
            told(answer, how, kind, None).await;
        }
    }
    assert_eq!(server.rows().await.len(), 2);
}

#[tokio::test]
async fn a_message_that_is_refused_comes_back_in_its_form_with_the_reason() {
    let (_server, ann) = started().await;
    let long = format!("remember <this> {}", "x".repeat(10_000));
    let answer = As::Page.ask(ann.request(Method::POST, MESSAGES).form(&[("body", &long)])).send().await.unwrap();
    assert_eq!(answer.status(), 422);
    let page = answer.text().await.unwrap();
    assert!(page.contains("10,016"), "the reason");
    assert!(page.contains("action=\"/rooms/1/messages\"") && page.contains("name=\"body\""), "the form again");
    assert!(page.contains("remember &#60;this&#62; xxx"), "what was typed is kept");
}

#[tokio::test]
async fn what_somebody_sends_is_never_markup_in_an_error() {
    let (_server, ann) = started().await;
    let script = "<script>alert(1)</script>";
    for how in [As::Page, As::Fragment] {
        for request in [
            post(&ann, "application/json", format!("\"{script}\"")),
            post(&ann, FORM, "body=x").header("origin", format!("http://\"{script}")),
            post(&ann, FORM, "body=x").header("sec-fetch-site", script),
            post(&ann, FORM, format!("body=x&client_message_id={script}")),
            ann.request(Method::GET, &format!("/{script}")),
        ] {
            let answer = how.ask(request).send().await.unwrap();
            assert!(answer.status().is_client_error());
            let text = answer.text().await.unwrap();
            assert!(!text.to_lowercase().contains("<script>alert"), "{text}");
        }
    }
}

#[tokio::test]
async fn errors_are_in_plain_words_without_names_from_the_program() {
    let (_server, ann) = started().await;
    for how in EVERY_WAY {
        for (what, request, ..) in wrong_posts(&ann) {
            let text = how.ask(request).send().await.unwrap().text().await.unwrap();
            for jargon in ["struct ", "MessageForm", "Option<", "serde", "actix", ".rs:", "payload", "Payload"] {
                assert!(!text.contains(jargon), "{jargon:?} for {what}, as {how:?}: {text}");
            }
        }
    }
}

#[tokio::test]
async fn a_body_that_ends_too_early_stores_nothing_and_the_server_goes_on() {
    let (server, ann) = started().await;
    let token = server.member("Bob").await.token;
    let head = |content_type: &str, length: &str| {
        format!(
            "POST {MESSAGES} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: {content_type}\r\n{length}\r\n\r\n"
        )
    };
    let (json, hundred, chunked) = ("application/json", "Content-Length: 100", "Transfer-Encoding: chunked");
    let cut_off = [
        head(FORM, hundred) + "body=hello",
        head(json, hundred) + r#"{"body":"hello"}"#,
        head(FORM, chunked) + "a\r\nbody=hello\r\n",
        head(FORM, chunked) + "64\r\nbody=hello",
        head(FORM, hundred),
        head(FORM, hundred)[..60].to_owned(),
    ];
    for request in &cut_off {
        let answer = server.raw(request).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
        // Not even a goodbye.
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.set_zero_linger().unwrap();
    }
    let whole = head(FORM, "Content-Length: 10\r\nConnection: close") + "body=hello";
    assert!(server.raw(&whole).await.starts_with("HTTP/1.1 303"));
    assert_eq!(ann.page("/rooms/1").await.status(), 200);

    // Whatever was still under way is over once the server has stopped.
    let server = TestServer::start_in(server.stop().await, &[]).await;
    assert_eq!(server.rows().await.len(), 1);
}

#[tokio::test]
async fn what_breaks_inside_is_told_without_details_and_mends_without_a_restart() {
    let (server, ann) = started().await;
    let message = post(&ann, "application/json", r#"{"body":"hello"}"#);
    let message: Value = As::Json.ask(message).send().await.unwrap().json().await.unwrap();
    let path = format!("{MESSAGES}/{}", message["id"]);
    server.sql("ALTER TABLE messages RENAME TO lost_messages").await;
    let folder = server.folder.path().to_str().unwrap().to_lowercase();
    for how in EVERY_WAY {
        for request in [
            ann.request(Method::GET, "/rooms/1/messages"),
            ann.request(Method::GET, &path),
            post(&ann, FORM, "body=x"),
            ann.request(Method::PUT, &path).form(&[("body", "x")]),
            ann.request(Method::DELETE, &path),
        ] {
            let answer = how.ask(request).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
            let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
            assert_eq!(id.len(), 16);
            let text = told(answer, how, "internal", None).await;
            assert!(how == As::Json || text.contains(&id), "{text}");
            let lower = text.to_lowercase();
            let details = ["sql", "no such", "table", "lost", "panic", ".rs", "src/", "error code"];
            for detail in details.into_iter().chain([folder.as_str()]) {
                assert!(!lower.contains(detail), "{detail:?} in {text}");
            }
        }
    }
    server.sql("ALTER TABLE lost_messages RENAME TO messages").await;
    let found: Value = As::Json.ask(ann.request(Method::GET, &path)).send().await.unwrap().json().await.unwrap();
    assert_eq!(found, message);
    assert_eq!(server.rows().await.len(), 1);
}

#[tokio::test]
async fn health_says_down_while_the_database_cannot_be_read() {
    let (server, ann) = started().await;
    let ask = async |path: &str| {
        let answer = server.visitor().page(path).await;
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    for path in ["/health", "/up", "/api/health"] {
        let (status, body) = ask(path).await;
        assert_eq!((status, &body["status"]), (200, &json!("ok")));
        assert_eq!(body["version"], env!("CARGO_PKG_VERSION"));
        assert!(body["timestamp"].as_str().unwrap().ends_with('Z'));
    }
    server.sql("ALTER TABLE counters RENAME TO lost_counters").await;
    for path in ["/health", "/up", "/api/health"] {
        let (status, body) = ask(path).await;
        assert_eq!((status, &body["status"]), (503, &json!("down")));
        let keys: BTreeSet<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["status", "timestamp", "version"].into());
    }
    assert_eq!(ann.page("/rooms/1").await.status(), 500);
    server.sql("ALTER TABLE lost_counters RENAME TO counters").await;
    assert_eq!(ask("/health").await.0, 200);
    assert_eq!(ann.page("/rooms/1").await.status(), 200);
}
