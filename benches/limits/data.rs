//! The data that is measured: seeded, skewed, of any size. The same seed and size make the same database.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Rooms with messages.
pub const ROOMS: i64 = 200;
/// The room of whom everybody is a member, in which most is measured.
pub const COMMON: i64 = 1;
/// A quarter of all messages are in this room.
pub const LARGE: i64 = 2;
/// This one has a hundred.
pub const SMALL: i64 = 3;
/// Messages of the small room.
const SMALL_LEN: u64 = 100;
/// People, the first of whom runs the account.
pub const PEOPLE: i64 = 1_000;
/// Rooms that everybody is in.
const EVERYONES: i64 = 10;
/// Somebody who is in a thousand rooms, and somebody who is in ten.
pub const BUSY: i64 = 2;
pub const QUIET: i64 = 3;
/// Empty rooms that only the busy one is in.
const EMPTY_ROOMS: i64 = 990;
/// Words that messages are made of.
const WORDS: usize = 20_000;
/// When the first message was written, and how long after it each next one, in milliseconds.
const FIRST_MS: i64 = 1_769_862_896_789;
const EVERY_MS: i64 = 4_000;

/// The token by which somebody is signed in.
pub fn token(person: i64) -> String {
    format!("token-of-a-person-number-{person:08}")
}

/// A word by its rank: the lower, the more common.
pub fn word(rank: usize) -> String {
    const ONSETS: [&str; 12] = ["b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t"];
    const RIMES: [&str; 12] = ["a", "e", "i", "o", "u", "an", "el", "in", "or", "us", "ai", "ea"];
    let (mut rest, mut word) = (rank + 1, String::new());
    while rest > 0 {
        word.push_str(ONSETS[rest % 12]);
        word.push_str(RIMES[rest / 12 % 12]);
        rest /= 144;
    }
    word
}

/// Ranks as a language has them: the n-th word about 1/n as often as the first (Zipf).
fn rank(dice: &mut StdRng) -> usize {
    let share: f64 = dice.random();
    ((WORDS as f64).powf(share) - 1.0) as usize
}

fn room_of(number: u64, dice: &mut StdRng) -> i64 {
    match number % 4 {
        0 => LARGE,
        1 => COMMON,
        _ => {
            let share: f64 = dice.random();
            4 + (share * share * (ROOMS - 4) as f64) as i64
        }
    }
}

/// Fills a database in which one person has made an account and one room, and that nobody has open.
pub fn fill(folder: &Path, messages: u64) -> rusqlite::Result<()> {
    let mut connection = Connection::open(folder.join("campfire.sqlite3"))?;
    connection.pragma_update(None, "synchronous", "off")?;
    let tx = connection.transaction()?;
    let mut dice = StdRng::seed_from_u64(37);
    let now_ms = FIRST_MS + i64::try_from(messages).unwrap_or(0) * EVERY_MS;
    for person in 1..=PEOPLE {
        if person > 1 {
            tx.prepare_cached(
                "INSERT INTO users (id, name, name_key, email_address, created_at_ms, updated_at_ms)
                 VALUES (?1, ?2, ?3, ?4, 0, 0)",
            )?
            .execute(params![
                person,
                format!("Person {person}"),
                format!("person {person:06}"),
                format!("p{person}@example.com")
            ])?;
        }
        tx.prepare_cached(
            "INSERT INTO sessions (user_id, token_hash, ip_address, user_agent, created_at_ms, last_used_at_ms)
             VALUES (?1, ?2, '127.0.0.1', 'limits', 0, unixepoch() * 1000 + 86400000)",
        )?
        .execute(params![person, Sha256::digest(token(person)).as_slice()])?;
    }
    for room in 1..=ROOMS + EMPTY_ROOMS {
        if room > 1 {
            tx.prepare_cached(
                "INSERT INTO rooms (id, kind, name, name_key, creator_id, created_at_ms, updated_at_ms)
                 VALUES (?1, 'closed', ?2, ?3, 1, 0, 0)",
            )?
            .execute(params![room, format!("Room {room}"), format!("room {room:06}")])?;
        }
        let people: Vec<i64> = match room {
            _ if room <= EVERYONES => (1..=PEOPLE).collect(),
            _ if room <= ROOMS => (4..=PEOPLE).filter(|person| (person * 7 + room) % 19 == 0).chain([1]).collect(),
            _ => vec![BUSY],
        };
        for person in people {
            tx.prepare_cached(
                "INSERT OR IGNORE INTO memberships (room_id, user_id, involvement, created_at_ms)
                 VALUES (?1, ?2, 'mentions', 0)",
            )?
            .execute(params![room, person])?;
        }
    }
    for number in 1..=messages {
        let room = if number <= SMALL_LEN { SMALL } else { room_of(number, &mut dice) };
        let id = i64::try_from(number).unwrap_or(i64::MAX);
        let words: Vec<String> = (0..dice.random_range(4..20)).map(|_| word(rank(&mut dice))).collect();
        let text = format!("{} marker-{id}", words.join(" "));
        tx.prepare_cached(
            "INSERT INTO messages (id, room_id, creator_id, client_message_id, created_revision, revision, source, body_html,
               plain_text, created_at_ms, updated_at_ms)
             VALUES (?1, ?2, ?3, ?4, ?1, ?1, ?5, ?6, ?5, ?7, ?7)",
        )?
        .execute(params![
            id,
            room,
            dice.random_range(1..=PEOPLE),
            format!("{:08x}-0000-4000-8000-{id:012x}", 1),
            text,
            format!("<p>{text}</p>"),
            FIRST_MS + id * EVERY_MS
        ])?;
    }
    tx.execute(
        "UPDATE rooms SET last_message_id = coalesce((SELECT max(id) FROM messages WHERE room_id = rooms.id), 0)",
        [],
    )?;
    tx.execute("UPDATE rooms SET last_message_at_ms = ?1 WHERE last_message_id > 0", [now_ms])?;
    tx.execute(
        "UPDATE memberships SET last_read_message_id = (SELECT last_message_id FROM rooms WHERE id = room_id)
           - CASE WHEN room_id > 3 THEN (room_id % 3) * 40 ELSE 0 END",
        [],
    )?;
    tx.execute("UPDATE counters SET value = ?1 WHERE name = 'revision'", [i64::try_from(messages).unwrap_or(0)])?;
    // The index was made by no rules: the command makes it anew.
    tx.execute("UPDATE search_state SET rules = 0", [])?;
    tx.commit()
}

/// What became of acknowledged posts: how many messages have one of these ids, each once, in that room, and are in the search index.
pub fn count_posted(folder: &Path, room: i64, ids: &[uuid::Uuid]) -> usize {
    let connection = Connection::open(folder.join("campfire.sqlite3")).expect("the database");
    let mut statement = connection
        .prepare(
            "SELECT count(*) FROM messages JOIN message_index ON message_index.rowid = id
             WHERE room_id = ?1 AND client_message_id = ?2",
        )
        .expect("a statement");
    let found = ids.iter().filter(|id| {
        let count: i64 = statement.query_row(params![room, id.to_string()], |row| row.get(0)).expect("a count");
        count == 1
    });
    found.count()
}
