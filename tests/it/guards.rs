//! What stands before every handler: safe headers, the cross-site rule, limits, caching, assets.

use crate::support::{PASSWORD, Person, TestServer};
use campfire::web::assets;
use flate2::read::GzDecoder;
use reqwest::header::HeaderMap;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::io::Read;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

const BODY_MAX: usize = 128 * 1024;
const PUBLIC: &str = "https://chat.example.com";

async fn started(settings: &[(&str, &str)]) -> (TestServer, Person) {
    let server = TestServer::start_with(settings).await;
    let ann = server.administrator().await;
    (server, ann)
}

/// A header's value, or nothing.
fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// Every header of a name, as one list of lower-case words.
fn words(headers: &HeaderMap, name: &str) -> HashSet<String> {
    let lines = headers.get_all(name).iter().map(|value| value.to_str().unwrap().to_lowercase());
    lines.flat_map(|line| line.split(',').map(|word| word.trim().to_owned()).collect::<Vec<_>>()).collect()
}

/// An answer of every kind: pages, parts, JSON, pictures, redirects, and every sort of refusal.
async fn answers_of_every_kind(server: &TestServer, ann: &Person) -> Vec<Response> {
    let asset = assets::url("css/global.css");
    let avatar = format!("/users/{}/avatar", ann.id);
    let mut answers = Vec::new();
    for path in ["/", "/rooms/1", "/rooms/1/messages", "/users/me/sidebar", "/health", "/nothing", &asset, &avatar] {
        answers.push(ann.page(path).await);
        answers.push(ann.get(path).await);
        answers.push(ann.request(Method::GET, path).header("hx-request", "true").send().await.unwrap());
        answers.push(server.visitor().request(Method::DELETE, path).send().await.unwrap());
        answers.push(server.visitor().page(path).await);
        answers.push(server.visitor().get(path).await);
    }
    answers.push(ann.form("/rooms/1/messages", &[("body", "")]).await);
    answers.push(ann.form("/rooms/1/messages?_method=x", &[("body", "hello")]).await);
    answers.push(ann.json(Method::POST, "/rooms/1/messages", &json!({"body": ""})).await);
    answers.push(ann.request(Method::POST, "/rooms/1/messages").body("x").send().await.unwrap());
    answers.push(ann.request(Method::POST, "/session").body("x".repeat(BODY_MAX + 1)).send().await.unwrap());
    let foreign = server.visitor().request(Method::POST, "/session").header("origin", "http://evil.example");
    answers.push(foreign.send().await.unwrap());
    let preflight = ann.client.request(Method::OPTIONS, server.url("/api/rooms"));
    answers.push(preflight.header("origin", "https://app.example.com").send().await.unwrap());
    answers
}

#[tokio::test]
async fn every_answer_keeps_browsers_from_doing_harm() {
    let (server, ann) = started(&[("CAMPFIRE_CORS_ORIGINS", "https://app.example.com")]).await;
    let answers = answers_of_every_kind(&server, &ann).await;
    let statuses: HashSet<_> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    for status in [200, 204, 303, 400, 401, 403, 404, 405, 415, 422] {
        assert!(statuses.contains(&status), "no {status} among {statuses:?}");
    }
    for answer in answers {
        let (what, headers) = (format!("{} {}", answer.status(), answer.url()), answer.headers());
        let policy = header(headers, "content-security-policy");
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
            assert!(policy.contains(part), "{what}: {policy}");
        }
        // A picture may be shown before it is sent; nothing else is taken from the page's own memory.
        let rest = policy.replacen("img-src 'self' blob:", "", 1);
        for hole in ["unsafe-", "*", "data:", "http:", "https:", "blob:", "strict-dynamic"] {
            assert!(!rest.contains(hole), "{what}: {policy}");
        }
        assert_eq!(header(headers, "x-content-type-options"), "nosniff", "{what}");
        let referrer = header(headers, "referrer-policy");
        assert!(["same-origin", "no-referrer", "strict-origin"].contains(&referrer), "{what}: {referrer}");
    }
}

#[tokio::test]
async fn only_over_https_are_browsers_told_to_stay_there() {
    let https = [("x-forwarded-proto", "https"), ("x-forwarded-for", "203.0.113.9")];
    for (settings, sent, expected) in [
        (&[][..], &[][..], false),
        (&[], &https, false),
        (&[("CAMPFIRE_PUBLIC_URL", "http://chat.example.com")], &[], false),
        (&[("CAMPFIRE_PUBLIC_URL", PUBLIC)], &[], true),
        (&[("CAMPFIRE_TRUSTED_PROXIES", "127.0.0.1")], &https, true),
        (&[("CAMPFIRE_TRUSTED_PROXIES", "127.0.0.1")], &[], false),
    ] {
        let server = TestServer::start_with(settings).await;
        for path in ["/first_run", "/nothing", &assets::url("css/global.css")] {
            let mut request = server.visitor().request(Method::GET, path);
            for (name, value) in sent {
                request = request.header(*name, *value);
            }
            let answer = request.send().await.unwrap();
            let is_told = answer.headers().contains_key("strict-transport-security");
            assert_eq!(is_told, expected, "{settings:?} {sent:?} {path}");
        }
    }
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own_which_an_error_page_shows() {
    let (server, ann) = started(&[]).await;
    let mut ids = HashSet::new();
    for answer in answers_of_every_kind(&server, &ann).await {
        let id = header(answer.headers(), "x-request-id").to_owned();
        assert!(id.len() >= 16, "{id:?} {}", answer.url());
        assert!(ids.insert(id.clone()), "{id} twice");
        let is_html = header(answer.headers(), "content-type").starts_with("text/html");
        let is_form_again = answer.status() == 422 || *answer.url().path() == *"/session";
        if answer.status().as_u16() > 403 && is_html && !is_form_again {
            assert!(answer.text().await.unwrap().contains(&id));
        }
    }
}

/// What a write may come with besides the cookie, and whether it is carried out.
fn cross_site_rows(address: &str) -> Vec<(Vec<(&'static str, String)>, bool)> {
    let fetch = |site: &str| ("sec-fetch-site", site.to_owned());
    let origin = |origin: &str| ("origin", origin.to_owned());
    let own = format!("http://{address}");
    vec![
        (vec![], true),
        (vec![fetch("same-origin")], true),
        (vec![fetch("none")], true),
        (vec![fetch("same-origin"), origin("http://evil.example")], true),
        (vec![fetch("same-site")], false),
        (vec![fetch("cross-site")], false),
        (vec![fetch("nonsense")], false),
        (vec![fetch("cross-site"), origin(&own)], false),
        (vec![origin(&own)], true),
        (vec![origin(PUBLIC)], true),
        (vec![origin("https://chat.example.com:8443")], false),
        (vec![origin("http://chat.example.com")], false),
        (vec![origin("null")], false),
        (vec![origin("")], false),
        (vec![origin("http://evil.example")], false),
        (vec![origin("http://127.0.0.1:1")], false),
        (vec![origin(&format!("{own}.evil.example"))], false),
    ]
}

#[tokio::test]
async fn a_write_that_another_site_made_is_refused_and_stores_nothing() {
    let (server, ann) = started(&[("CAMPFIRE_PUBLIC_URL", PUBLIC)]).await;
    let browser = ann.in_a_browser();
    let address = server.address.to_string();
    let mut wrong = Vec::new();
    for (headers, is_allowed) in cross_site_rows(&address) {
        for path in ["/rooms/1/messages", "/api/rooms/1/messages"] {
            let before = server.rows().await.len();
            let mut request = browser.request(Method::POST, path).form(&[("body", "hello")]);
            for (name, value) in &headers {
                request = request.header(*name, value);
            }
            let answer = request.send().await.unwrap();
            let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
            let is_stored = server.rows().await.len() > before;
            if is_stored != is_allowed || (status == 403) == is_allowed {
                wrong.push(format!("{path} {headers:?}: {status}, stored: {is_stored}"));
            }
            if status == 403 {
                let (name, value) = &headers[0];
                let compared = if *name == "origin" { address.as_str() } else { "Sec-Fetch-Site" };
                for part in [value, compared, "CAMPFIRE_PUBLIC_URL"] {
                    if !text.contains(part) {
                        wrong.push(format!("{path} {headers:?}: the refusal does not name {part:?}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn the_rule_is_for_every_write_and_for_no_read() {
    let (_server, ann) = started(&[]).await;
    let browser = ann.in_a_browser();
    let message = ann.says("hello").await;
    let path = format!("/rooms/1/messages/{}", message["id"]);
    let foreign = |person: &Person, method: Method, path: &str| {
        person.request(method, path).header("sec-fetch-site", "cross-site").form(&[("body", "no")]).send()
    };
    for (method, path) in [
        (Method::PUT, path.as_str()),
        (Method::DELETE, &path),
        (Method::POST, &format!("{path}?_method=DELETE")),
        (Method::POST, "/session"),
        (Method::POST, "/session?_method=DELETE"),
        (Method::DELETE, "/session"),
        (Method::POST, "/nothing"),
    ] {
        let answer = foreign(&browser, method.clone(), path).await.unwrap();
        assert_eq!(answer.status(), 403, "{method} {path}");
        assert!(!answer.headers().contains_key("set-cookie"));
    }
    assert_eq!(ann.messages().await, [message]);
    // A link on another site leads here, and a request that proves itself needs no cookie.
    assert_eq!(foreign(&browser, Method::GET, "/rooms/1").await.unwrap().status(), 200);
    assert_eq!(foreign(&ann, Method::PUT, &path).await.unwrap().status(), 303);
    // With Authorization, a cookie is not looked at.
    let unknown = browser.request(Method::PUT, &path).bearer_auth("unknown").form(&[("body", "no")]);
    assert_eq!(unknown.header("accept", "application/json").send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_socket_that_another_site_opens_is_refused() {
    let (server, ann) = started(&[]).await;
    let url = format!("ws://{}/ws?room=1&format=json", server.address);
    let (cookie, bearer) = (format!("session_token={}", ann.token), format!("Bearer {}", ann.token));
    let own = format!("http://{}", server.address);
    for (proof, name, value, expected) in [
        (("cookie", &cookie), "origin", own.as_str(), 101),
        (("cookie", &cookie), "sec-fetch-site", "same-origin", 101),
        (("cookie", &cookie), "origin", "http://evil.example", 403),
        (("cookie", &cookie), "origin", "null", 403),
        (("cookie", &cookie), "sec-fetch-site", "cross-site", 403),
        (("authorization", &bearer), "origin", "http://evil.example", 101),
    ] {
        let mut request = url.as_str().into_client_request().unwrap();
        request.headers_mut().insert(proof.0, proof.1.parse().unwrap());
        request.headers_mut().insert(
            tokio_tungstenite::tungstenite::http::HeaderName::from_bytes(name.as_bytes()).unwrap(),
            value.parse().unwrap(),
        );
        let status = match connect_async(request).await {
            Ok((_, answer)) => answer.status().as_u16(),
            Err(Error::Http(answer)) => answer.status().as_u16(),
            Err(error) => panic!("{error}"),
        };
        assert_eq!(status, expected, "{} {name}: {value}", proof.0);
    }
}

#[tokio::test]
async fn pages_of_named_origins_may_call_the_api_and_nothing_else() {
    let (server, ann) = started(&[("CAMPFIRE_CORS_ORIGINS", "https://app.example.com")]).await;
    for (path, origin, is_allowed) in [
        ("/api/rooms/1/messages", "https://app.example.com", true),
        ("/api/rooms/999/messages", "https://app.example.com", true),
        ("/rooms/1/messages", "https://app.example.com", false),
        ("/apirooms", "https://app.example.com", false),
        ("/api/rooms/1/messages", "http://app.example.com", false),
        ("/api/rooms/1/messages", "https://app.example.com.evil.example", false),
        ("/api/rooms/1/messages", "null", false),
    ] {
        for method in [Method::OPTIONS, Method::GET, Method::POST] {
            let request = match method {
                Method::OPTIONS => server
                    .visitor()
                    .request(method.clone(), path)
                    .header("access-control-request-method", "POST")
                    .header("access-control-request-headers", "authorization,content-type"),
                Method::GET => ann.request(method.clone(), path),
                _ => ann.request(method.clone(), path).json(&json!({"body": "from an app"})),
            };
            let answer = request.header("origin", origin).send().await.unwrap();
            let (what, headers) = (format!("{method} {path} {origin}"), answer.headers());
            let expected = if is_allowed { origin } else { "" };
            assert_eq!(header(headers, "access-control-allow-origin"), expected, "{what}");
            assert!(!headers.contains_key("access-control-allow-credentials"), "{what}");
            assert_eq!(words(headers, "vary").contains("origin"), is_allowed, "{what}");
            if is_allowed && method == Method::OPTIONS {
                assert!(answer.status().is_success(), "{what}");
                let methods = words(headers, "access-control-allow-methods");
                assert!(["post", "put", "patch", "delete"].iter().all(|method| methods.contains(*method)));
                let allowed = words(headers, "access-control-allow-headers");
                assert!(allowed.contains("authorization") && allowed.contains("content-type"));
            }
        }
    }
    // Unless the settings name some, there are none.
    let (_server, ann) = started(&[]).await;
    let answer = ann.request(Method::GET, "/api/rooms").header("origin", "https://app.example.com").send();
    assert!(!answer.await.unwrap().headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn a_named_origin_may_not_use_the_cookie_of_whoever_is_in_the_browser() {
    let (server, ann) = started(&[("CAMPFIRE_CORS_ORIGINS", "https://app.example.com")]).await;
    let post = |person: &Person| {
        let request = person.request(Method::POST, "/api/rooms/1/messages").json(&json!({"body": "hello"}));
        request.header("origin", "https://app.example.com").header("sec-fetch-site", "same-site").send()
    };
    let status = post(&ann.in_a_browser()).await.unwrap().status().as_u16();
    assert!([401, 403].contains(&status), "{status}");
    assert!(server.rows().await.is_empty());
    assert_eq!(post(&ann).await.unwrap().status(), 201);
}

#[tokio::test]
async fn a_body_is_taken_up_to_its_bound_however_it_is_sent() {
    let (server, ann) = started(&[]).await;
    let body = |size: usize| {
        let frame = r#"{"body":"hello","padding":""}"#.len();
        format!(r#"{{"body":"hello","padding":"{}"}}"#, "x".repeat(size - frame))
    };
    let send = |path: &str, size: usize| {
        let request = ann.request(Method::POST, path).header("accept", "application/json");
        request.header("content-type", "application/json").body(body(size)).send()
    };
    for path in ["/rooms/1/messages", "/session"] {
        let answer = send(path, BODY_MAX + 1).await.unwrap();
        assert_eq!(answer.status(), 413, "{path}");
        assert_eq!(answer.json::<Value>().await.unwrap()["error"]["kind"], "too_large");
    }
    let chunked = |size: usize| {
        let (body, address, token) = (body(size), server.address, &ann.token);
        let mut request = format!(
            "POST /rooms/1/messages HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\naccept: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        for chunk in body.as_bytes().chunks(16 * 1024) {
            request += &format!("{:x}\r\n{}\r\n", chunk.len(), String::from_utf8_lossy(chunk));
        }
        request + "0\r\n\r\n"
    };
    let answer = server.raw(chunked(BODY_MAX + 1)).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(server.rows().await.is_empty());

    assert_eq!(send("/rooms/1/messages", BODY_MAX).await.unwrap().status(), 201);
    let answer = server.raw(chunked(BODY_MAX)).await;
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert_eq!(server.rows().await.len(), 2);
}

#[tokio::test]
async fn what_a_client_has_is_not_sent_again_until_it_changes() {
    let (_server, ann) = started(&[]).await;
    ann.says("hello").await;
    for (path, accept) in
        [("/rooms/1", "text/html"), ("/rooms/1/messages", "application/json"), ("/rooms/1", "application/json")]
    {
        let ask =
            |tag: String| ann.request(Method::GET, path).header("accept", accept).header("if-none-match", tag).send();
        let first = ask("\"another\"".into()).await.unwrap();
        let tag = header(first.headers(), "etag").to_owned();
        assert_eq!(first.status(), 200);
        assert!(tag.starts_with('"') && tag.len() > 10, "{path}: {tag}");
        let again = ask(tag.clone()).await.unwrap();
        assert_eq!(again.status(), 304);
        assert_eq!(header(again.headers(), "etag"), tag);
        assert_eq!(header(again.headers(), "cache-control"), "private, no-cache");
        assert_eq!(words(again.headers(), "vary"), words(first.headers(), "vary"));
        assert_eq!(again.bytes().await.unwrap().len(), 0);
        ann.says("and another").await;
        let changed = ask(tag.clone()).await.unwrap();
        assert_eq!(changed.status(), 200, "{path} {accept}");
        assert_ne!(header(changed.headers(), "etag"), tag);
    }
}

#[tokio::test]
async fn what_depends_on_who_asks_and_how_says_so() {
    let (_server, ann) = started(&[]).await;
    ann.says("hello").await;
    for path in ["/rooms/1", "/rooms/1/messages", "/rooms/1/messages/1", "/users/me/sidebar", "/rooms/999"] {
        for (name, value) in [("accept", "text/html"), ("accept", "application/json"), ("hx-request", "true")] {
            let answer = ann.request(Method::GET, path).header(name, value).send().await.unwrap();
            if answer.status() == 303 {
                continue;
            }
            let vary = words(answer.headers(), "vary");
            for part in ["accept", "hx-request", "hx-request-type", "cookie"] {
                assert!(vary.contains(part), "{path} {value}: {vary:?}");
            }
            assert_eq!(header(answer.headers(), "cache-control"), "private, no-cache", "{path} {value}");
        }
    }
}

#[tokio::test]
async fn text_is_compressed_for_those_who_take_it_and_is_the_same_text() {
    let (_server, ann) = started(&[]).await;
    ann.says(&"a long story ".repeat(200)).await;
    let (css, js) = (assets::url("css/global.css"), assets::url("vendor/htmx.min.js"));
    for path in ["/rooms/1", "/api/rooms/1/messages", &css, &js] {
        let ask = |coding: &'static str| ann.request(Method::GET, path).header("accept-encoding", coding).send();
        let plain = ask("identity").await.unwrap();
        assert!(!plain.headers().contains_key("content-encoding"), "{path}");
        let tag = header(plain.headers(), "etag").to_owned();
        let plain = plain.bytes().await.unwrap();
        for refused in ["gzip;q=0", "br", ""] {
            let answer = ask(refused).await.unwrap();
            assert!(!answer.headers().contains_key("content-encoding"), "{path} {refused}");
            assert_eq!(answer.bytes().await.unwrap(), plain);
        }
        for taken in ["gzip", "br, gzip;q=0.5", "deflate, GZIP"] {
            let answer = ask(taken).await.unwrap();
            assert_eq!(header(answer.headers(), "content-encoding"), "gzip", "{path} {taken}");
            assert!(words(answer.headers(), "vary").contains("accept-encoding"), "{path}");
            assert!(tag.is_empty() || header(answer.headers(), "etag") != tag, "two texts under one tag");
            let packed = answer.bytes().await.unwrap();
            assert!(packed.len() < plain.len());
            let mut unpacked = Vec::new();
            GzDecoder::new(packed.as_ref()).read_to_end(&mut unpacked).unwrap();
            assert_eq!(unpacked, plain, "{path}");
        }
    }
}

#[tokio::test]
async fn an_asset_is_kept_for_a_year_under_its_version_and_nothing_else_is_there() {
    let server = TestServer::start().await;
    for (path, kind) in [
        ("css/global.css", "text/css; charset=utf-8"),
        ("js/app.js", "text/javascript; charset=utf-8"),
        ("vendor/htmx.min.js", "text/javascript; charset=utf-8"),
        ("icons/flame.svg", "image/svg+xml"),
    ] {
        let answer = server.visitor().page(&assets::url(path)).await;
        assert_eq!(answer.status(), 200, "{path}");
        assert!(header(answer.headers(), "content-type").starts_with(kind), "{path}");
        let caching = words(answer.headers(), "cache-control");
        assert!(["public", "max-age=31536000", "immutable"].iter().all(|word| caching.contains(*word)));
    }
    let version = assets::version();
    for path in [
        "/assets/000000000000/css/global.css".to_owned(),
        format!("/assets/{version}/css/nothing.css"),
        format!("/assets/{version}/../../Cargo.toml"),
        format!("/assets/{version}/css/../css/global.css"),
        format!("/assets/{version}/%2e%2e/Cargo.toml"),
        format!("/assets/{version}/..%2f..%2fCargo.toml"),
        format!("/assets/{version}/..%5c..%5cCargo.toml"),
        format!("/assets/{version}//etc/passwd"),
        format!("/assets/{version}/css/global.css%00"),
    ] {
        // Written by hand: a client would tidy the path.
        let head = format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", server.address);
        let answer = server.raw(head).await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
        assert!(!answer.to_lowercase().contains("immutable"), "{path}");
    }
}

/// Tries to sign in with a wrong password.
async fn guess(server: &TestServer, address: &str, forwarded_for: Option<&str>) -> u16 {
    let fields = [("email_address", address), ("password", "wrong guess")];
    let mut request = server.visitor().request(Method::POST, "/api/session").form(&fields);
    if let Some(hops) = forwarded_for {
        request = request.header("x-forwarded-for", hops);
    }
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_proxy_that_is_not_trusted_switches_off_the_limit_by_address_only() {
    let (server, _) = started(&[]).await;
    for number in 0..12 {
        let hop = Some("203.0.113.7");
        assert_eq!(guess(&server, &format!("nobody{number}@example.com"), hop).await, 401, "{number}");
    }
    for number in 0..12 {
        let expected = if number < 10 { 401 } else { 429 };
        let hop = format!("203.0.113.{number}");
        assert_eq!(guess(&server, "ann@example.com", Some(&hop)).await, expected, "{number}");
    }
    // Without a proxy, the peer's own address counts.
    for number in 0..12 {
        let expected = if number < 10 { 401 } else { 429 };
        assert_eq!(guess(&server, &format!("somebody{number}@example.com"), None).await, expected, "{number}");
    }
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_limit_is_by_the_address_that_the_proxy_saw() {
    let (server, _) = started(&[("CAMPFIRE_TRUSTED_PROXIES", "127.0.0.0/8")]).await;
    for number in 0..12 {
        // What comes before the last hop anybody can write.
        let hops = format!("198.51.100.{number}, 203.0.113.7");
        let expected = if number < 10 { 401 } else { 429 };
        let status = guess(&server, &format!("nobody{number}@example.com"), Some(&hops)).await;
        assert_eq!(status, expected, "{number}");
    }
    assert_eq!(guess(&server, "another@example.com", Some("203.0.113.8")).await, 401);
    let right = json!({"email_address": "ann@example.com", "password": PASSWORD});
    let request = server.visitor().request(Method::POST, "/api/session").json(&right);
    assert_eq!(request.header("x-forwarded-for", "203.0.113.9").send().await.unwrap().status(), 201);
}
