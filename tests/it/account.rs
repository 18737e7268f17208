//! The account: what administrators set of it, the invite link, its people's list, and the log of what was done.

use crate::support::{PASSWORD, Person, TestServer, as_object};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::io::Cursor;

async fn account(person: &Person) -> Value {
    let answer = person.get("/account/edit").await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

async fn page(person: &Person, path: &str) -> String {
    let answer = person.page(path).await;
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.unwrap()
}

/// Status, kind and field of a refusal.
async fn error(answer: Response) -> (u16, String, String) {
    let status = answer.status().as_u16();
    let error: Value = answer.json().await.unwrap();
    let text = |name: &str| error["error"][name].as_str().unwrap_or("").to_owned();
    (status, text("kind"), text("field"))
}

fn refusal(status: u16, kind: &str, field: &str) -> (u16, String, String) {
    (status, kind.to_owned(), field.to_owned())
}

/// What the log says, the newest first: actor, action, subject, detail.
async fn log(person: &Person) -> Vec<[String; 4]> {
    let answer = person.get("/account/audit_log").await;
    assert_eq!(answer.status(), 200);
    let lines: Vec<Value> = answer.json().await.unwrap();
    let words =
        |line: &Value| ["actor", "action", "subject", "detail"].map(|name| line[name].as_str().unwrap().to_owned());
    lines.iter().map(words).collect()
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn an_administrator_renames_the_account_and_restricts_rooms_and_what_is_not_given_stays() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    assert_eq!(account(&ann).await["restrict_room_creation"], false);
    let answer = ann.json(Method::PUT, "/account", &json!({"name": " The Lighthouse "})).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json::<Value>().await.unwrap()["name"], "The Lighthouse");
    for (typed, is_on) in [
        (json!(true), true),
        (json!("false"), false),
        (json!("on"), true),
        (json!(0), false),
        (json!("1"), true),
        (json!("off"), false),
        (json!(1), true),
    ] {
        let answer = ann.json(Method::PATCH, "/account", &json!({"restrict_room_creation": typed})).await;
        assert_eq!(answer.json::<Value>().await.unwrap()["restrict_room_creation"], is_on, "{typed}");
    }
    let now = account(&ann).await;
    assert_eq!((&now["name"], &now["restrict_room_creation"]), (&json!("The Lighthouse"), &json!(true)));

    // A plain form: a hidden field says off, a ticked box on after it.
    let form = [("name", "The Lighthouse"), ("restrict_room_creation", "off")];
    assert_eq!(ann.form("/account?_method=PUT", &form).await.status(), 303);
    assert_eq!(account(&ann).await["restrict_room_creation"], false);
    let ticked = [form[0], form[1], ("restrict_room_creation", "on")];
    assert_eq!(ann.form("/account?_method=PUT", &ticked).await.status(), 303);
    assert_eq!(account(&ann).await["restrict_room_creation"], true);
    let visitor = page(&server.visitor(), "/session/new").await;
    assert!(visitor.contains("The Lighthouse"));
}

#[tokio::test]
async fn an_account_that_does_not_parse_is_refused_at_its_field_and_nothing_changes() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let long = "x".repeat(201);
    for (field, value) in [("name", json!(" ")), ("name", json!(long)), ("restrict_room_creation", json!("maybe"))] {
        let answer = ann.json(Method::PUT, "/account", &json!({field: value})).await;
        assert_eq!(error(answer).await, refusal(422, "invalid", field));
    }
    let form = [("name", " "), ("restrict_room_creation", "on")];
    let answer = ann.form("/account?_method=PUT", &form).await;
    assert_eq!(answer.status(), 422);
    let text = answer.text().await.unwrap();
    assert!(text.contains("id=\"name_error\"") && text.contains("value=\"on\" checked"), "{text}");
    assert_eq!(account(&ann).await["name"], "Campfire");
    assert_eq!(log(&ann).await, Vec::<[String; 4]>::new());
}

#[tokio::test]
async fn members_see_the_account_and_the_invite_link_and_change_nothing() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    assert_eq!(account(&ann).await, account(&bob).await);
    let (for_ann, for_bob) = (page(&ann, "/account/edit").await, page(&bob, "/account/edit").await);
    let url = account(&bob).await["invite_url"].as_str().unwrap().to_owned();
    for text in [&for_ann, &for_bob] {
        assert!(text.contains(&format!("value=\"{url}\"")) && text.contains("class=\"qr-code\""), "{text}");
        assert!(text.contains("Ann Admin") && text.contains("Bob"));
    }
    for part in ["name=\"logo\"", "name=\"restrict_room_creation\"", "/account/join_code", "_method=DELETE"] {
        assert!(for_ann.contains(part) && !for_bob.contains(part), "{part}");
    }
    let answer = bob.json(Method::PUT, "/account", &json!({"name": "Bob's"})).await;
    assert_eq!(error(answer).await, refusal(403, "forbidden", ""));
    assert_eq!(account(&ann).await["name"], "Campfire");
}

#[tokio::test]
async fn a_new_invite_link_makes_the_old_one_useless_at_once() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let path = async || {
        let url = account(&bob).await["invite_url"].as_str().unwrap().to_owned();
        assert!(url.starts_with(&format!("http://{}/join/", server.address)), "{url}");
        url[url.find("/join/").unwrap()..].to_owned()
    };
    let old = path().await;
    assert_eq!(server.visitor().page(&old).await.status(), 200);
    assert_eq!(bob.json(Method::POST, "/account/join_code", &json!({})).await.status(), 403);
    assert_eq!(path().await, old);
    assert_eq!(ann.json(Method::POST, "/account/join_code", &json!({})).await.status(), 200);
    let new = path().await;
    assert_ne!(new, old);
    let form = [("name", "Cid"), ("email_address", "cid@example.com"), ("password", PASSWORD)];
    assert_eq!(server.visitor().page(&old).await.status(), 404);
    assert_eq!(server.visitor().json(Method::POST, &old, &as_object(&form)).await.status(), 404);
    assert_eq!(server.visitor().page(&new).await.status(), 200);
    assert_eq!(server.visitor().json(Method::POST, &new, &as_object(&form)).await.status(), 201);
}

/// The ids and names of a page of people.
async fn people(answer: Response) -> Vec<(i64, String)> {
    assert_eq!(answer.status(), 200);
    let people: Vec<Value> = answer.json().await.unwrap();
    let person = |it: &Value| (it["id"].as_i64().unwrap(), it["name"].as_str().unwrap().to_owned());
    people.iter().map(person).collect()
}

async fn names(person: &Person, query: &str) -> Vec<String> {
    people(person.get(&format!("/account/users?{query}")).await).await.into_iter().map(|it| it.1).collect()
}

#[tokio::test]
async fn people_are_listed_administrators_first_each_by_name_and_bots_and_the_removed_never() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let (zoe, bob) = (server.member("Zoë").await, server.member("bob").await);
    server
        .sql(
            "INSERT INTO users (name, name_key, email_address, role, status, created_at_ms, updated_at_ms) VALUES
               ('Cid', 'cid', 'cid@example.org', 'member', 'active', 0, 0),
               ('Aaron', 'aaron', 'aaron@example.org', 'administrator', 'active', 0, 0),
               ('Bender', 'bender', NULL, 'bot', 'active', 0, 0),
               ('Gone', 'gone', NULL, 'member', 'deactivated', 0, 0),
               ('Troll', 'troll', 'troll@example.org', 'member', 'banned', 0, 0)",
        )
        .await;
    assert_eq!(names(&bob, "").await, ["Aaron", "Ann Admin", "bob", "Cid", "Zoë"]);
    assert_eq!(names(&ann, "").await, ["Aaron", "Ann Admin", "bob", "Cid", "Troll", "Zoë"]);
    assert_eq!(header(&ann.get("/account/users").await, "x-total-count"), "6");
    assert_eq!(names(&zoe, "query=ZOE").await, ["Zoë"]);
    assert_eq!(names(&zoe, "query=adm").await, ["Ann Admin"]);
    // By e-mail address administrators only.
    assert_eq!(names(&ann, "query=example.ORG").await, ["Aaron", "Cid", "Troll"]);
    assert_eq!(names(&bob, "query=example.org").await, Vec::<String>::new());
    assert!(page(&ann, "/account/users").await.contains("banned"));
    let (for_ann, for_bob) = (ann.get("/account/users").await, bob.get("/account/users").await);
    assert!(for_ann.text().await.unwrap().contains("cid@example.org"));
    assert!(!for_bob.text().await.unwrap().contains("example.org"));
}

#[tokio::test]
async fn a_long_list_goes_on_from_page_to_page_with_nobody_twice_and_nobody_missing() {
    let server = TestServer::start().await;
    let bob = {
        server.administrator().await;
        server.member("Bob").await
    };
    server
        .sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 230)
             INSERT INTO users (name, name_key, role, created_at_ms, updated_at_ms)
             SELECT 'Same', 'same', CASE WHEN i % 2 THEN 'member' ELSE 'administrator' END, 0, 0 FROM n",
        )
        .await;
    let (mut path, mut all, mut pages) = ("/account/users?query=same".to_owned(), Vec::new(), 0);
    loop {
        let answer = bob.get(&path).await;
        assert_eq!(header(&answer, "x-total-count"), "230");
        let link = header(&answer, "link").to_owned();
        all.extend(people(answer).await.into_iter().map(|it| it.0));
        pages += 1;
        match link.split_once('>') {
            Some((next, rest)) => {
                assert_eq!(rest, "; rel=\"next\"");
                path = next.trim_start_matches('<').to_owned();
                assert!(page(&bob, "/account/users?query=same").await.contains("More people"));
            }
            None => break,
        }
    }
    assert_eq!((pages, all.len(), all.iter().collect::<HashSet<_>>().len()), (3, 230, 230));
    let fragment = bob.request(Method::GET, &path).header("hx-request", "true").send().await.unwrap();
    let fragment = fragment.text().await.unwrap();
    assert!(fragment.contains("people-list") && !fragment.contains("<html") && !fragment.contains("More people"));
    for after in ["0", "abc", "999999"] {
        assert_eq!(bob.get(&format!("/account/users?after={after}")).await.status(), 404, "{after}");
    }
}

#[tokio::test]
async fn custom_styles_are_on_every_page_for_everybody_until_they_are_emptied() {
    let server = TestServer::start().await;
    let (ann, bob, visitor) = (server.administrator().await, server.member("Bob").await, server.visitor());
    assert!(!page(&visitor, "/session/new").await.contains("data-custom-styles"));
    let styles = "body { color: teal }\n/* </style><script>alert(1)</script> */";
    assert_eq!(bob.json(Method::PUT, "/account/custom_styles", &json!({"custom_styles": styles})).await.status(), 403);
    let answer = ann.json(Method::PUT, "/account/custom_styles", &json!({"custom_styles": styles})).await;
    assert_eq!(answer.status(), 200);
    for (who, path) in [(&visitor, "/session/new"), (&bob, "/rooms/1"), (&bob, "/account/edit")] {
        let text = page(who, path).await;
        let tag = text.lines().find(|line| line.contains("data-custom-styles")).expect(path);
        let url = tag.split('"').find(|part| part.starts_with("/account/custom_styles?v=")).unwrap();
        let answer = visitor.page(url).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(header(&answer, "content-type"), "text/css; charset=utf-8");
        assert_eq!(header(&answer, "cache-control"), "public, max-age=86400");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff");
        let etag = header(&answer, "etag").to_owned();
        assert_eq!(answer.text().await.unwrap(), styles);
        let again = visitor.request(Method::GET, url).header("if-none-match", etag).send().await.unwrap();
        assert_eq!(again.status(), 304);
        assert!(text.find("css/utilities.css").unwrap() < text.find("data-custom-styles").unwrap());
    }
    let unversioned = visitor.page("/account/custom_styles").await;
    assert_eq!(header(&unversioned, "cache-control"), "public, no-cache");
    // The editor shows them as text.
    let editor = page(&ann, "/account/custom_styles/edit").await;
    assert!(editor.contains("color: teal") && !editor.contains("<script>alert"), "{editor}");

    let answer = ann.form("/account/custom_styles?_method=PUT", &[("custom_styles", "")]).await;
    assert_eq!(answer.status(), 303);
    assert!(!page(&visitor, "/session/new").await.contains("data-custom-styles"));
    let actions: Vec<String> = log(&ann).await.into_iter().map(|line| line[1].clone()).collect();
    assert_eq!(actions, ["styles_changed", "styles_changed"]);
}

#[tokio::test]
async fn custom_styles_up_to_their_bound_are_taken_and_one_byte_more_is_refused_and_kept_in_the_form() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let put =
        async |styles: &str| ann.json(Method::PUT, "/account/custom_styles", &json!({"custom_styles": styles})).await;
    let (fits, over) = ("x".repeat(64 * 1024), "x".repeat(64 * 1024 + 1));
    assert_eq!(put(&fits).await.status(), 200);
    assert_eq!(error(put(&over).await).await, refusal(422, "invalid", "custom_styles"));
    let missing = ann.json(Method::PUT, "/account/custom_styles", &json!({})).await;
    assert_eq!(error(missing).await, refusal(422, "invalid", "custom_styles"));
    let answer = ann.form("/account/custom_styles?_method=PUT", &[("custom_styles", over.as_str())]).await;
    assert_eq!(answer.status(), 422);
    let text = answer.text().await.unwrap();
    assert!(text.contains("id=\"custom_styles_error\"") && text.contains(&over));
    assert_eq!(server.visitor().page("/account/custom_styles").await.text().await.unwrap(), fits);
}

/// Sends a logo as a browser does.
async fn send_logo(person: &Person, file: &[u8]) -> Response {
    let head = "--cut\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"logo.png\"\r\n\
                Content-Type: image/png\r\n\r\n";
    let body = [head.as_bytes(), file, b"\r\n--cut--\r\n"].concat();
    let request = person.request(Method::POST, "/account?_method=PUT");
    request.header("content-type", "multipart/form-data; boundary=cut").body(body).send().await.unwrap()
}

#[tokio::test]
async fn a_logo_is_shown_to_everybody_in_two_sizes_until_it_is_removed() {
    let server = TestServer::start().await;
    let (ann, bob, visitor) = (server.administrator().await, server.member("Bob").await, server.visitor());
    let flame = visitor.page("/account/logo").await;
    assert!(flame.status() == 303 && header(&flame, "location").ends_with("icons/flame.svg"));
    let mut png = Cursor::new(Vec::new());
    let picture = DynamicImage::from(RgbImage::from_pixel(300, 200, Rgb([200, 80, 0])));
    picture.write_to(&mut png, ImageFormat::Png).unwrap();
    assert_eq!(send_logo(&bob, png.get_ref()).await.status(), 403);
    let refused = send_logo(&ann, b"no picture").await;
    assert_eq!(refused.status(), 422);
    assert!(refused.text().await.unwrap().contains("id=\"logo_error\""));
    assert_eq!(visitor.page("/account/logo").await.status(), 303);

    assert_eq!(send_logo(&ann, png.get_ref()).await.status(), 303);
    assert_eq!(account(&ann).await["name"], "Campfire", "what is not given stays");
    let url = account(&bob).await["logo_url"].as_str().unwrap().to_owned();
    assert!(page(&visitor, "/session/new").await.contains(&format!("src=\"{url}\"")));
    for (url, side, cached) in [
        (url.clone(), 512, "public, max-age=86400"),
        (format!("{url}&size=small"), 192, "public, max-age=86400"),
        ("/account/logo?size=small".to_owned(), 192, "public, no-cache"),
        ("/account/logo".to_owned(), 512, "public, no-cache"),
    ] {
        let answer = visitor.page(&url).await;
        assert_eq!(header(&answer, "content-type"), "image/png", "{url}");
        assert_eq!(header(&answer, "cache-control"), cached, "{url}");
        let etag = header(&answer, "etag").to_owned();
        let logo = image::load_from_memory(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!((logo.width(), logo.height()), (side, side), "{url}");
        let again = visitor.request(Method::GET, &url).header("if-none-match", etag).send().await.unwrap();
        assert_eq!(again.status(), 304);
    }
    assert_eq!(bob.json(Method::DELETE, "/account/logo", &json!({})).await.status(), 403);
    for _ in 0..2 {
        assert_eq!(ann.json(Method::DELETE, "/account/logo", &json!({})).await.status(), 204);
    }
    assert_eq!(visitor.page("/account/logo").await.status(), 303);
    let actions: Vec<String> = log(&ann).await.into_iter().map(|line| line[1].clone()).collect();
    assert_eq!(actions, ["logo_removed", "logo_changed"], "removing nothing is no act");
}

#[tokio::test]
async fn the_log_names_each_act_once_and_only_administrators_read_it() {
    let server = TestServer::start().await;
    let (ann, bob, cid) = (server.administrator().await, server.member("Bob").await, server.member("Cid").await);
    let put = async |path: &str, body: Value| {
        assert!(ann.json(Method::PUT, path, &body).await.status().is_success(), "{path} {body}");
    };
    for _ in 0..2 {
        put("/account", json!({"name": "Fire", "restrict_room_creation": true})).await;
        put(&format!("/account/users/{}", bob.id), json!({"role": "administrator"})).await;
    }
    ann.json(Method::POST, "/account/join_code", &json!({})).await;
    assert_eq!(ann.json(Method::DELETE, &format!("/account/users/{}", cid.id), &json!({})).await.status(), 204);
    let line = |parts: [&str; 4]| parts.map(str::to_owned);
    assert_eq!(
        log(&ann).await,
        [
            line(["Ann Admin", "person_removed", "Cid", ""]),
            line(["Ann Admin", "join_code_regenerated", "", ""]),
            line(["Ann Admin", "role_changed", "Bob", "administrator"]),
            line(["Ann Admin", "room_creation_changed", "", "administrators"]),
            line(["Ann Admin", "account_renamed", "Fire", "it was Campfire"]),
        ]
    );
    let lines: Vec<Value> = ann.get("/account/audit_log").await.json().await.unwrap();
    assert_eq!(lines[0]["ip_address"], "127.0.0.1");
    let text = page(&ann, "/account/audit_log").await;
    let time = format!("<time datetime=\"{}\">", lines[0]["at"].as_str().unwrap());
    assert!(text.contains(&time) && text.contains("removed <bdi class=\"audit-log__subject\">Cid</bdi>"), "{text}");
    put(&format!("/account/users/{}", bob.id), json!({"role": "member"})).await;
    assert_eq!(error(bob.get("/account/audit_log").await).await, refusal(403, "forbidden", ""));
}

#[tokio::test]
async fn a_long_log_goes_on_from_page_to_page() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    server
        .sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)
             INSERT INTO audit_entries (at_ms, actor_name, action, subject_name, detail, ip_address)
             SELECT 0, 'Ann', 'room_deleted', 'Room ' || i, '', '' FROM n",
        )
        .await;
    let first = ann.get("/account/audit_log").await;
    assert_eq!(header(&first, "link"), "</account/audit_log?before=51>; rel=\"next\"");
    assert!(page(&ann, "/account/audit_log").await.contains("/account/audit_log?before=51"));
    let second = ann.get("/account/audit_log?before=51").await;
    assert_eq!(header(&second, "link"), "");
    let (first, second): (Vec<Value>, Vec<Value>) = (first.json().await.unwrap(), second.json().await.unwrap());
    let ids: Vec<i64> = first.iter().chain(&second).map(|line| line["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, (1..=150).rev().collect::<Vec<_>>());
    assert_eq!(ann.get("/account/audit_log?before=x").await.status(), 404);
}
