//! What running costs: memory, and the time to start.

use crate::data::{COMMON, PEOPLE, token};
use crate::http::{self, Connection};
use crate::measure::{Goal, median, pss_kib};
use crate::processes::{Running, baseline_command, ours_command};
use crate::sockets::{Crowd, MARKER, Way, upgrade};
use crate::{Run, SOCKETS_MEANT};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use uuid::Uuid;

/// Messages of a storm.
const STORM: u64 = 50;

/// Memory of one socket, in KiB: the slope between a tenth of them and all.
async fn slope(running: &Running, way: impl Fn() -> Way, count: usize) -> (f64, Crowd) {
    let few = Crowd::connect(way(), count / 10).await;
    let before = pss_kib(running.id());
    drop(few);
    let many = Crowd::connect(way(), count).await;
    ((pss_kib(running.id()) - before) / (count - count / 10) as f64, many)
}

/// Row 8.
pub async fn memory(run: &mut Run) {
    let count = run.sockets;
    let ours = Running::ours(&run.storage()).await;
    let bare = Running::baseline("bytes", Path::new("")).await;
    let mut connection = Connection::open(ours.address).await;
    assert_eq!(connection.ask(b"GET /up HTTP/1.1\r\nHost: x\r\n\r\n").await.status, 200);
    let (idle, bare_idle) = (pss_kib(ours.id()), pss_kib(bare.id()));
    let mib = |kib: f64| format!("{:.1} MiB", kib / 1024.0);
    run.line(8, "idle process, Pss", (mib(idle), mib(bare_idle)), Some(idle / bare_idle), Goal::AtMost(5.0));
    let path = format!("/ws?room={COMMON}&since=999999999");
    let requests: Vec<Vec<u8>> = (1..=PEOPLE).map(|person| upgrade(&path, &token(person))).collect();
    let (address, actix) = (ours.address, Running::baseline("sockets", Path::new("")).await);
    let actix_way = || Way { address: actix.address, requests: vec![upgrade("/ws", "")] };
    // Its crowd goes before ours comes: one process may not have the files open for two.
    let bare_each = slope(&actix, actix_way, count).await.0;
    let (each, crowd) = slope(&ours, || Way { address, requests: requests.clone() }, count).await;
    let kib = |kib: f64| format!("{kib:.1} KiB");
    run.line(
        8,
        "an idle socket, to one of actix-ws",
        (kib(each), kib(bare_each)),
        Some(each / bare_each),
        Goal::AtMost(0.5),
    );
    run.smaller(count < SOCKETS_MEANT);
    let mut after = Vec::new();
    for storm in 0..3 {
        for number in 0..STORM {
            let text = format!("a storm, {MARKER}{:08}", storm * STORM + number);
            let answer = connection.ask(&http::post(COMMON, &token(1), Uuid::new_v4(), &text)).await;
            assert_eq!(answer.status, 201);
        }
        crowd.heard.until(|heard| heard.messages.get() == (storm + 1) * STORM * count as u64).await;
        after.push(pss_kib(ours.id()));
    }
    // The first storm fills what is kept; the question is whether further ones add to it.
    let figures = (mib(after[2]), mib(after[0]));
    run.line(8, "after a storm, to after the one before", figures, Some(after[2] / after[0]), Goal::AtMost(1.05));
}

/// Row 9.
pub async fn start(run: &mut Run) {
    let (mut ratios, mut ours, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..run.rounds * 3 {
        let address = free().await;
        let mut command = baseline_command("bytes", Path::new(""));
        command.env("LIMITS_ADDRESS", address.to_string());
        let baseline = until_up(command, address).await;
        let own = until_up(ours_command(&run.storage(), address), address).await;
        ratios.push(own / baseline);
        ours.push(own);
        bare.push(baseline);
    }
    let figures = (format!("{:.1} ms", median(ours)), format!("{:.1} ms", median(bare)));
    let what = format!("exec to the first 200, {} messages, to a bare actix program", run.messages);
    run.line(9, &what, figures, Some(median(ratios)), Goal::AtMost(3.0));
}

/// An address that nobody listens on.
async fn free() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    listener.local_addr().expect("an address")
}

/// Milliseconds from starting a process to its first answer.
async fn until_up(mut command: tokio::process::Command, address: SocketAddr) -> f64 {
    let started = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true).spawn().expect("a process");
    loop {
        if TcpStream::connect(address).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    let mut connection = Connection::open(address).await;
    assert_eq!(connection.ask(b"GET /up HTTP/1.1\r\nHost: x\r\n\r\n").await.status, 200);
    let took = started.elapsed().as_secs_f64() * 1000.0;
    let sent =
        tokio::process::Command::new("kill").args(["-TERM", &child.id().unwrap_or(0).to_string()]).status().await;
    assert!(sent.expect("kill(1)").success());
    child.wait().await.expect("an end");
    took
}
