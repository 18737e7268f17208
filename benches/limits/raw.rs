//! Posts without us: the statements of one post, by rusqlite alone, on the same disk, with the same pragmas.

use super::measure::{Sample, percentile};
use rusqlite::{Connection, Transaction, params};
use std::path::Path;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A connection set as the writer's is.
pub fn open(file: &Path) -> Connection {
    let connection = Connection::open(file).expect("a database");
    for (name, value) in
        [("journal_mode", "wal"), ("synchronous", "full"), ("temp_store", "memory"), ("wal_autocheckpoint", "1000")]
    {
        connection.pragma_update(None, name, value).expect("a pragma");
    }
    connection.pragma_update(None, "secure_delete", true).expect("a pragma");
    connection.pragma_update(None, "foreign_keys", true).expect("a pragma");
    connection.set_prepared_statement_cache_capacity(256);
    connection
}

/// What one post does to the database.
fn post(tx: &Transaction<'_>, room: i64, text: &str) -> rusqlite::Result<()> {
    let member = "SELECT 1 FROM memberships JOIN users ON users.id = memberships.user_id
                  WHERE room_id = ?1 AND user_id = 1 AND users.status = 'active'";
    tx.prepare_cached(member)?.exists([room])?;
    let revision: i64 = tx
        .prepare_cached("UPDATE counters SET value = value + 1 WHERE name = 'revision' RETURNING value")?
        .query_row([], |row| row.get(0))?;
    let id: i64 = tx
        .prepare_cached(
            "INSERT INTO messages (room_id, creator_id, client_message_id, created_revision, revision, source, source_format,
               body_html, plain_text, created_at_ms, updated_at_ms)
             VALUES (?1, 1, ?2, ?3, ?3, ?4, 'markdown', ?5, ?4, 1900000000000, 1900000000000) RETURNING id",
        )?
        .query_row(params![room, Uuid::new_v4().to_string(), revision, text, format!("<p>{text}</p>")], |row| row.get(0))?;
    tx.prepare_cached(
        "UPDATE rooms SET last_message_at_ms = ?2, updated_at_ms = ?2, last_message_id = ?3 WHERE id = ?1",
    )?
    .execute(params![room, 1_900_000_000_000_i64, id])?;
    tx.prepare_cached("SELECT messages.id, source, body_html, plain_text, name FROM messages JOIN users ON users.id = creator_id WHERE messages.id = ?1")?
        .query_row([id], |row| row.get::<_, String>(1))?;
    // Its row of the search index: marks of its room and author, and its words.
    let words = format!("\u{e000}r{room} \u{e000}a1 {text}");
    tx.prepare_cached("INSERT INTO message_index (rowid, words) VALUES (?1, ?2)")?.execute(params![id, words])?;
    Ok(())
}

/// Posts for so long, so many to a transaction; the sample, and each transaction's time in milliseconds.
pub fn run(connection: &mut Connection, room: i64, group: usize, span: Duration) -> (Sample, Vec<f64>) {
    let (started, mut count, mut times) = (Instant::now(), 0_u32, Vec::new());
    while started.elapsed() < span {
        let began = Instant::now();
        let tx = connection.transaction().expect("a transaction");
        for number in 0..group {
            post(&tx, room, &format!("measured words of a raw post number {count} {number}")).expect("a post");
        }
        // As many pages of the index are merged as ours merges with a group of this size.
        let merge = "INSERT INTO message_index (message_index, rank) VALUES ('merge', ?1)";
        tx.prepare_cached(merge).expect("a statement").execute([8 + group as i64 / 4]).expect("a merge");
        tx.commit().expect("a commit");
        count += u32::try_from(group).expect("a small group");
        times.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    (Sample { rate: f64::from(count) / started.elapsed().as_secs_f64(), cpu_us: 1.0 }, times)
}

/// The 99th percentile of a post of its own transaction, in milliseconds.
pub fn p99(connection: &mut Connection, room: i64, span: Duration) -> f64 {
    percentile(run(connection, room, 1, span).1, 0.99)
}
