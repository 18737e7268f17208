//! Who may do what: every route and method for everybody, in every representation.

use super::cast::{As, Cast, TABLE, WHO, ask, cell, fields};
use crate::support::socket::{Heard, Socket, ping};
use campfire::server::paths;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

#[test]
fn the_table_has_a_row_for_every_route_and_method_and_no_other() {
    let paths = paths();
    let split = |(path, methods): &'_ (&'static str, String)| {
        methods.split(", ").map(|method| (*path, method.to_owned())).collect::<Vec<_>>()
    };
    let routes: BTreeSet<(&str, String)> = paths.iter().flat_map(split).collect();
    let mut rows = BTreeSet::new();
    for (method, path, ..) in TABLE {
        assert!(rows.insert((*path, (*method).to_owned())), "{method} {path} has two rows");
        match *method {
            "GET" if *path != "/ws" => rows.insert((*path, "HEAD".to_owned())),
            "PUT" => rows.insert((*path, "PATCH".to_owned())),
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
        for (method, how) in methods
            .iter()
            .flat_map(|method| [As::Page, As::Form, As::Fragment, As::Json, As::Api].map(|how| (*method, how)))
        {
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
                let path = cast.path(method, route, &message).await;
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
                let path = format!("{}{query}", cast.path(method, route, &message).await);
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
    let none = ["0", "-1", "+1", "abc", "99999999999999999999", "1.5", "1e0", "%00", "%ff", "%zz", "1%20", "%201"];
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
        for kind in ["{room_id}", "{message_id}", "{user_id}", "{session_id}", "{boost_id}"]
            .into_iter()
            .filter(|kind| route.contains(kind))
        {
            for name in names(kind) {
                check(method, cast.path(method, &route.replace(kind, &name), &message).await).await;
            }
        }
    }
    for query in ["before", "after", "around"] {
        for name in names("{message_id}") {
            check("GET", format!("/rooms/1/messages?{query}={name}")).await;
        }
    }
    for path in ["/nothing", "/rooms/1/nothing", "/rooms/", "/users/", "/api", "/apirooms"] {
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
        let path = cast.path("GET", route, &message).await;
        for how in [As::Page, As::Fragment, As::Json] {
            let get = ask(cast.member(), how, "GET", &path, &[]).await;
            let head = ask(cast.member(), how, "HEAD", &path, &[]).await;
            assert_eq!(head.status(), get.status(), "{path}");
            for name in ["content-type", "content-length", "etag", "vary", "cache-control", "location", "link"] {
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
        format!("{method} /rooms/1 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n")
    };
    let get = cast.server.raw(request("GET")).await;
    assert!(get.split_once("\r\n\r\n").unwrap().1.contains("<html"));
    let head = cast.server.raw(request("HEAD")).await;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(head.split_once("\r\n\r\n").unwrap().1, "");
}
