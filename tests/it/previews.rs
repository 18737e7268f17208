//! Previews of links: what arrives and how, what is refused, and how they go.

use crate::support::site::{Site, ok, page, picture, redirect};
use crate::support::socket::Socket;
use crate::support::{Person, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

const SETTINGS: &[(&str, &str)] = &[("CAMPFIRE_POST_BURST", "1000")];

fn answer(path: &str) -> Option<Vec<u8>> {
    match path.split_once('?').map_or(path, |(path, _)| path) {
        "/picture.png" => picture(1200, 630),
        "/never" => None,
        "/metadata" => redirect("http://169.254.169.254/latest/meta-data"),
        "/by-name" => redirect("http://localhost/"),
        "/hop0" => page("After five"),
        path if path.starts_with("/hop") => {
            redirect(&format!("/hop{}", path["/hop".len()..].parse::<u32>().unwrap() - 1))
        }
        "/large" => ok("text/html", format!("<title>Large</title>{}", " ".repeat(1024 * 1024))),
        "/large.png" => ok("image/png", " ".repeat(1024 * 1024 + 1)),
        "/text" => ok("text/plain", "<title>Text</title>"),
        "/missing" => Some(
            b"HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\ncontent-length: 18\r\n\r\n<title>No</title>.".into(),
        ),
        "/silent" => ok("text/html", "<p>I say nothing of myself.</p>"),
        "/no-picture" => ok("text/html", "<title>No picture</title><meta property=og:image content=/text>"),
        "/broken-picture" => ok("text/html", "<title>Broken</title><meta property=og:image content=/broken.png>"),
        "/broken.png" => ok("image/png", "This is no picture."),
        "/metadata-picture" => {
            ok("text/html", "<title>Sly</title><meta property=og:image content=http://169.254.169.254/a.png>")
        }
        path => page(path.trim_start_matches('/')),
    }
}

struct Stage {
    site: Site,
    server: TestServer,
    ann: Person,
    bob: Person,
    socket: Socket,
}

async fn started() -> Stage {
    let site = Site::start(answer).await;
    let server = TestServer::start_with_site(site.address, SETTINGS).await;
    let ann = server.administrator().await;
    let bob = server.member("Bob").await;
    let mut socket = Socket::since(&ann, 0).await;
    socket.catch_up().await;
    Stage { site, server, ann, bob, socket }
}

fn path(message: &Value) -> String {
    format!("/rooms/1/messages/{}", message["id"])
}

impl Stage {
    /// Bob posts a link.
    async fn links(&self, path: &str) -> Value {
        self.bob.says(&format!("see {}", self.site.url(path))).await
    }

    /// Waits until a message has its preview.
    async fn arrives(&mut self, message: &Value) -> Value {
        let frame = self.socket.frame("preview_changed").await;
        assert_eq!(frame["message_id"], message["id"], "{frame}");
        frame
    }

    /// Posts a link that has a preview and waits for it, and no other, to arrive.
    async fn another_arrives(&mut self, path: &str) {
        let message = self.links(path).await;
        self.arrives(&message).await;
    }

    async fn now(&self, message: &Value) -> Value {
        self.ann.get(&path(message)).await.json().await.unwrap()
    }

    async fn edits(&self, message: &Value, text: &str) -> Value {
        let answer = self.bob.json(Method::PUT, &path(message), &json!({"body": text})).await;
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    async fn rows(&self) -> i64 {
        self.server.number("SELECT count(*) FROM previews").await
    }
}

#[tokio::test]
async fn a_preview_arrives_live_and_by_catching_up_and_its_picture_is_served_to_members_only() {
    let mut stage = started().await;
    let message = stage.links("/story").await;
    assert_eq!(message["preview"], Value::Null, "nobody waits for it");
    let frame = stage.arrives(&message).await;
    let preview = &frame["preview"];
    assert_eq!(preview["url"], stage.site.url("/story"));
    assert_eq!((&preview["title"], &preview["description"]), (&json!("story"), &json!("All about story")));
    assert_eq!((&preview["image_width"], &preview["image_height"]), (&json!(610), &json!(320)));
    assert!(frame["revision"].as_i64() > message["revision"].as_i64());
    let now = stage.now(&message).await;
    assert_eq!((&now["preview"], &now["revision"]), (preview, &frame["revision"]));

    // Who saw the message catches up with its change, who did not with the whole.
    for (since, kind) in [(message["revision"].as_i64().unwrap(), "message_updated"), (0, "message_created")] {
        let changes = Socket::since(&stage.ann, since).await.catch_up().await.0;
        let change = changes.iter().find(|change| change["message"]["id"] == message["id"]).unwrap();
        assert_eq!((&change["type"], &change["message"]["preview"]), (&json!(kind), preview));
    }

    let image = preview["image_url"].as_str().unwrap();
    let answer = stage.ann.get(image).await;
    assert_eq!(answer.headers()["content-type"], "image/webp");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert!(answer.headers()["cache-control"].to_str().unwrap().contains("max-age"));
    assert!(answer.bytes().await.unwrap().starts_with(b"RIFF"));
    let olga = stage.server.outsider("Olga").await;
    assert_eq!(olga.get(image).await.status(), 404);
    let page = stage.ann.page("/rooms/1").await.text().await.unwrap();
    assert!(page.contains("preview__card") && page.contains(image), "{page}");
    let picture = stage.site.url("/picture.png");
    assert!(!page.contains(&picture), "readers' browsers are sent nowhere");

    for head in stage.site.asked() {
        let head = head.to_ascii_lowercase();
        assert!(!head.contains("cookie") && !head.contains("authorization") && !head.contains("referer"), "{head}");
    }
}

#[tokio::test]
async fn a_link_to_a_picture_has_only_that_and_one_that_is_known_is_not_fetched_again() {
    let mut stage = started().await;
    let message = stage.links("/picture.png").await;
    let frame = stage.arrives(&message).await;
    assert_eq!((&frame["preview"]["title"], &frame["preview"]["image_width"]), (&json!(""), &json!(610)));
    stage.another_arrives("/picture.png").await;
    assert_eq!(stage.site.asked().len(), 1);
}

#[tokio::test]
async fn what_has_no_preview_costs_a_message_nothing() {
    let mut stage = started().await;
    let secret = format!("http://user:secret@{}/with-credentials", stage.site.address);
    let by_name = format!("http://localhost:{}/by-another-name", stage.site.address.port());
    let texts = [
        secret.clone(),
        by_name.clone(),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        format!("http://{}:8080/", stage.site.address.ip()),
        format!("`{}`", stage.site.url("/in-code")),
        format!("```\n{}\n```", stage.site.url("/in-a-block")),
        "[room](/rooms/1) and ann@example.com".to_owned(),
        stage.site.url("/hop6"),
    ];
    let paths = ["/metadata", "/by-name", "/large.png", "/text", "/missing", "/silent", "/broken.png"];
    let mut messages = Vec::new();
    for text in texts.into_iter().chain(paths.map(|path| stage.site.url(path))) {
        messages.push(stage.bob.says(&text).await);
    }
    // Those after them have theirs.
    for number in 0..4 {
        stage.another_arrives(&format!("/after{number}")).await;
    }
    stage.another_arrives("/hop5").await;
    for path in paths {
        stage.site.is_asked(path).await;
    }
    for message in &messages {
        assert_eq!(stage.now(message).await["preview"], Value::Null, "{}", message["content"]);
    }
    let asked = stage.site.asked().join("");
    for path in ["with-credentials", "by-another-name", "in-code", "in-a-block"] {
        assert!(!asked.contains(path), "{path}");
    }
}

#[tokio::test]
async fn a_large_page_is_read_as_far_as_its_head() {
    let mut stage = started().await;
    let message = stage.links("/large").await;
    assert_eq!(stage.arrives(&message).await["preview"]["title"], "Large");
}

#[tokio::test]
async fn a_picture_that_is_none_or_may_not_be_fetched_leaves_the_words() {
    let mut stage = started().await;
    for (link, title) in [("/no-picture", "No picture"), ("/broken-picture", "Broken"), ("/metadata-picture", "Sly")] {
        let message = stage.links(link).await;
        let frame = stage.arrives(&message).await;
        assert_eq!((&frame["preview"]["title"], &frame["preview"]["image_url"]), (&json!(title), &Value::Null));
        assert_eq!(frame["preview"]["image_width"], Value::Null);
        assert_eq!(stage.ann.get(&format!("{}/preview/image", path(&message))).await.status(), 404);
    }
}

#[tokio::test]
async fn what_never_answers_holds_others_up_for_no_longer_than_a_fetch_may_take() {
    let mut stage = started().await;
    for number in 0..3 {
        stage.links(&format!("/never?{number}")).await;
    }
    stage.another_arrives("/beside").await;
    stage.links("/never?4").await;
    stage.site.is_asked("/never?4").await;
    // All places are taken now, until the time of the first is over.
    stage.another_arrives("/after").await;
}

#[tokio::test]
async fn the_server_stops_while_something_never_answers() {
    let stage = started().await;
    stage.links("/never").await;
    stage.site.is_asked("/never").await;
    let folder = stage.server.stop().await;
    TestServer::start_in(folder, &[]).await.stop().await;
}

#[tokio::test]
async fn a_preview_that_comes_after_its_link_has_gone_is_dropped() {
    let mut stage = started().await;
    let (edited, removed) = (stage.links("/gated/edited").await, stage.links("/gated/removed").await);
    stage.site.is_asked("/gated/edited").await;
    stage.site.is_asked("/gated/removed").await;
    stage.edits(&edited, "never mind").await;
    assert_eq!(stage.bob.json(Method::DELETE, &path(&removed), &json!({})).await.status(), 204);
    stage.site.open_the_gate();
    stage.site.is_asked("/picture.png").await;
    for number in 0..4 {
        stage.another_arrives(&format!("/after{number}")).await;
    }
    assert_eq!(stage.now(&edited).await["preview"], Value::Null);
    assert_eq!(stage.rows().await, 4);
}

#[tokio::test]
async fn an_edit_keeps_the_preview_of_a_link_that_stays_and_drops_that_of_one_that_goes() {
    let mut stage = started().await;
    let message = stage.links("/one").await;
    let preview = stage.arrives(&message).await["preview"].clone();
    let edited = stage.edits(&message, &format!("look: {}", stage.site.url("/one"))).await;
    assert_eq!(edited["preview"], preview);
    let edited = stage.edits(&message, &format!("rather {}", stage.site.url("/two"))).await;
    assert_eq!(edited["preview"], Value::Null);
    assert_eq!(stage.arrives(&message).await["preview"]["title"], "two");
    let edited = stage.edits(&message, "nothing").await;
    assert_eq!((&edited["preview"], stage.rows().await), (&Value::Null, 0));
}

#[tokio::test]
async fn the_author_or_an_administrator_removes_a_preview_and_it_stays_removed() {
    let mut stage = started().await;
    for (place, who) in [stage.bob.clone(), stage.ann.clone()].into_iter().enumerate() {
        let message = stage.links(&format!("/removed{place}")).await;
        let image = stage.arrives(&message).await["preview"]["image_url"].as_str().unwrap().to_owned();
        let one = format!("{}/preview", path(&message));
        let cy = stage.server.member(&format!("Cy {place}")).await;
        assert_eq!(cy.json(Method::DELETE, &one, &json!({})).await.status(), 403);
        let gone = match place {
            0 => who.in_a_browser().form(&format!("{one}?_method=DELETE"), &[]).await.status(),
            _ => who.json(Method::DELETE, &one, &json!({})).await.status(),
        };
        assert_eq!(gone, [303, 204][place]);
        let frame = stage.arrives(&message).await;
        assert_eq!((&frame["preview"], &stage.now(&message).await["preview"]), (&Value::Null, &Value::Null));
        assert_eq!(who.json(Method::DELETE, &one, &json!({})).await.status(), 404);
        assert_eq!(stage.ann.get(&image).await.status(), 404);
        let content = "SELECT count(*) FROM previews WHERE title <> '' OR url <> '' OR image_webp IS NOT NULL";
        assert_eq!(stage.server.number(content).await, 0);
        stage.edits(&message, &format!("again {}", stage.site.url("/other"))).await;
    }
    stage.another_arrives("/after").await;
    assert_eq!(stage.server.number("SELECT count(*) FROM previews WHERE NOT is_removed").await, 1);
}

#[tokio::test]
async fn deleting_a_message_deletes_its_preview() {
    let mut stage = started().await;
    let message = stage.links("/gone").await;
    let image = stage.arrives(&message).await["preview"]["image_url"].as_str().unwrap().to_owned();
    assert_eq!(stage.bob.json(Method::DELETE, &path(&message), &json!({})).await.status(), 204);
    assert_eq!((stage.rows().await, stage.ann.get(&image).await.status().as_u16()), (0, 404));
}

#[tokio::test]
async fn where_previews_are_off_nothing_is_fetched_and_what_comes_late_is_not_shown() {
    let stage = started().await;
    let late = stage.links("/gated/late").await;
    stage.site.is_asked("/gated/late").await;
    let answer = stage.ann.json(Method::PUT, "/account", &json!({"show_previews": "off"})).await;
    assert_eq!(answer.status(), 200);
    let off = stage.links("/off").await;
    stage.site.open_the_gate();
    stage.site.is_asked("/picture.png").await;
    for _ in 0..20 {
        stage.links("/off").await;
    }
    assert_eq!((&stage.now(&off).await["preview"], &stage.now(&late).await["preview"]), (&Value::Null, &Value::Null));
    assert_eq!(stage.rows().await, 0);
    assert!(!stage.site.asked().join("").contains("/off"));
}
