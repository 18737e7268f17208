//! Random posts, mentions, files, edits, boosts and removals against a plain list: pages, unread counts and catch-up must agree with it.

use crate::support::socket::{Page, Socket};
use crate::support::{Person, TestServer};
use proptest::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

#[derive(Debug, Clone)]
enum Step {
    Post {
        bob: bool,
        text: String,
    },
    /// Ann sends a file and says nothing with it.
    File,
    Repeat {
        which: usize,
    },
    Edit {
        which: usize,
        text: String,
    },
    Remove {
        which: usize,
    },
    Boost {
        bob: bool,
        which: usize,
        content: &'static str,
    },
    Unboost {
        which: usize,
    },
    /// Somebody closes their page here and comes back at the end.
    Leave,
}

fn step() -> impl Strategy<Value = Step> {
    let text = "(@\\[Bob\\] )?[a-z<&\" 上ب🔥\n]{0,12}[a-z]";
    prop_oneof![
        5 => (any::<bool>(), text).prop_map(|(bob, text)| Step::Post { bob, text }),
        1 => Just(Step::File),
        1 => (0usize..50).prop_map(|which| Step::Repeat { which }),
        2 => (0usize..50, text).prop_map(|(which, text)| Step::Edit { which, text }),
        2 => (0usize..50).prop_map(|which| Step::Remove { which }),
        3 => (any::<bool>(), 0usize..50, prop_oneof![Just("👍"), Just("🔥"), Just("so true")])
            .prop_map(|(bob, which, content)| Step::Boost { bob, which, content }),
        1 => (0usize..50).prop_map(|which| Step::Unboost { which }),
        1 => Just(Step::Leave),
    ]
}

/// What the plain list knows of a message.
#[derive(Debug, Clone)]
struct Known {
    id: i64,
    client_message_id: String,
    bob: bool,
    text: Option<String>,
}

async fn play(server: &TestServer, ann: &Person, bob: &Person, steps: Vec<Step>) {
    let mut list: Vec<Known> = Vec::new();
    // The boosts there are, with their ids.
    let mut boosts: BTreeMap<(i64, i64, String), i64> = BTreeMap::new();
    let mut away = vec![Page::load(ann).await];
    let mut live = Socket::since(ann, away[0].cursor).await;
    let mut watching = away[0].clone();
    live.catch_up().await;
    for step in steps {
        match step {
            Step::Post { bob: by_bob, text } => {
                let client_message_id = Uuid::new_v4().to_string();
                let author = if by_bob { bob } else { ann };
                let answer = author.posts(&text, &client_message_id).await;
                assert_eq!(answer.status(), 201);
                let id = answer.json::<Value>().await.unwrap()["id"].as_i64().unwrap();
                let text = Some(text.trim().to_owned());
                list.push(Known { id, client_message_id, bob: by_bob, text });
            }
            Step::File => {
                let client_message_id = Uuid::new_v4().to_string();
                let answer = crate::files::sends_as(ann, &client_message_id, "file.txt", b"of a file").await;
                assert_eq!(answer.status(), 201);
                let id = answer.json::<Value>().await.unwrap()["id"].as_i64().unwrap();
                list.push(Known { id, client_message_id, bob: false, text: Some(String::new()) });
            }
            Step::Repeat { which } if !list.is_empty() => {
                let known = &list[which % list.len()];
                let author = if known.bob { bob } else { ann };
                let answer = author.posts("something else", &known.client_message_id).await;
                assert_eq!(answer.status(), if known.text.is_some() { 200 } else { 410 });
            }
            Step::Edit { which, text } if !list.is_empty() => {
                let place = which % list.len();
                let path = format!("/rooms/1/messages/{}", list[place].id);
                let answer = ann.json(Method::PUT, &path, &json!({"body": text})).await;
                assert_eq!(answer.status(), if list[place].text.is_some() { 200 } else { 404 });
                list[place].text = list[place].text.as_ref().map(|_| text.trim().to_owned());
            }
            Step::Remove { which } if !list.is_empty() => {
                let place = which % list.len();
                let path = format!("/rooms/1/messages/{}", list[place].id);
                let answer = ann.json(Method::DELETE, &path, &json!({})).await;
                assert_eq!(answer.status(), if list[place].text.is_some() { 204 } else { 404 });
                list[place].text = None;
                boosts.retain(|(message, ..), _| *message != list[place].id);
            }
            Step::Boost { bob: by_bob, which, content } if !list.is_empty() => {
                let (known, booster) = (&list[which % list.len()], if by_bob { bob } else { ann });
                let path = format!("/rooms/1/messages/{}/boosts", known.id);
                let answer = booster.json(Method::POST, &path, &json!({"content": content})).await;
                let key = (known.id, booster.id, content.to_owned());
                let expected = match (&known.text, boosts.contains_key(&key)) {
                    (None, _) => 404,
                    (Some(_), false) => 201,
                    (Some(_), true) => 200,
                };
                assert_eq!(answer.status(), expected);
                if expected != 404 {
                    let id = answer.json::<Value>().await.unwrap()["id"].as_i64().unwrap();
                    assert_eq!(*boosts.entry(key).or_insert(id), id);
                }
            }
            Step::Unboost { which } if !boosts.is_empty() => {
                let (key, id) = boosts.iter().nth(which % boosts.len()).map(|(key, id)| (key.clone(), *id)).unwrap();
                let booster = if key.1 == bob.id { bob } else { ann };
                let path = format!("/rooms/1/messages/{}/boosts/{id}", key.0);
                assert_eq!(booster.json(Method::DELETE, &path, &json!({})).await.status(), 204);
                assert_eq!(booster.json(Method::DELETE, &path, &json!({})).await.status(), 404);
                boosts.remove(&key);
            }
            Step::Leave => away.push(Page::load(ann).await),
            _ => {}
        }
    }
    check(ann, &list, away).await;
    search(ann, &list).await;
    assert_eq!(Page::load(ann).await.boosts, boosts.into_keys().collect());
    // The page that never left agrees as well: it is level when it has heard the last revision.
    let fresh = Page::load(ann).await;
    while watching.cursor < fresh.cursor {
        match live.hear().await {
            crate::support::socket::Heard::Frame(frame) => assert!(!watching.take(&frame)),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((watching.messages, watching.boosts), (fresh.messages, fresh.boosts));
    let unread = list.iter().filter(|known| !known.bob && known.text.is_some()).count().min(1000);
    let rooms: Value = bob.get("/rooms").await.json().await.unwrap();
    assert_eq!(rooms[0]["unread_count"], unread as i64);
    assert_eq!(rooms[0]["unread"], unread > 0);
    let calls_bob = |known: &&Known| !known.bob && known.text.as_ref().is_some_and(|text| text.starts_with("@[Bob]"));
    assert_eq!(rooms[0]["mention"], list.iter().find(calls_bob).is_some());
    assert_eq!(server.rows().await.len(), list.len());
}

/// Pages of every size, from both ends, and every page that was away agree with the list.
async fn check(ann: &Person, list: &[Known], away: Vec<Page>) {
    let expected: Vec<(i64, String)> = list.iter().filter_map(|known| Some((known.id, known.text.clone()?))).collect();
    let fresh = Page::load(ann).await;
    assert_eq!(fresh.messages.clone().into_iter().collect::<Vec<_>>(), expected);
    for limit in [1, 3, 40] {
        assert_eq!(walk(ann, list.last(), "before", limit).await, expected, "before, {limit} a page");
        assert_eq!(walk(ann, list.first(), "after", limit).await, expected, "after, {limit} a page");
    }
    if let Some(middle) = list.get(list.len() / 2) {
        let around: Vec<Value> =
            ann.get(&format!("/rooms/1/messages?around={}&limit=7", middle.id)).await.json().await.unwrap();
        let ids: Vec<i64> = around.iter().map(|message| message["id"].as_i64().unwrap()).collect();
        let all: Vec<i64> = expected.iter().map(|(id, _)| *id).collect();
        assert!(ids.is_empty() || all.windows(ids.len()).any(|window| window == ids), "{ids:?} in {all:?}");
        assert!(middle.text.is_none() || ids.contains(&middle.id));
    }
    for mut page in away {
        let mut socket = Socket::since(ann, page.cursor).await;
        let (changes, revision) = socket.catch_up().await;
        for change in changes {
            assert!(!page.take(&change));
        }
        assert_eq!((&page.messages, &page.boosts), (&fresh.messages, &fresh.boosts));
        assert_eq!(revision, fresh.cursor);
    }
}

/// What is searched for in the room is what is in it, newest first; a word is found where it is said, and nowhere else.
async fn search(ann: &Person, list: &[Known]) {
    let (mut found, mut path) = (Vec::new(), "/searches?q=in:1".to_owned());
    loop {
        let answer = ann.get(&path).await;
        let next = answer.headers().get("link").map(|link| link.to_str().unwrap().to_owned());
        let page: Vec<Value> = answer.json().await.unwrap();
        found.extend(page.iter().map(|message| message["id"].as_i64().unwrap()));
        let Some(link) = next else { break };
        path = link.split(['<', '>']).nth(1).unwrap().to_owned();
    }
    let said = |wanted: &dyn Fn(&str) -> bool| -> Vec<i64> {
        let fits = |known: &&Known| known.text.as_deref().is_some_and(wanted);
        list.iter().rev().filter(fits).map(|known| known.id).collect()
    };
    assert_eq!(found, said(&|_| true));
    for word in ["a", "上", "🔥"] {
        let page: Vec<Value> = ann.get(&format!("/searches?q={word}")).await.json().await.unwrap();
        let found: Vec<i64> = page.iter().map(|message| message["id"].as_i64().unwrap()).collect();
        let is_said = |text: &str| match word {
            "🔥" => text.contains(word),
            // Letters of other scripts go with those beside them.
            "a" => text.split(|c: char| !c.is_alphanumeric() || c == '上').any(|part| part == word),
            _ => text.split(|c: char| c != '上').any(|part| part == word),
        };
        let expected: Vec<i64> = said(&is_said).into_iter().take(40).collect();
        assert_eq!(found, expected, "{word}");
    }
}

/// Follows the pages from one end to the other.
async fn walk(ann: &Person, from: Option<&Known>, direction: &str, limit: usize) -> Vec<(i64, String)> {
    let Some(from) = from else { return Vec::new() };
    let one = |message: &Value| (message["id"].as_i64().unwrap(), message["content"].as_str().unwrap().to_owned());
    let mut all: Vec<(i64, String)> = Vec::new();
    // The end itself is not part of what comes before or after it.
    let first = ann.get(&format!("/rooms/1/messages/{}", from.id)).await;
    if first.status() == 200 {
        all.push(one(&first.json().await.unwrap()));
    }
    let mut id = from.id;
    loop {
        let path = format!("/rooms/1/messages?{direction}={id}&limit={limit}");
        let answer = ann.get(&path).await;
        let has_next = answer.headers().contains_key("link");
        let page: Vec<Value> = answer.json().await.unwrap();
        assert!(page.len() <= limit);
        let messages = page.iter().map(one);
        if direction == "before" {
            all.splice(0..0, messages);
        } else {
            all.extend(messages);
        }
        let end = if direction == "before" { page.first() } else { page.last() };
        match end {
            Some(end) if has_next => id = end["id"].as_i64().unwrap(),
            _ => return all,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pages_unread_and_catch_up_agree_with_a_plain_list(steps in proptest::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = TestServer::start_with(&[("CAMPFIRE_POST_BURST", "10000")]).await;
            let ann = server.administrator().await;
            let bob = server.member("Bob").await;
            play(&server, &ann, &bob, steps).await;
            server.stop().await;
        });
    }
}
