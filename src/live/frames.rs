//! What is sent over a socket: events, each as HTML for pages and as JSON for programs.
//!
//! A frame is encoded once for each format, when the first socket needs it, and shared by all. HTML frames are
//! htmx partials; what a page must act on rather than show (`caught_up`, `reload`, `pong`, `error`) and
//! what only programs ask for (`message_posted`) is JSON in both formats. Only what comes in order has a revision.

use super::fragments::MessageFragment;
use super::json;
use crate::domain::{Author, Change, Message, Revision, RoomId, Unread, UserId};
use askama::Template;
use bytestring::ByteString;
use serde::Serialize;
use serde_json::Value;
use std::sync::{Arc, OnceLock};

/// What a socket asked to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Fragments, for pages.
    Html,
    /// Objects, for programs.
    Json,
}

/// Something that happened, with the template that shows it to pages and the JSON that tells programs. One without a template is JSON
/// for pages too; one that serde skips is nothing to programs. `spread_ms`: over how long pages should spread their requests.
#[derive(Debug, Template, Serialize)]
#[template(source = "", ext = "txt")]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Event {
    /// Somebody began to write, or stopped.
    #[template(path = "rooms/_typing.html")]
    Typing { room_id: RoomId, user: Named, on: bool },
    /// Somebody came or went: for programs.
    Presence { room_id: RoomId, user_id: UserId, online: bool },
    /// Who is here, the first of them and how many they are: for pages.
    #[template(path = "rooms/_present.html")]
    #[serde(skip)]
    Here { people: Vec<Author>, count: usize },
    /// Messages came in a room, or (`must_recount`) went. Never sent: each socket makes of it what its reader has not read.
    #[serde(skip)]
    Activity { room_id: RoomId, added: Vec<Added>, must_recount: bool },
    /// One person had so much unread in a room at a revision. Never sent: each of their sockets knows whether that is news.
    #[serde(skip)]
    Counted { room_id: RoomId, unread: Unread, as_of: Revision },
    /// What one person has not read of a room; past `UNREAD_MAX`, more than that.
    #[template(path = "rooms/_unread.html")]
    Unread { room_id: RoomId, unread_count: i64, mention: bool },
    /// A room is new to one's list. It differs from member to member: what programs are told of it is made for each.
    #[template(path = "rooms/_sidebar_changed.txt")]
    #[serde(skip)]
    RoomAdded(Listed),
    /// A room has another name or kind; as above.
    #[template(path = "rooms/_sidebar_changed.txt")]
    #[serde(skip)]
    RoomChanged(Listed),
    /// A room is gone from one's list.
    #[template(path = "rooms/_sidebar_changed.txt")]
    RoomRemoved(Listed),
    /// The room one looks at has another name.
    #[template(path = "rooms/_renamed.html")]
    #[serde(skip)]
    Renamed { name: String },
    /// Of those that a page shows, these are online, and no others.
    Online { user_ids: Vec<UserId> },
    /// Somebody is new, or their name or picture changed, by the number of that change. It stands in many places: a page acts on it.
    PersonUpdated { people_revision: i64, user: Author, spread_ms: usize },
    /// What is shown can't be brought up to date step by step: fetch it afresh.
    Reload,
    /// A room of one's own is new, as its member sees it: for programs, as is the next.
    RoomCreated { room: Value },
    /// A room of one's own changed.
    RoomUpdated { room: Value },
    /// "I am here", in answer to a ping.
    Pong,
    /// "You have everything up to `revision`", and of names and pictures; with the versions of the sidebar and of the assets.
    CaughtUp { revision: Revision, people_revision: i64, sidebar: String, version: &'static str },
    /// "Here is what you posted", when no broadcast says so. It has no revision: only what comes in order has one.
    MessagePosted { message: Arc<Message> },
    /// "That can't be done", with the id of the message it was about, if it was about one.
    Error { message: String, client_message_id: Option<String> },
    /// A message changed. The only kind that carries a revision and is caught up with.
    #[template(path = "messages/_change.html")]
    #[serde(untagged)]
    Change(Change),
}

/// Somebody of whom no more is told than who they are.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Named {
    pub(crate) id: UserId,
    pub(crate) name: String,
}

/// A message that came in a room, as those who follow the room must know of it.
#[derive(Debug, Clone)]
pub(crate) struct Added {
    pub(crate) revision: Revision,
    pub(crate) author: UserId,
    pub(crate) called: Vec<UserId>,
}

/// A room in people's lists.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    #[serde(rename = "room", serialize_with = "json::id_alone")]
    pub(crate) room_id: RoomId,
    #[serde(skip)]
    pub(crate) spread_ms: usize,
}

impl Event {
    /// The text to send; none when the event is not for that format. A page whose part can't be rendered is told to fetch it.
    pub(crate) fn text(&self, format: Format) -> Option<ByteString> {
        if format == Format::Html {
            match self.render() {
                Err(_) => return Self::Reload.text(Format::Json),
                Ok(html) if !html.is_empty() => return Some(html.into()),
                Ok(_) => {}
            }
        }
        serde_json::to_string(self).ok().map(ByteString::from)
    }
}

/// An event, ready to be sent to any number of sockets.
#[derive(Debug)]
pub struct Frame {
    pub(crate) event: Event,
    html: OnceLock<Option<ByteString>>,
    json: OnceLock<Option<ByteString>>,
}

impl Frame {
    /// A frame for `event`.
    pub(crate) fn new(event: Event) -> Arc<Self> {
        Arc::new(Self { event, html: OnceLock::new(), json: OnceLock::new() })
    }

    /// The change's revision; none for what passes.
    pub fn revision(&self) -> Option<Revision> {
        match &self.event {
            Event::Change(change) => Some(change.place().1),
            _ => None,
        }
    }

    /// The text to send; none when the event is not for that format.
    pub fn text(&self, format: Format) -> Option<ByteString> {
        let encoded = if format == Format::Html { &self.html } else { &self.json };
        encoded.get_or_init(|| self.event.text(format)).clone()
    }
}

unit_tests!("../../tests/unit/live/frames.rs");
