//! Messages, what is needed to post one, and the ways in which one changes.

use super::sounds::Sound;
use super::{
    Attachment, Author, Boost, MessageId, Names, Preview, Rendered, Revision, RoomId, SafeHtml, User, UserId, mentions,
    rich_text,
};
use crate::error::Invalid;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// The sender's own name for a message (a UUID), by which a repeated post is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ClientMessageId(pub Uuid);

impl ClientMessageId {
    /// Takes `text` as a UUID, in any of its usual spellings (RFC 9562). `Invalid` when it isn't one.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let message = "A client_message_id must be a UUID, like 2f1c6d9e-8f3a-4c55-9d0e-3a2b1c0d9e8f.";
        Uuid::try_parse(text.trim()).map(Self).map_err(|_| Invalid::new("client_message_id", message))
    }
}

impl fmt::Display for ClientMessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// A message's body, parsed and rendered. Written and stored it has references to those it mentions; read, their names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Body {
    /// As typed: Markdown.
    pub source: String,
    pub html: SafeHtml,
    /// As read: for search, notifications and programs.
    pub plain_text: String,
    /// Whom it calls.
    #[serde(skip)]
    pub called: Vec<UserId>,
}

impl Body {
    /// Renders a parsed source. Highlighting may take some milliseconds: before the write, never in it.
    pub fn of(source: String) -> Self {
        let Rendered { html, plain_text } = match Sound::of(&source) {
            Some(sound) => Rendered { plain_text: format!("plays {}", sound.name), ..rich_text::render(sound.shown) },
            None => rich_text::render(&source),
        };
        Self { called: mentions::called(&source), source, html, plain_text }
    }

    /// The same beside a file: where nothing is written, it reads as the file's name.
    pub fn beside(self, file: Option<&Attachment>) -> Self {
        let Some(file) = file.filter(|_| self.source.is_empty()) else { return self };
        Self { html: SafeHtml::default(), plain_text: file.name.clone(), ..self }
    }

    pub fn stored(source: String, html: SafeHtml, plain_text: String) -> Self {
        Self { called: mentions::called(&source), source, html, plain_text }
    }

    /// Puts names in place of references.
    pub fn put_names(&mut self, names: &Names) {
        self.html = self.html.with_names(names);
        self.plain_text = mentions::in_plain_text(&self.plain_text, names);
        self.source = mentions::in_source(&self.source, names);
    }

    pub fn sound(&self) -> Option<Sound> {
        Sound::of(&self.source)
    }

    /// Whether it is a few emoji and nothing else, which are shown large.
    pub fn is_emoji(&self) -> bool {
        rich_text::is_emoji(&self.plain_text)
    }
}

/// A message that is ready to be written.
#[derive(Debug, Clone)]
pub struct Draft {
    pub client_message_id: ClientMessageId,
    pub body: Body,
    pub attachment: Option<Attachment>,
}

/// A message as it is in the database.
#[derive(Debug, Clone)]
pub struct Message {
    pub id: MessageId,
    pub client_message_id: ClientMessageId,
    pub room_id: RoomId,
    pub creator: Author,
    pub created_revision: Revision,
    pub revision: Revision,
    pub body: Body,
    pub created_at_ms: i64,
    pub updated_at_ms: i64,
    pub edited_at_ms: Option<i64>,
    /// The change that its body is from.
    pub body_revision: Revision,
    pub attachment: Option<Attachment>,
    /// What its first link leads to.
    pub preview: Option<Preview>,
    /// What people added to it, in that order.
    pub boosts: Vec<Boost>,
}

impl Message {
    /// Where the message is shown among its neighbours.
    pub fn url(&self) -> String {
        format!("/rooms/{}/@{}", self.room_id, self.id)
    }

    /// Whether somebody in its room may change it: its author or an administrator.
    pub fn is_editable_by(&self, user: &User) -> bool {
        self.creator.id == user.id || user.is_administrator()
    }

    /// The message as a resource.
    pub fn path(&self) -> String {
        format!("/rooms/{}/messages/{}", self.room_id, self.id)
    }

    /// What is left of it once the change `revision` has removed it.
    pub fn tombstone(&self, revision: Revision) -> Tombstone {
        let Self { id, client_message_id, room_id, ref creator, .. } = *self;
        Tombstone { id, client_message_id, room_id, creator_id: creator.id, revision }
    }
}

/// Who may change a message, for those who may not.
pub const EDITORS_ONLY: &str = "Only its author or an administrator can change a message.";

/// What a message said before it was edited.
#[derive(Debug, Clone)]
pub struct Version {
    pub source: String,
    pub html: SafeHtml,
    /// When it began to say so, in milliseconds since 1970.
    pub written_at_ms: i64,
}

/// Earlier versions that are kept of a message: the newest of them. More than anybody corrects.
pub const VERSIONS_MAX: u32 = 100;

/// What is left of a message that was removed: enough for every page to remove it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tombstone {
    pub id: MessageId,
    pub client_message_id: ClientMessageId,
    pub room_id: RoomId,
    pub creator_id: UserId,
    pub revision: Revision,
}

/// One change of a message, as pages must learn of it.
#[derive(Debug, Clone)]
pub enum Change {
    Created(Arc<Message>),
    /// It changed: pages that show it take the changed parts.
    Updated(Arc<Message>),
    /// A boost was added or withdrawn: pages that show it take its boosts.
    Boosted(Arc<Message>),
    /// Its preview came or was removed: pages that show it take that.
    Previewed(Arc<Message>),
    Removed(Tombstone),
}

impl Change {
    /// The room it happened in, and its number.
    pub fn place(&self) -> (RoomId, Revision) {
        match self {
            Self::Created(it) | Self::Updated(it) | Self::Boosted(it) | Self::Previewed(it) => {
                (it.room_id, it.revision)
            }
            Self::Removed(tombstone) => (tombstone.room_id, tombstone.revision),
        }
    }
}

/// Messages of a room that follow each other, oldest first.
#[derive(Debug, Clone)]
pub struct Window {
    pub messages: Vec<Arc<Message>>,
    pub has_older: bool,
    pub has_newer: bool,
    /// The counter as it stood when they were read: the page's cursor.
    pub revision: Revision,
}

/// Where a window of messages lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Newest,
    Before(MessageId),
    After(MessageId),
    /// With a message in the middle.
    Around(MessageId),
    /// From a message on, after a few that tell what it is about.
    From(MessageId),
}

unit_tests!("../../tests/unit/domain/messages.rs");
