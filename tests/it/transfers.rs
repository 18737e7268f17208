//! Links that sign somebody in on another device, once.

use crate::support::{Person, TestServer};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Makes a link for oneself and gives its path.
async fn transfer(person: &Person) -> String {
    let answer = person.json(Method::POST, "/users/me/transfers", &json!({})).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["cache-control"]), (201, &"no-store".parse().unwrap()));
    let link: Value = answer.json().await.unwrap();
    assert!(link["expires_at"].is_string());
    link["url"].as_str().unwrap().strip_prefix(&person.base).unwrap().to_owned()
}

#[tokio::test]
async fn a_link_signs_in_on_another_device_once_and_looking_at_it_does_not_use_it_up() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let bob = server.member("Bob").await;
    let answer = bob.in_a_browser().form("/users/me/transfers", &[]).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["cache-control"]), (200, &"no-store".parse().unwrap()));
    let page = answer.text().await.unwrap();
    let url = page.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
    let path = url.strip_prefix(&server.url("")).unwrap();
    assert!(path.len() >= "/session/transfers/".len() + 32, "{path}");
    assert!(page.contains("<svg class=\"qr-code\""), "{page}");

    let phone = server.visitor();
    for _ in 0..3 {
        let answer = phone.page(path).await;
        assert_eq!((answer.status().as_u16(), &answer.headers()["cache-control"]), (200, &"no-store".parse().unwrap()));
        assert!(answer.text().await.unwrap().contains(&format!("action=\"{path}?_method=PUT\"")));
    }
    let answer = phone.form(&format!("{path}?_method=PUT"), &[]).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["location"]), (303, &"/".parse().unwrap()));
    let profile = phone.get("/users/me/profile").await.json::<Value>().await.unwrap();
    assert_eq!(profile["name"], "Bob");
    assert_eq!(bob.get("/rooms").await.status(), 200, "he is still signed in here");

    let again = server.visitor().form(&format!("{path}?_method=PUT"), &[]).await;
    assert_eq!(again.status(), 400);
    assert!(!again.headers().contains_key("set-cookie"));
    assert!(again.text().await.unwrap().contains("used already"));
    let again = server.visitor().json(Method::PUT, path, &json!({})).await;
    assert_eq!(again.status(), 400);
    assert_eq!(again.json::<Value>().await.unwrap()["error"]["kind"], "bad_request");
    assert_eq!(server.number("SELECT count(*) FROM transfers").await, 0);
    assert_eq!(ann.get("/rooms").await.status(), 200);
}

#[tokio::test]
async fn of_eight_who_use_a_link_at_once_one_gets_in() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let path = transfer(&ann).await;
    let visitors: Vec<Person> = (0..8).map(|_| server.visitor()).collect();
    let nothing = json!({});
    let answers = join_all(visitors.iter().map(|visitor| visitor.json(Method::PUT, &path, &nothing))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 400, 400, 400, 400, 400, 400, 400]);
    assert_eq!(server.number("SELECT count(*) FROM sessions").await, 2);
}

#[tokio::test]
async fn a_link_is_worth_nothing_when_it_is_old_replaced_or_its_owner_is_out() {
    let server = TestServer::start().await;
    server.administrator().await;
    let bob = server.member("Bob").await;
    let put = async |path: &str| server.visitor().json(Method::PUT, path, &json!({})).await.status().as_u16();

    let old = transfer(&bob).await;
    server.sql("UPDATE transfers SET expires_at_ms = unixepoch() * 1000 - 1").await;
    assert_eq!(put(&old).await, 400);

    let first = transfer(&bob).await;
    let mut rest = Vec::new();
    for _ in 0..5 {
        rest.push(transfer(&bob).await);
    }
    assert_eq!(put(&first).await, 400, "five at most are good");
    assert_eq!(put(&rest[0]).await, 201);

    for (place, status) in ["deactivated", "banned"].into_iter().enumerate() {
        server.sql(format!("UPDATE users SET status = '{status}' WHERE id = {}", bob.id)).await;
        assert_eq!(put(&rest[place + 1]).await, 400, "{status}");
    }
    server.sql("UPDATE users SET status = 'active'").await;
    assert_eq!(put(&rest[1]).await, 400, "what was tried is used up");
    assert_eq!(put(&rest[3]).await, 201);
    assert_eq!(put("/session/transfers/nonsense").await, 400);
}

#[tokio::test]
async fn links_cannot_be_found_by_trying() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let path = transfer(&ann).await;
    for number in 0..10 {
        let answer = server.visitor().json(Method::PUT, &format!("/session/transfers/{number}"), &json!({})).await;
        assert_eq!(answer.status(), 400);
    }
    let answer = server.visitor().json(Method::PUT, &path, &json!({})).await;
    assert_eq!(answer.status(), 429);
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(server.number("SELECT count(*) FROM transfers").await, 1, "it was not used up");
}

#[tokio::test]
async fn an_administrator_lets_somebody_back_in_and_it_is_written_down() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let make =
        async |who: &Person, id: i64| who.json(Method::POST, &format!("/users/{id}/transfers"), &json!({})).await;
    assert_eq!(make(&bob, ann.id).await.status(), 403);
    assert_eq!(server.number("SELECT count(*) FROM audit_entries").await, 0);
    let answer = make(&ann, bob.id).await;
    assert_eq!(answer.status(), 201);
    let url = answer.json::<Value>().await.unwrap()["url"].as_str().unwrap().to_owned();
    let path = url.strip_prefix(&ann.base).unwrap();
    let written = format!(
        "SELECT count(*) FROM audit_entries WHERE action = 'transfer_made' AND actor_id = {} AND subject_name = 'Bob'",
        ann.id
    );
    assert_eq!(server.number(written).await, 1);
    let answer = server.visitor().json(Method::PUT, path, &json!({})).await;
    assert_eq!(answer.json::<Value>().await.unwrap()["user"]["id"], bob.id);

    server.sql(format!("UPDATE users SET status = 'deactivated' WHERE id = {}", bob.id)).await;
    assert_eq!(make(&ann, bob.id).await.status(), 404);
    assert_eq!(make(&ann, 999).await.status(), 404);
    assert_eq!(server.number("SELECT count(*) FROM audit_entries").await, 1);
}

#[tokio::test]
async fn the_secret_of_a_link_is_nowhere_in_the_storage() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let path = transfer(&ann).await;
    let token = path.rsplit('/').next().unwrap().to_owned();
    let hash = Sha256::digest(&token);
    let folder = server.stop().await;
    let mut found = 0;
    let mut folders = vec![folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
            assert!(!has(token.as_bytes()), "{}", path.display());
            found += usize::from(has(&hash));
        }
    }
    assert!(found > 0, "its hash is there");
}

#[tokio::test]
async fn closing_the_other_ways_in_ends_the_links_that_were_made_before() {
    let server = TestServer::start().await;
    server.administrator().await;
    let bob = server.member("Bob").await;
    let uses = async |path: &str| server.visitor().json(Method::PUT, path, &json!({})).await.status().as_u16();
    let before = transfer(&bob).await;
    let change = json!({"password": "another one altogether", "current_password": crate::support::PASSWORD});
    assert_eq!(bob.json(Method::PUT, "/users/me/profile", &change).await.status(), 200);
    assert_eq!(uses(&before).await, 400, "a new password");
    assert_eq!(uses(&transfer(&bob).await).await, 201, "one made afterwards is good");
    // Made by a device that is then signed out.
    let thief = transfer(&bob).await;
    let sessions: Vec<Value> = bob.get("/users/me/sessions").await.json().await.unwrap();
    let other = sessions.iter().find(|session| session["current"] == false).unwrap();
    let path = format!("/users/me/sessions/{}", other["id"]);
    assert_eq!(bob.json(Method::DELETE, &path, &json!({})).await.status(), 204);
    assert_eq!(uses(&thief).await, 400, "a session revoked");
}
