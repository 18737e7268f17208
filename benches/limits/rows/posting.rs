//! Posts over HTTP, acknowledged when they are durable.

use crate::Run;
use crate::data::{self, token};
use crate::http::{self, Connection};
use crate::measure::{Compared, Goal, Sample, compare, median, percentile, processor_seconds};
use crate::processes::Running;
use crate::raw;
use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The room that is posted to: its members are fewer, as in most.
const ROOM: i64 = 30;

/// What was posted and how long each post took, in milliseconds.
#[derive(Default)]
struct Posted {
    ids: Vec<Uuid>,
    times: Vec<f64>,
}

/// So many clients post, one message after the other each; every answer is looked at.
async fn post(running: &Running, clients: usize, span: Duration, posted: &Rc<RefCell<Posted>>) -> Sample {
    let (started, ends, address) = (Instant::now(), Instant::now() + span, running.address);
    let before = processor_seconds(running.id());
    let already = posted.borrow().ids.len();
    let tasks = (0..clients).map(|client| {
        let posted = posted.clone();
        tokio::task::spawn_local(async move {
            let mut connection = Connection::open(address).await;
            let (mut number, mut last) = (0, 0);
            while Instant::now() < ends {
                let (id, began) = (Uuid::new_v4(), Instant::now());
                let marker = format!("measured words of a post by client {client} number {number}");
                let answer = connection.ask(&http::post(ROOM, &token(1), id, &marker)).await;
                let took = began.elapsed().as_secs_f64() * 1000.0;
                assert_eq!(answer.status, 201, "{}", answer.text());
                let message: serde_json::Value = serde_json::from_str(&answer.text()).expect("JSON");
                assert_eq!(message["client_message_id"], id.to_string());
                assert_eq!(message["content"], marker);
                let this = message["id"].as_i64().expect("an id");
                assert!(this > last, "{this} came after {last}");
                (number, last) = (number + 1, this);
                let mut posted = posted.borrow_mut();
                posted.ids.push(id);
                posted.times.push(took);
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("every post is taken");
    }
    http::sample((posted.borrow().ids.len() - already) as f64, started, running.id(), before)
}

/// The database that the raw statements run on: a copy of ours, on the same disk.
fn copy(run: &Run) -> PathBuf {
    let file = run.folder.path().join("raw.sqlite3");
    std::fs::copy(run.storage().join("campfire.sqlite3"), &file).expect("a copy");
    file
}

fn figures(compared: Option<&Compared>) -> (String, String) {
    compared.map_or_else(
        || ("–".to_owned(), "–".to_owned()),
        |it| (format!("{:.0}/s, {:.0} µs CPU", it.ours.rate, it.ours.cpu_us), format!("{:.0}/s", it.baseline.rate)),
    )
}

/// Posts of some clients beside raw transactions of `group` posts each. Somebody looks at the room, so that they are broadcast.
async fn beside_raw(run: &mut Run, row: u32, clients: usize, group: usize, goal: f64) {
    let (file, span) = (copy(run), run.span);
    let connection = RefCell::new(raw::open(&file));
    let ours = Running::ours(&run.storage()).await;
    let path = format!("/ws?room={ROOM}&since=999999999");
    let way = crate::sockets::Way { address: ours.address, requests: vec![crate::sockets::upgrade(&path, &token(1))] };
    let crowd = crate::sockets::Crowd::connect(way, 1).await;
    let posted = Rc::new(RefCell::new(Posted::default()));
    let compared = compare(
        run.rounds,
        async || raw::run(&mut connection.borrow_mut(), ROOM, group, span).0,
        async || post(&ours, clients, span, &posted).await,
    )
    .await;
    drop(crowd);
    ours.stop().await;
    let ids = posted.take().ids;
    assert_eq!(data::count_posted(&run.storage(), ROOM, &ids), ids.len(), "every acknowledged post is there, once");
    let baseline = if group == 1 { "one transaction each" } else { "grouped alike" };
    let what = format!("posts, {clients} clients, to raw statements, {baseline}");
    run.line(row, &what, figures(compared.as_ref()), compared.map(|it| it.rate_ratio), Goal::AtLeast(goal));
}

/// Row 4.
pub async fn grouped(run: &mut Run) {
    beside_raw(run, 4, 16, 16, 0.60).await;
    beside_raw(run, 4, 64, 64, 0.75).await;
    let (file, span) = (copy(run), run.span);
    let mut connection = raw::open(&file);
    let ours = Running::ours(&run.storage()).await;
    let (mut ratios, mut p99s, mut raws) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..run.rounds {
        let before = raw::p99(&mut connection, ROOM, span);
        let posted = Rc::new(RefCell::new(Posted::default()));
        post(&ours, 1, span, &posted).await;
        let after = raw::p99(&mut connection, ROOM, span);
        let p99 = percentile(posted.take().times, 0.99);
        raws.push((before + after) / 2.0);
        ratios.push(p99 / ((before + after) / 2.0));
        p99s.push(p99);
    }
    ours.stop().await;
    let figures = (format!("{:.2} ms", median(p99s)), format!("{:.2} ms", median(raws)));
    run.line(4, "p99 of a post, 1 client, to raw statements", figures, Some(median(ratios)), Goal::AtMost(3.0));
}

/// Row 5.
pub async fn one_by_one(run: &mut Run) {
    beside_raw(run, 5, 16, 1, 2.5).await;
}
