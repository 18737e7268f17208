//! Campfire: team chat in one binary and one SQLite file, server-rendered, live over a WebSocket.
//!
//! This is the map. Read the modules in this order; each file begins with what it holds and what always holds in it.
//!
//! | module | what is in it |
//! |---|---|
//! | [`config`] | the settings: environment variables, parsed once |
//! | [`server`] | bind, run, stop; the whole route table |
//! | [`control`] | the control socket: what the command line asks of a running server |
//! | [`error`] | `AppError`: everything a request can end in besides its answer |
//! | [`domain`] | types and rules, no I/O: ids, text, people, rooms, messages, rich text, mentions, attachments, sounds, search, secrets |
//! | [`db`] | one writer, many readers, migrations; a file of queries for each noun |
//! | [`live`] | the hub (sockets by room and by person, presence, who follows what), frames, and the fragments that may be pushed |
//! | [`services`] | one function for each thing a person can do that changes something; what most of them name is in its `prelude` |
//! | [`web`] | extractors that are rights, guards, answers, errors, the socket, handlers by noun (`prelude.rs`: what they share) |
//!
//! # A message, from Enter to every screen
//!
//! | | file | what happens |
//! |---|---|---|
//! | browser | `static/js/outbox.js` | shows it as pending under its `client_message_id` and posts it |
//! | 1 | `server.rs` | `POST /rooms/{room_id}/messages` |
//! | 2 | `web/guard.rs` | cross-site check |
//! | 3 | `web/auth.rs` | `RoomMember`: session, then membership, or an error |
//! | 4 | `web/messages.rs` | `create`: the form becomes a `Draft`, rendered, nothing left to check |
//! | 5 | `services/messages.rs` | `post`: the thing itself |
//! | 6 | `db/writer.rs` | `Db::write`: the closure goes into the writer's bounded queue |
//! | 7 | `db/writer.rs` | one transaction for all that is queued, a savepoint for each; membership again; UNIQUE decides about repeats; then the search index |
//! | 8 | `db/writer.rs` | COMMIT, durable; then the answers; then what was left for after the commit, in that order |
//! | 9 | `live/topics.rs` | `publish`, ordered of the hub: one shared frame to the room's sockets, never waiting |
//! | 10 | `web/messages.rs` | answers with the same fragment, a redirect, or JSON |
//! | browser | `static/js/revisions.js` | puts it in place of the pending one, unless something newer is there |
//!
//! What is unread elsewhere: the hub gathers a room's news for those who follow it, and each socket counts (`web/socket/unread.rs`); what was
//! read moves a cursor (`services/reading.rs`). Work too large for one write is a state and batches (`services/background.rs`).
//!
//! Search (`db/search.rs`) looks into an index of words that are taken apart in `domain/search.rs` only, newest first. Finished pages,
//! and what sockets know of sidebars, are kept (`web/pages.rs`) until the writer's own triggers tell that it changed (`db/freshness.rs`).
//!
//! A page that was away catches up in `web/socket.rs`: it subscribes first, then reads what changed past its cursor.
//!
//! # What always holds
//!
//! - Imports point down: `web → services → {db, live} → domain`; `error` lies under all; `db` and `live` don't know each other.
//! - Only `db/writer.rs` has a connection that can write; SQL is in `db` and `migrations/` only.
//! - Nothing is broadcast before its commit, and broadcasts leave in commit order.
//! - Only sockets subscribe to the hub; server code never listens to it, and asks it only who is online.
//! - A file is in its place before its message is written, and is deleted after the commit that drops it.
//! - A pushed fragment is the same for every reader of its topic: a room, or one person.
//! - Markup made from what people type comes from `domain/rich_text.rs` only, past its allow-list.
//! - A handler's arguments say who may call it, and each write checks the right again in its own transaction.
//! - Only the writer stamps messages: order of id, of time and of commit are one order.
//! - The index of what is searched is written with the message, in one transaction.
//! - Every queue, cache, page and loop has a bound, named, with its reason.
//! - Every page and every action works without JavaScript.

/// The unit tests of a file, which lie in `tests/unit`: as a child, they reach what is private in it.
macro_rules! unit_tests {
    ($path:literal) => {
        #[cfg(test)]
        #[path = $path]
        mod tests;
    };
}

pub mod config;
pub mod control;
pub mod db;
pub mod domain;
pub mod error;
pub mod live;
pub mod server;
pub mod services;
pub mod web;
