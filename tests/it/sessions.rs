//! Coming in and going out: the first run, the invite link, signing in and out, and how long a session lives.

use crate::support::socket::{Heard, Socket};
use crate::support::{PASSWORD, Person, TestServer, as_object};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;
const ANN: [(&str, &str); 3] = [("name", "Ann Admin"), ("email_address", "ann@example.com"), ("password", PASSWORD)];

async fn join_path(server: &TestServer) -> String {
    let account = server.db.read(|snapshot| Ok(campfire::db::accounts::account(snapshot)?)).await.unwrap();
    format!("/join/{}", account.unwrap().join_code)
}

async fn sign_in(person: &Person, email_address: &str, password: &str) -> Response {
    let body = json!({"email_address": email_address, "password": password});
    person.json(Method::POST, "/session", &body).await
}

/// Another session of somebody, as a program has it.
async fn session(server: &TestServer, email_address: &str) -> Person {
    let mut person = server.visitor();
    let answer = sign_in(&person, email_address, PASSWORD).await;
    assert_eq!(answer.status(), 201);
    person.token = answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
    person
}

fn location(answer: &Response) -> &str {
    answer.headers()["location"].to_str().unwrap()
}

/// The session cookie that an answer sets, with its attributes.
fn cookie(answer: &Response) -> Option<String> {
    let mut all = answer.headers().get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    all.find(|cookie| cookie.starts_with("session_token=")).map(str::to_owned)
}

/// Makes every session's last use lie so far back.
async fn age(server: &TestServer, by_ms: i64) {
    server.sql(format!("UPDATE sessions SET last_used_at_ms = unixepoch() * 1000 - {by_ms}")).await;
}

/// Expects a refusal for now, which says for how long.
fn assert_too_many(answer: &Response) {
    assert_eq!(answer.status(), 429);
    let seconds: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=180).contains(&seconds), "{seconds}");
}

/// Expects a redirect by which nobody is signed in.
fn assert_sent_home(answer: &Response) {
    assert_eq!((answer.status().as_u16(), location(answer)), (303, "/"));
    assert_eq!(cookie(answer), None, "nobody was signed in");
}

async fn people(server: &TestServer) -> i64 {
    server.number("SELECT count(*) FROM users").await
}

#[tokio::test]
async fn the_first_run_by_json_makes_the_account_and_hands_out_a_token() {
    let server = TestServer::start().await;
    let visitor = server.visitor();
    assert_eq!(location(&visitor.page("/").await), "/first_run");
    assert_eq!(location(&visitor.page("/session/new").await), "/first_run");
    let answer = visitor.json(Method::POST, "/api/first_run", &as_object(&ANN)).await;
    assert_eq!(answer.status(), 201);
    assert_eq!(cookie(&answer), None);
    let session: Value = answer.json().await.unwrap();
    let token = session["token"].as_str().unwrap();
    assert!(token.len() >= 32 && token.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{token}");
    let expires_at = session["expires_at"].as_str().unwrap();
    let left_s = server.number(format!("SELECT unixepoch('{expires_at}') - unixepoch()")).await;
    assert!((left_s - 30 * 24 * 60 * 60).abs() < 60, "{left_s}");
    let user = &session["user"];
    assert_eq!((&user["name"], &user["email_address"]), (&json!(ANN[0].1), &json!(ANN[1].1)));
    assert_eq!((&user["role"], &user["status"]), (&json!("administrator"), &json!("active")));
    assert!(!session.to_string().contains(PASSWORD));

    let rooms = visitor.request(Method::GET, "/api/rooms").bearer_auth(token).send().await.unwrap();
    let rooms: Value = rooms.json().await.unwrap();
    assert_eq!((&rooms[0]["name"], &rooms[1]), (&json!("All Talk"), &Value::Null));
}

#[tokio::test]
async fn the_first_run_by_form_sets_a_cookie_and_leads_to_the_front_door() {
    let server = TestServer::start().await;
    let visitor = server.visitor();
    let mut form = ANN.to_vec();
    form.push(("account_name", "The Lighthouse"));
    let answer = visitor.form("/first_run", &form).await;
    assert_eq!((answer.status().as_u16(), location(&answer)), (303, "/"));
    let cookie = cookie(&answer).unwrap();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.split("; ").any(|part| part == attribute), "{attribute} in {cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");
    assert_eq!(location(&visitor.page("/").await), "/rooms/1");
    assert!(server.visitor().page("/session/new").await.text().await.unwrap().contains("The Lighthouse"));
}

#[tokio::test]
async fn the_cookie_is_secure_when_people_come_by_https() {
    for (setting, is_secure) in [
        (("CAMPFIRE_PUBLIC_URL", "https://chat.example.com"), true),
        (("CAMPFIRE_TRUSTED_PROXIES", "127.0.0.1"), true),
        (("CAMPFIRE_TRUSTED_PROXIES", "10.0.0.0/8"), false),
    ] {
        let server = TestServer::start_with(&[setting]).await;
        let request = server.visitor().request(Method::POST, "/first_run").form(&ANN);
        let request = request.header("x-forwarded-for", "192.0.2.7").header("x-forwarded-proto", "https");
        let cookie = cookie(&request.send().await.unwrap()).unwrap();
        assert_eq!(cookie.split("; ").any(|part| part == "Secure"), is_secure, "{cookie}, {setting:?}");
    }
}

#[tokio::test]
async fn a_first_run_that_does_not_parse_is_refused_at_its_field_and_makes_nothing() {
    let server = TestServer::start().await;
    for (field, value) in
        [("name", " "), ("email_address", "ann"), ("password", "1234567"), ("account_name", &"x".repeat(201))]
    {
        let mut form = ANN.to_vec();
        form.retain(|(name, _)| *name != field);
        form.push((field, value));
        let answer = server.visitor().json(Method::POST, "/first_run", &as_object(&form)).await;
        assert_eq!(answer.status(), 422, "{field}");
        let error: Value = answer.json().await.unwrap();
        assert_eq!((&error["error"]["kind"], &error["error"]["field"]), (&json!("invalid"), &json!(field)));

        let answer = server.visitor().form("/first_run", &form).await;
        assert_eq!(answer.status(), 422, "{field}");
        assert_eq!(cookie(&answer), None);
        let page = answer.text().await.unwrap();
        assert!(page.contains(&format!("id=\"{field}_error\"")), "{page}");
        assert!(page.contains("action=\"/first_run\""));
        assert_eq!(page.contains("value=\"ann@example.com\""), field != "email_address");
        assert!(!page.contains(PASSWORD) && !page.contains("1234567"), "{page}");
    }
    assert_eq!(people(&server).await + server.number("SELECT count(*) FROM accounts").await, 0);
}

#[tokio::test]
async fn five_first_runs_at_once_make_one_account_and_afterwards_there_is_none_to_make() {
    let server = TestServer::start().await;
    let runs = (0..5).map(|number| {
        let visitor = server.visitor();
        tokio::spawn(async move {
            let address = format!("ann.{number}@example.com");
            let form = [("name", "Ann"), ("email_address", address.as_str()), ("password", PASSWORD)];
            visitor.form("/first_run", &form).await
        })
    });
    let mut winners = 0;
    for run in runs.collect::<Vec<_>>() {
        let answer = run.await.unwrap();
        assert_eq!((answer.status().as_u16(), location(&answer)), (303, "/"));
        winners += usize::from(cookie(&answer).is_some());
    }
    assert_eq!(winners, 1);
    for table in ["accounts", "rooms", "users", "memberships", "sessions"] {
        assert_eq!(server.number(format!("SELECT count(*) FROM {table}")).await, 1, "{table}");
    }
    assert_eq!(server.number("SELECT count(*) FROM users WHERE role = 'administrator'").await, 1);
    assert_eq!(server.number("SELECT name = 'All Talk' AND kind = 'open' FROM rooms").await, 1);

    let late = server.visitor();
    let form = [("name", "Late"), ("email_address", "late@example.com"), ("password", PASSWORD)];
    assert_sent_home(&late.page("/first_run").await);
    assert_sent_home(&late.form("/first_run", &form).await);
    assert_sent_home(&late.json(Method::POST, "/first_run", &as_object(&form)).await);
    assert_eq!(people(&server).await, 1);
}

#[tokio::test]
async fn whoever_has_the_invite_link_comes_into_every_open_room_and_no_other() {
    let server = TestServer::start().await;
    let bob = [("name", "Bob"), ("email_address", " Bob@Example.com "), ("password", PASSWORD)];
    assert_eq!(server.visitor().form("/join/aaaa-bbbb-cccc", &bob).await.status(), 404, "no account yet");
    let ann = server.administrator().await;
    ann.says("before Bob came").await;
    let rooms = "INSERT INTO rooms (id, kind, name, name_key, creator_id, created_at_ms, updated_at_ms)
                 VALUES (2, 'open', 'Two', 'two', 1, 0, 0), (3, 'closed', 'Three', 'three', 1, 0, 0)";
    server.sql(rooms).await;
    let (visitor, path) = (server.visitor(), join_path(&server).await);
    for wrong in ["/join/aaaa-bbbb-cccc", &format!("{path}x")] {
        assert_eq!(visitor.page(wrong).await.status(), 404);
        assert_eq!(visitor.form(wrong, &bob).await.status(), 404);
        assert_eq!(visitor.json(Method::POST, wrong, &as_object(&bob)).await.status(), 404);
    }
    assert_eq!(people(&server).await, 1);

    assert!(visitor.page(&path).await.text().await.unwrap().contains(&format!("action=\"{path}\"")));
    let answer = visitor.form(&path, &bob).await;
    assert_eq!((answer.status().as_u16(), location(&answer)), (303, "/"));
    let rooms: Vec<Value> = visitor.get("/rooms").await.json().await.unwrap();
    assert_eq!(rooms.iter().map(|room| &room["id"]).collect::<Vec<_>>(), [1, 2]);
    assert!(rooms.iter().all(|room| room["unread_count"] == 0), "{rooms:?}");
    let session: Value = sign_in(&server.visitor(), "bob@example.com", PASSWORD).await.json().await.unwrap();
    assert_eq!(session["user"]["role"], "member");
}

#[tokio::test]
async fn an_address_that_is_taken_gets_the_form_again_without_the_password() {
    let server = TestServer::start().await;
    server.administrator().await;
    let path = join_path(&server).await;
    let form = [("name", "Second <Ann>"), ("email_address", "ANN@example.com"), ("password", PASSWORD)];
    let answer = server.visitor().form(&path, &form).await;
    assert_eq!(answer.status(), 409);
    assert_eq!(cookie(&answer), None);
    let page = answer.text().await.unwrap();
    let (action, name) = (format!("action=\"{path}\""), "value=\"Second &#60;Ann&#62;\"");
    for part in [&action, name, "value=\"ANN@example.com\"", "id=\"email_address_error\""] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains(PASSWORD));

    assert_eq!(server.visitor().json(Method::POST, &path, &as_object(&form)).await.status(), 409);
    assert_eq!(people(&server).await, 1);
}

#[tokio::test]
async fn whoever_is_signed_in_does_not_join_again() {
    let server = TestServer::start().await;
    let ann = server.administrator().await.in_a_browser();
    let path = join_path(&server).await;
    let form = [("name", "Another Ann"), ("email_address", "other@example.com"), ("password", PASSWORD)];
    assert_sent_home(&ann.page(&path).await);
    assert_sent_home(&ann.form(&path, &form).await);
    assert_eq!(people(&server).await, 1);
}

#[tokio::test]
async fn join_codes_cannot_be_found_by_trying() {
    let server = TestServer::start().await;
    server.administrator().await;
    let (visitor, path) = (server.visitor(), join_path(&server).await);
    for number in 0..12 {
        assert_eq!(visitor.page(&path).await.status(), 200, "the right code is never counted ({number})");
    }
    for number in 0..10 {
        assert_eq!(visitor.page(&format!("/join/aaaa-bbbb-{number:04}")).await.status(), 404);
    }
    let form = [("name", "Eve"), ("email_address", "eve@example.com"), ("password", PASSWORD)];
    assert_too_many(&visitor.page(&path).await);
    assert_too_many(&visitor.form(&path, &form).await);
    assert_eq!(people(&server).await, 1);
}

#[tokio::test]
async fn signing_in_works_by_form_and_by_json_with_the_address_in_any_case() {
    let server = TestServer::start().await;
    server.administrator().await;
    let browser = server.visitor();
    let answer = browser.form("/session", &[("email_address", "ANN@Example.COM"), ("password", PASSWORD)]).await;
    assert_eq!((answer.status().as_u16(), location(&answer)), (303, "/"));
    assert_eq!(browser.page("/rooms/1").await.status(), 200);

    assert_eq!(sign_in(&server.visitor(), " Ann@example.com", PASSWORD).await.status(), 201);
    // A password is taken to the letter.
    for password in [&PASSWORD.to_uppercase(), &format!("{PASSWORD} "), ""] {
        assert_eq!(sign_in(&server.visitor(), "ann@example.com", password).await.status(), 401);
    }
}

#[tokio::test]
async fn why_signing_in_failed_is_not_told() {
    let server = TestServer::start().await;
    server.administrator().await;
    let gone = server.member("Gone").await;
    assert_eq!(gone.get("/rooms").await.status(), 200);
    server.sql("UPDATE users SET status = 'deactivated' WHERE name = 'Gone'").await;
    assert_eq!(gone.get("/rooms").await.status(), 401, "the sessions of who is deactivated have ended");
    let sessions = server.number("SELECT count(*) FROM sessions").await;

    let (mut answers, mut pages) = (Vec::new(), Vec::new());
    for (address, password) in [
        ("ann@example.com", "not the password"),
        ("nobody@example.com", PASSWORD),
        ("gone@example.com", PASSWORD),
        ("nonsense", PASSWORD),
    ] {
        let answer = sign_in(&server.visitor(), address, password).await;
        assert_eq!(answer.status(), 401, "{address}");
        answers.push(answer.json::<Value>().await.unwrap());
        let form = [("email_address", address), ("password", password), ("return_to", "/rooms/1")];
        let answer = server.visitor().form("/session", &form).await;
        assert_eq!((answer.status().as_u16(), cookie(&answer)), (401, None), "{address}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("action=\"/session\"") && page.contains(&format!("value=\"{address}\"")));
        assert!(page.contains("name=\"return_to\" value=\"/rooms/1\""), "{page}");
        assert!(page.contains("match anyone here") && !page.contains(password), "{page}");
        pages.push(page.replace(&format!("value=\"{address}\""), ""));
    }
    assert_eq!(answers[0]["error"]["kind"], "bad_credentials");
    answers.dedup();
    pages.dedup();
    assert_eq!((answers.len(), pages.len()), (1, 1), "{answers:?} {pages:?}");
    assert_eq!(server.number("SELECT count(*) FROM sessions").await, sessions);
}

#[tokio::test]
async fn after_signing_in_one_is_where_one_wanted_to_be_but_never_elsewhere() {
    let server = TestServer::start().await;
    let ann = server.administrator().await.in_a_browser();
    let visitor = server.visitor();
    let sent = visitor.page("/rooms/1?before=7").await;
    assert_eq!(location(&sent), "/session/new?return_to=%2Frooms%2F1%3Fbefore%3D7");
    let page = visitor.page(location(&sent)).await.text().await.unwrap();
    assert!(page.contains("name=\"return_to\" value=\"/rooms/1?before=7\""), "{page}");

    for (return_to, expected) in [
        ("/rooms/1?before=7", "/rooms/1?before=7"),
        ("", "/"),
        ("//evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ] {
        let form = [("email_address", "ann@example.com"), ("password", PASSWORD), ("return_to", return_to)];
        assert_eq!(location(&server.visitor().form("/session", &form).await), expected, "{return_to:?}");
        let query = serde_html_form::to_string([("return_to", return_to)]).unwrap();
        let answer = ann.page(&format!("/session/new?{query}")).await;
        assert_eq!(location(&answer), expected, "{return_to:?}, signed in already");
    }
}

#[tokio::test]
async fn ten_failed_attempts_at_one_address_are_the_last_and_successes_do_not_count() {
    let server = TestServer::start_with(&[("CAMPFIRE_TRUSTED_PROXIES", "127.0.0.1")]).await;
    server.administrator().await;
    server.member("Bob").await;
    // Each from an IP address of its own, so that only the e-mail address is counted.
    let attempt = async |number: usize, address: &str, password: &str, accept: &str| {
        let request = server.visitor().request(Method::POST, "/session").header("accept", accept);
        let request = request.header("x-forwarded-for", format!("203.0.113.{number}"));
        request.form(&[("email_address", address), ("password", password)]).send().await.unwrap()
    };
    let json = "application/json";
    for number in 0..9 {
        assert_eq!(attempt(number, "ann@example.com", "wrong", json).await.status(), 401);
    }
    for number in 10..15 {
        assert_eq!(attempt(number, "ann@example.com", PASSWORD, json).await.status(), 201);
    }
    assert_eq!(attempt(20, " ANN@example.com ", "wrong", json).await.status(), 401, "the tenth");
    for (accept, password) in [(json, "wrong"), (json, PASSWORD), ("text/html", PASSWORD)] {
        let answer = attempt(21, "Ann@example.com", password, accept).await;
        assert_too_many(&answer);
        let text = answer.text().await.unwrap();
        assert!(text.contains(if accept == json { "too_many" } else { "action=\"/session\"" }), "{text}");
    }
    assert_eq!(attempt(22, "bob@example.com", PASSWORD, json).await.status(), 201, "somebody else");
}

#[tokio::test]
async fn ten_failed_attempts_from_one_place_are_the_last_from_there() {
    let server = TestServer::start().await;
    server.administrator().await;
    for number in 0..10 {
        let address = format!("nobody.{number}@example.com");
        assert_eq!(sign_in(&server.visitor(), &address, "wrong").await.status(), 401);
    }
    assert_too_many(&sign_in(&server.visitor(), "ann@example.com", PASSWORD).await);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_its_sockets_and_no_other() {
    let server = TestServer::start().await;
    let stays = server.administrator().await;
    let mut stays_socket = Socket::since(&stays, 0).await;
    for by_form in [true, false] {
        let leaves = session(&server, "ann@example.com").await;
        let mut sockets = [
            Socket::since(&leaves, 0).await,
            Socket::try_connect(&leaves, "room=1&since=0").await.unwrap(),
            Socket::try_connect(&leaves, "").await.unwrap(),
        ];
        if by_form {
            let answer = leaves.in_a_browser().form("/session?_method=DELETE", &[]).await;
            assert_eq!((answer.status().as_u16(), location(&answer)), (303, "/session/new"));
            let removal = cookie(&answer).unwrap();
            assert!(removal.starts_with("session_token=;") && removal.contains("Max-Age=0"), "{removal}");
        } else {
            assert_eq!(leaves.json(Method::DELETE, "/api/session", &json!({})).await.status(), 204);
        }
        for socket in &mut sockets {
            assert_eq!(socket.close_code().await, 4401);
        }
        assert_eq!(leaves.get("/rooms").await.status(), 401);
        let back = leaves.in_a_browser().page("/rooms/1").await;
        assert_eq!(location(&back), "/session/new?return_to=%2Frooms%2F1");
        let mut again = Socket::try_connect(&leaves, "room=1&since=0").await.unwrap();
        assert_eq!(again.hear().await, Heard::Closed(4401));
        assert_eq!(leaves.json(Method::DELETE, "/session", &json!({})).await.status(), 401, "only once");

        let message = stays.says("still here").await;
        assert_eq!(stays_socket.frame("message_created").await["message"], message);
    }
}

#[tokio::test]
async fn a_session_ends_after_thirty_days_without_use_or_as_many_as_are_set() {
    for (settings, days) in [(vec![], 30), (vec![("CAMPFIRE_SESSION_DAYS", "2")], 2)] {
        let server = TestServer::start_with(&settings).await;
        let ann = server.administrator().await;
        age(&server, days * DAY_MS - HOUR_MS).await;
        assert_eq!(ann.get("/rooms").await.status(), 200, "an hour before");

        age(&server, days * DAY_MS + HOUR_MS).await;
        let page = ann.in_a_browser().page("/rooms/1").await;
        assert_eq!(location(&page), "/session/new?return_to=%2Frooms%2F1");
        assert_eq!(location(&ann.in_a_browser().page("/").await), "/session/new");
        let fragment = ann.request(Method::GET, "/rooms/1/messages").header("hx-request", "true");
        assert_eq!(fragment.send().await.unwrap().status(), 401);
        assert_eq!(ann.get("/rooms").await.status(), 401);
        let post = ann.in_a_browser().form("/rooms/1/messages", &[("body", "too late")]).await;
        assert_eq!((post.status().as_u16(), location(&post)), (303, "/session/new"));
        let mut socket = Socket::try_connect(&ann, "format=json&room=1&since=0").await.unwrap();
        assert_eq!(socket.hear().await, Heard::Closed(4401));
        assert!(server.rows().await.is_empty());
        session(&server, "ann@example.com").await;
        assert_eq!(server.number("SELECT count(*) FROM sessions").await, 1, "what has expired is dropped");
    }
}

#[tokio::test]
async fn the_last_use_of_a_session_is_written_at_most_once_an_hour() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let last_used = "SELECT last_used_at_ms FROM sessions";
    for (age_ms, is_written) in [(HOUR_MS - 120_000, false), (HOUR_MS + 120_000, true)] {
        age(&server, age_ms).await;
        let before = server.number(last_used).await;
        ann.get("/rooms").await;
        let after = server.number(last_used).await;
        assert_eq!(after - before >= HOUR_MS, is_written, "{age_ms}");
        let commits = server.db.commits();
        for path in ["/rooms", "/rooms/1", "/rooms/1/messages", "/users/me/sidebar", "/"] {
            ann.get(path).await;
        }
        assert_eq!(server.db.commits(), commits, "reading writes nothing");
        assert_eq!(server.number(last_used).await, after);
    }
}

#[tokio::test]
async fn neither_token_nor_password_is_in_the_storage() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let again = session(&server, "ann@example.com").await;
    let (folder, mut bytes) = (server.stop().await, Vec::new());
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            bytes.extend(std::fs::read(path).unwrap());
        }
    }
    let has = |wanted: &[u8]| bytes.windows(wanted.len()).any(|window| window == wanted);
    assert!(has(b"ann@example.com"));
    for token in [&ann.token, &again.token] {
        assert!(has(&Sha256::digest(token)));
        assert!(!has(token.as_bytes()));
    }
    assert!(!has(PASSWORD.as_bytes()));
}

#[tokio::test]
async fn with_a_bearer_token_no_cookie_is_looked_at() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let bob = server.member("Bob").await;
    let as_bob = bob.in_a_browser();
    let with = |method, path: &str, authorization: String| {
        as_bob.request(method, &format!("/api{path}")).header("authorization", authorization)
    };
    let post = with(Method::POST, "/rooms/1/messages", format!("Bearer {}", ann.token));
    let message: Value = post.json(&json!({"body": "whose?"})).send().await.unwrap().json().await.unwrap();
    assert_eq!(message["creator"]["name"], "Ann Admin");

    for wrong in ["Bearer nonsense", "Bearer ", "Bearer", "Basic YTpi", "nonsense", ""] {
        let answer = with(Method::GET, "/rooms", wrong.to_owned()).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{wrong:?}");
        let out = with(Method::DELETE, "/session", wrong.to_owned()).send().await.unwrap();
        assert_eq!(out.status(), 401, "{wrong:?}");
    }
    assert_eq!(as_bob.get("/rooms").await.status(), 200, "the cookie alone is good");

    let out = with(Method::DELETE, "/session", format!("bearer {}", ann.token));
    assert_eq!(out.send().await.unwrap().status(), 204);
    assert_eq!(ann.get("/rooms").await.status(), 401);
    assert_eq!(as_bob.get("/rooms").await.status(), 200);
}
