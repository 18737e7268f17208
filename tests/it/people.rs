//! People: the profile, pictures, devices, and what others see of somebody.

use crate::support::socket::Socket;
use crate::support::{PASSWORD, Person, TestServer, as_object};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::io::Cursor;

const NEW_PASSWORD: &str = "staple of another kind";

async fn profile(person: &Person) -> Value {
    let answer = person.get("/users/me/profile").await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

async fn update(person: &Person, fields: &Value) -> Response {
    person.json(Method::PUT, "/users/me/profile", fields).await
}

async fn sign_in(server: &TestServer, email_address: &str, password: &str) -> (u16, Person) {
    let mut person = server.visitor();
    let form = [("email_address", email_address), ("password", password)];
    let answer = person.json(Method::POST, "/session", &as_object(&form)).await;
    let status = answer.status().as_u16();
    if status == 201 {
        let session: Value = answer.json().await.unwrap();
        person.token = session["token"].as_str().unwrap().to_owned();
        person.id = session["user"]["id"].as_i64().unwrap();
    }
    (status, person)
}

async fn error(answer: Response) -> (u16, String, String) {
    let status = answer.status().as_u16();
    let error: Value = answer.json().await.unwrap();
    let text = |name: &str| error["error"][name].as_str().unwrap_or("").to_owned();
    (status, text("kind"), text("field"))
}

/// A picture whose left half is red and whose right half is blue.
fn picture(width: u32, height: u32) -> Vec<u8> {
    let colour = |x, _| if x < width / 2 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) };
    let mut png = Cursor::new(Vec::new());
    DynamicImage::from(RgbImage::from_fn(width, height, colour)).write_to(&mut png, ImageFormat::Png).unwrap();
    png.into_inner()
}

/// Sends a picture as a browser does, with a name beside it.
async fn send_picture(person: &Person, path: &str, name: &str, file: &[u8], accept: &str) -> Response {
    let field = format!("--cut\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n{name}\r\n");
    let head = "--cut\r\nContent-Disposition: form-data; name=\"avatar\"; filename=\"me.png\"\r\n\
                Content-Type: image/png\r\n\r\n";
    let body = [field.as_bytes(), head.as_bytes(), file, b"\r\n--cut--\r\n"].concat();
    let request = person.request(Method::POST, path).header("content-type", "multipart/form-data; boundary=cut");
    request.header("accept", accept).body(body).send().await.unwrap()
}

async fn avatar(person: &Person, url: &str) -> (String, Vec<u8>) {
    let answer = person.get(url).await;
    assert_eq!(answer.status(), 200);
    let content_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
    (content_type, answer.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn what_is_given_of_a_profile_changes_and_the_rest_stays() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let bob = server.member("Bob").await;
    let before = profile(&bob).await;
    assert_eq!(before["theme"], "system");
    let answer = update(&bob, &json!({"bio": " Builds\r\nthings. ", "theme": "dark"})).await;
    assert_eq!(answer.status(), 200);
    let after = profile(&bob).await;
    assert_eq!(answer.json::<Value>().await.unwrap(), after);
    assert_eq!((&after["bio"], &after["theme"]), (&json!("Builds\nthings."), &json!("dark")));
    for field in ["id", "name", "email_address", "role", "status", "avatar_url"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert!(bob.page("/users/me/profile").await.text().await.unwrap().contains("data-theme=\"dark\""));

    let answer = update(&bob, &json!({"email_address": " Robert@Example.com ", "bio": ""})).await;
    assert_eq!(answer.status(), 200);
    let after = profile(&bob).await;
    assert_eq!((&after["email_address"], &after["bio"]), (&json!("robert@example.com"), &json!("")));
    assert_eq!(after["theme"], "dark");
    assert_eq!(sign_in(&server, "robert@example.com", PASSWORD).await.0, 201);
    assert_eq!(sign_in(&server, "bob@example.com", PASSWORD).await.0, 401);
    assert_eq!(profile(&ann).await["bio"], "", "nobody else changed");
}

#[tokio::test]
async fn a_profile_that_does_not_parse_is_refused_at_its_field_and_changes_nothing() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let before = profile(&ann).await;
    for (field, value) in [
        ("name", " ".to_owned()),
        ("email_address", "ann".into()),
        ("bio", "x".repeat(201)),
        ("theme", "purple".into()),
        ("password", "1234567".into()),
    ] {
        let answer = update(&ann, &json!({"name": "Changed", field: value})).await;
        assert_eq!(error(answer).await, (422, "invalid".into(), field.into()));
        let form = [("current_password", PASSWORD), (field, &value)];
        let answer = ann.in_a_browser().form("/users/me/profile?_method=PUT", &form).await;
        assert_eq!(answer.status(), 422, "{field}");
        let page = answer.text().await.unwrap();
        assert!(page.contains(&format!("id=\"{field}_error\"")), "{page}");
        assert!(!page.contains(PASSWORD));
    }
    assert_eq!(profile(&ann).await, before);
    let answer = update(&ann, &json!({"bio": "🔥".repeat(200)})).await;
    assert_eq!(answer.status(), 200, "two hundred characters fit");
}

#[tokio::test]
async fn an_address_that_somebody_else_has_is_refused_at_its_field_and_nothing_changes() {
    let server = TestServer::start().await;
    server.administrator().await;
    let bob = server.member("Bob").await;
    let before = profile(&bob).await;
    let wish = json!({"name": "Bobby", "email_address": "ANN@example.com"});
    assert_eq!(error(update(&bob, &wish).await).await.0, 409);
    let form = [("name", "Bobby"), ("email_address", "ann@example.com")];
    let answer = bob.in_a_browser().form("/users/me/profile?_method=PUT", &form).await;
    assert_eq!(answer.status(), 409);
    let page = answer.text().await.unwrap();
    assert!(page.contains("id=\"email_address_error\"") && page.contains("value=\"Bobby\""), "{page}");
    assert_eq!(profile(&bob).await, before);
    assert_eq!(update(&bob, &json!({"email_address": "bob@example.com"})).await.status(), 200, "one's own");
}

#[tokio::test]
async fn a_new_name_reaches_open_sockets_and_stands_at_messages() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    bob.says("hello").await;
    let mut socket = Socket::since(&ann, 0).await;
    socket.catch_up().await;
    // What others don't see of him is no news.
    assert_eq!(update(&bob, &json!({"bio": "Builds."})).await.status(), 200);
    let answer = bob.in_a_browser().form("/users/me/profile?_method=PUT", &[("name", "Robert")]).await;
    assert_eq!(answer.headers()["location"], "/users/me/profile?saved");
    let news = socket.frame("person_updated").await;
    assert_eq!((&news["user"]["id"], &news["user"]["name"]), (&json!(bob.id), &json!("Robert")));
    assert_eq!(news["people_revision"], 2, "the first was that he came");
    assert_eq!(ann.messages().await[0]["creator"]["name"], "Robert");
    let page = ann.page("/rooms/1").await.text().await.unwrap();
    assert!(page.contains("Robert") && !page.contains(">Bob<"), "{page}");
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_and_their_sockets_and_keeps_this_one() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let (_, elsewhere) = sign_in(&server, "bob@example.com", PASSWORD).await;
    let mut here = Socket::since(&bob, 0).await;
    let mut there = Socket::since(&elsewhere, 0).await;
    let mut anns = Socket::since(&ann, 0).await;
    for socket in [&mut here, &mut there, &mut anns] {
        socket.catch_up().await;
    }
    let fields = json!({"password": NEW_PASSWORD, "current_password": PASSWORD});
    assert_eq!(update(&bob, &fields).await.status(), 200);
    assert_eq!(there.close_code().await, 4401);
    assert_eq!(elsewhere.get("/rooms").await.status(), 401);
    assert_eq!(bob.says("still here").await["content"], "still here");
    here.frame("message_created").await;
    anns.frame("message_created").await;
    assert_eq!(sign_in(&server, "bob@example.com", PASSWORD).await.0, 401);
    assert_eq!(sign_in(&server, "bob@example.com", NEW_PASSWORD).await.0, 201);
}

#[tokio::test]
async fn without_the_present_password_there_is_no_new_one_and_guessing_it_is_limited() {
    let server = TestServer::start().await;
    server.administrator().await;
    let bob = server.member("Bob").await;
    let (_, elsewhere) = sign_in(&server, "bob@example.com", PASSWORD).await;
    let missing = update(&bob, &json!({"password": NEW_PASSWORD})).await;
    assert_eq!(error(missing).await, (422, "invalid".into(), "current_password".into()));
    // An empty one is none.
    let fields = json!({"password": "", "current_password": "wrong", "bio": "Builds."});
    assert_eq!(update(&bob, &fields).await.status(), 200);
    let wrong = json!({"name": "Changed", "password": NEW_PASSWORD, "current_password": "wrong"});
    for _ in 0..10 {
        let answer = update(&bob, &wrong).await;
        assert_eq!(error(answer).await, (422, "invalid".into(), "current_password".into()));
    }
    let right = json!({"password": NEW_PASSWORD, "current_password": PASSWORD});
    let answer = update(&bob, &right).await;
    assert_eq!(answer.status(), 429);
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(profile(&bob).await["name"], "Bob");
    assert_eq!(elsewhere.get("/rooms").await.status(), 200, "no session ended");
}

#[tokio::test]
async fn a_picture_is_shown_to_everyone_as_a_small_square_until_it_is_removed() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let initials = profile(&bob).await["avatar_url"].as_str().unwrap().to_owned();
    assert_eq!(avatar(&ann, &initials).await.0, "image/svg+xml");
    let mut socket = Socket::since(&ann, 0).await;
    socket.catch_up().await;

    let path = "/users/me/profile?_method=PUT";
    let answer = send_picture(&bob.in_a_browser(), path, "Bob", &picture(600, 300), "text/html").await;
    assert_eq!(answer.status(), 303);
    let url = profile(&bob).await["avatar_url"].as_str().unwrap().to_owned();
    assert_ne!(url, initials);
    assert_eq!(socket.frame("person_updated").await["user"]["avatar_url"], json!(url));
    let (content_type, webp) = avatar(&ann, &url).await;
    assert_eq!(content_type, "image/webp");
    assert_eq!(image::guess_format(&webp).unwrap(), ImageFormat::WebP);
    let shown = image::load_from_memory(&webp).unwrap().into_rgb8();
    assert_eq!((shown.width(), shown.height()), (256, 256));
    assert!(shown[(20, 128)].0[0] > 150 && shown[(236, 128)].0[2] > 150, "the middle, the right way round");

    let answer = ann.request(Method::GET, &url).header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "private, max-age=86400");
    assert!(!answer.headers().contains_key("content-encoding"), "it is compressed already");
    let etag = answer.headers()["etag"].clone();
    let again = ann.request(Method::GET, &url).header("if-none-match", etag).send().await.unwrap();
    assert_eq!(again.status(), 304);
    assert_eq!(server.visitor().get(&url).await.status(), 401);

    let other = ann.request(Method::DELETE, &format!("/users/{}/avatar", bob.id)).send().await.unwrap();
    assert_eq!(other.status(), 404);
    assert_eq!(avatar(&ann, &url).await.0, "image/webp", "it is still there");
    let answer = bob.in_a_browser().form("/users/me/avatar?_method=DELETE", &[]).await;
    assert_eq!(answer.status(), 303);
    assert_eq!(socket.frame("person_updated").await["user"]["avatar_url"], json!(initials));
    assert_eq!(avatar(&ann, &initials).await.0, "image/svg+xml");
    assert_eq!(server.number("SELECT count(*) FROM avatars").await, 0);
    let own = bob.json(Method::DELETE, &format!("/users/{}/avatar", bob.id), &json!({})).await;
    assert_eq!(own.status(), 204, "there is none any more, which is what was wanted");
    assert_eq!(server.number("SELECT value FROM counters WHERE name = 'people'").await, 3);
}

#[tokio::test]
async fn whoever_comes_in_can_bring_a_picture_and_one_that_is_none_lets_nobody_in() {
    let server = TestServer::start().await;
    // As the page's form sends it: in parts, with an input for which no file was picked.
    let form = |name: &str, file: &[u8]| {
        let address = format!("{}@example.com", name.to_lowercase());
        let fields = [("name", name), ("email_address", &address), ("password", PASSWORD)];
        let part = |(field, value): &(&str, &str)| {
            format!("--cut\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n")
        };
        let fields: String = fields.iter().map(part).collect();
        let head = "--cut\r\nContent-Disposition: form-data; name=\"avatar\"; filename=\"me\"\r\n\r\n";
        [fields.as_bytes(), head.as_bytes(), file, b"\r\n--cut--\r\n"].concat()
    };
    let send = async |visitor: &Person, path: &str, body: Vec<u8>| {
        let request = visitor.request(Method::POST, path);
        request.header("content-type", "multipart/form-data; boundary=cut").body(body).send().await.unwrap()
    };
    let refused = send(&server.visitor(), "/first_run", form("Ann", b"no picture")).await;
    assert_eq!(refused.status(), 422);
    let page = refused.text().await.unwrap();
    assert!(page.contains("id=\"avatar_error\"") && page.contains("value=\"Ann\""), "{page}");
    assert_eq!(server.number("SELECT count(*) FROM users").await, 0);
    let ann = server.visitor();
    assert_eq!(send(&ann, "/first_run", form("Ann", &picture(90, 90))).await.status(), 303);
    let url = profile(&ann).await["avatar_url"].as_str().unwrap().to_owned();
    assert_eq!(avatar(&ann, &url).await.0, "image/webp");

    let account = server.db.read(|snapshot| Ok(campfire::db::accounts::account(snapshot)?)).await.unwrap();
    let path = format!("/join/{}", account.unwrap().join_code);
    for (name, file, kind) in [("Bob", picture(90, 90), "image/webp"), ("Cid", Vec::new(), "image/svg+xml")] {
        let visitor = server.visitor();
        assert_eq!(send(&visitor, &path, form(name, &file)).await.status(), 303, "{name}");
        let url = profile(&visitor).await["avatar_url"].as_str().unwrap().to_owned();
        assert_eq!(avatar(&visitor, &url).await.0, kind);
    }
    assert_eq!(send(&server.visitor(), &path, form("Dan", b"no picture")).await.status(), 422);
    assert_eq!(server.number("SELECT count(*) FROM users").await, 3);
}

#[tokio::test]
async fn a_file_that_is_no_picture_is_refused_at_its_field_and_changes_nothing() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let before = profile(&ann).await;
    let whole = picture(300, 300);
    // It says that it is 65,535 pixels wide and high, in a header that is sound.
    let mut bomb = whole.clone();
    bomb[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    let mut sum = flate2::Crc::new();
    sum.update(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&sum.sum().to_be_bytes());
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    let path = "/users/me/profile?_method=PUT";
    for file in [&bomb[..], &whole[..whole.len() / 2], svg, b"GIF89a"] {
        let answer = send_picture(&ann, path, "Changed", file, "application/json").await;
        assert_eq!(error(answer).await, (422, "invalid".into(), "avatar".into()));
        let answer = send_picture(&ann.in_a_browser(), path, "Changed", file, "text/html").await;
        assert_eq!(answer.status(), 422);
        assert!(answer.text().await.unwrap().contains("id=\"avatar_error\""));
    }
    let large = vec![0; 10 * 1024 * 1024 + 1];
    let answer = send_picture(&ann, path, "Changed", &large, "application/json").await;
    assert_eq!(error(answer).await.0, 413);
    let answer = send_picture(&ann.in_a_browser(), path, "Changed", &large, "text/html").await;
    assert_eq!(answer.status(), 413);
    assert!(answer.text().await.unwrap().contains("at most 10 MiB"));
    assert_eq!(profile(&ann).await, before);
    // Without a file the rest is saved.
    let answer = send_picture(&ann, path, "Changed", b"", "application/json").await;
    assert_eq!(answer.json::<Value>().await.unwrap()["name"], "Changed");
}

#[tokio::test]
async fn devices_are_listed_and_can_be_signed_out_one_by_one() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let bob = server.member("Bob").await;
    let form = [("email_address", "bob@example.com"), ("password", PASSWORD)];
    let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36";
    let request = server.visitor().request(Method::POST, "/session").header("user-agent", chrome);
    let answer = request.header("accept", "application/json").form(&form).send().await.unwrap();
    let mut elsewhere = bob.clone();
    elsewhere.token = answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
    let mut socket = Socket::since(&elsewhere, 0).await;
    socket.catch_up().await;

    let sessions: Vec<Value> = bob.get("/users/me/sessions").await.json().await.unwrap();
    assert_eq!(sessions.len(), 2, "and not Ann's");
    let (other, own) = (&sessions[0], &sessions[1]);
    assert_eq!((&other["device"], &other["current"]), (&json!("Chrome on Linux"), &json!(false)));
    assert_eq!((&own["current"], &own["ip_address"]), (&json!(true), &json!("127.0.0.1")));
    assert!(own["created_at"].is_string() && own["last_used_at"].is_string(), "{own}");
    let page = bob.page("/users/me/sessions").await.text().await.unwrap();
    assert!(page.contains("Chrome on Linux") && page.contains("this device"), "{page}");

    let path = format!("/users/me/sessions/{}", other["id"]);
    assert_eq!(ann.json(Method::DELETE, &path, &json!({})).await.status(), 404);
    assert_eq!(elsewhere.get("/rooms").await.status(), 200, "it was not hers to end");
    assert_eq!(bob.form(&format!("{path}?_method=DELETE"), &[]).await.headers()["location"], "/users/me/sessions");
    assert_eq!(socket.close_code().await, 4401);
    assert_eq!(elsewhere.get("/rooms").await.status(), 401);
    assert_eq!(bob.json(Method::DELETE, &path, &json!({})).await.status(), 404, "it is gone");

    // Ending the one that asks is signing out.
    let path = format!("/users/me/sessions/{}?_method=DELETE", own["id"]);
    let answer = bob.in_a_browser().form(&path, &[]).await;
    assert_eq!(answer.headers()["location"], "/session/new");
    assert!(answer.headers()["set-cookie"].to_str().unwrap().starts_with("session_token=;"));
    assert_eq!(bob.get("/rooms").await.status(), 401);
}

#[tokio::test]
async fn a_persons_page_shows_what_its_reader_may_see() {
    let server = TestServer::start().await;
    let (ann, bob) = (server.administrator().await, server.member("Bob").await);
    let cid = server.member("Cid").await;
    update(&bob, &json!({"bio": "Builds <things>."})).await;
    let path = format!("/users/{}", bob.id);
    let page = async |person: &Person| person.page(&path).await.text().await.unwrap();
    let seen = [page(&ann).await, page(&cid).await, page(&bob).await];
    let ping = "action=\"/rooms/directs\"";
    let ban = format!("action=\"{path}/ban\"");
    let link = format!("action=\"{path}/transfers\"");
    let contains = |text: &str| seen.each_ref().map(|page| page.contains(text));
    assert_eq!(contains("Builds &#60;things&#62;."), [true; 3]);
    assert_eq!(contains("mailto:bob@example.com"), [true, false, true]);
    assert_eq!(contains(ping), [true, true, false]);
    assert_eq!(contains(&ban), [true, false, false]);
    assert_eq!(contains(&link), [true, false, false]);
    assert_eq!(contains("href=\"/users/me/profile\""), [false, false, true]);

    let shape = async |person: &Person| person.get(&path).await.json::<Value>().await.unwrap();
    assert_eq!(shape(&ann).await["email_address"], "bob@example.com");
    assert_eq!(shape(&bob).await["bio"], "Builds <things>.");
    let public = shape(&cid).await;
    assert_eq!((&public["name"], &public["email_address"]), (&json!("Bob"), &Value::Null));

    server.sql(format!("UPDATE users SET status = 'deactivated' WHERE id = {}", bob.id)).await;
    for person in [&ann, &cid] {
        let page = page(person).await;
        assert!(page.contains("is no longer here") && page.contains("Bob"), "{page}");
        assert!(!page.contains(ping) && !page.contains(&ban) && !page.contains("Builds"), "{page}");
    }
    server.sql(format!("UPDATE users SET status = 'banned' WHERE id = {}", bob.id)).await;
    let lift = format!("{path}/ban?_method=DELETE");
    assert!(page(&ann).await.contains(&lift) && !page(&cid).await.contains(&lift));
}
