//! The search index, what is found by it, and what people looked for lately.
//!
//! Invariants: a message is in the index exactly when it is there and its id is past `unindexed_through_id`; what the index has of it
//! is its [`entry`]; a result is of a room that the searcher is in.

use super::prelude::*;
use super::{messages, rooms};
use crate::domain::search::{
    Indexed, RULES, SearchQuery, Term, author_mark, entry, key, mention_mark, quote_mark, room_mark, texts,
};
use rusqlite::ErrorCode;
use std::collections::HashSet;

/// Index entries looked at, newest first, before access is made part of the question: some milliseconds' worth, in which whoever is
/// in most rooms finds a page.
const PROBE_MAX: usize = 1_200;
/// Rooms that are gone through themselves: so few have their messages in order at little cost.
const NARROW_MAX: usize = 8;
/// Matches counted; one more means "more than that".
pub const COUNT_MAX: usize = 1_000;
/// Newest matches that are ranked when the best are asked for: a common word has a million, of which nobody looks at the rest.
const RANKED_MAX: usize = 500;
/// People whom one name may mean.
const NAMED_MAX: usize = 100;
/// People whose names are compared.
const PEOPLE_MAX: u32 = 20_000;
/// Pages of the index merged for each write, about: more than a write adds to all levels of the tree together.
const MERGED_PAGES: i64 = 8;
/// Writes between merges: each begins and ends with some pages of its own.
const MERGED_EVERY: u64 = 16;
/// Ids that one batch puts into the index.
const BATCH_LEN: i64 = 200;

/// Rows of the index's data up to this are its own book-keeping (<https://www.sqlite.org/fts5.html>, section 9), which goes last.
const BOOKKEEPING_ID: i64 = 10;
const IS_SET_ASIDE: &str = "SELECT 1 FROM sqlite_schema WHERE name = 'message_index_old'";
const CREATE: &str = include_str!("../../migrations/0012_create_message_index.sql");

from_row!(Indexed { room, creator, plain_text, html, file_name, content_type });

/// Brings what the index has of messages to what they are now. For the writer, at the end of a transaction. An index that turns out to
/// be damaged is made anew: what people say is not lost over it.
/// Merges at every [`MERGED_EVERY`]th of the `writes`.
pub(super) fn write(connection: &Connection, ids: &[MessageId], writes: u64) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    connection.execute_batch("SAVEPOINT entries")?;
    let written = ids.iter().try_for_each(|id| write_one(connection, *id)).and_then(|()| {
        // A savepoint has it written out, so that damage shows before the commit.
        connection.execute_batch("SAVEPOINT written")?;
        if writes.is_multiple_of(MERGED_EVERY) {
            let sql = "INSERT INTO message_index (message_index, rank) VALUES ('merge', ?1)";
            let pages = MERGED_EVERY as i64 * (MERGED_PAGES + ids.len() as i64 / 4);
            connection.prepare_cached(sql)?.execute([pages])?;
        }
        connection.execute_batch("RELEASE entries")
    });
    match written {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
            tracing::error!(%error, "the search index is damaged; it is made anew");
            connection.execute_batch("ROLLBACK TO entries; RELEASE entries")?;
            begin_anew(connection)
        }
        result => result,
    }
}

fn write_one(connection: &Connection, id: MessageId) -> Result<()> {
    let sql = "SELECT room_id, creator_id, plain_text, body_html, name, content_type
               FROM messages LEFT JOIN attachments ON message_id = id WHERE id = ?1 AND removed_at_ms IS NULL";
    if let Some(message) = maybe(connection, sql, [id])? {
        let sql = "REPLACE INTO message_index (rowid, words) VALUES (?1, ?2)";
        connection.prepare_cached(sql)?.execute((id, entry(&message))).map(drop)
    } else {
        connection.prepare_cached("DELETE FROM message_index WHERE rowid = ?1")?.execute([id]).map(drop)
    }
}

/// Sets the index aside, to be emptied, and begins a new one, to be filled by batches, newest messages first. Where one is set aside
/// still, this one goes at once. Writes `search_state`, on the writer's connection.
pub fn begin_anew(connection: &Connection) -> Result<()> {
    let set_aside = "ALTER TABLE message_index RENAME TO message_index_old";
    let is_set_aside = exists(connection, IS_SET_ASIDE, [])?;
    connection.execute_batch(if is_set_aside { "DROP TABLE message_index" } else { set_aside })?;
    connection.execute_batch(CREATE)?;
    let sql = "UPDATE search_state SET rules = ?1, unindexed_through_id = (SELECT coalesce(max(id), 0) FROM messages)";
    connection.execute(sql, [RULES]).map(drop)
}

/// Up to which message the index has to be filled; below 1 once it is whole. Reads one row.
pub fn unindexed_through(connection: &Connection) -> Result<i64> {
    one(connection, "SELECT unindexed_through_id FROM search_state", [])
}

/// Does some of what is left to do for the index to be whole, of the program's rules and alone; tells whether it found any. Writes the
/// index and `search_state`: at most `BATCH_LEN` messages, or rows of the index that was set aside.
pub fn index_batch(tx: &Tx<'_>) -> Result<bool> {
    if one(tx, "SELECT rules <> ?1 FROM search_state", [RULES])? {
        begin_anew(tx)?;
    }
    let end = unindexed_through(tx)?;
    if end > 0 {
        let ids: Vec<MessageId> =
            all(tx, "SELECT id FROM messages WHERE id BETWEEN ?1 AND ?2", (end - BATCH_LEN + 1, end))?;
        ids.into_iter().for_each(|id| tx.index(id));
        run(tx, "UPDATE search_state SET unindexed_through_id = ?1", [end - BATCH_LEN])?;
        return Ok(true);
    }
    if !exists(tx, IS_SET_ASIDE, [])? {
        return Ok(false);
    }
    // All at once would hold up the writer for seconds.
    for table in ["message_index_old_data", "message_index_old_content"] {
        let sql =
            format!("DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE id > {BOOKKEEPING_ID} LIMIT ?1)");
        if change(tx, &sql, [BATCH_LEN])? > 0 {
            return Ok(true);
        }
    }
    run(tx, "DROP TABLE message_index_old", []).map(|()| true)
}

/// In what order, and from where on, results are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Newest first, before this message.
    Newest(MessageId),
    /// Best first among the newest, after so many of them.
    Best(usize),
}

/// Results.
pub struct Found {
    /// The messages, in order.
    pub messages: Vec<Arc<Message>>,
    /// Where there are more.
    pub next: Option<Order>,
    /// How many there are, up to [`COUNT_MAX`] + 1; none when counting would cost too much.
    pub count: Option<usize>,
    /// Whether all messages are in the index.
    pub is_whole: bool,
}

/// What `viewer` finds. Reads only: at most `PROBE_MAX` entries of the index newest first and, where that does not fill the page,
/// those of the searcher's own rooms; `limit` messages.
pub fn page(
    connection: &Connection, viewer: UserId, query: &SearchQuery, order: Order, limit: usize,
) -> Result<Found, AppError> {
    let is_whole = unindexed_through(connection)? <= 0;
    let Some(scope) = Scope::of(connection, viewer, query)? else {
        return Ok(Found { messages: Vec::new(), next: None, count: Some(0), is_whole });
    };
    let (before, wanted, skipped) = match order {
        Order::Newest(before) => (before, limit + 1, 0),
        Order::Best(skipped) => (MessageId(i64::MAX), RANKED_MAX, skipped),
    };
    let (mut ids, count) = scope.hits(connection, before, wanted)?;
    if matches!(order, Order::Best(_)) {
        ids = ranked(connection, query, ids)?;
    }
    let page: Vec<MessageId> = ids.iter().skip(skipped).take(limit).copied().collect();
    let next = page.last().filter(|_| ids.len() > skipped + page.len()).map(|last| match order {
        Order::Newest(_) => Order::Newest(*last),
        Order::Best(_) => Order::Best(skipped + page.len()),
    });
    Ok(Found { messages: messages::listed(connection, &page)?, next, count, is_whole })
}

/// Messages by how well they fit, the newer of two that fit as well first.
fn ranked(connection: &Connection, query: &SearchQuery, ids: Vec<MessageId>) -> Result<Vec<MessageId>> {
    let words = |id| one::<String>(connection, "SELECT words FROM message_index WHERE rowid = ?1", [id]);
    let entries = ids.into_iter().map(|id| Ok((id, words(id)?))).collect::<Result<Vec<_>>>()?;
    let texts: Vec<(_, Vec<_>)> = entries.iter().map(|(id, words)| (*id, words.split(' ').collect())).collect();
    let average = texts.iter().map(|(_, text)| text.len()).sum::<usize>() as f64 / texts.len().max(1) as f64;
    let mut scores: Vec<_> = texts.iter().map(|(id, text)| (query.score(text, average), *id)).collect();
    scores.sort_by(|one, other| other.0.total_cmp(&one.0).then(other.1.cmp(&one.1)));
    Ok(scores.into_iter().map(|(_, id)| id).collect())
}

/// A term, and the marks of people who are called so.
type Wanted = (Term, Vec<String>);

/// What is looked for, and where.
struct Scope {
    wanted: Vec<Wanted>,
    without: Vec<Wanted>,
    /// Marks that must be there, each a choice.
    marks: Vec<Vec<String>>,
    /// The marks of the rooms.
    rooms: HashSet<String>,
    first: MessageId,
    end: MessageId,
}

impl Scope {
    /// None when there is nothing to be found.
    fn of(connection: &Connection, viewer: UserId, query: &SearchQuery) -> Result<Option<Self>> {
        let sql = "SELECT id, name FROM users ORDER BY id LIMIT ?1";
        let mut people: Vec<(UserId, String)> = all(connection, sql, [PEOPLE_MAX])?;
        people.push((EVERYONE, EVERYONE_NAME.to_owned()));
        let people: Vec<_> = people.into_iter().map(|(id, name)| (id, texts(&name))).collect();
        let called = |term: &Term| -> Vec<UserId> {
            let fits = people.iter().filter(|(_, name)| term.places(name).next().is_some());
            fits.map(|(id, _)| *id).take(NAMED_MAX).collect()
        };
        let wanted = |terms: &[Term]| -> Vec<Wanted> {
            let marks = |term| called(term).into_iter().flat_map(|id| [mention_mark(id), quote_mark(id)]).collect();
            terms.iter().map(|term| (term.clone(), marks(term))).collect()
        };
        let mut marks: Vec<Vec<String>> = query.has.iter().map(|mark| vec![(*mark).to_owned()]).collect();
        marks.extend(query.is_mine.then(|| vec![author_mark(viewer)]));
        marks.extend(query.mentions_me.then(|| vec![mention_mark(viewer), mention_mark(EVERYONE)]));
        if !query.from.is_empty() {
            let authors = query.from.iter().filter_map(|name| Term::beginning(name)).flat_map(|term| called(&term));
            marks.push(authors.map(author_mark).collect());
        }
        let mut rooms = searched(connection, viewer)?;
        if !query.rooms.is_empty() {
            rooms = query.rooms.iter().flat_map(|name| chosen(&rooms, name)).collect();
        }
        let rooms: HashSet<_> = rooms.into_iter().map(|(id, _)| room_mark(id)).collect();
        let end = query.until_ms.map_or(Ok(MessageId(i64::MAX)), |ms| first_since(connection, ms))?;
        let first = query.since_ms.map_or(Ok(MessageId(0)), |ms| first_since(connection, ms))?;
        let is_possible = !rooms.is_empty() && marks.iter().all(|choice| !choice.is_empty()) && !query.is_empty();
        let (wanted, without) = (wanted(&query.terms), wanted(&query.without));
        Ok(is_possible.then_some(Self { wanted, without, marks, rooms, first, end }))
    }

    /// Matches before a message, newest first: `limit`, if there are so many; and how many there are in all, if that is known: they are
    /// counted only from the newest on.
    fn hits(
        &self, connection: &Connection, before: MessageId, limit: usize,
    ) -> Result<(Vec<MessageId>, Option<usize>)> {
        let is_counted = before.0 == i64::MAX;
        let (mut ids, mut count, mut end) = (Vec::new(), 0, before.min(self.end));
        let is_enough = |ids: &[MessageId], count: usize| ids.len() == limit && (!is_counted || count > COUNT_MAX);
        // Few rooms are gone through themselves; so are all, where nothing is asked for that all results share.
        let is_narrow = self.rooms.len() <= NARROW_MAX || (self.wanted.is_empty() && self.marks.is_empty());
        let asked = if is_narrow { self.rooms() } else { self.expression(shortened, false) };
        let mut statement = connection.prepare_cached(
            "SELECT rowid, words FROM message_index WHERE message_index MATCH ?1 AND rowid >= ?2 AND rowid < ?3
             ORDER BY rowid DESC",
        )?;
        // Whether more is found than what is looked for.
        let is_loose = !self.without.is_empty() || asked != self.expression(exact, false);
        let mut rows = statement.query((asked, self.first, end))?;
        let (mut probed, mut is_through) = (0, true);
        while let Some(row) = rows.next()? {
            is_through = probed < PROBE_MAX && !is_enough(&ids, count);
            if !is_through {
                break;
            }
            probed += 1;
            end = row.get(0)?;
            let entry = row.get_ref(1)?.as_str()?;
            let room = entry.split(' ').next().unwrap_or_default();
            if self.rooms.contains(room) && (!is_loose || self.fits(entry)) {
                count += 1;
                ids.extend((ids.len() < limit).then_some(end));
            }
        }
        if is_through || ids.len() == limit {
            let is_known = is_counted && (is_through || count > COUNT_MAX);
            return Ok((ids, is_known.then_some(count)));
        }
        let mut statement = connection.prepare_cached(
            "SELECT rowid FROM message_index WHERE message_index MATCH ?1 AND rowid >= ?2 AND rowid < ?3
             ORDER BY rowid DESC",
        )?;
        let mut rows = statement.query((self.expression(exact, true), self.first, end))?;
        while let Some(row) = rows.next()? {
            count += 1;
            if ids.len() < limit {
                ids.push(row.get(0)?);
            }
            if is_enough(&ids, count) {
                break;
            }
        }
        Ok((ids, is_counted.then_some(count)))
    }

    /// Whether an entry that the shortened question found is a match.
    fn fits(&self, entry: &str) -> bool {
        let words: Vec<&str> = entry.split(' ').collect();
        let has = |(term, people): &Wanted| {
            term.places(&words).next().is_some() || people.iter().any(|mark| words.contains(&mark.as_str()))
        };
        let is_marked = |choice: &Vec<String>| choice.iter().any(|mark| words.contains(&mark.as_str()));
        self.wanted.iter().all(has) && self.marks.iter().all(is_marked) && !self.without.iter().any(has)
    }

    /// The rooms as FTS5 is asked for them.
    fn rooms(&self) -> String {
        let mut rooms: Vec<_> = self.rooms.iter().map(|mark| format!("\"{mark}\"")).collect();
        rooms.sort_unstable();
        format!("({})", rooms.join(" OR "))
    }

    /// The question as FTS5 is asked (<https://www.sqlite.org/fts5.html>, section 3), with or without what only narrows it. Words and
    /// marks have no character that it would read otherwise.
    fn expression(&self, term: fn(&Term) -> String, is_whole: bool) -> String {
        let any = |choice: &[String]| format!("({})", choice.join(" OR "));
        let quoted = |marks: &[String]| marks.iter().map(|mark| format!("\"{mark}\"")).collect::<Vec<_>>();
        let wanted = |(words, people): &Wanted| any(&[vec![term(words)], quoted(people)].concat());
        let mut all: Vec<String> = self.wanted.iter().map(wanted).collect();
        all.extend(self.marks.iter().map(|choice| any(&quoted(choice))));
        if !is_whole {
            return all.join(" AND ");
        }
        all.push(self.rooms());
        let none: String = self.without.iter().map(|term| format!(" NOT {}", wanted(term))).collect();
        format!("({}){none}", all.join(" AND "))
    }
}

/// Characters of a beginning that the index has in order; it would gather longer ones, however many they are.
const BEGINNING_LEN: usize = 3;

fn exact(term: &Term) -> String {
    format!("\"{}\"{}", term.words.join(" "), if term.is_open { " *" } else { "" })
}

/// A term that finds at least as much and is found in order, newest first, without being gathered.
fn shortened(term: &Term) -> String {
    let mut term = term.clone();
    if let Some(word) = term.words.last_mut().filter(|_| term.is_open) {
        *word = word.chars().take(BEGINNING_LEN).collect();
    }
    exact(&term)
}

/// Those of the rooms that a name means: by their whole name; failing that, by its beginning; failing that, by their number.
fn chosen(rooms: &[(RoomId, String)], name: &str) -> Vec<(RoomId, String)> {
    let wanted = key(name);
    let like = |fits: &dyn Fn(RoomId, &str) -> bool| -> Vec<(RoomId, String)> {
        let fits = rooms.iter().filter(|(id, name)| fits(*id, &key(name)));
        fits.cloned().collect()
    };
    let same = like(&|_, key| !key.is_empty() && key == wanted);
    let alike = like(&|_, key| !wanted.is_empty() && key.starts_with(&wanted));
    let numbered = like(&|id, _| id.to_string() == name);
    [same, alike, numbered].into_iter().find(|rooms| !rooms.is_empty()).unwrap_or_default()
}

/// The first message from a moment on: ids and times are in one order, so a look at some twenty messages finds it.
fn first_since(connection: &Connection, ms: i64) -> Result<MessageId> {
    let (mut low, mut high) = (1, one(connection, "SELECT coalesce(max(id), 0) + 1 FROM messages", [])?);
    let next = "SELECT id, created_at_ms FROM messages WHERE id >= ?1 ORDER BY id LIMIT 1";
    while low < high {
        let middle: i64 = low + (high - low) / 2;
        match maybe::<(i64, i64)>(connection, next, [middle])? {
            Some((id, at_ms)) if at_ms < ms => low = id + 1,
            _ => high = middle,
        }
    }
    Ok(MessageId(low))
}

/// Recent searches that are kept of each person.
const RECENT_MAX: u32 = 10;

queries! {
    /// The rooms in which somebody finds messages, and what they are called. Reads only; at most `ROOMS_MAX`.
    pub fn searched(connection: &Connection, viewer: UserId) -> Result<Vec<(RoomId, String)>> =
        all(viewer, rooms::ROOMS_MAX):
        "SELECT rooms.id, coalesce(rooms.name, '') FROM memberships JOIN rooms ON rooms.id = room_id
         WHERE user_id = ?1 AND deleted_at_ms IS NULL ORDER BY rooms.id LIMIT ?2";

    /// What somebody looked for, latest first. Reads only; at most `RECENT_MAX`.
    pub fn recent(connection: &Connection, user: UserId) -> Result<Vec<String>> = all(user, RECENT_MAX):
        "SELECT query FROM searches WHERE user_id = ?1 ORDER BY searched_at_ms DESC, query DESC LIMIT ?2";

    /// Notes that somebody looked for something, now. Writes `searches`.
    pub fn insert_recent(tx: &Tx<'_>, user: UserId, query: &str) -> Result<()> = run(user, query, tx.now_ms()):
        "INSERT INTO searches (user_id, query, searched_at_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET searched_at_ms = excluded.searched_at_ms";

    /// Forgets all but the latest `RECENT_MAX`. Writes `searches`.
    pub fn cut_recent(tx: &Tx<'_>, user: UserId) -> Result<()> = run(user, RECENT_MAX):
        "DELETE FROM searches WHERE user_id = ?1 AND query NOT IN
           (SELECT query FROM searches WHERE user_id = ?1 ORDER BY searched_at_ms DESC, query DESC LIMIT ?2)";

    /// Forgets what somebody looked for. Writes `searches`.
    pub fn delete_recent(tx: &Tx<'_>, user: UserId) -> Result<()> = run: "DELETE FROM searches WHERE user_id = ?1";
}

unit_tests!("../../tests/unit/db/search.rs");
