//! Sockets: one message to many, many that connect, and all of them coming back after a kill.

use crate::data::{COMMON, PEOPLE, token};
use crate::http::{self, Connection, sample};
use crate::measure::{Goal, Sample, compare, median, processor_seconds};
use crate::processes::Running;
use crate::sockets::{Crowd, Elsewhere, MARKER, Way, order_actix, order_writev, upgrade};
use crate::{Run, SOCKETS_MEANT};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;
use tokio::net::TcpStream;
use uuid::Uuid;

/// Deliveries of one sample, about.
const DELIVERIES: usize = 200_000;
/// Messages that come while nobody is connected.
const MISSED: u64 = 5;

fn ways(address: SocketAddr, since: i64) -> Way {
    let path = format!("/ws?room={COMMON}&since={since}");
    Way { address, requests: (1..=PEOPLE).map(|person| upgrade(&path, &token(person))).collect() }
}

fn bare_ways(address: SocketAddr) -> Way {
    Way { address, requests: vec![upgrade("/ws", "")] }
}

/// The cursor that a page would have now: of a fresh room page.
async fn cursor(address: SocketAddr) -> i64 {
    let mut connection = Connection::open(address).await;
    let text = connection.ask(&http::get(&format!("/rooms/{COMMON}"), &token(1), "")).await.text();
    let of_list = text.split("id=\"messages\"").nth(1).expect("a list");
    let revision = of_list.split("data-revision=\"").nth(1).and_then(|rest| rest.split('"').next());
    revision.and_then(|text| text.parse().ok()).expect("a revision")
}

async fn say(connection: &mut Connection, number: u64) {
    let text = format!("delivered to everybody, {MARKER}{number:08}");
    let answer = connection.ask(&http::post(COMMON, &token(1), Uuid::new_v4(), &text)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
}

/// Row 6.
pub async fn deliveries(run: &mut Run) {
    for count in [run.sockets / 10, run.sockets] {
        let ours = Running::ours(&run.storage()).await;
        let (actix, writev) =
            (Running::baseline("sockets", Path::new("")).await, Running::baseline("writev", Path::new("")).await);
        let crowd = Crowd::connect(ways(ours.address, cursor(ours.address).await), count).await;
        let mut poster = Connection::open(ours.address).await;
        say(&mut poster, 0).await;
        crowd.heard.until(|heard| heard.messages.get() == count as u64).await;
        let text = crowd.heard.text.borrow().clone();
        let mut actix_crowd = Elsewhere::connect(actix.address, count, false).await;
        let mut actix_control = Connection::open(actix.address).await;
        let messages = (DELIVERIES / count).max(2) as u64;
        let mut next = 1;
        // Beside actix-ws each message is heard by all before the next is said: its loop would write many to a peer at once.
        let mut delivered = async |at_once: u64| {
            let (started, before) = (Instant::now(), processor_seconds(ours.id()));
            for _ in 0..messages / at_once {
                let expected = crowd.heard.messages.get() + at_once * count as u64;
                for _ in 0..at_once {
                    say(&mut poster, next).await;
                    next += 1;
                }
                crowd.heard.until(|heard| heard.messages.get() == expected).await;
            }
            sample((messages * count as u64) as f64, started, ours.id(), before)
        };
        let by_actix = async || {
            let (started, before) = (Instant::now(), processor_seconds(actix.id()));
            for _ in 0..messages {
                order_actix(&mut actix_control, &text, 1).await;
                actix_crowd.hear(1).await;
            }
            sample((messages * count as u64) as f64, started, actix.id(), before)
        };
        let to_actix = compare(run.rounds, by_actix, async || delivered(1).await).await;
        let mut writev_control = TcpStream::connect(writev.address).await.expect("a connection");
        let mut writev_crowd = Elsewhere::connect(writev.address, count, true).await;
        let by_writev = async || {
            let (started, before) = (Instant::now(), processor_seconds(writev.id()));
            order_writev(&mut writev_control, &text, messages, count).await;
            writev_crowd.hear(messages).await;
            sample((messages * count as u64) as f64, started, writev.id(), before)
        };
        let to_writev = compare(run.rounds, by_writev, async || delivered(messages).await).await;
        let cpu = |sample: Sample| format!("{:.1} µs CPU", sample.cpu_us);
        let rate = |sample: Sample| format!("{:.0}/s", sample.rate);
        let goal = if count == run.sockets { 0.9 } else { 1.05 };
        let nothing = || ("–".to_owned(), "–".to_owned());
        let figures = to_actix.map_or_else(nothing, |it| (cpu(it.ours), cpu(it.baseline)));
        let what = format!("a delivery to one of {count} sockets, to an actix-ws loop");
        run.line(6, &what, figures, to_actix.map(|it| it.cpu_ratio), Goal::AtMost(goal));
        run.smaller(run.sockets < SOCKETS_MEANT);
        let figures = to_writev.map_or_else(nothing, |it| (rate(it.ours), rate(it.baseline)));
        let what = format!("deliveries to {count} sockets, to a writev loop");
        run.line(6, &what, figures, to_writev.map(|it| it.rate_ratio), Goal::AtLeast(0.85));
        run.smaller(run.sockets < SOCKETS_MEANT);
        drop(crowd);
        ours.stop().await;
    }
}

/// Row 7.
pub async fn connects(run: &mut Run) {
    let count = run.sockets;
    let ours = Running::ours(&run.storage()).await;
    let actix = Running::baseline("sockets", Path::new("")).await;
    let since = cursor(ours.address).await;
    let connect = async |running: &Running, way: Way| {
        let (started, before) = (Instant::now(), processor_seconds(running.id()));
        let crowd = Crowd::connect(way, count).await;
        let sample = sample(count as f64, started, running.id(), before);
        drop(crowd);
        sample
    };
    let compared = compare(
        run.rounds,
        async || connect(&actix, bare_ways(actix.address)).await,
        async || connect(&ours, ways(ours.address, since)).await,
    )
    .await;
    let cpu = |sample: Sample| format!("{:.0} µs CPU", sample.cpu_us);
    let figures = compared.map_or_else(|| ("–".to_owned(), "–".to_owned()), |it| (cpu(it.ours), cpu(it.baseline)));
    let what = format!("a page of {count} connects and is level, to an actix-ws connect");
    run.line(7, &what, figures, compared.map(|it| it.cpu_ratio), Goal::AtMost(2.5));
    run.smaller(count < SOCKETS_MEANT);
    after_a_kill(run, ours).await;
}

/// The second half of row 7: all were away while something was posted; once to a server that stayed, once to one that was killed.
async fn after_a_kill(run: &mut Run, mut ours: Running) {
    let count = run.sockets;
    let (mut ratios, mut stayed_s, mut killed_s) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..run.rounds as u64 {
        let since = cursor(ours.address).await;
        let mut poster = Connection::open(ours.address).await;
        for number in 0..MISSED {
            say(&mut poster, (round + 1) * MISSED + number).await;
        }
        let stayed = level(&ours, since, count).await;
        let (storage, address) = (run.storage(), ours.address);
        ours.kill().await;
        ours = Running::ours_at(&storage, address).await;
        let mut first = Connection::open(address).await;
        while first.ask(b"GET /up HTTP/1.1\r\nHost: x\r\n\r\n").await.status != 200 {}
        let killed = level(&ours, since, count).await;
        ratios.push(killed / stayed);
        stayed_s.push(stayed);
        killed_s.push(killed);
    }
    let figures = (format!("{:.2} s", median(killed_s)), format!("{:.2} s", median(stayed_s)));
    let what = format!("{count} pages level after a kill, to the same without");
    run.line(7, &what, figures, Some(median(ratios)), Goal::AtMost(1.5));
    run.smaller(count < SOCKETS_MEANT);
    ours.stop().await;
}

/// Seconds until all are level, each with every missed message, once and in order.
async fn level(running: &Running, since: i64, count: usize) -> f64 {
    let started = Instant::now();
    let crowd = Crowd::connect(ways(running.address, since), count).await;
    crowd.heard.until(|heard| heard.messages.get() >= MISSED * count as u64).await;
    assert_eq!(crowd.heard.messages.get(), MISSED * count as u64);
    started.elapsed().as_secs_f64()
}
