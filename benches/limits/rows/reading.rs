//! Pages: alone, beside posts, after posts, in large rooms, for many people, on a schedule.

use crate::Run;
use crate::baselines::Kept;
use crate::data::{self, BUSY, COMMON, LARGE, PEOPLE, QUIET, SMALL, token};
use crate::http::{self, Check, Connection, Requests, get, load};
use crate::measure::{Compared, Goal, Sample, compare, median, percentile, processor_seconds};
use crate::processes::Running;
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Connections that ask at the same time.
const CONNECTIONS: usize = 16;
/// Messages on a page.
const PAGE_LEN: usize = 40;

/// A kind of page.
struct Page {
    name: &'static str,
    path: String,
    more: &'static str,
    check: Check,
}

/// Looks at a page of messages: forty, in order, each with its own marker (unless it was posted meanwhile).
fn messages_in_order(text: &str) {
    let ids: Vec<i64> = text
        .split("data-message-id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next()?.parse().ok())
        .fold(Vec::new(), |mut ids, id| {
            if ids.last() != Some(&id) {
                ids.push(id);
            }
            ids
        });
    assert!(ids.len() >= PAGE_LEN, "{} messages", ids.len());
    assert!(ids.is_sorted(), "out of order: {ids:?}");
    for id in ids {
        assert!(
            text.contains(&format!("marker-{id}<")) || text.contains("marker-s"),
            "message {id} without its marker"
        );
    }
}

/// What is asked for; the word that is searched for is neither one of the commonest nor rare.
fn kinds(messages: u64) -> Vec<Page> {
    let has = |part: &'static str| -> Check { Rc::new(move |text: &str| assert!(text.contains(part), "no {part}")) };
    let before = messages / 2 / 4 * 4 + 1;
    vec![
        Page { name: "room page", path: format!("/rooms/{COMMON}"), more: "", check: Rc::new(messages_in_order) },
        Page {
            name: "older page",
            path: format!("/rooms/{COMMON}/messages?before={before}"),
            more: "HX-Request: true\r\n",
            check: Rc::new(messages_in_order),
        },
        Page { name: "sidebar", path: "/users/me/sidebar".to_owned(), more: "", check: has("Room 2") },
        Page {
            name: "search",
            path: format!("/searches?q={}", data::word(50)),
            more: "",
            check: Rc::new(|text| assert!(text.contains("<mark>"), "nothing is marked")),
        },
    ]
}

/// A process that sends what ours sends, from memory.
async fn twin(run: &Run, address: SocketAddr, requests: &[(String, Vec<u8>)]) -> Running {
    let mut kept = Vec::new();
    let mut connection = Connection::open(address).await;
    for (path, request) in requests {
        let answer = connection.ask(request).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.head);
        let headers = answer.head.split("\r\n").skip(1).filter_map(|line| line.split_once(": "));
        // What the server library writes by itself.
        let headers =
            headers.filter(|(name, _)| !["content-length", "date"].contains(&name.to_ascii_lowercase().as_str()));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        kept.push(Kept { path: path.clone(), headers, body: answer.body.to_vec() });
    }
    let file = run.folder.path().join("answers.json");
    std::fs::write(&file, serde_json::to_vec(&kept).expect("JSON")).expect("a file");
    Running::baseline("bytes", &file).await
}

fn rates(compared: &Compared) -> (String, String) {
    let text = |sample: Sample| format!("{:.0}/s, {:.0} µs CPU", sample.rate, sample.cpu_us);
    (text(compared.ours), text(compared.baseline))
}

fn note(run: &mut Run, row: u32, what: &str, compared: Option<Compared>, goal: Goal) {
    match compared {
        Some(compared) => run.line(row, what, rates(&compared), Some(compared.rate_ratio), goal),
        None => run.line(row, what, ("–".to_owned(), "–".to_owned()), None, goal),
    }
}

/// Row 1.
pub async fn pages(run: &mut Run) {
    let ours = Running::ours(&run.storage()).await;
    for page in kinds(run.messages) {
        // Searches have a rate for each person: everybody searches in turn.
        let people = if page.name == "search" { QUIET..=PEOPLE } else { QUIET..=QUIET };
        let asked: Vec<Vec<u8>> = people.map(|person| get(&page.path, &token(person), page.more)).collect();
        let bare = twin(run, ours.address, &[(page.path.clone(), asked[0].clone())]).await;
        let (requests, span) = (Requests::new(asked, page.check.clone()), run.span);
        requests.ask_all(ours.address).await;
        let compared = compare(
            run.rounds,
            async || load(bare.address, bare.id(), &requests, CONNECTIONS, span).await,
            async || load(ours.address, ours.id(), &requests, CONNECTIONS, span).await,
        )
        .await;
        note(run, 1, &format!("{}, {CONNECTIONS} connections, warm", page.name), compared, Goal::AtLeast(0.8));
    }
    ours.stop().await;
}

/// Posts to a room at a steady rate until the flag falls.
async fn post_steadily(address: SocketAddr, rooms: Vec<i64>, per_second: u32, goes_on: Rc<Cell<bool>>) -> u64 {
    let started = Instant::now();
    let posted = Rc::new(Cell::new(0_u64));
    let next = Rc::new(Cell::new(0_u32));
    let tasks = (0..8).map(|_| {
        let (goes_on, posted, next, rooms) = (goes_on.clone(), posted.clone(), next.clone(), rooms.clone());
        tokio::task::spawn_local(async move {
            let mut connection = Connection::open(address).await;
            while goes_on.get() {
                let number = next.get();
                next.set(number + 1);
                let due = started + Duration::from_secs_f64(f64::from(number) / f64::from(per_second));
                tokio::time::sleep_until(due.into()).await;
                let room = rooms[number as usize % rooms.len()];
                let request = http::post(room, &token(1), Uuid::new_v4(), &format!("beside marker-s{number:08}"));
                assert_eq!(connection.ask(&request).await.status, 201);
                posted.set(posted.get() + 1);
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("every post is taken");
    }
    posted.get()
}

/// The room page at its newest end: where much is unread, it opens there instead.
fn newest() -> String {
    format!("/rooms/{COMMON}?newest")
}

/// Row 2.
pub async fn pages_beside_posts(run: &mut Run) {
    for (rooms, per_second, goal) in [
        ((20..60).collect::<Vec<i64>>(), 10, 0.98),
        ((20..60).collect(), 100, 0.95),
        ((20..60).collect(), 1_000, 0.80),
        (vec![COMMON], 100, 0.60),
    ] {
        let ours = Running::ours(&run.storage()).await;
        let check: Check = Rc::new(messages_in_order);
        let requests = Requests::new(vec![get(&newest(), &token(QUIET), "")], check);
        let (span, address, id) = (run.span, ours.address, ours.id());
        let worst = Cell::new(f64::INFINITY);
        let compared = compare(
            run.rounds,
            async || load(address, id, &requests, CONNECTIONS, span).await,
            async || {
                let goes_on = Rc::new(Cell::new(true));
                let posting =
                    tokio::task::spawn_local(post_steadily(address, rooms.clone(), per_second, goes_on.clone()));
                let sample = load(address, id, &requests, CONNECTIONS, span).await;
                goes_on.set(false);
                let reached = posting.await.expect("posts") as f64 / span.as_secs_f64();
                worst.set(worst.get().min(reached));
                sample
            },
        )
        .await;
        let place = if rooms == [COMMON] { "the same room" } else { "other rooms" };
        let what = format!("room page while {per_second} posts/s go to {place} (reached {:.0})", worst.get());
        note(run, 2, &what, compared, Goal::AtLeast(goal));
        run.smaller(worst.get() < f64::from(per_second) * 0.9);
        ours.stop().await;
    }
}

/// Row 3: the page is asked for after each post, one connection, and only the asking is timed.
pub async fn first_after_a_post(run: &mut Run) {
    let ours = Running::ours(&run.storage()).await;
    let request = get(&newest(), &token(QUIET), "");
    let (span, address, id) = (run.span, ours.address, ours.id());
    let requests = Requests::new(vec![request.clone()], Rc::new(messages_in_order));
    let compared = compare(
        run.rounds,
        async || load(address, id, &requests, 1, span).await,
        async || {
            let (mut reader, mut poster) = (Connection::open(address).await, Connection::open(address).await);
            let (mut asked, mut count, started) = (Duration::ZERO, 0_u32, Instant::now());
            let mut cpu = 0.0;
            while started.elapsed() < span {
                let marker = format!("marker-s{count:08} {}", Uuid::new_v4());
                let post = http::post(COMMON, &token(1), Uuid::new_v4(), &marker);
                assert_eq!(poster.ask(&post).await.status, 201);
                let (before, began) = (processor_seconds(id), Instant::now());
                let answer = reader.ask(&request).await;
                asked += began.elapsed();
                cpu += processor_seconds(id) - before;
                assert_eq!(answer.status, 200);
                assert!(
                    answer.text().contains(&marker),
                    "a page without what was acknowledged before it was asked for"
                );
                count += 1;
            }
            Sample { rate: f64::from(count) / asked.as_secs_f64(), cpu_us: cpu * 1e6 / f64::from(count) }
        },
    )
    .await;
    note(run, 3, "room page, first after each new message in it", compared, Goal::AtLeast(0.35));
    ours.stop().await;
}

/// Row 10.
pub async fn sizes(run: &mut Run) {
    let ours = Running::ours(&run.storage()).await;
    let rooms: Check = Rc::new(|text| assert!(text.contains("Room 2"), "no rooms"));
    let (page, sidebar) = ("room page, 250,000 messages to 100", "sidebar, 1,000 rooms to 10");
    let pairs = [
        (
            page,
            format!("/rooms/{LARGE}"),
            QUIET,
            format!("/rooms/{SMALL}"),
            QUIET,
            Rc::new(messages_in_order) as Check,
            0.95,
        ),
        (sidebar, "/users/me/sidebar".to_owned(), BUSY, "/users/me/sidebar".to_owned(), QUIET, rooms, 0.5),
    ];
    for (what, large, large_reader, small, small_reader, check, goal) in pairs {
        let large = Requests::new(vec![get(&large, &token(large_reader), "")], check.clone());
        let small = Requests::new(vec![get(&small, &token(small_reader), "")], check);
        let (span, address, id) = (run.span, ours.address, ours.id());
        let compared = compare(
            run.rounds,
            async || load(address, id, &small, CONNECTIONS, span).await,
            async || load(address, id, &large, CONNECTIONS, span).await,
        )
        .await;
        note(run, 10, what, compared, Goal::AtLeast(goal));
    }
    ours.stop().await;
}

/// Row 11.
pub async fn people(run: &mut Run) {
    let ours = Running::ours(&run.storage()).await;
    let check: Check = Rc::new(messages_in_order);
    let of = |person: i64| get(&format!("/rooms/{COMMON}"), &token(person), "");
    let one = Requests::new(vec![of(QUIET)], check.clone());
    let all = Requests::new((1..=PEOPLE).map(of).collect(), check);
    let (span, address, id) = (run.span, ours.address, ours.id());
    all.ask_all(address).await;
    let compared = compare(
        run.rounds,
        async || load(address, id, &one, CONNECTIONS, span).await,
        async || load(address, id, &all, CONNECTIONS, span).await,
    )
    .await;
    note(run, 11, "room page, 1,000 people to one", compared, Goal::AtLeast(0.5));
    ours.stop().await;
}

/// The median and the 99th percentile, in microseconds, of requests that leave on a schedule, whether or not earlier ones are answered;
/// time counts from the schedule.
async fn offered(address: SocketAddr, requests: &Rc<Requests>, every: Duration, span: Duration) -> (f64, f64) {
    let times = Rc::new(RefCell::new(Vec::new()));
    let (started, next) = (Instant::now(), Rc::new(Cell::new(0_u32)));
    let tasks = (0..CONNECTIONS * 2).map(|_| {
        let (times, next, requests) = (times.clone(), next.clone(), requests.clone());
        tokio::task::spawn_local(async move {
            let mut connection = Connection::open(address).await;
            loop {
                let due = started + every * next.get();
                next.set(next.get() + 1);
                if due > started + span {
                    return;
                }
                // The timer is coarse: it is waited for nearly so long, the rest by yielding.
                tokio::time::sleep_until((due - Duration::from_millis(1).min(due - started)).into()).await;
                while Instant::now() < due {
                    tokio::task::yield_now().await;
                }
                requests.ask(&mut connection, 0).await;
                times.borrow_mut().push(due.elapsed().as_secs_f64() * 1e6);
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("every answer is right");
    }
    let times = times.take();
    (median(times.clone()), percentile(times, 0.99))
}

/// Row 12. What the generator and the machine add to it shows in the same of a bare handler at the same rate.
pub async fn latency(run: &mut Run) {
    let ours = Running::ours(&run.storage()).await;
    let (path, span) = (format!("/rooms/{COMMON}"), run.span);
    let request = get(&path, &token(QUIET), "");
    let requests = Requests::new(vec![request.clone()], Rc::new(messages_in_order));
    let bare = twin(run, ours.address, &[(path, request)]).await;
    let capacity = load(ours.address, ours.id(), &requests, CONNECTIONS, span).await.rate;
    let every = Duration::from_secs_f64(2.0 / capacity);
    let (mut ratios, mut medians, mut p99s, mut bares) = (vec![], vec![], vec![], vec![]);
    for _ in 0..run.rounds {
        let (bare_middle, bare_p99) = offered(bare.address, &requests, every, span).await;
        let (middle, p99) = offered(ours.address, &requests, every, span).await;
        bares.push(bare_p99 / bare_middle);
        ratios.push(p99 / middle);
        medians.push(middle);
        p99s.push(p99);
    }
    let baseline = format!("median {:.0} µs (a bare handler's ratio: {:.1})", median(medians), median(bares));
    let what = format!("room page at half of {capacity:.0}/s, time from the schedule");
    let figures = (format!("p99 {:.0} µs", median(p99s)), baseline);
    run.line(12, &what, figures, Some(median(ratios)), Goal::AtMost(4.0));
    ours.stop().await;
}
