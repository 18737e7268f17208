//! Who may do what: a row for every route and method, a column for everybody, in every representation.

use crate::support::socket::{Heard, Socket};
use crate::support::{PASSWORD, Person, TestServer};
use campfire::server::paths;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The columns of [`TABLE`]. Nobody is signed out; Olga is in no room; Bob wrote the message and Cid did not; Ann runs it all.
const WHO: [&str; 5] = ["nobody", "Olga", "Cid", "Bob", "Ann"];
/// What only people in the room may read.
const SECRET: &str = "xyzzy-the-word";
const ROOM_NAME: &str = "Plugh cave";

type Row = (&'static str, &'static str, [u16; 5], [u16; 5]);

/// Path, methods, what browsers get, what programs get: signed out, outsider, member, author, administrator.
const TABLE: &[Row] = &[
    ("/", "GET HEAD", [303, 200, 303, 303, 303], [401, 200, 303, 303, 303]),
    ("/up", "GET HEAD", [200; 5], [200; 5]),
    ("/health", "GET HEAD", [200; 5], [200; 5]),
    ("/assets/{version}/{path:.*}", "GET HEAD", [200; 5], [200; 5]),
    ("/first_run", "GET HEAD POST", [303; 5], [303; 5]),
    ("/session/new", "GET HEAD", [200, 303, 303, 303, 303], [200, 303, 303, 303, 303]),
    ("/session", "POST", [303; 5], [201; 5]),
    ("/session", "DELETE", [303; 5], [401, 204, 204, 204, 204]),
    ("/join/{join_code}", "GET HEAD", [200, 303, 303, 303, 303], [200, 303, 303, 303, 303]),
    ("/join/{join_code}", "POST", [303; 5], [201, 303, 303, 303, 303]),
    ("/rooms", "GET HEAD", [303; 5], [401, 200, 200, 200, 200]),
    ("/rooms/{room_id}", "GET HEAD", [303, 404, 200, 200, 200], [401, 404, 200, 200, 200]),
    ("/rooms/{room_id}/@{message_id}", "GET HEAD", [303, 404, 200, 200, 200], [401, 404, 200, 200, 200]),
    ("/rooms/{room_id}/messages", "GET HEAD", [303, 404, 200, 200, 200], [401, 404, 200, 200, 200]),
    ("/rooms/{room_id}/messages", "POST", [303, 404, 303, 303, 303], [401, 404, 201, 201, 201]),
    (MESSAGE, "GET HEAD", [303, 404, 303, 303, 303], [401, 404, 200, 200, 200]),
    (MESSAGE, "PUT PATCH", [303, 404, 403, 303, 303], [401, 404, 403, 200, 200]),
    (MESSAGE, "DELETE", [303, 404, 403, 303, 303], [401, 404, 403, 204, 204]),
    ("/users/me/sidebar", "GET HEAD", [303, 200, 200, 200, 200], [401, 200, 200, 200, 200]),
    ("/users/{user_id}/avatar", "GET HEAD", [303, 200, 200, 200, 200], [401, 200, 200, 200, 200]),
    ("/users/{user_id}/stylesheet", "GET HEAD", [303, 200, 200, 200, 200], [401, 200, 200, 200, 200]),
    // Without an upgrade; with one, it is accepted and closed with a code.
    ("/ws", "GET", [400; 5], [400; 5]),
];
const MESSAGE: &str = "/rooms/{room_id}/messages/{message_id}";

#[derive(Debug, Clone, Copy, PartialEq)]
enum As {
    Page,
    Fragment,
    Json,
    UnderApi,
}

/// A server with the people of [`WHO`].
struct House {
    server: TestServer,
    people: Vec<Person>,
    join_code: String,
}

impl House {
    async fn build() -> Self {
        let server = TestServer::start_with(&[
            ("CAMPFIRE_POST_BURST", "100000"),
            ("CAMPFIRE_POSTS_PER_SECOND", "100000"),
            ("CAMPFIRE_SYNCHRONOUS", "normal"),
        ])
        .await;
        let ann = server.administrator().await;
        let (cid, bob) = (server.member("Cid").await, server.member("Bob").await);
        let olga = server.outsider("Olga").await;
        server.sql(format!("UPDATE rooms SET name = '{ROOM_NAME}'")).await;
        let account = server.db.read(|snapshot| Ok(campfire::db::accounts::account(snapshot)?)).await;
        let join_code = account.unwrap().unwrap().join_code;
        let people = vec![server.visitor(), olga, cid, bob, ann];
        Self { server, people, join_code }
    }

    fn bob(&self) -> &Person {
        &self.people[3]
    }

    fn ann(&self) -> &Person {
        &self.people[4]
    }

    /// Somebody who is not hurt by signing out: they come with a session of their own.
    async fn fresh(&self, who: usize) -> Person {
        let mut person = self.server.visitor();
        if who > 0 {
            let answer = person.json(Method::POST, "/session", &credentials(WHO[who])).await;
            let session: Value = answer.json().await.unwrap();
            person.token = session["token"].as_str().unwrap().to_owned();
        }
        person
    }

    /// A path of the table with its parts filled in, for room 1.
    fn path(&self, path: &str, message_id: &str) -> String {
        fill(path, "1", message_id, &self.bob().id.to_string()).replace("{join_code}", &self.join_code)
    }

    /// Asks for one cell of the table.
    async fn ask(&self, who: usize, path: &str, method: &str, wants: As, message_id: &str) -> Response {
        let person = match (who, path, method) {
            (0, ..) | (_, "/session", _) => self.fresh(who).await,
            _ => self.people[who].clone(),
        };
        let method = method.parse::<Method>().unwrap();
        let url = self.path(path, message_id);
        let url = if wants == As::UnderApi { format!("/api{url}") } else { url };
        let request = dressed(person.request(method.clone(), &url), wants);
        let request = match fields(path, &method, who) {
            Some(fields) if matches!(wants, As::Page | As::Fragment) => request.form(&fields),
            Some(fields) => request.json(&fields),
            None => request,
        };
        request.send().await.unwrap()
    }
}

fn credentials(name: &str) -> Value {
    json!({"email_address": format!("{}@example.com", name.to_lowercase()), "password": PASSWORD})
}

/// What a good request of the table has in its body.
fn fields(path: &str, method: &Method, who: usize) -> Option<Value> {
    match (path, method.as_str()) {
        ("/session", "POST") => Some(credentials(WHO[who.max(1)])),
        ("/first_run" | "/join/{join_code}", "POST") => {
            let address = format!("{}@example.com", Uuid::new_v4());
            Some(json!({"name": "New", "email_address": address, "password": PASSWORD}))
        }
        (_, "POST" | "PUT" | "PATCH") => Some(json!({"body": "hello"})),
        _ => None,
    }
}

fn dressed(request: RequestBuilder, wants: As) -> RequestBuilder {
    match wants {
        As::Page => request.header("accept", "text/html"),
        As::Fragment => request.header("hx-request", "true"),
        As::Json => request.header("accept", "application/json"),
        As::UnderApi => request,
    }
}

fn fill(path: &str, room_id: &str, message_id: &str, user_id: &str) -> String {
    path.replace("{room_id}", room_id)
        .replace("{message_id}", message_id)
        .replace("{user_id}", user_id)
        .replace(
            "{version}/{path:.*}",
            campfire::web::assets::url("css/global.css").trim_start_matches("/assets/"),
        )
}

/// Every method of every row of a list of routes.
fn cells<'r>(routes: impl IntoIterator<Item = (&'r str, &'r str)>) -> BTreeSet<(&'r str, &'r str)> {
    let split = |(path, methods): (&'r str, &'r str)| {
        methods.split([' ', ',']).filter(|method| !method.is_empty()).map(move |method| (path, method))
    };
    routes.into_iter().flat_map(split).collect()
}

#[test]
fn every_route_and_method_has_its_row_of_rights() {
    let demanded = TABLE.iter().map(|(path, methods, ..)| (*path, *methods));
    assert_eq!(cells(demanded), cells(paths()));
}

#[tokio::test]
async fn everybody_may_do_what_the_table_says_and_nothing_else() {
    let house = House::build().await;
    let mut wrong = Vec::new();
    for (path, methods, page, json) in TABLE {
        for method in methods.split(' ') {
            for (wants, expected) in [(As::Page, page), (As::Json, json), (As::UnderApi, json)] {
                for (who, expected) in expected.iter().enumerate() {
                    let message = house.bob().says("hello").await;
                    let answer = house.ask(who, path, method, wants, &message["id"].to_string()).await;
                    if answer.status() != *expected {
                        let (who, status) = (WHO[who], answer.status().as_u16());
                        wrong.push(format!("{who}: {method} {path} {wants:?} is {status}, not {expected}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_refused_change_changes_nothing_and_an_allowed_one_does() {
    let house = House::build().await;
    let message = house.bob().says("as it was").await;
    let id = message["id"].to_string();
    for who in 0..3 {
        for method in ["PUT", "PATCH", "DELETE"] {
            for wants in [As::Page, As::Fragment, As::Json, As::UnderApi] {
                let status = house.ask(who, MESSAGE, method, wants, &id).await.status().as_u16();
                assert!([303, 401, 403, 404].contains(&status), "{} {method} {wants:?} {status}", WHO[who]);
            }
        }
    }
    assert_eq!(house.ann().messages().await, [message]);
    assert_eq!(house.ask(4, MESSAGE, "PATCH", As::Fragment, &id).await.status(), 200);
    assert_eq!(house.ann().messages().await[0]["content"], "hello");
}

#[tokio::test]
async fn nobody_outside_a_room_gets_its_content_by_any_route() {
    let house = House::build().await;
    let message = house.bob().says(SECRET).await;
    let id = message["id"].to_string();
    let mut shown = 0;
    for (path, method) in cells(paths()) {
        for wants in [As::Page, As::Fragment, As::Json, As::UnderApi] {
            for who in [0, 1, 2] {
                // Somebody in the room sees it by the same reads: the negative could have failed.
                if who == 2 && method != "GET" {
                    continue;
                }
                let text = house.ask(who, path, method, wants, &id).await.text().await.unwrap();
                let is_shown = text.contains(SECRET) || text.contains(ROOM_NAME);
                shown += usize::from(is_shown);
                assert!(who == 2 || !is_shown, "{}: {method} {path} {wants:?}: {text}", WHO[who]);
            }
        }
    }
    assert!(shown > 10, "{shown}");

    for query in ["before=9999", "after=0", &format!("around={id}"), "limit=1"] {
        for who in [0, 1, 2] {
            for wants in [As::Page, As::Fragment, As::Json] {
                let url = format!("/rooms/1/messages?{query}");
                let answer =
                    dressed(house.people[who].request(Method::GET, &url), wants).send().await.unwrap();
                let is_found = answer.text().await.unwrap().contains(SECRET);
                assert!(who == 2 || !is_found, "{} {url} {wants:?}", WHO[who]);
            }
        }
    }
}

#[tokio::test]
async fn nobody_outside_a_room_hears_it() {
    let house = House::build().await;
    house.bob().says(SECRET).await;
    for format in ["json", "html"] {
        for query in ["", "&since=0", "&last_seen_message_id=0"] {
            let query = format!("format={format}&room=1{query}");
            for (who, code) in [(0, 4401), (1, 4404)] {
                let mut socket = Socket::try_connect(&house.people[who], &query).await.unwrap();
                assert_eq!(socket.hear().await, Heard::Closed(code), "{} {query}", WHO[who]);
            }
            let mut socket = Socket::try_connect(&house.people[2], &query).await.unwrap();
            assert!(format!("{:?}", socket.hear().await).contains(SECRET), "{query}");
        }
    }
}

#[tokio::test]
async fn unknown_foreign_and_malformed_ids_name_nothing() {
    let house = House::build().await;
    let (bob, mine) = (house.bob().id, house.bob().says("here").await["id"].to_string());
    house
        .server
        .sql(format!(
            "INSERT INTO rooms (id, kind, name, creator_id, created_at_ms, updated_at_ms) VALUES (2, 'closed', 'Two', {bob}, 0, 0);
             INSERT INTO memberships (room_id, user_id, involvement, created_at_ms) VALUES (2, {bob}, 'mentions', 0);"
        ))
        .await;
    let posted = house.bob().json(Method::POST, "/rooms/2/messages", &json!({"body": "there"})).await;
    let theirs = posted.json::<Value>().await.unwrap()["id"].to_string();
    let rows = house.server.rows().await;
    let malformed = ["0", "-1", "+1", "abc", "99999999999999999999", "1.5", "%00", "1%20", "9999"];

    let mut wrong = Vec::new();
    for (path, method) in cells(paths()) {
        let mut urls = Vec::new();
        let user = bob.to_string();
        for id in malformed.iter().copied() {
            urls.push(fill(path, id, &mine, &user));
            urls.push(fill(path, "1", id, &user));
            urls.push(fill(path, "1", &mine, id));
        }
        // Ann runs the account, but she is not in room 2.
        urls.push(fill(path, "2", &theirs, &user));
        urls.push(fill(path, "1", &theirs, &user));
        urls.retain(|url| *url != fill(path, "1", &mine, &user));
        for url in urls {
            // What has no id in it is another test's.
            if !path.contains("_id}") || (path == "/rooms/{room_id}/messages" && url == "/rooms/1/messages") {
                continue;
            }
            for wants in [As::Page, As::Fragment, As::Json, As::UnderApi] {
                let prefix = if wants == As::UnderApi { "/api" } else { "" };
                let method = method.parse::<Method>().unwrap();
                let request = house.ann().request(method.clone(), &format!("{prefix}{url}"));
                let answer = dressed(request, wants).json(&json!({"body": "no"})).send().await.unwrap();
                if answer.status() != 404 {
                    wrong.push(format!("{method} {url} {wants:?} is {}", answer.status().as_u16()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(house.server.rows().await, rows);

    for query in ["before=abc", "after=1.5", "around=-1", "around=9999", &format!("around={theirs}")] {
        assert_eq!(house.ann().get(&format!("/rooms/1/messages?{query}")).await.status(), 404, "{query}");
    }
    assert_eq!(house.ann().get(&format!("/rooms/1/messages?around={mine}")).await.status(), 200);
    for room in malformed {
        let mut socket = Socket::try_connect(house.ann(), &format!("format=json&room={room}")).await.unwrap();
        assert_eq!(socket.close_code().await, 4404, "{room}");
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let house = House::build().await;
    let id = house.bob().says("hello").await["id"].to_string();
    for (path, _) in cells(paths()).into_iter().filter(|(_, method)| *method == "HEAD") {
        for accept in ["text/html", "application/json"] {
            let url = house.path(path, &id);
            let get = house.ann().request(Method::GET, &url).header("accept", accept).send().await.unwrap();
            let head = house
                .server
                .raw(format!(
                    "HEAD {url} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\naccept: {accept}\r\nconnection: close\r\n\r\n",
                    house.server.address,
                    house.ann().token
                ))
                .await
                .to_lowercase();
            let status = get.status().as_u16();
            assert!(head.starts_with(&format!("http/1.1 {status} ")), "{url}: {head}");
            assert!(head.ends_with("\r\n\r\n"), "{url} has a body: {head}");
            for name in ["content-type", "content-length", "etag", "location", "vary", "cache-control"] {
                let value = get.headers().get(name).map(|value| value.to_str().unwrap().to_lowercase());
                // The server's own clock is in the text of /health; its length is not.
                let said = value.map(|value| format!("\r\n{name}: {value}\r\n"));
                assert!(said.is_none_or(|said| head.contains(&said)), "{url} {name}: {head}");
            }
        }
    }
}

#[tokio::test]
async fn a_method_that_a_path_does_not_take_is_refused_with_those_that_it_takes() {
    let house = House::build().await;
    let id = house.bob().says("hello").await["id"].to_string();
    for (path, methods) in paths() {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            if cells([(path, methods)]).contains(&(path, method)) {
                continue;
            }
            for (who, wants) in [(0, As::Page), (4, As::Page), (4, As::Json), (4, As::UnderApi)] {
                let answer = house.ask(who, path, method, wants, &id).await;
                assert_eq!(answer.status(), 405, "{method} {path} {wants:?}");
                assert_eq!(answer.headers()["allow"], methods, "{method} {path} {wants:?}");
                if wants != As::Page && method != "HEAD" {
                    let error: Value = answer.json().await.unwrap();
                    assert_eq!(error["error"]["kind"], "method_not_allowed");
                }
            }
        }
    }
    assert_eq!(house.ann().messages().await.len(), 1);
}

#[tokio::test]
async fn a_path_that_is_not_there_is_not_found_with_any_method() {
    let house = House::build().await;
    for path in
        ["/nothing", "/rooms/", "/rooms/1/", "/api", "/api/nothing", "/apirooms", "/rooms/1/messages/1/x"]
    {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = house.ann().request(method, path).header("accept", "application/json").send().await;
            let answer = answer.unwrap();
            assert_eq!(answer.status(), 404, "{path}");
            assert_eq!(answer.json::<Value>().await.unwrap()["error"]["kind"], "not_found");
        }
    }
}

#[tokio::test]
async fn put_and_patch_are_the_same() {
    let house = House::build().await;
    let path = format!("/rooms/1/messages/{}", house.bob().says("one").await["id"]);
    for (method, text) in [(Method::PUT, "two"), (Method::PATCH, "three")] {
        assert_eq!(house.bob().json(method.clone(), &path, &json!({})).await.status(), 422);
        let edited: Value =
            house.bob().json(method, &path, &json!({"body": text})).await.json().await.unwrap();
        assert_eq!(edited["content"], text);
    }
}

#[tokio::test]
async fn a_plain_form_names_its_method_in_the_query_of_a_post() {
    let house = House::build().await;
    let bob = house.bob();
    let message = bob.says("one").await;
    let path = format!("/rooms/1/messages/{}", message["id"]);
    for wrong in ["GET", "POST", "HEAD", "OPTIONS", "delete", "Delete", "", "CONNECT", "x"] {
        let answer = bob.form(&format!("{path}?_method={wrong}"), &[("body", "two")]).await;
        assert_eq!(answer.status(), 400, "{wrong}");
    }
    // Elsewhere than in the query of a POST it means nothing.
    assert_eq!(bob.form(&path, &[("_method", "DELETE")]).await.status(), 405);
    assert_eq!(bob.get(&format!("{path}?_method=DELETE")).await.status(), 200);
    assert_eq!(bob.messages().await, [message]);
    let put = bob.json(Method::PUT, &format!("{path}?_method=DELETE"), &json!({"body": "put"})).await;
    assert_eq!(put.json::<Value>().await.unwrap()["content"], "put");

    for method in ["PUT", "PATCH"] {
        let answer = bob.form(&format!("{path}?_method={method}"), &[("body", method)]).await;
        assert_eq!(answer.status(), 303);
        assert_eq!(bob.messages().await[0]["content"], method);
    }
    let answer = bob.form(&format!("{path}?x=1&_method=DELETE"), &[]).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["location"]),
        (303, &"/rooms/1".parse().unwrap())
    );
    assert!(bob.messages().await.is_empty());
}
