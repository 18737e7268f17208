//! Who asks for what: every route with what it answers to whom, and the people who ask.

use crate::support::{PASSWORD, Person, TestServer, as_object};
use campfire::web::assets;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// Who asks, in the order of the table's cells; *member* is in the room and not the author.
pub(super) const WHO: [&str; 5] = ["signed out", "outsider", "member", "author", "administrator"];

/// Method, path, what each gets as a page or by a form, what as JSON. `in` is 303 to the sign-in page. HEAD is as GET and
/// PATCH as PUT.
pub(super) const TABLE: &[(&str, &str, &str, &str)] = &[
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
    // Everyone is in an open room: it is not left.
    ("DELETE", "/rooms/{room_id}/members/me", "in 404 409 409 409", "401 404 409 409 409"),
    ("GET", "/rooms/{room_id}/messages/{message_id}/edit", "in 404 403 200 200", "401 404 403 200 200"),
    ("GET", "/rooms/{room_id}/messages/{message_id}/versions", "in 404 403 200 200", "401 404 403 200 200"),
    ("GET", "/rooms/{room_id}/messages/{message_id}/boosts", "in 404 303 303 303", "401 404 200 200 200"),
    ("POST", "/rooms/{room_id}/messages/{message_id}/boosts", "in 404 303 303 303", "401 404 201 201 201"),
    // The author's own; other people's are not found, not even by administrators.
    ("DELETE", "/rooms/{room_id}/messages/{message_id}/boosts/{boost_id}", "in 404 404 303 404", "401 404 404 204 404"),
    ("GET", "/rooms/{room_id}/messages/{message_id}/file/{name}", "in 404 200 200 200", "401 404 200 200 200"),
    ("GET", "/rooms/{room_id}/messages/{message_id}/thumbnail", "in 404 200 200 200", "401 404 200 200 200"),
    // A fresh one each time.
    ("DELETE", "/rooms/{room_id}/messages/{message_id}/preview", "in 404 403 303 303", "401 404 403 204 204"),
    ("GET", "/rooms/{room_id}/messages/{message_id}/preview/image", "in 404 200 200 200", "401 404 200 200 200"),
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
    ("GET", "/searches", "in 200 200 200 200", "401 200 200 200 200"),
    ("POST", "/searches", "in 303 303 303 303", "401 204 204 204 204"),
    ("DELETE", "/searches/clear", "in 303 303 303 303", "401 204 204 204 204"),
    ("GET", "/users", "in 303 303 303 303", "401 200 200 200 200"),
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
    ("POST", "/rooms/{kind:opens|closeds}", "in 303 303 303 303", "401 201 201 201 201"),
    ("GET", "/rooms/{kind:opens|closeds}/new", "in 200 200 200 200", "401 200 200 200 200"),
    ("GET", "/rooms/{kind:opens|closeds}/{room_id}", "in 404 303 303 303", "401 404 303 303 303"),
    ("PUT", "/rooms/{kind:opens|closeds}/{room_id}", "in 404 403 303 303", "401 404 403 200 200"),
    ("DELETE", "/rooms/{kind:opens|closeds}/{room_id}", "in 404 403 303 303", "401 404 403 204 204"),
    ("GET", "/rooms/{kind:opens|closeds}/{room_id}/edit", "in 404 200 200 200", "401 404 200 200 200"),
    // By JSON after a form: the ping is there already.
    ("POST", "/rooms/directs", "in 303 303 303 303", "401 200 200 200 200"),
    ("GET", "/rooms/directs/new", "in 200 200 200 200", "401 200 200 200 200"),
    ("GET", "/rooms/directs/{room_id}", "in 404 303 303 303", "401 404 303 303 303"),
    ("DELETE", "/rooms/directs/{room_id}", "in 404 303 303 303", "401 404 204 204 204"),
    ("GET", "/rooms/directs/{room_id}/edit", "in 404 200 200 200", "401 404 200 200 200"),
    ("DELETE", "/rooms/{room_id}", "in 404 403 303 303", "401 404 403 204 204"),
    ("GET", "/rooms/{room_id}/involvement", "in 404 200 200 200", "401 404 200 200 200"),
    ("PUT", "/rooms/{room_id}/involvement", "in 404 303 303 303", "401 404 200 200 200"),
    ("PUT", "/rooms/{room_id}/read", "in 404 303 303 303", "401 404 200 200 200"),
    // Unread from which message on? Without a body that is not said.
    ("DELETE", "/rooms/{room_id}/read", "in 404 422 422 422", "401 404 422 422 422"),
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
        let (olga, bob, ada) = (server.outsider("Olga").await, server.member("Bob").await, server.member("Ada").await);
        let people = [olga, bob, ada, ann];
        let code = server.db.read(|snapshot| Ok(campfire::db::accounts::account(snapshot)?.map(|it| it.join_code)));
        let join_code = code.await.unwrap().unwrap();
        Self { server, people, join_code }
    }

    /// Somebody by their place in [`WHO`]; a visitor brings no cookies from earlier.
    pub(super) fn person(&self, place: usize) -> Person {
        if place == 0 { self.server.visitor() } else { self.people[place - 1].clone() }
    }

    pub(super) fn outsider(&self) -> &Person {
        &self.people[0]
    }

    pub(super) fn member(&self) -> &Person {
        &self.people[1]
    }

    pub(super) fn author(&self) -> &Person {
        &self.people[2]
    }

    pub(super) fn administrator(&self) -> &Person {
        &self.people[3]
    }

    /// A new boost of the author's.
    async fn boost(&self, message: &Value) -> String {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let (number, author, message) = (NUMBER.fetch_add(1, Ordering::Relaxed), self.author().id, &message["id"]);
        let values = format!("({message}, {author}, 'boost {number}', 0)");
        self.server
            .sql(format!("INSERT INTO boosts (message_id, booster_id, content, created_at_ms) VALUES {values}"))
            .await;
        self.server.number("SELECT max(id) FROM boosts").await.to_string()
    }

    /// Gives a message a file, with a small picture of it.
    async fn attach(&self, message: &Value) {
        let key = format!("00{:030x}", message["id"].as_i64().unwrap());
        let folder = self.server.folder.path().join("files/00");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(&key[2..]), "a picture").unwrap();
        std::fs::write(folder.join(&key[2..]).with_extension("webp"), "a small one").unwrap();
        let values = format!("({}, '{key}', 'a.png', 'image/png', 9, 1, 1, 1)", message["id"]);
        self.server.sql(format!("INSERT OR IGNORE INTO attachments VALUES {values}")).await;
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
        self.server.sql("INSERT INTO users (name, created_at_ms, updated_at_ms) VALUES ('Somebody', 0, 0)").await;
        self.server.number("SELECT max(id) FROM users").await.to_string()
    }

    /// A new room that the author made, with everybody in it but the outsider.
    async fn room(&self, kind: &str) -> String {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let (name, key) = match kind {
            "direct" => ("NULL".to_owned(), format!("'key {number}'")),
            _ => (format!("'Room {number}'"), "NULL".to_owned()),
        };
        let ids: Vec<String> = self.people[1..].iter().map(|person| person.id.to_string()).collect();
        let (ids, author) = (ids.join(", "), self.author().id);
        self.server
            .sql(format!(
                "INSERT INTO rooms (kind, name, direct_key, creator_id, created_at_ms, updated_at_ms)
                 VALUES ('{kind}', {name}, {key}, {author}, 0, 0);
                 INSERT INTO memberships (room_id, user_id, involvement, created_at_ms)
                 SELECT last_insert_rowid(), id, 'mentions', 0 FROM users WHERE id IN ({ids});"
            ))
            .await;
        self.server.number("SELECT max(id) FROM rooms").await.to_string()
    }

    /// A route's path with the ids of what is there, and of a new room where the route may change or delete one.
    pub(super) async fn path(&self, method: &str, route: &str, message: &Value) -> String {
        let kinds = [("{kind:opens|closeds}", "open"), ("directs", "direct")];
        let kind = kinds.iter().find(|(plural, _)| route.starts_with(&format!("/rooms/{plural}/{{"))).map(|it| it.1);
        let kind = kind.or((method == "DELETE" && route == "/rooms/{room_id}").then_some("closed"));
        let route = match kind {
            Some(kind) => route.replace("{room_id}", &self.room(kind).await),
            None => route.to_owned(),
        };
        let (mut route, used) = (route, ["{session_id}", "{token}"]);
        for name in used {
            if route.contains(name) {
                let value = if name == "{token}" { self.transfer().await } else { self.session().await };
                route = route.replace(name, &value);
            }
        }
        if route.contains("{boost_id}") {
            route = route.replace("{boost_id}", &self.boost(message).await);
        }
        if route.ends_with("/file/{name}") || route.ends_with("/thumbnail") {
            self.attach(message).await;
        }
        if route.contains("/preview") {
            let values = format!("({}, 'http://example.com/', 'a title', '', 1, 1, 1, 0, x'00')", message["id"]);
            self.server.sql(format!("INSERT OR REPLACE INTO previews VALUES {values}")).await;
        }
        if route.contains("{user_id}") && (route.starts_with("/account") || route.ends_with("/ban")) {
            route = route.replace("{user_id}", &self.newcomer().await);
        }
        route
            .replace("/assets/{version}/{path:.*}", &assets::url("css/global.css"))
            .replace("{kind:opens|closeds}", "opens")
            .replace("{room_id}", "1")
            .replace("{name}", "a.png")
            .replace("{message_id}", &message["id"].to_string())
            .replace("{user_id}", &self.author().id.to_string())
            .replace("{join_code}", &self.join_code)
    }
}

/// Fields that a route takes, right ones.
pub(super) fn fields(path: &str) -> Vec<(&'static str, String)> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    match path {
        "/session" => vec![("email_address", "ann@example.com".into()), ("password", PASSWORD.into())],
        "/users/me/profile" => vec![("bio", "Here and there.".into())],
        "/rooms/directs" => vec![("user_ids", "1".into())],
        path if path.ends_with("/involvement") => vec![("involvement", "everything".into())],
        "/account" => vec![("name", "Somewhere".into()), ("restrict_room_creation", "off".into())],
        "/account/custom_styles" => vec![("custom_styles", "body { color: teal }".into())],
        path if path.starts_with("/account/users/") => vec![("role", "administrator".into())],
        path if path.contains("/boosts") => vec![("content", "👍".into())],
        path if path.contains("/messages") => vec![("body", "something else".into())],
        _ => {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let address = format!("somebody.{number}@example.com");
            vec![("name", "Somebody".into()), ("email_address", address), ("password", PASSWORD.into())]
        }
    }
}

/// Sends a request with right fields, if its method takes any.
pub(super) async fn ask(person: &Person, how: As, method: &str, path: &str, fields: &[(&str, String)]) -> Response {
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
        As::Json | As::Api if has_body => {
            let mut object = as_object(&pairs);
            if let Some(ids) = object.get_mut("user_ids") {
                *ids = json!([*ids]);
            }
            request.json(&object).send().await.unwrap()
        }
        _ if has_body => request.form(&pairs).send().await.unwrap(),
        _ => request.send().await.unwrap(),
    }
}

/// What a cell of the table says of an answer.
pub(super) fn cell(answer: &Response) -> String {
    let location = answer.headers().get("location").map(|value| value.to_str().unwrap());
    match (answer.status().as_u16(), location) {
        (303, Some(location)) if location.starts_with("/session/new") => "in".into(),
        (status, _) => status.to_string(),
    }
}
