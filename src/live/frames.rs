//! What is sent over a socket: events, each as HTML for pages and as JSON for programs.
//!
//! An event is encoded once for each format, when the first socket needs it, and shared by all. HTML frames are
//! htmx partials; what a page must act on rather than show (`caught_up`, `reload`, `pong`, `error`) and
//! what only programs ask for (`message_posted`) is JSON in both formats. Only what comes in order has a revision.

use super::fragments::{
    BoostsFragment, CreatedFragment, NotTypingFragment, PresentFragment, RemovedFragment, RenamedFragment,
    TypingFragment, UnreadFragment, UpdatedFragment,
};
use super::json::{BoostJson, MessageJson, RoomJson};
use crate::domain::ids::{Revision, RoomId, UserId};
use crate::domain::messages::{Change, Message};
use crate::domain::people::Author;
use crate::domain::rooms::RoomEntry;
use askama::Template;
use bytestring::ByteString;
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};

/// What a socket asked to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Fragments, for pages.
    Html,
    /// Objects, for programs.
    Json,
}

/// Something that happened in a room.
#[derive(Debug, Clone)]
pub enum Event {
    /// A message changed. The only kind that carries a revision and is caught up with.
    Change(Change),
    /// Somebody began to write, or stopped.
    Typing {
        /// Where.
        room_id: RoomId,
        /// Who.
        person: Author,
        /// Began or stopped.
        on: bool,
    },
    /// Somebody came or went: for programs.
    Presence {
        /// Where.
        room_id: RoomId,
        /// Who.
        person: Author,
        /// Came or went.
        online: bool,
    },
    /// Who is here: for pages.
    Here {
        /// The first of them.
        people: Vec<Author>,
        /// How many they are.
        count: usize,
    },
    /// Messages came in a room, by revision and author, or (`must_recount`) went. Each socket makes of it what its reader has not
    /// read.
    Activity {
        /// Where.
        room_id: RoomId,
        /// What came.
        added: Vec<(Revision, UserId)>,
        /// Whether counting what came is not enough.
        must_recount: bool,
    },
    /// What one person has not read of a room.
    Unread {
        /// Where.
        room_id: RoomId,
        /// How much; past `UNREAD_MAX`, more than that.
        count: i64,
        /// When that was so.
        as_of: Revision,
    },
    /// A room is new to one's list.
    RoomAdded {
        /// Which.
        room_id: RoomId,
        /// Over how long pages should spread their requests.
        spread_ms: usize,
    },
    /// A room has another name or kind.
    RoomChanged {
        /// Which.
        room_id: RoomId,
        /// Over how long pages should spread their requests.
        spread_ms: usize,
    },
    /// A room is gone from one's list.
    RoomRemoved {
        /// Which.
        room_id: RoomId,
        /// Over how long pages should spread their requests.
        spread_ms: usize,
    },
    /// The room one looks at has another name.
    Renamed {
        /// Its name now.
        name: String,
    },
    /// Who is online, of those that a page shows.
    Online {
        /// All of them.
        user_ids: Vec<UserId>,
    },
    /// Somebody came into the account, or their name or picture changed.
    Person {
        /// As they are now.
        person: Author,
        /// The number of that change.
        revision: i64,
        /// Over how long pages should spread their requests.
        spread_ms: usize,
    },
}

/// An event, ready to be sent to any number of sockets.
#[derive(Debug)]
pub struct Frame {
    event: Event,
    html: OnceLock<Option<ByteString>>,
    json: OnceLock<Option<ByteString>>,
}

impl Frame {
    /// A frame for `event`.
    pub fn new(event: Event) -> Arc<Self> {
        Arc::new(Self { event, html: OnceLock::new(), json: OnceLock::new() })
    }

    /// The change's revision; none for what passes.
    pub fn revision(&self) -> Option<Revision> {
        match &self.event {
            Event::Change(change) => Some(change.revision()),
            _ => None,
        }
    }

    /// What happened.
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// The text to send; none when the event is not for that format.
    pub fn text(&self, format: Format) -> Option<ByteString> {
        match format {
            Format::Html => self.html.get_or_init(|| html(&self.event)).clone(),
            Format::Json => self.json.get_or_init(|| json(&self.event)).clone(),
        }
    }
}

/// A page whose part can't be rendered is told to fetch it: nothing is missed.
fn html(event: &Event) -> Option<ByteString> {
    let rendered = match event {
        Event::Change(Change::Created(message)) => CreatedFragment::new(message).render(),
        Event::Change(Change::Updated(message)) => UpdatedFragment { message }.render(),
        Event::Change(Change::Boosted(message)) => BoostsFragment { message }.render(),
        Event::Change(Change::Removed(tombstone)) => RemovedFragment { tombstone }.render(),
        Event::Typing { person, on: true, .. } => TypingFragment { person }.render(),
        Event::Typing { person, on: false, .. } => NotTypingFragment { person }.render(),
        Event::Here { people, count } => PresentFragment { people, count: *count }.render(),
        Event::Unread { room_id, count, .. } => UnreadFragment { room_id: *room_id, count: *count }.render(),
        Event::Renamed { name } => RenamedFragment { name }.render(),
        Event::RoomAdded { spread_ms, .. }
        | Event::RoomChanged { spread_ms, .. }
        | Event::RoomRemoved { spread_ms, .. } => return Some(sidebar_changed(*spread_ms)),
        Event::Online { user_ids } => return Some(online(user_ids)),
        Event::Presence { .. } | Event::Activity { .. } => return None,
        Event::Person { person, revision, spread_ms } => {
            return Some(person_changed(person, *revision, *spread_ms));
        }
    };
    Some(rendered.map_or_else(|_| reload(), ByteString::from))
}

fn json(event: &Event) -> Option<ByteString> {
    let object = match event {
        Event::Change(change) => change_json(change),
        Event::Typing { room_id, person, on } => {
            json!({"type": "typing", "room_id": room_id, "user": {"id": person.id, "name": person.name}, "on": on})
        }
        Event::Presence { room_id, person, online } => {
            json!({"type": "presence", "room_id": room_id, "user_id": person.id, "online": online})
        }
        Event::Unread { room_id, count, .. } => {
            json!({"type": "unread", "room_id": room_id, "unread_count": count, "mention": false})
        }
        Event::RoomRemoved { room_id, .. } => json!({"type": "room_removed", "room": {"id": room_id}}),
        Event::Online { user_ids } => return Some(online(user_ids)),
        // Rooms differ from member to member: what is said of them is made for each.
        Event::RoomAdded { .. } | Event::RoomChanged { .. } => return None,
        Event::Here { .. } | Event::Activity { .. } | Event::Renamed { .. } => return None,
        Event::Person { person, revision, spread_ms } => {
            return Some(person_changed(person, *revision, *spread_ms));
        }
    };
    Some(object.to_string().into())
}

fn change_json(change: &Change) -> Value {
    let (revision, room_id) = (change.revision(), change.room_id());
    match change {
        Change::Created(message) => {
            let message = MessageJson::from(message.as_ref());
            json!({"type": "message_created", "revision": revision, "room_id": room_id, "message": message})
        }
        Change::Updated(message) => {
            let message = MessageJson::from(message.as_ref());
            json!({"type": "message_updated", "revision": revision, "room_id": room_id, "message": message})
        }
        Change::Boosted(message) => {
            let boosts: Vec<_> = message.boosts.iter().map(BoostJson::from).collect();
            json!({"type": "boosts_changed", "revision": revision, "room_id": room_id, "message_id": message.id, "boosts": boosts})
        }
        Change::Removed(tombstone) => {
            json!({"type": "message_removed", "revision": revision, "room_id": room_id, "message_id": tombstone.id})
        }
    }
}

/// "Somebody has another name or picture." Their name stands in many places of a page, so a page acts on this.
fn person_changed(person: &Author, revision: i64, spread_ms: usize) -> ByteString {
    let Author { id, name, role, .. } = person;
    let user = json!({"id": id, "name": name, "role": role, "avatar_url": person.avatar_url()});
    json!({"type": "person_updated", "people_revision": revision, "user": user, "spread_ms": spread_ms})
        .to_string()
        .into()
}

/// "Fetch the sidebar afresh, within so long."
fn sidebar_changed(spread_ms: usize) -> ByteString {
    json!({"type": "sidebar_changed", "spread_ms": spread_ms}).to_string().into()
}

/// "Of those you show, these are online, and no others."
fn online(user_ids: &[UserId]) -> ByteString {
    json!({"type": "online", "user_ids": user_ids}).to_string().into()
}

/// "A room of yours is new, or changed", as its member sees it.
pub fn room(kind: &'static str, entry: &RoomEntry) -> ByteString {
    json!({"type": kind, "room": RoomJson::from(entry)}).to_string().into()
}

/// "Fetch what you show afresh."
pub fn reload() -> ByteString {
    ByteString::from_static(r#"{"type":"reload"}"#)
}

/// "I am here", in answer to a ping.
pub fn pong() -> ByteString {
    ByteString::from_static(r#"{"type":"pong"}"#)
}

/// "You have everything up to `revision`", and of people's names and pictures up to `people`, with the versions of the sidebar and of
/// the assets.
pub fn caught_up(revision: Revision, people: i64, sidebar: &str, version: &str) -> ByteString {
    json!({"type": "caught_up", "revision": revision, "people_revision": people, "sidebar": sidebar, "version": version})
        .to_string()
        .into()
}

/// "Here is what you posted", when no broadcast says so. It has no revision: only what comes in order has one.
pub fn posted(message: &Message) -> ByteString {
    json!({"type": "message_posted", "message": MessageJson::from(message)}).to_string().into()
}

/// "That can't be done", with the id of the message it was about, if it was about one.
pub fn error(message: &str, client_message_id: Option<&str>) -> ByteString {
    json!({"type": "error", "message": message, "client_message_id": client_message_id}).to_string().into()
}

#[cfg(test)]
#[path = "../../tests/unit/live/frames.rs"]
mod tests;
