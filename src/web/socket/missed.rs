//! What a socket has missed: read in one snapshot with the right to see it.

use super::super::sidebar::Sidebar;
use super::Peer;
use crate::db::{Snapshot, messages, rooms, sessions, users};
use crate::domain::{Author, Change, Place, Revision, RoomId, Unread, UserId, Viewer};
use crate::error::AppError;

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
    /// The version of the sidebar, what is unread in its rooms, and the people in it.
    pub(super) sidebar: String,
    pub(super) unread: Vec<(RoomId, Unread)>,
    pub(super) shown_people: Vec<UserId>,
}

impl Missed {
    /// Reads it. `SignedOut` when the session has ended, `NotFound` when the room is no longer the viewer's.
    pub(super) fn read(
        snapshot: &Snapshot<'_>, peer: &Peer, viewer: &Viewer, wanted: Wanted, people_after: Option<i64>,
    ) -> Result<Self, AppError> {
        if !sessions::is_valid(snapshot, viewer.session_id, peer.app.sessions_end_ms())? {
            return Err(AppError::SignedOut);
        }
        if let Some(room) = peer.room {
            rooms::for_member(snapshot, room, viewer.user.id)?.ok_or(AppError::NotFound)?;
        }
        let people = people_after.map(|after| users::changed_after(snapshot, after, PEOPLE_MAX + 1)).transpose()?;
        let sidebar = Sidebar::read(snapshot, &peer.app, viewer.user.id, &peer.client)?;
        Ok(Self {
            changes: changes(snapshot, peer.room, wanted)?,
            revision: messages::revision(snapshot)?,
            people: people.unwrap_or_default(),
            people_revision: users::people_revision(snapshot)?,
            shown_people: sidebar.people().map(|(person, _)| person).collect(),
            unread: sidebar.unread,
            sidebar: sidebar.version,
        })
    }
}

fn changes(snapshot: &Snapshot<'_>, room: Option<RoomId>, wanted: Wanted) -> Result<Vec<Change>, AppError> {
    let Some(room) = room else { return Ok(Vec::new()) };
    match wanted {
        Wanted::Recent => {
            let window = messages::page(snapshot, room, Place::Newest, RECENT_LEN)?;
            Ok(window.messages.into_iter().map(Change::Created).collect())
        }
        Wanted::After { after, known, limit } => Ok(messages::changes_after(snapshot, room, after, known, limit)?),
    }
}
