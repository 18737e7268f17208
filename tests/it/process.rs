//! The real program: killed at random moments, stopped in order, started wrongly.

use crate::support::process::Process;
use crate::support::socket::{Heard, Page, Socket};
use crate::support::{PASSWORD, Person, as_object};
use rand::{RngExt, SeedableRng};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::timeout;
use uuid::Uuid;

/// Times that the program is killed.
const ROUNDS: usize = 50;
const SETTINGS: &[(&str, &str)] = &[("CAMPFIRE_POST_BURST", "1000000"), ("CAMPFIRE_POSTS_PER_SECOND", "1000000")];

/// The first run on a new program: its administrator.
async fn administrator(address: SocketAddr) -> Person {
    let client = Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
    let mut person = Person { client, base: format!("http://{address}"), id: 1, token: String::new() };
    let form = [("name", "Ann"), ("email_address", "ann@example.com"), ("password", PASSWORD)];
    let answer = person.json(Method::POST, "/first_run", &as_object(&form)).await;
    assert_eq!(answer.status(), 201);
    person.token = answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
    person
}

/// Where the program is now; none while it is down. `None` at the end means that all is over.
type Whereabouts = watch::Receiver<Option<SocketAddr>>;

/// Posts one message after another, each until it is acknowledged, as a page's outbox does.
async fn post_until(mut place: Whereabouts, over: watch::Receiver<bool>, mut person: Person) -> Vec<String> {
    let mut acknowledged = Vec::new();
    while !*over.borrow() {
        let id = Uuid::new_v4().to_string();
        loop {
            let address = place.wait_for(Option::is_some).await.unwrap().unwrap();
            person.base = format!("http://{address}");
            let body = json!({"body": format!("message {id}"), "client_message_id": id});
            let request = person.request(Method::POST, "/rooms/1/messages").header("accept", "application/json");
            match request.json(&body).send().await {
                Ok(answer) if answer.status().is_success() => break,
                Ok(answer) => assert!(answer.status().is_server_error(), "{}", answer.status()),
                Err(_) => {}
            }
            tokio::task::yield_now().await;
        }
        acknowledged.push(id);
    }
    acknowledged
}

/// Keeps a page up to date over a socket, coming back with its cursor whenever the program was killed, until the page is
/// level with `goal` (0 while that is not known).
async fn keep_page(mut place: Whereabouts, goal: watch::Receiver<i64>, mut person: Person) -> Page {
    let mut page = Page::default();
    loop {
        let address = place.wait_for(Option::is_some).await.unwrap().unwrap();
        person.base = format!("http://{address}");
        let query = format!("format=json&room=1&since={}", page.cursor);
        let Ok(mut socket) = Socket::try_connect(&person, &query).await else {
            tokio::task::yield_now().await;
            continue;
        };
        loop {
            match socket.hear().await {
                Heard::Frame(frame) if frame["type"] == "reload" => {
                    // Too much was missed: the page fetches the list afresh and comes back with its cursor.
                    if let Ok(fresh) = tokio::spawn({
                        let person = person.clone();
                        async move { Page::load(&person).await }
                    })
                    .await
                    {
                        page = fresh;
                    }
                    break;
                }
                Heard::Frame(frame) => {
                    page.take(&frame);
                }
                _ => break,
            }
            let goal = *goal.borrow();
            if goal > 0 && page.cursor >= goal {
                return page;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_random_moments_nothing_acknowledged_is_lost_or_doubled_and_every_page_equals_a_fresh_load() {
    let folder = TempDir::new().unwrap();
    let mut dice = rand::rngs::StdRng::seed_from_u64(4711);
    let mut process = Process::start(folder.path(), SETTINGS).await;
    let ann = administrator(process.address).await;
    let (place, whereabouts) = watch::channel(Some(process.address));
    let (over, is_over) = watch::channel(false);
    let (goal, has_goal) = watch::channel(0);
    let posters: Vec<_> =
        (0..4).map(|_| tokio::spawn(post_until(whereabouts.clone(), is_over.clone(), ann.clone()))).collect();
    let pages: Vec<_> =
        (0..3).map(|_| tokio::spawn(keep_page(whereabouts.clone(), has_goal.clone(), ann.clone()))).collect();

    for _ in 0..ROUNDS {
        // The moment of the kill is what is random here; nothing is waited for.
        tokio::time::sleep(Duration::from_millis(dice.random_range(5..80))).await;
        place.send_replace(None);
        process.kill().await;
        process = Process::start(folder.path(), SETTINGS).await;
        place.send_replace(Some(process.address));
    }
    over.send_replace(true);
    let mut acknowledged = Vec::new();
    for poster in posters {
        acknowledged.extend(poster.await.unwrap());
    }
    let ann = Person { base: format!("http://{}", process.address), ..ann };
    let fresh = Page::load(&ann).await;
    assert!(acknowledged.len() > ROUNDS, "only {} posts in {ROUNDS} rounds", acknowledged.len());
    let texts: Vec<&String> = fresh.messages.values().collect();
    let unique: HashSet<&String> = texts.iter().copied().collect();
    assert_eq!(unique.len(), texts.len(), "a message is there twice");
    for id in &acknowledged {
        assert!(unique.contains(&format!("message {id}")), "{id} was acknowledged and is lost");
    }
    assert_eq!(texts.len(), acknowledged.len(), "each poster went on until its post was acknowledged");
    goal.send_replace(fresh.cursor);
    // One more message wakes pages that are level already.
    let woken = ann.says("the last").await;
    for page in pages {
        let mut page = timeout(crate::support::PATIENCE, page).await.expect("a level page").unwrap();
        page.messages.remove(&woken["id"].as_i64().unwrap());
        assert_eq!(page.messages, fresh.messages);
    }
}

#[tokio::test]
async fn a_stop_in_order_closes_sockets_with_1001_finishes_requests_and_exits_with_0() {
    for signal in ["-TERM", "-INT"] {
        let folder = TempDir::new().unwrap();
        let process = Process::start(folder.path(), SETTINGS).await;
        let ann = administrator(process.address).await;
        let mut socket = Socket::since(&ann, 0).await;
        socket.catch_up().await;
        let posts: Vec<_> = (0..20)
            .map(|number| {
                let ann = ann.clone();
                tokio::spawn(async move {
                    let body = json!({"body": format!("post {number}")});
                    let request = ann.request(Method::POST, "/rooms/1/messages").header("accept", "application/json");
                    request.json(&body).send().await.is_ok_and(|answer| answer.status() == 201)
                })
            })
            .collect();
        socket.frame("message_created").await;
        let stopped = tokio::spawn(process.stop(signal));
        assert_eq!(socket.close_code().await, 1001);
        assert_eq!(stopped.await.unwrap().code(), Some(0), "{signal}");
        let mut acknowledged = 0;
        for post in posts {
            acknowledged += usize::from(post.await.unwrap());
        }
        let process = Process::start(folder.path(), SETTINGS).await;
        let ann = Person { base: format!("http://{}", process.address), ..ann };
        assert!(Page::load(&ann).await.messages.len() >= acknowledged);
        process.kill().await;
    }
}

#[tokio::test]
async fn a_second_server_on_the_same_storage_refuses_and_says_why_and_the_first_goes_on() {
    let folder = TempDir::new().unwrap();
    let process = Process::start(folder.path(), SETTINGS).await;
    let refused = Process::try_start(folder.path(), SETTINGS).await.err().expect("a refusal");
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.said.contains("already running"), "{}", refused.said);
    administrator(process.address).await.says("still here").await;
}

#[tokio::test]
async fn a_wrong_setting_stops_the_start_with_its_name_its_value_and_what_is_allowed() {
    let folder = TempDir::new().unwrap();
    let wrong = [("CAMPFIRE_SESSION_DAYS", "soon"), ("CAMPFIRE_ADDRESS", "here"), ("CAMPFIRE_LOG", "[[[")];
    for (variable, value) in wrong {
        let refused = Process::try_start(folder.path(), &[(variable, value)]).await.err().expect("a refusal");
        assert_eq!(refused.status.code(), Some(1));
        assert!(refused.said.contains(variable) && refused.said.contains(value), "{}", refused.said);
        assert!(refused.said.contains("it must be"), "{}", refused.said);
    }
    assert!(!folder.path().join("campfire.sqlite3").exists());
}

#[tokio::test]
async fn without_certificates_to_trust_it_starts_and_only_links_have_no_previews() {
    let folder = TempDir::new().unwrap();
    let settings = [SETTINGS, &[("SSL_CERT_FILE", "/nowhere"), ("SSL_CERT_DIR", "/nowhere")]].concat();
    let process = Process::start(folder.path(), &settings).await;
    administrator(process.address).await.says("See https://example.com/").await;
}

#[tokio::test]
async fn what_is_not_our_database_is_refused_in_plain_words_and_left_as_it_was() {
    let newer = TempDir::new().unwrap();
    Process::start(newer.path(), SETTINGS).await.stop("-TERM").await;
    let file = newer.path().join("campfire.sqlite3");
    rusqlite::Connection::open(&file).unwrap().pragma_update(None, "user_version", 1000).unwrap();
    let garbage = TempDir::new().unwrap();
    std::fs::write(garbage.path().join("campfire.sqlite3"), vec![b'x'; 8192]).unwrap();
    let foreign = TempDir::new().unwrap();
    rusqlite::Connection::open(foreign.path().join("campfire.sqlite3"))
        .unwrap()
        .execute_batch("CREATE TABLE recipes (name TEXT)")
        .unwrap();
    for (folder, words) in [(&newer, "newer version"), (&garbage, "damaged"), (&foreign, "another program")] {
        let file = folder.path().join("campfire.sqlite3");
        let before = std::fs::read(&file).unwrap();
        let refused = Process::try_start(folder.path(), &[]).await.err().expect("a refusal");
        assert_eq!(refused.status.code(), Some(1));
        assert!(refused.said.contains(words), "{}", refused.said);
        assert!(std::fs::read(&file).unwrap() == before, "{words}: the file was changed");
    }
    let file = TempDir::new().unwrap();
    std::fs::write(file.path().join("storage"), "a file").unwrap();
    let refused = Process::try_start(&file.path().join("storage"), &[]).await.err().expect("a refusal");
    assert!(refused.said.contains("can't be used"), "{}", refused.said);
}

#[cfg(unix)]
#[tokio::test]
async fn the_storage_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("storage");
    let process = Process::start(&folder, SETTINGS).await;
    administrator(process.address).await.says("private").await;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), if path.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
    }
}

#[tokio::test]
async fn a_health_check_is_answered_by_a_running_server_and_by_nothing_else() {
    let folder = TempDir::new().unwrap();
    let process = Process::start(folder.path(), SETTINGS).await;
    let check = |address: SocketAddr| async move {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_campfire"));
        let output = command.arg("healthcheck").env("CAMPFIRE_ADDRESS", address.to_string()).output().await;
        output.unwrap().status.code()
    };
    let address = process.address;
    assert_eq!(check(address).await, Some(0));
    process.kill().await;
    assert_eq!(check(address).await, Some(1));
}

#[tokio::test]
async fn the_command_line_says_what_there_is() {
    let run = |word: &'static str| async move {
        let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_campfire")).arg(word).output().await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, out, _) = run("help").await;
    assert_eq!(code, Some(0));
    assert!(out.contains("campfire [COMMAND]"));
    let (code, _, err) = run("dance").await;
    assert_eq!(code, Some(2));
    assert!(err.contains("dance") && err.contains("help"));
}
