//! What a socket has missed: read in one snapshot with the right to see it.

use super::super::pages::{Kept, MadeOf};
use super::super::sidebar::Sidebar;
use super::Peer;
use crate::db::{Snapshot, messages, rooms, sessions, users};
use crate::domain::{Author, Change, Place, Revision, RoomId, Unread, UserId, Viewer};
use crate::error::{AppError, Result};
use actix_web::http::header::HeaderMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Instant;

/// Messages sent first to a socket that says nothing of what it has seen.
const RECENT_LEN: u32 = 50;
/// Changed names and pictures that a page is told of one by one; past it, it fetches what it shows afresh.
pub(super) const PEOPLE_MAX: u32 = 200;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted {
    /// The most recent messages.
    Recent,
    /// What changed after a revision; what was created after `known` comes whole.
    After { after: Revision, known: Revision, limit: u32 },
}

/// What brings a socket up to date.
pub(super) struct Missed {
    pub(super) changes: Vec<Change>,
    pub(super) revision: Revision,
    /// Whose name or picture changed, with the number of each change; one more than [`PEOPLE_MAX`] when they are too many.
    pub(super) people: Vec<(Author, i64)>,
    pub(super) people_revision: i64,
    pub(super) standing: Standing,
}

/// The version of a sidebar, the people in it, and what is unread in its rooms as of a revision.
#[derive(Serialize, Deserialize)]
pub(super) struct Standing {
    pub(super) version: String,
    pub(super) people: Vec<UserId>,
    pub(super) unread: Vec<(RoomId, Unread)>,
    pub(super) as_of: Revision,
}

impl Standing {
    /// Gives what was read for another socket of the same person, while it is still so, or reads it: a quarter of what connecting costs
    /// (`benches/limits`). What is written later the hub tells, since this socket is subscribed. `tick` is from before the snapshot.
    fn read(snapshot: &Snapshot<'_>, peer: &Peer, viewer: UserId, tick: u64) -> Result<Self> {
        let (app, made_at) = (&peer.app, Instant::now());
        let key = Sha256::digest(format!("standing of {viewer} at {}", peer.client.url(""))).into();
        if let Some(standing) = app.pages.get(&key, app).and_then(|kept| serde_json::from_slice(&kept.body).ok()) {
            return Ok(standing);
        }
        let sidebar = Sidebar::read(snapshot, app, viewer, &peer.client)?;
        let people = sidebar.people().map(|(person, _)| person).collect();
        let made_of = MadeOf { people: Vec::new(), ..sidebar.made_of(None) };
        let standing =
            Self { version: sidebar.version, people, unread: sidebar.unread, as_of: messages::revision(snapshot)? };
        if let Ok(body) = serde_json::to_vec(&standing) {
            app.pages.keep(key, Kept { tick, made_at, made_of, headers: HeaderMap::new(), body: body.into() });
        }
        Ok(standing)
    }
}

impl Missed {
    /// Reads it. `SignedOut` when the session has ended, `NotFound` when the room is no longer the viewer's.
    pub(super) fn read(
        snapshot: &Snapshot<'_>, peer: &Peer, viewer: &Viewer, wanted: Wanted, people_after: Option<i64>, tick: u64,
    ) -> Result<Self> {
        if !sessions::is_valid(snapshot, viewer.session_id, peer.app.sessions_end_ms())? {
            return Err(AppError::SignedOut);
        }
        if let Some(room) = peer.room {
            rooms::for_member(snapshot, room, viewer.user.id)?.ok_or(AppError::NotFound)?;
        }
        let people = people_after.map(|after| users::changed_after(snapshot, after, PEOPLE_MAX + 1)).transpose()?;
        Ok(Self {
            changes: changes(snapshot, peer.room, wanted)?,
            revision: messages::revision(snapshot)?,
            people: people.unwrap_or_default(),
            people_revision: users::people_revision(snapshot)?,
            standing: Standing::read(snapshot, peer, viewer.user.id, tick)?,
        })
    }
}

fn changes(snapshot: &Snapshot<'_>, room: Option<RoomId>, wanted: Wanted) -> Result<Vec<Change>> {
    let Some(room) = room else { return Ok(Vec::new()) };
    match wanted {
        Wanted::Recent => {
            let window = messages::page(snapshot, room, Place::Newest, RECENT_LEN)?;
            Ok(window.messages.into_iter().map(Change::Created).collect())
        }
        Wanted::After { after, known, limit } => Ok(messages::changes_after(snapshot, room, after, known, limit)?),
    }
}
