//! Who may do what: every route and method for everybody, in every representation.

use crate::support::socket::{Heard, Socket, ping};
use crate::support::{PASSWORD, Person, TestServer, as_object};
use campfire::server::paths;
use campfire::web::assets;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// Who asks, in the order of the table's cells; *member* is in the room and not the author.
const WHO: [&str; 5] = ["signed out", "outsider", "member", "author", "administrator"];

/// Method, path, what each gets as a page or by a form, what as JSON. `in` is 303 to the sign-in page. HEAD is as GET and
/// PATCH as PUT.
const TABLE: &[(&str, &str, &str, &str)] = &[
    ("GET", "/", "in 200 303 303 303", "401 200 303 303 303"),
    ("GET", "/up", "200 200 200 200 200", "200 200 200 200 200"),
    ("GET", "/health", "200 200 200 200 200", "200 200 200 200 200"),
    ("GET", "/assets/{version}/{path:.*}", "200 200 200 200 200", "200 200 200 200 200"),
    ("GET", "/first_run", "303 303 303 303 303", "303 303 303 303 303"),
    ("POST", "/first_run", "303 303 303 303 303", "303 303 303 303 303"),
    ("GET", "/session/new", "200 303 303 303 303", "200 303 303 303 303"),
    ("POST", "/session", "303 303 303 303 303", "201 201 201 201 201"),
    ("DELETE", "/session", "in in in in in", "401 204 204 204 204"),
    ("GET", "/session/transfers/{token}", "200 200 200 200 200", "200 200 200 200 200"),
    ("PUT", "/session/transfers/{token}", "303 303 303 303 303", "201 201 201 201 201"),
    ("GET", "/join/{join_code}", "200 303 303 303 303", "200 303 303 303 303"),
    ("POST", "/join/{join_code}", "303 303 303 303 303", "201 303 303 303 303"),
    ("GET", "/rooms", "in 303 303 303 303", "401 200 200 200 200"),
    ("GET", "/rooms/{room_id}", "in 404 200 200 200", "401 404 200 200 200"),
    ("GET", "/rooms/{room_id}/@{message_id}", "in 404 200 200 200", "401 404 200 200 200"),
    ("GET", "/rooms/{room_id}/messages", "in 404 200 200 200", "401 404 200 200 200"),
    ("POST", "/rooms/{room_id}/messages", "in 404 303 303 303", "401 404 201 201 201"),
    ("GET", "/rooms/{room_id}/messages/{message_id}", "in 404 303 303 303", "401 404 200 200 200"),
    ("PUT", "/rooms/{room_id}/messages/{message_id}", "in 404 403 303 303", "401 404 403 200 200"),
    ("DELETE", "/rooms/{room_id}/messages/{message_id}", "in 404 403 303 303", "401 404 403 204 204"),
    ("GET", "/rooms/{room_id}/members", "in 404 200 200 200", "401 404 200 200 200"),
    ("PUT", "/account", "in 403 403 403 303", "401 403 403 403 200"),
    ("GET", "/account/edit", "in 200 200 200 200", "401 200 200 200 200"),
    ("POST", "/account/join_code", "in 403 403 403 303", "401 403 403 403 200"),
    // There is none: the flame.
    ("GET", "/account/logo", "303 303 303 303 303", "303 303 303 303 303"),
    ("DELETE", "/account/logo", "in 403 403 403 303", "401 403 403 403 204"),
    ("GET", "/account/custom_styles", "200 200 200 200 200", "200 200 200 200 200"),
    ("PUT", "/account/custom_styles", "in 403 403 403 303", "401 403 403 403 200"),
    ("GET", "/account/custom_styles/edit", "in 403 403 403 200", "401 403 403 403 200"),
    ("GET", "/account/audit_log", "in 403 403 403 200", "401 403 403 403 200"),
    ("GET", "/account/users", "in 200 200 200 200", "401 200 200 200 200"),
    ("PUT", "/account/users/{user_id}", "in 403 403 403 303", "401 403 403 403 200"),
    ("DELETE", "/account/users/{user_id}", "in 403 403 403 303", "401 403 403 403 204"),
    ("GET", "/users/me/sidebar", "in 200 200 200 200", "401 200 200 200 200"),
    ("GET", "/users/me/profile", "in 200 200 200 200", "401 200 200 200 200"),
    ("PUT", "/users/me/profile", "in 303 303 303 303", "401 200 200 200 200"),
    ("DELETE", "/users/me/avatar", "in 303 303 303 303", "401 204 204 204 204"),
    ("GET", "/users/me/sessions", "in 200 200 200 200", "401 200 200 200 200"),
    // The author's own.
    ("DELETE", "/users/me/sessions/{session_id}", "in 404 404 303 404", "401 404 404 204 404"),
    ("POST", "/users/me/transfers", "in 200 200 200 200", "401 201 201 201 201"),
    ("GET", "/users/{user_id}", "in 200 200 200 200", "401 200 200 200 200"),
    ("GET", "/users/{user_id}/avatar", "in 200 200 200 200", "401 200 200 200 200"),
    ("DELETE", "/users/{user_id}/avatar", "in 404 404 303 404", "401 404 404 204 404"),
    ("POST", "/users/{user_id}/ban", "in 403 403 403 303", "401 403 403 403 204"),
    ("DELETE", "/users/{user_id}/ban", "in 403 403 403 303", "401 403 403 403 204"),
    ("POST", "/users/{user_id}/transfers", "in 403 403 403 200", "401 403 403 403 201"),
    // The author's own; other people's are not found.
    ("GET", "/users/{user_id}/stylesheet", "in 404 404 200 404", "401 404 404 200 404"),
    // Without an upgrade; with one, it is accepted and closed with a code, which has its own test.
    ("GET", "/ws", "400 400 400 400 400", "400 400 400 400 400"),
];

/// How an answer is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum As {
    Page,
    /// A plain form, whose method is in the query.
    Form,
    Fragment,
    Json,
    Api,
}

/// A server, and everybody who is signed in, as in [`WHO`].
pub(super) struct Cast {
    pub(super) server: TestServer,
    people: [Person; 4],
    join_code: String,
}

impl Cast {
    pub(super) async fn new() -> Self {
        let quick = [("CAMPFIRE_POST_BURST", "100000"), ("CAMPFIRE_POSTS_PER_SECOND", "100000")];
        let server = TestServer::start_with(&quick).await;
        let ann = server.administrator().await;
        let (olga, bob, ada) =
            (server.outsider("Olga").await, server.member("Bob").await, server.member("Ada").await);
        let people = [olga, bob, ada, ann];
        let code =
            server.db.read(|snapshot| Ok(campfire::db::accounts::account(snapshot)?.map(|it| it.join_code)));
        let join_code = code.await.unwrap().unwrap();
        Self { server, people, join_code }
    }

    /// Somebody by their place in [`WHO`]; a visitor brings no cookies from earlier.
    pub(super) fn person(&self, place: usize) -> Person {
        if place == 0 { self.server.visitor() } else { self.people[place - 1].clone() }
    }

    fn outsider(&self) -> &Person {
        &self.people[0]
    }

    pub(super) fn member(&self) -> &Person {
        &self.people[1]
    }

    pub(super) fn author(&self) -> &Person {
        &self.people[2]
    }

    fn administrator(&self) -> &Person {
        &self.people[3]
    }

    /// Another session of the author's.
    async fn session(&self) -> String {
        let mut person = self.server.visitor();
        let form = [("email_address", "ada@example.com"), ("password", PASSWORD)];
        let answer = person.json(Method::POST, "/session", &as_object(&form)).await;
        person.token = answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
        let sessions: Vec<Value> = person.get("/users/me/sessions").await.json().await.unwrap();
        sessions.iter().find(|session| session["current"] == true).unwrap()["id"].to_string()
    }

    /// A new link that signs the author in.
    async fn transfer(&self) -> String {
        let answer = self.author().json(Method::POST, "/users/me/transfers", &json!({})).await;
        let link: Value = answer.json().await.unwrap();
        link["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
    }

    /// Somebody whom nobody will miss.
    async fn newcomer(&self) -> String {
        self.server
            .sql("INSERT INTO users (name, created_at_ms, updated_at_ms) VALUES ('Somebody', 0, 0)")
            .await;
        self.server.number("SELECT max(id) FROM users").await.to_string()
    }

    /// A route's path with the ids of what is there.
    pub(super) async fn path(&self, route: &str, message: &Value) -> String {
        let (mut route, used) = (route.to_owned(), ["{session_id}", "{token}"]);
        for name in used {
            if route.contains(name) {
                let value = if name == "{token}" { self.transfer().await } else { self.session().await };
                route = route.replace(name, &value);
            }
        }
        if route.contains("{user_id}") && (route.starts_with("/account") || route.ends_with("/ban")) {
            route = route.replace("{user_id}", &self.newcomer().await);
        }
        route
            .replace("/assets/{version}/{path:.*}", &assets::url("css/global.css"))
            .replace("{room_id}", "1")
            .replace("{message_id}", &message["id"].to_string())
            .replace("{user_id}", &self.author().id.to_string())
            .replace("{join_code}", &self.join_code)
    }
}

/// Fields that a route takes, right ones.
fn fields(path: &str) -> Vec<(&'static str, String)> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    match path {
        "/session" => vec![("email_address", "ann@example.com".into()), ("password", PASSWORD.into())],
        "/users/me/profile" => vec![("bio", "Here and there.".into())],
        "/account" => vec![("name", "Somewhere".into()), ("restrict_room_creation", "on".into())],
        "/account/custom_styles" => vec![("custom_styles", "body { color: teal }".into())],
        path if path.starts_with("/account/users/") => vec![("role", "administrator".into())],
        path if path.contains("/messages") => vec![("body", "something else".into())],
        _ => {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let address = format!("somebody.{number}@example.com");
            vec![("name", "Somebody".into()), ("email_address", address), ("password", PASSWORD.into())]
        }
    }
}

/// Sends a request with right fields, if its method takes any.
pub(super) async fn ask(
    person: &Person,
    how: As,
    method: &str,
    path: &str,
    fields: &[(&str, String)],
) -> Response {
    let (who, path) = match how {
        As::Api => (person.clone(), format!("/api{path}")),
        As::Json | As::Fragment => (person.clone(), path.to_owned()),
        As::Page | As::Form if person.token.is_empty() => (person.clone(), path.to_owned()),
        As::Page | As::Form => (person.in_a_browser(), path.to_owned()),
    };
    let is_overridden = how == As::Form && !matches!(method, "GET" | "HEAD" | "POST");
    let mut request = if is_overridden {
        who.request(Method::POST, &format!("{path}?_method={method}"))
    } else {
        who.request(method.parse().unwrap(), &path)
    };
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    request = match how {
        As::Page | As::Form => request.header("accept", "text/html,*/*;q=0.8"),
        As::Fragment => request.header("hx-request", "true").header("hx-request-type", "partial"),
        As::Json => request.header("accept", "application/json"),
        As::Api => request,
    };
    let has_body = matches!(method, "POST" | "PUT" | "PATCH");
    match how {
        As::Json | As::Api if has_body => request.json(&as_object(&pairs)).send().await.unwrap(),
        _ if has_body => request.form(&pairs).send().await.unwrap(),
        _ => request.send().await.unwrap(),
    }
}

/// What a cell of the table says of an answer.
fn cell(answer: &Response) -> String {
    let location = answer.headers().get("location").map(|value| value.to_str().unwrap());
    match (answer.status().as_u16(), location) {
        (303, Some(location)) if location.starts_with("/session/new") => "in".into(),
        (status, _) => status.to_string(),
    }
}

#[test]
fn the_table_has_a_row_for_every_route_and_method_and_no_other() {
    let split = |path, methods: &'static str| methods.split(", ").map(move |method| (path, method));
    let routes: BTreeSet<(&str, &str)> =
        paths().into_iter().flat_map(|(path, methods)| split(path, methods)).collect();
    let mut rows = BTreeSet::new();
    for (method, path, ..) in TABLE {
        assert!(rows.insert((*path, *method)), "{method} {path} has two rows");
        match *method {
            "GET" if *path != "/ws" => rows.insert((*path, "HEAD")),
            "PUT" => rows.insert((*path, "PATCH")),
            _ => false,
        };
    }
    assert_eq!(routes, rows);
}

#[tokio::test]
async fn everybody_gets_what_the_table_says_in_every_representation() {
    let cast = Cast::new().await;
    let mut wrong = Vec::new();
    for (row_method, route, as_page, as_json) in TABLE {
        let methods: &[&str] = match *row_method {
            "GET" if *route != "/ws" => &["GET", "HEAD"],
            "PUT" => &["PUT", "PATCH"],
            other => &[other],
        };
        for (method, how) in methods.iter().flat_map(|method| {
            [As::Page, As::Form, As::Fragment, As::Json, As::Api].map(|how| (*method, how))
        }) {
            let expected = if matches!(how, As::Page | As::Form) { as_page } else { as_json };
            for (place, expected) in expected.split(' ').enumerate() {
                // A fragment is like JSON to those who are kept out; what others get is shaped for it.
                if how == As::Fragment && !matches!(expected, "401" | "403" | "404") {
                    continue;
                }
                let mut person = cast.person(place);
                if *row_method == "DELETE" && *route == "/session" && !person.token.is_empty() {
                    let answer = ask(&person, As::Json, "POST", "/session", &fields("/session")).await;
                    let session: Value = answer.json().await.unwrap();
                    person.token = session["token"].as_str().unwrap().to_owned();
                }
                let message = cast.author().says("mine").await;
                let path = cast.path(route, &message).await;
                if (*row_method, *route) == ("DELETE", "/users/{user_id}/ban") {
                    let newest = "id = (SELECT max(id) FROM users)";
                    cast.server.sql(format!("UPDATE users SET status = 'banned' WHERE {newest}")).await;
                }
                let found = cell(&ask(&person, how, method, &path, &fields(&path)).await);
                if found != expected {
                    let who = WHO[place];
                    wrong.push(format!("{method} {route}, {who}, as {how:?}: {found} instead of {expected}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn nobody_outside_a_room_learns_its_name_or_content_by_any_route() {
    let cast = Cast::new().await;
    cast.server.sql("UPDATE rooms SET name = 'Pineapple room'").await;
    let id = Uuid::new_v4().to_string();
    let message: Value = cast.author().posts("a pineapple plan", &id).await.json().await.unwrap();
    let (mut told, number) = ([0; 3], &message["id"]);
    let queries = ["", &format!("?before={number}"), "?after=1", &format!("?around={number}")];
    let every_way = [As::Page, As::Form, As::Fragment, As::Json, As::Api];
    for (place, told) in told.iter_mut().enumerate() {
        for (method, route, ..) in TABLE {
            // A member only reads here, and nobody signs out.
            if (place == 2 && *method != "GET") || *route == "/session" {
                continue;
            }
            for (how, query) in every_way.into_iter().flat_map(|how| queries.map(|query| (how, query))) {
                let path = format!("{}{query}", cast.path(route, &message).await);
                let mut fields = fields(&path);
                if path.contains("/messages") {
                    fields.push(("client_message_id", id.clone()));
                }
                if how == As::Form && !matches!(*method, "GET" | "POST") && !query.is_empty() {
                    continue;
                }
                let answer = ask(&cast.person(place), how, method, &path, &fields).await;
                let headers = format!("{:?}", answer.headers()).to_lowercase();
                let text = format!("{headers}\n{}", answer.text().await.unwrap().to_lowercase());
                *told += usize::from(text.contains("pineapple"));
                assert!(place == 2 || !text.contains("pineapple"), "{method} {path}, as {how:?}: {text}");
            }
        }
    }
    assert!(told[2] > 20, "a member was told {} times", told[2]);
    let rows = cast.server.rows().await;
    assert_eq!(rows, [(number.as_i64().unwrap(), id, "a pineapple plan".to_owned())]);
}

#[tokio::test]
async fn a_socket_is_closed_with_a_code_to_whoever_may_not_hear_the_room() {
    let cast = Cast::new().await;
    let message = cast.author().says("a pineapple plan").await;
    let (visitor, outsider, member) = (&cast.person(0), cast.outsider(), cast.member());
    for format in ["json", "html"] {
        for (person, query, code) in [
            (visitor, "room=1&since=0", 4401),
            (visitor, "since=0", 4401),
            (outsider, "room=1&since=0", 4404),
            (outsider, "room=1", 4404),
            (member, "room=999&since=0", 4404),
            (member, "room=-1&since=0", 4404),
            (member, "room=1.5&since=0", 4404),
            (member, "room=abc&since=0", 4404),
            (member, "room=99999999999999999999&since=0", 4404),
        ] {
            let mut socket = Socket::try_connect(person, &format!("format={format}&{query}")).await.unwrap();
            // The first thing that is heard is the end.
            assert_eq!(socket.hear().await, Heard::Closed(code), "{query}");
        }
    }
    let mut socket = Socket::since(member, 0).await;
    assert_eq!(socket.frame("message_created").await["message"], message);
}

#[tokio::test]
async fn a_socket_without_a_room_hears_nothing_of_rooms_and_cannot_post_into_a_foreign_one() {
    let cast = Cast::new().await;
    let mut socket = Socket::try_connect(cast.outsider(), "format=json").await.unwrap();
    assert_eq!(socket.catch_up().await.0, Vec::<Value>::new());
    let id = Uuid::new_v4().to_string();
    cast.author().posts("a pineapple plan", &id).await;
    socket.say(json!({"type": "message", "content": "hi", "room_id": 1, "client_message_id": id})).await;
    let error = socket.frame("error").await;
    assert_eq!(error["client_message_id"], id);
    socket.say(ping()).await;
    assert_eq!(socket.hear().await, Heard::Frame(json!({"type": "pong"})));
    assert!(!error.to_string().contains("pineapple"));
    assert_eq!(cast.server.rows().await.len(), 1);
}

#[tokio::test]
async fn an_id_that_is_unknown_foreign_or_none_names_nothing() {
    let cast = Cast::new().await;
    let ann = cast.administrator().clone();
    let message = ann.says("hello").await;
    cast.server
        .sql(format!(
            "INSERT INTO rooms (id, kind, name, creator_id, created_at_ms, updated_at_ms)
               VALUES (2, 'closed', 'Two', {ann}, 0, 0), (3, 'closed', 'Three', {ann}, 0, 0);
             INSERT INTO memberships (room_id, user_id, involvement, created_at_ms)
               VALUES (2, {ann}, 'mentions', 0);",
            ann = ann.id
        ))
        .await;
    let answer = ann.json(Method::POST, "/rooms/2/messages", &json!({"body": "elsewhere"})).await;
    let foreign = answer.json::<Value>().await.unwrap()["id"].to_string();
    let none =
        ["0", "-1", "+1", "abc", "99999999999999999999", "1.5", "1e0", "%00", "%ff", "%zz", "1%20", "%201"];
    let names = |kind: &str| {
        let more = match kind {
            "{room_id}" => ["999", "3"],
            "{message_id}" => ["999", foreign.as_str()],
            _ => ["999", "998"],
        };
        none.into_iter().chain(more).map(str::to_owned).collect::<Vec<_>>()
    };
    let mut wrong = Vec::new();
    let mut check = async |method: &str, path: String| {
        for how in [As::Page, As::Form, As::Fragment, As::Json, As::Api] {
            let status = ask(&ann, how, method, &path, &fields(&path)).await.status();
            if status != 404 {
                wrong.push(format!("{method} {path}, as {how:?}: {status}"));
            }
        }
    };
    for (method, route, ..) in TABLE {
        for kind in ["{room_id}", "{message_id}", "{user_id}", "{session_id}"]
            .into_iter()
            .filter(|kind| route.contains(kind))
        {
            for name in names(kind) {
                check(method, cast.path(&route.replace(kind, &name), &message).await).await;
            }
        }
    }
    for query in ["before", "after", "around"] {
        for name in names("{message_id}") {
            check("GET", format!("/rooms/1/messages?{query}={name}")).await;
        }
    }
    for path in ["/nothing", "/rooms/1/nothing", "/rooms/", "/users", "/api", "/apirooms"] {
        check("GET", path.into()).await;
        check("POST", path.into()).await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(ann.get(&format!("/rooms/2/messages/{foreign}")).await.status(), 200, "where it is");
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let cast = Cast::new().await;
    let message = cast.author().says("hello").await;
    for (_, route, ..) in TABLE.iter().filter(|(method, path, ..)| *method == "GET" && *path != "/ws") {
        let path = cast.path(route, &message).await;
        for how in [As::Page, As::Fragment, As::Json] {
            let get = ask(cast.member(), how, "GET", &path, &[]).await;
            let head = ask(cast.member(), how, "HEAD", &path, &[]).await;
            assert_eq!(head.status(), get.status(), "{path}");
            for name in
                ["content-type", "content-length", "etag", "vary", "cache-control", "location", "link"]
            {
                let is_moving = name == "content-length" && matches!(*route, "/up" | "/health");
                assert!(
                    is_moving || head.headers().get(name) == get.headers().get(name),
                    "{name} of {path} as {how:?}: {:?} and {:?}",
                    head.headers().get(name),
                    get.headers().get(name)
                );
            }
        }
    }
    let token = &cast.member().token;
    let request = |method: &str| {
        format!(
            "{method} /rooms/1 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        )
    };
    let get = cast.server.raw(request("GET")).await;
    assert!(get.split_once("\r\n\r\n").unwrap().1.contains("<html"));
    let head = cast.server.raw(request("HEAD")).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(head.split_once("\r\n\r\n").unwrap().1, "");
}
