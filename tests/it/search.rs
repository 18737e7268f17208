//! Search: what is found, and by whom.

use crate::support::{Person, TestServer};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

async fn started() -> (TestServer, Person) {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    (server, ann)
}

fn url(q: &str) -> String {
    format!("/searches?{}", encoded(&[("q", q)]))
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    let mut url = reqwest::Url::parse("http://x/").unwrap();
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap().to_owned()
}

/// The contents that somebody finds.
async fn found(person: &Person, q: &str) -> Vec<String> {
    let answer = person.get(&url(q)).await;
    assert_eq!(answer.status(), 200, "{q}");
    let messages: Vec<Value> = answer.json().await.unwrap();
    messages.iter().map(|message| message["content"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_message_is_found_by_its_words_as_it_is_now_with_its_room_and_marks() {
    let (_server, ann) = started().await;
    let old = ann.says("We deploy at noon").await;
    let new = ann.says("Déployé **today**, see https://lunch.example/place").await;
    let answer = ann.get(&url("depl")).await;
    assert_eq!(answer.headers()["x-total-count"], "2");
    let found_now: Vec<Value> = answer.json().await.unwrap();
    assert_eq!([&found_now[0]["id"], &found_now[1]["id"]], [&new["id"], &old["id"]], "newest first");
    assert_eq!(found_now[1]["room"], json!({"id": 1, "name": "All Talk"}));
    assert_eq!(found_now[1]["excerpt_html"], "<p>We <mark>deploy</mark> at noon</p>");
    assert_eq!(found_now[1]["body"], old["body"]);
    assert_eq!(found(&ann, "has:link").await.len(), 1);
    assert_eq!(found(&ann, "lunch place").await.len(), 1);

    let path = format!("/rooms/1/messages/{}", old["id"]);
    ann.json(Method::PUT, &path, &json!({"body": "We wait"})).await;
    assert_eq!(found(&ann, "deploy at").await, Vec::<String>::new());
    assert_eq!(found(&ann, "wait").await, ["We wait"]);
    ann.json(Method::DELETE, &path, &json!({})).await;
    assert_eq!(found(&ann, "wait").await, Vec::<String>::new());
}

#[tokio::test]
async fn what_was_removed_is_gone_from_the_file_and_its_index() {
    let (server, ann) = started().await;
    let kept = ann.says("keptzebraword").await;
    let removed = ann.says("gonezebraword").await;
    assert!(
        ann.json(Method::DELETE, &format!("/rooms/1/messages/{}", removed["id"]), &json!({})).await.status() == 204
    );
    assert!(kept["id"].is_number());
    let folder = server.stop().await;
    let bytes = std::fs::read(folder.path().join("campfire.sqlite3")).unwrap();
    let has = |word: &str| bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()));
    assert!(has("keptzebraword"));
    assert!(!has("gonezebraword") && !has("onezebraword"));
}

#[tokio::test]
async fn only_ones_own_rooms_are_searched_and_a_filter_for_another_reveals_nothing() {
    let (server, ann) = started().await;
    let bob = server.member("Bob").await;
    let form = json!({"name": "Secrets", "user_ids": [ann.id]});
    let room: Value = ann.json(Method::POST, "/rooms/closeds", &form).await.json().await.unwrap();
    let path = format!("/rooms/{}/messages", room["id"]);
    ann.json(Method::POST, &path, &json!({"body": "a pineapple plan"})).await;
    ann.says("an open pineapple").await;
    assert_eq!(found(&ann, "pineapple").await, ["an open pineapple", "a pineapple plan"]);
    assert_eq!(found(&ann, "pineapple in:#secrets").await, ["a pineapple plan"]);
    assert_eq!(found(&bob, "pineapple").await, ["an open pineapple"]);
    for q in ["pineapple in:#secrets".to_owned(), format!("in:{}", room["id"]), "in:nowhere".to_owned()] {
        assert_eq!(found(&bob, &q).await, Vec::<String>::new(), "{q}");
        let page = bob.page(&url(&q)).await.text().await.unwrap();
        assert!(page.contains("Nothing found") && !page.contains("a pineapple plan"));
    }
    // Whoever comes in finds it; whoever goes does not.
    let members = json!({"name": "Secrets", "user_ids": [ann.id, bob.id]});
    ann.json(Method::PUT, &format!("/rooms/closeds/{}", room["id"]), &members).await;
    assert_eq!(found(&bob, "pineapple plan").await.len(), 1);
    bob.json(Method::DELETE, &format!("/rooms/{}/members/me", room["id"]), &json!({})).await;
    assert_eq!(found(&bob, "pineapple plan").await.len(), 0);
    ann.json(Method::DELETE, &format!("/rooms/{}", room["id"]), &json!({})).await;
    assert_eq!(found(&ann, "pineapple plan").await.len(), 0);
}

#[tokio::test]
async fn filters_narrow_what_is_found() {
    let (server, ann) = started().await;
    let bob = server.member("Bob Builder").await;
    ann.says("soup from ann").await;
    bob.says("soup from bob with `code`").await;
    for (q, expected) in [
        ("soup from:bob", 1),
        ("soup from:builder", 1),
        ("soup from:me", 1),
        ("soup is:mine", 1),
        ("soup from:ann from:bob", 2),
        ("soup from:nobody", 0),
        ("has:code", 1),
        ("has:file", 0),
        ("mentions:me", 0),
        ("soup -code", 1),
        ("-soup", 0),
        ("-code", 1),
        ("in:\"All Talk\"", 2),
        ("soup after:2020-01-31", 2),
        ("soup before:2020-01-31", 0),
        ("soup on:2020-01-31", 0),
    ] {
        assert_eq!(found(&ann, q).await.len(), expected, "{q}");
    }
}

#[tokio::test]
async fn pages_go_on_to_the_end_in_both_orders_and_a_cursor_that_nobody_gave_is_not_found() {
    let server = TestServer::start_with(&[("CAMPFIRE_POST_BURST", "1000")]).await;
    let ann = server.administrator().await;
    for number in 0..95 {
        ann.says(&format!("soup {number} {}", "soup ".repeat(number % 5))).await;
    }
    for order in ["newest", "best"] {
        let (mut path, mut all) = (format!("/searches?q=soup&order={order}"), Vec::new());
        loop {
            let answer = ann.get(&path).await;
            let next = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
            let page: Vec<Value> = answer.json().await.unwrap();
            assert!(page.len() <= 40);
            all.extend(page.iter().map(|message| message["id"].as_i64().unwrap()));
            match next {
                Some(link) => path = link.split(['<', '>']).nth(1).unwrap().to_owned(),
                None => break,
            }
        }
        let different: BTreeSet<i64> = all.iter().copied().collect();
        assert_eq!((all.len(), different.len()), (95, 95), "{order}");
        assert_eq!(all.is_sorted_by(|one, other| one > other), order == "newest");
    }
    for before in ["x", "-1", "1-", "1-2", "9223372036854775808", "' OR 1", "1;2"] {
        let path = format!("/searches?{}", encoded(&[("q", "soup"), ("before", before)]));
        assert_eq!(ann.get(&path).await.status(), 404, "{before}");
    }
    // One that somebody else was given only says where to begin.
    assert_eq!(ann.get("/searches?q=soup&before=3").await.json::<Vec<Value>>().await.unwrap().len(), 2);
    assert_eq!(ann.get("/searches?q=soup&order=best&before=9999").await.status(), 200);
}

#[tokio::test]
async fn no_input_is_an_error() {
    let (_server, ann) = started().await;
    ann.says("NOT a problem").await;
    for q in [
        "NOT",
        "AND OR NOT",
        "\"unbalanced",
        "a\" \"b",
        "(((",
        "col:x*",
        "^a + {b}",
        "NEAR(a b)",
        "\0",
        "a\0b",
        "*",
        "-",
        "'; DROP TABLE messages",
    ] {
        found(&ann, q).await;
    }
    assert_eq!(found(&ann, "NOT").await, ["NOT a problem"]);
    let page = ann.page(&url(&"problem ".repeat(1_250))).await;
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("only its beginning was"));
}

#[tokio::test]
async fn recent_searches_are_ones_own_ten_latest_first_and_can_be_cleared() {
    let (server, ann) = started().await;
    let bob = server.member("Bob").await;
    let recents = async |person: &Person| -> Vec<String> {
        let page = person.page("/searches").await.text().await.unwrap();
        let chips = scraper::Selector::parse(".search__chip").unwrap();
        scraper::Html::parse_document(&page).select(&chips).map(|chip| chip.text().collect()).collect()
    };
    for number in 0..12 {
        let answer = ann.in_a_browser().form("/searches", &[("q", &format!("soup {number}"))]).await;
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()),
            (303, &*format!("/searches?q=soup+{number}"))
        );
    }
    ann.in_a_browser().form("/searches", &[("q", "soup 5")]).await;
    ann.in_a_browser().form("/searches", &[("q", "  ")]).await;
    ann.page(&url("only looked at")).await;
    let kept = recents(&ann).await;
    assert_eq!((kept.len(), kept[0].as_str(), kept[1].as_str()), (10, "soup 5", "soup 11"));
    assert_eq!(recents(&bob).await, Vec::<String>::new());
    assert_eq!(ann.json(Method::DELETE, "/searches/clear", &json!({})).await.status(), 204);
    assert_eq!(recents(&ann).await, Vec::<String>::new());
}

#[tokio::test]
async fn searches_have_a_limit_of_rate_and_a_page_without_one_has_none() {
    let (_server, ann) = started().await;
    let mut refused = None;
    for number in 0..100 {
        let answer = ann.get(&format!("/searches?q=soup+{number}")).await;
        if answer.status() == 429 {
            refused = Some(answer);
            break;
        }
    }
    assert!(refused.unwrap().headers().contains_key("retry-after"));
    assert_eq!(ann.get("/searches").await.status(), 200);
}

#[tokio::test]
async fn people_are_found_by_a_part_of_their_name() {
    let (server, ann) = started().await;
    server.member("Ádám Zed").await;
    let people: Vec<Value> = ann.get("/users?query=adam").await.json().await.unwrap();
    assert_eq!(people.len(), 1);
    assert!(people[0].get("email_address").is_none());
    assert_eq!(ann.get("/users").await.json::<Vec<Value>>().await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_index_is_made_anew_while_people_write_and_edit() {
    let server = TestServer::start_with(&[("CAMPFIRE_POST_BURST", "1000")]).await;
    let ann = server.administrator().await;
    let mut said = Vec::new();
    for number in 0..300 {
        said.push(ann.says(&format!("soup number {number}")).await);
    }
    let done = crate::support::process::run(server.folder.path(), &["reindex"], "").await;
    assert!(done.stdout.contains("made anew"), "{done:?}");
    ann.json(Method::DELETE, &format!("/rooms/1/messages/{}", said[3]["id"]), &json!({})).await;
    ann.json(Method::PUT, &format!("/rooms/1/messages/{}", said[4]["id"]), &json!({"body": "stew"})).await;
    ann.says("soup at the end").await;
    indexed(&server).await;
    assert_eq!(found(&ann, "stew").await, ["stew"]);
    assert_eq!(ann.get(&url("soup")).await.headers()["x-total-count"], "299");
    server.sql("INSERT INTO message_index (message_index) VALUES ('integrity-check')").await;

    // Without a server it is done by the command; other rules than the program's are noticed at the start.
    let folder = server.stop().await;
    let done = crate::support::process::run(folder.path(), &["reindex"], "").await;
    assert!(done.stdout.contains("made anew"), "{done:?}");
    let server = TestServer::start_in(folder, &[]).await;
    assert_eq!(ann_at(&server, &ann, "soup").await, "299");
    server.sql("UPDATE search_state SET rules = 0").await;
    let server = TestServer::start_in(server.stop().await, &[]).await;
    indexed(&server).await;
    assert_eq!(ann_at(&server, &ann, "soup").await, "299");
}

#[tokio::test]
async fn a_damaged_index_keeps_nobody_from_writing_and_is_made_anew() {
    let (server, ann) = started().await;
    let message = ann.says("soup of yesterday").await;
    ann.says("soup of today").await;
    // As if a page of it had been lost.
    server.sql("DELETE FROM message_index_data WHERE id > 10").await;
    let path = format!("/rooms/1/messages/{}", message["id"]);
    assert_eq!(ann.json(Method::DELETE, &path, &json!({})).await.status(), 204);
    indexed(&server).await;
    assert_eq!(found(&ann, "soup").await, ["soup of today"]);
    assert_eq!(ann.posts("and on", &Uuid::new_v4().to_string()).await.status(), 201);
}

/// Somebody at a server that was started again.
fn at(server: &TestServer, person: &Person) -> Person {
    Person { base: server.url(""), ..person.clone() }
}

async fn ann_at(server: &TestServer, ann: &Person, q: &str) -> String {
    at(server, ann).get(&url(q)).await.headers()["x-total-count"].to_str().unwrap().to_owned()
}

/// Waits until the index is whole, of the program's rules and alone.
async fn indexed(server: &TestServer) {
    let left = "SELECT max(unindexed_through_id, 0) + (rules = 0)
                  + (SELECT count(*) FROM sqlite_schema WHERE name = 'message_index_old') FROM search_state";
    while server.number(left).await > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn whoever_has_access_to_almost_nothing_finds_it_behind_thousands_that_are_not_theirs() {
    let (server, ann) = started().await;
    let bob = server.member("Bob").await;
    let form = json!({"name": "Loud", "user_ids": [ann.id]});
    let loud: Value = ann.json(Method::POST, "/rooms/closeds", &form).await.json().await.unwrap();
    ann.says("soup with deployment").await;
    // More rooms than are made part of the question at once.
    for number in 0..9 {
        ann.json(Method::POST, "/rooms/opens", &json!({"name": format!("Empty {number}")})).await;
    }
    let fill = format!(
        "INSERT INTO messages (room_id, creator_id, client_message_id, created_revision, revision, body_revision, source, source_format,
           body_html, plain_text, created_at_ms, updated_at_ms)
         WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 2500)
         SELECT {}, {}, printf('%08x-0000-4000-8000-000000000000', n), 10 + n, 10 + n, 0, 'x', 'markdown', '<p>x</p>', 'soup and depth, deployed', 0, 0 FROM number;
         UPDATE search_state SET rules = 0",
        loud["id"], ann.id
    );
    server.sql(&fill).await;
    let server = TestServer::start_in(server.stop().await, &[]).await;
    indexed(&server).await;
    let (ann, bob) = (at(&server, &ann), at(&server, &bob));
    for q in ["soup", "deployment", "dep", "\"soup with\"", "soup -depth", "from:ann soup"] {
        assert_eq!(found(&bob, q).await, ["soup with deployment"], "{q}");
    }
    assert_eq!(found(&ann, "deployment").await, ["soup with deployment"]);
    let page = ann.page(&url("soup")).await.text().await.unwrap();
    assert!(page.contains("More than 1,000 messages"));
    assert!(ann.get(&url("soup")).await.headers().get("x-total-count").is_none());
}

#[tokio::test]
async fn files_are_found_by_their_names_and_people_by_what_they_are_called_now() {
    let (server, ann) = started().await;
    let bob = server.member("Bob Builder").await;
    let id = Uuid::new_v4().to_string();
    crate::files::sends_as(&ann, &id, "Quarterly Report.pdf", b"%PDF-1.4 of numbers").await;
    ann.says("nothing quarterly about it").await;
    ann.says("@bob has the plan").await;
    ann.says("> @[Bob Builder] said so").await;
    ann.says("builder without a name").await;
    let length = async |q: &str| found(&ann, q).await.len();
    assert_eq!((length("quarterly").await, length("quarterly has:file").await, length("report").await), (2, 1, 1));
    assert_eq!((length("has:image").await, length("has:file").await), (0, 1));
    assert_eq!((length("builder").await, length("bob").await, length("bob plan").await), (3, 2, 1));
    assert_eq!(found(&bob, "mentions:me").await.len(), 1);
    assert_eq!(found(&ann, "mentions:me").await.len(), 0);
    let renamed = bob.json(Method::PUT, "/users/me/profile", &json!({"name": "Robert"})).await;
    assert_eq!(renamed.status(), 200);
    assert_eq!((length("builder").await, length("rob").await, length("robert plan").await), (1, 2, 1));
    assert_eq!((length("from:robert").await, length("-robert").await), (0, 3));
}
