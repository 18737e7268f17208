//! The commands for administrators, by the real program: with a server running on the storage, and without one.

use crate::support::process::{Ended, Process, run};
use crate::support::socket::Socket;
use crate::support::{PASSWORD, PATIENCE, Person, TestServer, as_object};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use tempfile::TempDir;

const ADDRESS: &str = "bob@example.com";
const NEW_PASSWORD: &str = "staple of another kind";

/// A folder with an account of Ann, who runs it, and Bob; and Bob's session.
async fn folder() -> (TempDir, Person) {
    let server = TestServer::start().await;
    server.administrator().await;
    let bob = server.member("Bob").await;
    (server.stop().await, bob)
}

/// Somebody at a program's server, with the session they had.
fn at(process: &Process, person: &Person) -> Person {
    Person { base: format!("http://{}", process.address), ..person.clone() }
}

/// Signs Bob in: the status, and the session as it was answered.
async fn sign_in(process: &Process, password: &str) -> (u16, Value) {
    let client = Client::builder().timeout(PATIENCE).build().unwrap();
    let nobody = Person { client, base: format!("http://{}", process.address), id: 0, token: String::new() };
    let form = [("email_address", ADDRESS), ("password", password)];
    let answer = nobody.json(Method::POST, "/session", &as_object(&form)).await;
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Expects a command to have done what it was asked; what it said.
fn done(ended: Ended) -> String {
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    ended.stdout
}

/// Expects a command to have failed with a sentence, saying nothing else.
fn failed(ended: Ended) -> String {
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
    assert!(ended.stderr.starts_with("campfire: ") && ended.stderr.lines().count() == 1, "{ended:?}");
    ended.stderr
}

/// Runs a command with the folder's server running, or with none. Gives the server that runs afterwards.
async fn with_or_without(is_running: bool, folder: &Path, words: &[&str], input: &str) -> (Process, Ended) {
    if is_running {
        let process = Process::start(folder, &[]).await;
        let ended = run(folder, words, input).await;
        (process, ended)
    } else {
        let ended = run(folder, words, input).await;
        (Process::start(folder, &[]).await, ended)
    }
}

/// The lines of the log: actor, action, subject.
async fn log(administrator: &Person) -> Vec<[String; 3]> {
    let lines: Vec<Value> = administrator.get("/account/audit_log").await.json().await.unwrap();
    let words = |line: &Value| ["actor", "action", "subject"].map(|name| line[name].as_str().unwrap().to_owned());
    lines.iter().map(words).collect()
}

#[tokio::test]
async fn a_password_from_standard_input_is_set_and_every_session_ends_with_and_without_a_server() {
    for is_running in [true, false] {
        let (folder, bob) = folder().await;
        let words = ["reset-password", "--stdin", " BOB@Example.com"];
        let input = format!("{NEW_PASSWORD}\nignored\n");
        let (process, ended) = with_or_without(is_running, folder.path(), &words, &input).await;
        let said = done(ended);
        assert!(said.contains("Bob") && !said.contains(NEW_PASSWORD), "{said}");
        assert_eq!(at(&process, &bob).get("/rooms").await.status(), 401);
        assert_eq!(sign_in(&process, PASSWORD).await.0, 401);
        assert_eq!(sign_in(&process, NEW_PASSWORD).await.0, 201);
    }
}

#[tokio::test]
async fn without_standard_input_a_password_is_generated_and_shown_and_works() {
    let mut passwords = Vec::new();
    for is_running in [true, false] {
        let (folder, _) = folder().await;
        let (process, ended) = with_or_without(is_running, folder.path(), &["reset-password", ADDRESS], "").await;
        let said = done(ended);
        let password = said.trim_end().rsplit(' ').next().unwrap().to_owned();
        assert!(password.len() >= 16, "{said}");
        assert_eq!(sign_in(&process, &password).await.0, 201);
        passwords.push(password);
    }
    assert_ne!(passwords[0], passwords[1]);
}

#[tokio::test]
async fn standard_input_that_was_not_asked_for_is_left_to_whoever_reads_it_next() {
    let (folder, _) = folder().await;
    let process = Process::start(folder.path(), &[]).await;
    let said = done(run(folder.path(), &["reset-password", ADDRESS], "next@example.com\n").await);
    assert!(!said.contains("next@example.com"), "{said}");
    assert_eq!(sign_in(&process, "next@example.com").await.0, 401);
}

#[tokio::test]
async fn a_reset_closes_the_sockets_of_a_running_server() {
    let (folder, bob) = folder().await;
    let process = Process::start(folder.path(), &[]).await;
    let mut socket = Socket::since(&at(&process, &bob), 0).await;
    socket.catch_up().await;
    done(run(folder.path(), &["reset-password", ADDRESS], "").await);
    assert_eq!(socket.close_code().await, 4401);
}

#[tokio::test]
async fn a_password_that_is_too_short_and_an_unknown_address_change_nothing() {
    let (folder, bob) = folder().await;
    let folder = folder.path();
    for is_running in [true, false] {
        let process = if is_running { Some(Process::start(folder, &[]).await) } else { None };
        for input in ["short\n", "\n"] {
            assert!(failed(run(folder, &["reset-password", ADDRESS, "--stdin"], input).await).contains("8 characters"));
        }
        for command in ["reset-password", "make-admin"] {
            let said = failed(run(folder, &[command, "nobody@example.com"], "").await);
            assert!(said.contains("nobody@example.com"), "{said}");
            failed(run(folder, &[command, "bob"], "").await);
        }
        if let Some(process) = process {
            process.stop("-TERM").await;
        }
    }
    let process = Process::start(folder, &[]).await;
    assert_eq!(at(&process, &bob).get("/rooms").await.status(), 200);
    assert_eq!(sign_in(&process, PASSWORD).await.0, 201);
}

#[tokio::test]
async fn somebody_is_made_an_administrator_and_the_log_says_by_what() {
    for is_running in [true, false] {
        let (folder, bob) = folder().await;
        let (process, ended) = with_or_without(is_running, folder.path(), &["make-admin", ADDRESS], "").await;
        assert!(done(ended).contains("Bob"));
        let bob = at(&process, &bob);
        assert_eq!(bob.get("/account/audit_log").await.status(), 200, "also in the session they had");
        done(run(folder.path(), &["make-admin", ADDRESS], "").await);
        done(run(folder.path(), &["reset-password", ADDRESS], "").await);
        assert_eq!(bob.get("/rooms").await.status(), 401);
        let (folder, process) = (folder.path(), process);
        process.stop("-TERM").await;
        done(run(folder, &["reset-password", "--stdin", ADDRESS], &format!("{NEW_PASSWORD}\n")).await);
        let process = Process::start(folder, &[]).await;
        let token = sign_in(&process, NEW_PASSWORD).await.1["token"].as_str().unwrap().to_owned();
        let line = |action: &str| ["command line", action, "Bob"].map(str::to_owned);
        let bob = Person { token, ..at(&process, &bob) };
        assert_eq!(log(&bob).await, [line("password_reset"), line("password_reset"), line("role_changed")]);
    }
}

#[tokio::test]
async fn the_invite_link_is_the_one_that_works_with_and_without_a_server() {
    let (folder, _) = folder().await;
    let process = Process::start(folder.path(), &[]).await;
    let link = done(run(folder.path(), &["invite-link"], "").await);
    let path = link.trim_end().strip_prefix(&format!("http://localhost:{}", process.address.port())).unwrap();
    let client = Client::builder().timeout(PATIENCE).build().unwrap();
    let page = client.get(format!("http://{}{path}", process.address)).send().await.unwrap();
    assert_eq!(page.status(), 200);
    process.stop("-TERM").await;
    assert!(!folder.path().join("control.sock").exists(), "a server that stops takes its socket away");
    assert!(done(run(folder.path(), &["invite-link"], "").await).trim_end().ends_with(path));
}

#[tokio::test]
async fn the_invite_link_begins_with_the_public_url_that_the_server_has() {
    let server = TestServer::start_with(&[("CAMPFIRE_PUBLIC_URL", "https://chat.example.com")]).await;
    server.administrator().await;
    let link = done(run(server.folder.path(), &["invite-link"], "").await);
    assert!(link.starts_with("https://chat.example.com/join/"), "{link}");
}

#[tokio::test]
async fn a_storage_whose_path_is_too_long_for_a_socket_takes_commands_while_no_server_runs() {
    let (folder, _) = folder().await;
    let deep = folder.path().join("x".repeat(120));
    std::fs::create_dir(&deep).unwrap();
    std::fs::rename(folder.path().join("campfire.sqlite3"), deep.join("campfire.sqlite3")).unwrap();
    let process = Process::start(&deep, &[]).await;
    assert!(failed(run(&deep, &["invite-link"], "").await).contains("no commands"));
    process.stop("-TERM").await;
    assert!(done(run(&deep, &["invite-link"], "").await).contains("/join/"));
}

#[tokio::test]
async fn the_socket_of_a_killed_server_is_in_nobodys_way() {
    let (folder, _) = folder().await;
    Process::start(folder.path(), &[]).await.kill().await;
    assert!(folder.path().join("control.sock").exists());
    done(run(folder.path(), &["make-admin", ADDRESS], "").await);
    let process = Process::start(folder.path(), &[]).await;
    done(run(folder.path(), &["invite-link"], "").await);
    let mode = std::fs::metadata(folder.path().join("control.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    process.kill().await;
}

#[tokio::test]
async fn a_server_that_takes_no_commands_is_named_as_the_reason() {
    let (folder, _) = folder().await;
    let process = Process::start(folder.path(), &[]).await;
    std::fs::remove_file(folder.path().join("control.sock")).unwrap();
    let said = failed(run(folder.path(), &["invite-link"], "").await);
    assert!(said.contains("running") && said.contains("no commands"), "{said}");
    // One that breaks off in the middle: what became of the order is not known.
    let listener = UnixListener::bind(folder.path().join("control.sock")).unwrap();
    let accepted = std::thread::spawn(move || drop(listener.accept().unwrap()));
    let said = failed(run(folder.path(), &["invite-link"], "").await);
    accepted.join().unwrap();
    assert!(said.contains("did not answer"), "{said}");
    process.kill().await;
}

#[tokio::test]
async fn where_there_is_no_campfire_nothing_is_made() {
    let folder = TempDir::new().unwrap();
    let nowhere = folder.path().join("nowhere");
    for words in [&["invite-link"][..], &["make-admin", ADDRESS], &["reset-password", ADDRESS]] {
        let said = failed(run(&nowhere, words, "").await);
        assert!(said.contains("no Campfire in") && said.contains("nowhere"), "{said}");
    }
    assert!(!nowhere.exists());
    let process = Process::start(folder.path(), &[]).await;
    assert!(failed(run(folder.path(), &["invite-link"], "").await).contains("set up"));
    process.kill().await;
}

#[tokio::test]
async fn wrong_usage_is_told_from_failure() {
    let folder = TempDir::new().unwrap();
    for words in [
        &["reset-password"][..],
        &["make-admin"],
        &["make-admin", "a@b", "c@d"],
        &["invite-link", "now"],
        &["reindex", "now"],
        &["invite"],
    ] {
        let ended = run(folder.path(), words, "").await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
        assert!(ended.stderr.contains("campfire"), "{ended:?}");
    }
    let help = done(run(folder.path(), &["help"], "").await);
    for command in ["reset-password ADDRESS", "make-admin ADDRESS", "invite-link", "reindex"] {
        assert!(help.contains(command), "{help}");
    }
}

#[tokio::test]
async fn whatever_is_sent_to_the_socket_the_server_answers_in_a_line_and_lives() {
    let (folder, _) = folder().await;
    let server = TestServer::start_in(folder, &[]).await;
    let path = server.folder.path().join("control.sock");
    let send = move |bytes: Vec<u8>| {
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // The server may stop reading before all is sent.
        let _ = stream.write_all(&bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut line = String::new();
        let _ = BufReader::new(stream.take(100_000)).read_line(&mut line);
        line
    };
    let known = json!({"order": "invite_link"}).to_string() + "\n";
    let lines = tokio::task::spawn_blocking(move || {
        let unfinished = known.trim_end().as_bytes().to_vec();
        let wrong = [unfinished, b"\n".to_vec(), b"\xff\xfe\n".to_vec(), b"{\"order\":\"dance\"}\n".to_vec()];
        let wrong: Vec<String> = wrong.into_iter().map(&send).collect();
        send(vec![b'x'; 100_000]);
        (wrong, send(known.into_bytes()))
    });
    let (wrong, right) = lines.await.unwrap();
    for line in wrong {
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert!(answer["failed"].is_string(), "{line}");
    }
    assert!(serde_json::from_str::<Value>(&right).unwrap()["done"].as_str().unwrap().contains("/join/"));
    server.stop().await;
}
