//! Pages as a plain browser gets them, without JavaScript, and the pieces in them that scripts rely on.

use crate::support::socket::{Heard, Socket};
use crate::support::{PASSWORD, Person, TestServer};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::collections::HashSet;

/// Names and texts that break careless pages.
const STRANGE: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "O'Neill & \"Sons\" &lt;Ltd&gt;",
    "محمد علي",
    "🔥 Fire 👩‍👩‍👧",
    "{{ 7 * 7 }} ${x} </textarea></title>",
    "javascript:alert(1)",
];

/// An element's start: its name and attributes, taken apart as a browser does.
#[derive(Debug)]
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.get(name) == Some(value)
    }
}

/// Every start tag of a page and the text between, unescaped.
fn parse(html: &str) -> (Vec<Tag>, String) {
    let (mut tags, mut text, mut rest) = (Vec::new(), String::new(), html);
    while let Some((before, after)) = rest.split_once('<') {
        text += before;
        let mut quote = None;
        let end = after.find(|c| {
            let is_end = quote.is_none() && c == '>';
            match quote {
                Some(open) => quote = (c != open).then_some(open),
                None => quote = matches!(c, '"' | '\'').then_some(c),
            }
            is_end
        });
        let (inside, after) = after.split_at(end.unwrap_or_else(|| panic!("an open tag: {after}")));
        if !inside.starts_with(['/', '!']) {
            tags.push(tag(inside.trim_end_matches('/')));
        }
        rest = &after[1..];
    }
    (tags, unescaped(&(text + rest)))
}

fn tag(inside: &str) -> Tag {
    let (name, mut rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Tag { name: name.to_lowercase(), attributes };
        }
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let attribute = rest[..end].to_lowercase();
        rest = &rest[end..];
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
            let quote = quote.unwrap_or_else(|| panic!("a value without quotes: {inside}"));
            (value, rest) = after[1..].split_once(quote).unwrap_or((after, ""));
        }
        attributes.push((attribute, unescaped(value)));
    }
}

fn unescaped(text: &str) -> String {
    let pairs = "&lt; < &#60; < &gt; > &#62; > &quot; \" &#34; \" &#39; ' &#38; & &amp; &";
    let pairs: Vec<_> = pairs.split(' ').collect();
    pairs.chunks(2).fold(text.to_owned(), |text, pair| text.replace(pair[0], pair[1]))
}

/// Demands that markup runs nothing: no script of its own, no style, no handler, no script in a link.
fn demand_harmless(what: &str, html: &str) {
    for tag in parse(html).0 {
        assert_ne!(tag.name, "style", "{what}");
        assert!(tag.name != "script" || tag.get("src").is_some_and(|src| src.starts_with("/assets/")), "{what}");
        for (name, value) in &tag.attributes {
            assert!(!name.starts_with("on") && name != "style" && name != "srcdoc", "{what}: {tag:?}");
            let is_text = ["value", "placeholder", "content", "alt", "title", "aria-label"].contains(&name.as_str());
            let script = value.trim().to_lowercase();
            assert!(is_text || !script.starts_with("javascript:"), "{what}: {tag:?}");
        }
    }
    for script in html.split("<script").skip(1) {
        assert!(script.split_once('>').unwrap().1.starts_with("</script>"), "{what}: a script inside the page");
    }
}

async fn html(answer: Response) -> String {
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"), "{}", answer.url());
    answer.text().await.unwrap()
}

fn location(answer: &Response) -> &str {
    assert_eq!(answer.status(), 303, "{}", answer.url());
    answer.headers()["location"].to_str().unwrap()
}

/// The messages of a page or part, as elements; not the template of a pending one.
fn articles(html: &str) -> Vec<Tag> {
    parse(html).0.into_iter().filter(|tag| tag.name == "article" && tag.get("data-key").is_some()).collect()
}

fn ids(html: &str) -> Vec<i64> {
    articles(html).iter().map(|tag| tag.get("data-message-id").unwrap().parse().unwrap()).collect()
}

/// Settings for tests that post a lot.
const QUICK: &[(&str, &str)] =
    &[("CAMPFIRE_POST_BURST", "100000"), ("CAMPFIRE_POSTS_PER_SECOND", "100000"), ("CAMPFIRE_SYNCHRONOUS", "normal")];

async fn join_code(server: &TestServer) -> String {
    let account = server.db.read(|snapshot| Ok(campfire::db::accounts::account(snapshot)?)).await;
    account.unwrap().unwrap().join_code
}

#[tokio::test]
async fn a_browser_without_scripts_can_begin_write_and_read() {
    let server = TestServer::start().await;
    let browser = server.visitor();
    assert_eq!(location(&browser.page("/").await), "/first_run");
    let page = html(browser.page("/first_run").await).await;
    let fields: HashSet<_> = parse(&page).0.iter().filter_map(|tag| tag.get("name").map(str::to_owned)).collect();
    assert!(["name", "email_address", "password"].iter().all(|field| fields.contains(*field)));
    let form = [("name", "Ann Admin"), ("email_address", "ann@example.com"), ("password", PASSWORD)];
    assert_eq!(location(&browser.form("/first_run", &form).await), "/");
    assert_eq!(location(&browser.page("/").await), "/rooms/1");

    let empty = html(browser.page("/rooms/1").await).await;
    assert!(articles(&empty).is_empty() && empty.contains("data-empty"));
    let tags = parse(&empty).0;
    let composer = tags.iter().find(|tag| tag.is("id", "composer")).unwrap();
    assert!(composer.is("method", "post"));
    let path = composer.get("action").unwrap();
    assert!(tags.iter().any(|tag| tag.name == "textarea" && tag.is("name", "body")));
    assert_eq!(location(&browser.form(path, &[("body", "Hello, fire")]).await), "/rooms/1");
    let page = html(browser.page("/rooms/1").await).await;
    assert_eq!(articles(&page).len(), 1);
    assert!(parse(&page).1.contains("Hello, fire") && !page.contains("data-empty"));
    assert_eq!(browser.form(path, &[("body", " ")]).await.status(), 422);
    assert_eq!(server.rows().await.len(), 1);
}

#[tokio::test]
async fn the_older_link_leads_through_every_message_to_the_first() {
    let server = TestServer::start_with(QUICK).await;
    let ann = server.administrator().await;
    for number in 1..=100 {
        ann.says(&format!("number {number}")).await;
    }
    let (mut path, mut seen, mut lengths) = ("/rooms/1".to_owned(), Vec::new(), Vec::new());
    loop {
        let page = html(ann.page(&path).await).await;
        let shown = ids(&page);
        lengths.push(shown.len());
        seen.splice(0..0, shown);
        let older = parse(&page).0.into_iter().find(|tag| tag.is("id", "older"));
        let Some(older) = older else { break };
        path = older.get("href").unwrap().to_owned();
        assert_eq!(path, format!("/rooms/1/messages?before={}", seen[0]));
        assert!(older.is("hx-get", &path));
    }
    assert_eq!(lengths, [40, 40, 20]);
    assert_eq!(seen, (1..=100).collect::<Vec<i64>>());

    // The same link as htmx follows it: the messages, to be put in their places, and the way on.
    let part = ann.request(Method::GET, "/rooms/1/messages?before=61").header("hx-request", "true").send().await;
    let part = html(part.unwrap()).await;
    assert!(part.starts_with("<hx-upsert hx-target=\"#messages\" key=\"data-key\" sort"), "{part}");
    assert!(part.contains("hx-target=\"#older_place\"") && part.contains("before=21") && !part.contains("<html"));
    assert_eq!(ids(&part), (21..=60).collect::<Vec<i64>>());

    for (id, has_older, has_newer) in [(1, false, true), (50, true, true), (100, true, false)] {
        let page = html(ann.page(&format!("/rooms/1/@{id}")).await).await;
        let (shown, tags) = (ids(&page), parse(&page).0);
        assert!(shown.contains(&id) && shown.is_sorted() && shown.len() <= 41, "{shown:?}");
        assert!(tags.iter().any(|tag| tag.is("id", "messages") && tag.is("data-target-id", &id.to_string())));
        for (link, is_there) in [("older", has_older), ("newer", has_newer)] {
            assert_eq!(tags.iter().any(|tag| tag.is("id", link)), is_there, "{link} of {id}");
        }
    }
}

#[tokio::test]
async fn what_people_are_called_and_write_is_shown_as_it_is_and_runs_nothing() {
    let server = TestServer::start_with(QUICK).await;
    let form = json!({"name": STRANGE[1], "email_address": "ann@example.com", "password": PASSWORD, "account_name": STRANGE[0]});
    let mut ann = server.visitor();
    let session = ann.json(Method::POST, "/first_run", &form).await.json::<Value>().await.unwrap();
    ann.token = session["token"].as_str().unwrap().to_owned();
    let door = format!("/join/{}", join_code(&server).await);
    server.sql(format!("UPDATE rooms SET name = '{}'", STRANGE[2].replace('\'', "''"))).await;

    let long = "é".repeat(200);
    for (number, text) in STRANGE.iter().copied().chain([long.as_str()]).enumerate() {
        let mut person = server.visitor();
        let address = format!("p{number}@example.com");
        let form = json!({"name": text, "email_address": address, "password": PASSWORD});
        let session = person.json(Method::POST, &door, &form).await.json::<Value>().await.unwrap();
        person.token = session["token"].as_str().unwrap().to_owned();
        let mut socket = Socket::try_connect(&person, "room=1&since=0").await.unwrap();
        // An entity is a character in Markdown; after a backslash it is what was typed.
        let message = person.says(&text.replace('&', "\\&")).await;
        let around = format!("/rooms/1/@{}", message["id"]);
        for path in ["/rooms/1", &around, "/users/me/sidebar"] {
            let page = html(person.page(path).await).await;
            demand_harmless(path, &page);
            assert!(parse(&page).1.contains(text), "{path} does not show {text}");
            assert!(path.ends_with("sidebar") || page.contains("data-message-id"));
        }
        loop {
            match socket.hear().await {
                Heard::Html(frame) => {
                    demand_harmless("a frame", &frame);
                    let is_theirs = parse(&frame).1.matches(text).count() > 1;
                    if frame.contains("#messages") && is_theirs {
                        break;
                    }
                }
                end => assert!(matches!(end, Heard::Frame(_)), "{end:?}"),
            }
        }
        server.sql(format!("DELETE FROM memberships WHERE user_id = {}", session["user"]["id"])).await;
        let welcome = html(person.page("/").await).await;
        demand_harmless("/", &welcome);
        assert!(parse(&welcome).1.contains(text));
    }
    for (path, shown) in [("/session/new", STRANGE[1]), ("/session/new", STRANGE[0]), (&door, STRANGE[0])] {
        let page = html(server.visitor().page(path).await).await;
        demand_harmless(path, &page);
        assert!(parse(&page).1.contains(shown), "{path} does not show {shown}");
    }
    let again = [("email_address", STRANGE[1]), ("return_to", STRANGE[2])];
    let again = html(server.visitor().form("/session", &again).await).await;
    demand_harmless("/session", &again);
    assert!(parse(&again).0.iter().any(|tag| tag.is("value", STRANGE[1])), "{again}");
}

/// Every page there is, each with what it is.
async fn every_page() -> (TestServer, Person, Vec<(String, String)>) {
    let server = TestServer::start_with(QUICK).await;
    let visitor = server.visitor();
    let mut answers = vec![visitor.page("/first_run").await];
    answers.push(visitor.form("/first_run", &[("name", "x")]).await);
    let ann = server.administrator().await;
    let olga = server.outsider("Olga").await;
    let bob = server.member("Bob").await;
    let door = format!("/join/{}", join_code(&server).await);
    answers.push(ann.page("/rooms/1").await);
    for number in 0..50 {
        ann.says(&format!("{number} https://example.com/?a=1&b=\"2\"")).await;
    }
    let (before, after) = ("/rooms/1/messages?before=20", "/rooms/1/messages?after=20");
    for path in ["/rooms/1", "/rooms/1/@25", before, after, "/nothing"] {
        answers.push(ann.page(path).await);
        answers.push(bob.page(path).await);
    }
    let taken = [("name", "x"), ("email_address", "bob@example.com"), ("password", PASSWORD)];
    answers.extend([
        olga.page("/").await,
        olga.page("/rooms/1").await,
        visitor.page("/session/new?return_to=/rooms/1&email_address=a@b.c").await,
        visitor.form("/session", &[("email_address", "a@b.c")]).await,
        visitor.page(&door).await,
        visitor.form(&door, &[("name", "x")]).await,
        visitor.form(&door, &taken).await,
        ann.form("/rooms/1/messages", &[("body", "")]).await,
        ann.form("/session/new", &[]).await,
        bob.form("/rooms/1/messages/1?_method=DELETE", &[]).await,
    ]);
    let mut pages = Vec::new();
    for answer in answers {
        let what = format!("{} {}", answer.status(), answer.url().path());
        assert_ne!(answer.status(), 303, "{what}");
        pages.push((what, html(answer).await));
    }
    (server, ann, pages)
}

#[tokio::test]
async fn every_page_runs_nothing_of_its_own_and_holds_together() {
    let (_server, ann, pages) = every_page().await;
    let mut assets = HashSet::new();
    for (what, page) in &pages {
        demand_harmless(what, page);
        let tags = parse(page).0;
        let all: Vec<_> = tags.iter().filter_map(|tag| tag.get("id")).collect();
        let known: HashSet<_> = all.iter().copied().collect();
        assert_eq!(all.len(), known.len(), "{what}: an id twice in {all:?}");
        assert!(page.trim_start().to_lowercase().starts_with("<!doctype html>"), "{what}");
        assert!(tags.iter().any(|tag| tag.name == "html" && tag.get("lang").is_some()), "{what}");
        assert_eq!(tags.iter().filter(|tag| tag.name == "h1").count(), 1, "{what}");
        for tag in &tags {
            for name in ["for", "aria-describedby", "aria-labelledby"] {
                let target = tag.get(name);
                assert!(target.is_none_or(|id| known.contains(id)), "{what}: {name}={target:?}");
            }
            for url in ["href", "src"].iter().filter_map(|name| tag.get(name)) {
                if let Some(id) = url.strip_prefix('#') {
                    assert!(known.contains(id), "{what}: nothing at {url}");
                } else if url.starts_with("/assets/") || url.starts_with("/users/") {
                    assets.insert(url.split('#').next().unwrap().to_owned());
                }
            }
            let is_field = ["input", "textarea", "select"].contains(&tag.name.as_str());
            let has_label = tag.get("aria-label").is_some()
                || tags.iter().any(|label| label.name == "label" && label.get("for") == tag.get("id"));
            assert!(!is_field || tag.is("type", "hidden") || has_label, "{what}: {tag:?}");
            assert!(tag.name != "img" || tag.get("alt").is_some(), "{what}: {tag:?}");
        }
    }
    assert!(assets.len() > 10, "{assets:?}");
    for url in assets {
        // Everybody's stylesheet is their own: Bob's page names his.
        let is_bobs = url.ends_with("/stylesheet") && url != format!("/users/{}/stylesheet", ann.id);
        assert_eq!(ann.page(&url).await.status(), if is_bobs { 404 } else { 200 }, "{url}");
    }
}

#[tokio::test]
async fn a_room_page_has_the_pieces_that_scripts_rely_on() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let message = ann.says("hello").await;
    let revision = ann.get("/rooms/1/messages").await.headers()["x-revision"].to_str().unwrap().to_owned();
    let page = html(ann.page("/rooms/1").await).await;
    let tags = parse(&page).0;
    let list = tags.iter().find(|tag| tag.is("id", "messages")).unwrap();
    assert!(list.is("data-revision", &revision), "{list:?}");
    let article = &articles(&page)[0];
    let id = message["id"].to_string();
    let element = format!("message_{}", message["client_message_id"].as_str().unwrap());
    for (name, value) in [
        ("id", element.as_str()),
        ("data-key", &id),
        ("data-message-id", &id),
        ("data-room-id", "1"),
        ("data-user-id", &ann.id.to_string()),
        ("data-revision", &message["revision"].to_string()),
    ] {
        assert!(article.is(name, value), "{name}={value}: {article:?}");
    }
    assert!(article.get("data-created-at-ms").unwrap().parse::<i64>().unwrap() > 1_700_000_000_000);
    assert!(tags.iter().any(|tag| tag.is("id", &format!("{element}_body"))));
    let others = "pending pending_template older_place newer_place jump typing connection present composer";
    for id in others.split(' ') {
        assert_eq!(tags.iter().filter(|tag| tag.is("id", id)).count(), 1, "#{id}");
    }
    ann.json(Method::DELETE, &format!("/rooms/1/messages/{id}"), &json!({})).await;
    let after = parse(&html(ann.page("/rooms/1").await).await).0;
    assert!(!after.iter().any(|tag| tag.is("id", &element) || tag.is("data-revision", &revision)));
}

#[tokio::test]
async fn a_fresh_page_groups_what_one_person_says_and_parts_the_days() {
    const MINUTE: i64 = 60 * 1000;
    /// Saturday, 31 January 2026, 23:40 UTC.
    const START: i64 = 1_769_902_800_000;
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let bob = server.member("Bob").await;
    let rows = [
        (&ann, 0, false, Some("Saturday, 31 January 2026")),
        (&ann, MINUTE, true, None),
        (&bob, 2 * MINUTE, false, None),
        (&ann, 3 * MINUTE, false, None),
        (&ann, 8 * MINUTE - 1, true, None),
        (&ann, 13 * MINUTE - 1, false, None),
        (&ann, 19 * MINUTE, false, None),
        (&ann, 20 * MINUTE, false, Some("Sunday, 1 February 2026")),
        (&ann, 21 * MINUTE, true, None),
    ];
    for (person, after_ms, ..) in &rows {
        let id = person.says("hello").await["id"].to_string();
        let at_ms = START + after_ms;
        server.sql(format!("UPDATE messages SET created_at_ms = {at_ms} WHERE id = {id}")).await;
    }
    let page = html(ann.page("/rooms/1").await).await;
    let shown = articles(&page);
    assert_eq!(shown.len(), rows.len());
    for (tag, (_, after_ms, follows, day)) in shown.iter().zip(rows) {
        assert_eq!((tag.get("data-follows").is_some(), tag.get("data-day")), (follows, day), "{after_ms}");
    }
    assert_eq!(html(bob.page("/rooms/1/messages?before=6").await).await.matches("data-day").count(), 1);
}

/// The next frame that changes a message.
async fn change(socket: &mut Socket) -> String {
    loop {
        match socket.hear().await {
            Heard::Html(frame) if !frame.contains("#present") => return frame,
            Heard::Html(_) | Heard::Frame(_) => {}
            end => panic!("{end:?}"),
        }
    }
}

#[tokio::test]
async fn an_answer_to_htmx_is_the_very_fragment_that_everybody_hears() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let bob = server.member("Bob").await;
    let mut socket = Socket::try_connect(&bob, "room=1&since=0").await.unwrap();
    let send = |method: Method, path: &str, body: &str| {
        ann.in_a_browser().request(method, path).header("hx-request", "true").form(&[("body", body)]).send()
    };

    let created = html(send(Method::POST, "/rooms/1/messages", "<b>one</b>").await.unwrap()).await;
    let message = &ann.messages().await[0];
    let path = format!("/rooms/1/messages/{}", message["id"]);
    let element = format!("message_{}", message["client_message_id"].as_str().unwrap());
    assert!(created.starts_with("<hx-upsert hx-target=\"#messages\" key=\"data-key\" sort"), "{created}");
    assert!(created.trim_end().ends_with("</hx-upsert>") && created.contains(&format!("id=\"{element}\"")));
    assert_eq!(change(&mut socket).await, created);
    assert_eq!(html(send(Method::GET, &path, "").await.unwrap()).await, created);

    let updated = html(send(Method::PUT, &path, "two").await.unwrap()).await;
    let start = format!("<hx-partial hx-target=\"#{element}_body\" hx-swap=\"outerHTML\"");
    assert!(updated.starts_with(&start) && updated.contains(&format!("id=\"{element}_body\"")), "{updated}");
    assert!(!updated.contains("<article"));
    assert_eq!(change(&mut socket).await, updated);

    let removed = html(send(Method::DELETE, &path, "").await.unwrap()).await;
    let start = format!("<hx-partial hx-target=\"#{element}\" hx-swap=\"delete\"");
    assert!(removed.starts_with(&start), "{removed}");
    assert_eq!(change(&mut socket).await, removed);
    let revisions: Vec<i64> = [&created, &updated, &removed]
        .map(|part| parse(part).0[0].get("data-revision").unwrap().parse().unwrap())
        .into();
    assert_eq!(revisions, [1, 2, 3]);
}

#[tokio::test]
async fn only_an_administrator_sees_the_invite_link() {
    let server = TestServer::start_with(&[("CAMPFIRE_PUBLIC_URL", "https://chat.example.com")]).await;
    let ann = server.administrator().await;
    let bob = server.member("Bob").await;
    let code = join_code(&server).await;
    for path in ["/rooms/1", "/users/me/sidebar"] {
        let page = html(ann.page(path).await).await;
        assert!(page.contains(&format!("https://chat.example.com/join/{code}")), "{path}");
        assert!(!html(bob.page(path).await).await.contains(&code), "{path}");
    }
    for path in ["/rooms", "/rooms/1", "/rooms/1/messages"] {
        assert!(!bob.get(path).await.text().await.unwrap().contains(&code), "{path}");
    }
}

#[tokio::test]
async fn a_picture_is_a_drawing_of_initials() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    for (name, initials) in [
        ("Ada King Lovelace", "AL"),
        ("<script>x</script> & \"co\"", "SC"),
        ("محمد علي", "مع"),
        ("ß", "SS"),
        ("<> &", ""),
    ] {
        server.sql(format!("UPDATE users SET name = '{name}' WHERE id = {}", ann.id)).await;
        let answer = ann.page(&format!("/users/{}/avatar", ann.id)).await;
        assert_eq!(answer.headers()["content-type"], "image/svg+xml");
        let svg = answer.text().await.unwrap();
        assert!(svg.trim_start().starts_with("<svg"), "{svg}");
        let (tags, text) = parse(&svg);
        assert_eq!(text.trim(), initials, "{name}");
        assert_eq!(tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), ["svg", "rect", "text"]);
    }
    assert_eq!(ann.page("/users/999/avatar").await.status(), 404);
}
