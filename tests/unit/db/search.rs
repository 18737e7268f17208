//! What a search finds against a plain scan of everything that was said, by the rules of `domain/search.rs`; and that it takes every input.

use super::*;
use crate::db::storage::Storage;
use crate::db::{Db, Synchronous};
use crate::domain::{Body, ClientMessageId, Draft};
use proptest::prelude::*;
use proptest::sample::select;
use std::sync::atomic::{AtomicI64, Ordering};
use uuid::Uuid;

/// What may be said: as it is typed, and the words that it is.
const SAID: &[(&str, &[&str])] = &[
    ("deploy", &["deploy"]),
    ("Déployed!", &["deployed"]),
    ("dep", &["dep"]),
    ("de", &["de"]),
    ("a", &["a"]),
    ("lunch", &["lunch"]),
    ("LUNCH,", &["lunch"]),
    ("place", &["place"]),
    ("上海市", &["上海", "海市"]),
    ("在上海", &["在上", "上海"]),
    ("海", &["海"]),
    ("straße", &["strasse"]),
    ("foo_bar", &["foo", "bar"]),
    ("🔥", &["🔥"]),
    ("https://lunch.example/", &["https", "lunch", "example"]),
    ("`de-ploy`", &["de", "ploy"]),
    // Bob is called: found by his name, but in no phrase.
    ("\u{11}2\u{11}", &["@bob"]),
];

#[derive(Debug, Clone)]
enum Step {
    Say { room: usize, author: usize, text: Vec<usize> },
    Edit { which: usize, text: Vec<usize> },
    Remove { which: usize },
    Move { person: usize, room: usize },
    Remake,
}

#[derive(Debug, Clone)]
enum Part {
    Words(usize),
    Beginning(usize, usize),
    Phrase(usize, usize),
    Without(usize),
    From(usize),
    In(usize),
    Link,
    Code,
    Mine,
    MentionsMe,
    On(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let text = || proptest::collection::vec(0..SAID.len(), 1..5);
    prop_oneof![
        12 => (0usize..3, 0usize..2, text()).prop_map(|(room, author, text)| Step::Say { room, author, text }),
        3 => (0usize..60, text()).prop_map(|(which, text)| Step::Edit { which, text }),
        2 => (0usize..60).prop_map(|which| Step::Remove { which }),
        2 => (0usize..2, 0usize..3).prop_map(|(person, room)| Step::Move { person, room }),
        1 => Just(Step::Remake),
    ]
}

fn part() -> impl Strategy<Value = Part> {
    let said = || 0..SAID.len();
    prop_oneof![
        4 => said().prop_map(Part::Words),
        4 => (said(), 1usize..5).prop_map(|(said, len)| Part::Beginning(said, len)),
        3 => (said(), said()).prop_map(|(one, other)| Part::Phrase(one, other)),
        2 => said().prop_map(Part::Without),
        1 => (0usize..2).prop_map(Part::From),
        1 => (0usize..3).prop_map(Part::In),
        1 => select(vec![Part::Link, Part::Code, Part::Mine, Part::MentionsMe]),
        1 => (0i64..4).prop_map(Part::On),
    ]
}

const PEOPLE: [&str; 2] = ["Ann", "Bob"];
const ROOMS: [&str; 3] = ["One", "Two", "Three"];

struct Said {
    id: i64,
    room: usize,
    author: usize,
    text: Vec<usize>,
    day: i64,
}

impl Said {
    fn words(&self) -> Vec<&'static str> {
        self.text.iter().flat_map(|said| SAID[*said].1).copied().collect()
    }

    /// Whether the words follow each other here; the last may go on, if it is open and has two letters.
    fn has(&self, wanted: &[&str], is_open: bool) -> bool {
        let last = wanted.len() - 1;
        let is_open = is_open && wanted[last].chars().count() > 1;
        let fits = |word: &str| word == wanted[last] || (is_open && word.starts_with(wanted[last]));
        let words = self.words();
        let is_called = words.iter().filter_map(|word| word.strip_prefix('@')).any(fits);
        let is_said = words.windows(wanted.len()).any(|window| window[..last] == wanted[..last] && fits(window[last]));
        is_said || (last == 0 && is_called)
    }

    fn is_wanted(&self, part: &Part, searcher: usize) -> bool {
        let has = |said: usize| self.text.contains(&said);
        match part {
            Part::Words(said) => self.has(&wanted(*said), true),
            Part::Beginning(said, len) => {
                let word: String = wanted(*said)[0].chars().take(*len).collect();
                self.has(&[&word], true)
            }
            Part::Phrase(one, other) => self.has(&[wanted(*one), wanted(*other)].concat(), false),
            Part::Without(said) => !self.has(&wanted(*said), true),
            Part::From(author) => self.author == *author,
            Part::In(room) => self.room == *room,
            Part::Link => has(14),
            Part::Code => has(15),
            Part::Mine => self.author == searcher,
            Part::MentionsMe => searcher == 1 && has(BOB),
            Part::On(day) => self.day == *day,
        }
    }
}

/// The mention among what may be said.
const BOB: usize = 16;

/// The words that are looked for by what may be said.
fn wanted(said: usize) -> Vec<&'static str> {
    SAID[said].1.iter().map(|word| word.trim_start_matches('@')).collect()
}

/// What may be said, as somebody looks for it.
fn asked(said: usize) -> &'static str {
    if said == BOB { "bob" } else { SAID[said].0 }
}

/// A part as it is typed.
fn typed(part: &Part) -> String {
    match part {
        Part::Words(said) => asked(*said).to_owned(),
        Part::Beginning(said, len) => wanted(*said)[0].chars().take(*len).collect(),
        Part::Phrase(one, other) => format!("\"{} {}\"", asked(*one), asked(*other)),
        Part::Without(said) => format!("-{}", asked(*said)),
        Part::From(author) => format!("from:{}", PEOPLE[*author]),
        Part::In(room) => format!("in:\"{}\"", ROOMS[*room]),
        Part::Link => "has:link".to_owned(),
        Part::Code => "has:code".to_owned(),
        Part::Mine => "is:mine".to_owned(),
        Part::MentionsMe => "mentions:me".to_owned(),
        Part::On(day) => format!("on:2026-02-{:02}", day + 1),
    }
}

fn body(text: &[usize]) -> Body {
    Body::of(text.iter().map(|said| SAID[*said].0).collect::<Vec<_>>().join(" "))
}

/// 1 February 2026 and the days after it: a day is a dozen messages.
const BEGIN_MS: i64 = 1_769_904_000_000;
const STEP_MS: i64 = 86_400_000 / 12;

/// A database with the people in all of the rooms, and its clock.
async fn opened() -> (tempfile::TempDir, Db, Arc<AtomicI64>) {
    let folder = tempfile::TempDir::new().unwrap();
    let now = Arc::new(AtomicI64::new(BEGIN_MS));
    let clock = now.clone();
    let clock = Arc::new(move || clock.load(Ordering::SeqCst));
    let db = Db::open(Storage::open(folder.path()).unwrap(), Synchronous::Normal, clock).unwrap();
    let rooms = "INSERT INTO users (id, name, created_at_ms, updated_at_ms) VALUES (1, 'Ann', 0, 0), (2, 'Bob', 0, 0);
        INSERT INTO rooms (id, kind, name, creator_id, created_at_ms, updated_at_ms)
        VALUES (1, 'closed', 'One', 1, 0, 0), (2, 'closed', 'Two', 1, 0, 0), (3, 'closed', 'Three', 1, 0, 0);
        INSERT INTO memberships (room_id, user_id, involvement, created_at_ms) SELECT rooms.id, users.id, 'mentions', 0 FROM rooms, users;
        -- Ann is in more rooms than are made part of the question at once, Bob is not.
        INSERT INTO rooms (id, kind, name, creator_id, created_at_ms, updated_at_ms)
        SELECT 10 + value, 'closed', 'Empty', 1, 0, 0 FROM json_each('[1,2,3,4,5,6,7,8,9]');
        INSERT INTO memberships (room_id, user_id, involvement, created_at_ms) SELECT id, 1, 'mentions', 0 FROM rooms WHERE id > 10";
    db.write(move |tx| Ok(tx.execute_batch(rooms)?)).await.unwrap();
    (folder, db, now)
}

async fn play(steps: Vec<Step>, queries: Vec<Vec<Part>>) {
    let (_folder, db, now) = opened().await;
    let (mut list, mut access): (Vec<Said>, _) = (Vec::new(), [[true; 3]; 2]);
    for step in steps {
        match step {
            Step::Say { room, author, text } => {
                let at_ms = now.fetch_add(STEP_MS, Ordering::SeqCst) + STEP_MS;
                let draft =
                    Draft { client_message_id: ClientMessageId(Uuid::new_v4()), body: body(&text), attachment: None };
                let (room_id, user) = (RoomId(room as i64 + 1), UserId(author as i64 + 1));
                let message =
                    db.write(move |tx| Ok(messages::insert(tx, room_id, user, &draft)?.unwrap())).await.unwrap();
                list.push(Said { id: message.id.0, room, author, text, day: (at_ms - BEGIN_MS) / 86_400_000 });
            }
            Step::Edit { which, text } if !list.is_empty() => {
                let place = which % list.len();
                let (room, id, body) = (RoomId(list[place].room as i64 + 1), MessageId(list[place].id), body(&text));
                db.write(move |tx| Ok(messages::update_body(tx, &*messages::present(tx, room, id)?, &body)?))
                    .await
                    .unwrap();
                list[place].text = text;
            }
            Step::Remove { which } if !list.is_empty() => {
                let said = list.remove(which % list.len());
                let (room, id) = (RoomId(said.room as i64 + 1), MessageId(said.id));
                db.write(move |tx| Ok(messages::delete(tx, &*messages::present(tx, room, id)?)?)).await.unwrap();
            }
            Step::Move { person, room } => {
                let (user, id) = (person + 1, room + 1);
                let sql = match access[person][room] {
                    true => format!("DELETE FROM memberships WHERE user_id = {user} AND room_id = {id}"),
                    false => format!(
                        "INSERT INTO memberships (room_id, user_id, involvement, created_at_ms) VALUES ({id}, {user}, 'mentions', 0)"
                    ),
                };
                access[person][room] = !access[person][room];
                db.write(move |tx| Ok(tx.execute_batch(&sql)?)).await.unwrap();
            }
            Step::Remake => {
                db.write(|tx| Ok(begin_anew(tx)?)).await.unwrap();
                while db.write(|tx| Ok(index_batch(tx)?)).await.unwrap() {}
            }
            Step::Edit { .. } | Step::Remove { .. } => {}
        }
    }
    for parts in queries {
        let text = parts.iter().map(typed).collect::<Vec<_>>().join(" ");
        for (person, access) in access.iter().enumerate() {
            let rooms: Vec<usize> =
                parts.iter().filter_map(|part| if let Part::In(room) = part { Some(*room) } else { None }).collect();
            let people: Vec<usize> = parts
                .iter()
                .filter_map(|part| if let Part::From(author) = part { Some(*author) } else { None })
                .collect();
            let is_wanted = |said: &&Said| {
                let of_all = |part: &Part| matches!(part, Part::In(_) | Part::From(_)) || said.is_wanted(part, person);
                access[said.room]
                    && parts.iter().all(of_all)
                    && (rooms.is_empty() || rooms.contains(&said.room))
                    && (people.is_empty() || people.contains(&said.author))
            };
            let mut expected: Vec<i64> = list.iter().filter(is_wanted).map(|said| said.id).collect();
            expected.reverse();
            for first in [Order::Newest(MessageId(i64::MAX)), Order::Best(0)] {
                let (mut order, mut found, mut count) = (Some(first), Vec::new(), None);
                while let Some(next) = order {
                    let (query, viewer) = (SearchQuery::parse(&text), UserId(person as i64 + 1));
                    let page = db.read_long(move |snapshot| page(snapshot, viewer, &query, next, 3)).await.unwrap();
                    assert!(page.is_whole && page.messages.len() <= 3);
                    count = count.or(page.count);
                    found.extend(page.messages.iter().map(|message| message.id.0));
                    order = page.next;
                }
                if first != Order::Newest(MessageId(i64::MAX)) {
                    found.sort_by(|one, other| other.cmp(one));
                }
                assert_eq!(found, expected, "{} finds by {text:?}", PEOPLE[person]);
                assert_eq!(count, Some(expected.len()), "{text:?}");
            }
        }
    }
    let check = "INSERT INTO message_index (message_index) VALUES ('integrity-check')";
    db.write(move |tx| Ok(tx.execute_batch(check)?)).await.unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_found_is_what_a_plain_scan_finds(
        steps in proptest::collection::vec(step(), 1..60),
        queries in proptest::collection::vec(proptest::collection::vec(part(), 1..4), 12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(steps, queries));
    }

    #[test]
    fn the_index_takes_every_query(texts in proptest::collection::vec("([\\PC\"():*^{}+ \\-\0]|AND |OR |NOT |NEAR\\(|from:|in:|has:|on:|\"){0,60}", 40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (_folder, db, _now) = opened().await;
            for text in texts {
                let (query, order) = (SearchQuery::parse(&text), Order::Newest(MessageId(i64::MAX)));
                db.read_long(move |snapshot| page(snapshot, UserId(1), &query, order, 3)).await.unwrap();
            }
        });
    }
}
