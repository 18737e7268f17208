//! The JSON shapes of people, rooms and messages, in answers and in frames alike.
//!
//! URLs are relative, so that one frame serves every reader.

use crate::domain::boosts::Boost;
use crate::domain::clock::iso;
use crate::domain::ids::{BoostId, MessageId, Revision, RoomId, UserId};
use crate::domain::messages::{ClientMessageId, Message};
use crate::domain::people::{Author, Role, Status, User};
use crate::domain::rooms::{Involvement, RoomEntry, RoomKind};
use serde::Serialize;

/// A person as everyone sees them; their address and bio only for themselves and administrators.
#[derive(Serialize)]
pub struct UserJson {
    id: UserId,
    name: String,
    role: Role,
    status: Status,
    avatar_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bio: Option<String>,
}

impl UserJson {
    /// Somebody as everyone sees them.
    pub fn public(user: &User) -> Self {
        Self {
            id: user.id,
            name: user.name.clone(),
            role: user.role,
            status: user.status,
            avatar_url: user.as_author().avatar_url(),
            email_address: None,
            bio: None,
        }
    }

    /// Somebody as they see themselves.
    pub fn private(user: &User) -> Self {
        let (email_address, bio) = (user.email_address.clone(), Some(user.bio.clone()));
        Self { email_address, bio, ..Self::public(user) }
    }
}

#[derive(Serialize)]
struct AuthorJson<'m> {
    id: UserId,
    name: &'m str,
    role: Role,
    avatar_url: String,
}

impl<'m> From<&'m Author> for AuthorJson<'m> {
    fn from(author: &'m Author) -> Self {
        Self { id: author.id, name: &author.name, role: author.role, avatar_url: author.avatar_url() }
    }
}

/// A boost.
#[derive(Serialize)]
pub struct BoostJson<'m> {
    id: BoostId,
    content: &'m str,
    created_at: String,
    booster: AuthorJson<'m>,
}

impl<'m> From<&'m Boost> for BoostJson<'m> {
    fn from(boost: &'m Boost) -> Self {
        let (created_at, booster) = (iso(boost.created_at_ms), AuthorJson::from(&boost.booster));
        Self { id: boost.id, content: &boost.content, created_at, booster }
    }
}

#[derive(Serialize)]
struct BodyJson<'m> {
    plain_text: &'m str,
    html: &'m str,
    source: &'m str,
}

#[derive(Serialize)]
struct RoomIdJson {
    id: RoomId,
}

/// A message.
#[derive(Serialize)]
pub struct MessageJson<'m> {
    id: MessageId,
    client_message_id: ClientMessageId,
    revision: Revision,
    created_at: String,
    updated_at: String,
    edited_at: Option<String>,
    body: BodyJson<'m>,
    content: &'m str,
    room_id: RoomId,
    creator_id: UserId,
    creator_name: &'m str,
    creator: AuthorJson<'m>,
    room: RoomIdJson,
    attachment: Option<()>,
    boosts: Vec<BoostJson<'m>>,
    url: String,
}

impl<'m> From<&'m Message> for MessageJson<'m> {
    fn from(message: &'m Message) -> Self {
        let Author { id, name, .. } = &message.creator;
        let body = &message.body;
        Self {
            id: message.id,
            client_message_id: message.client_message_id,
            revision: message.revision,
            created_at: iso(message.created_at_ms),
            updated_at: iso(message.updated_at_ms),
            edited_at: message.edited_at_ms.map(iso),
            body: BodyJson { plain_text: &body.plain_text, html: body.html.as_str(), source: &body.source },
            content: &body.source,
            room_id: message.room_id,
            creator_id: *id,
            creator_name: name,
            creator: AuthorJson::from(&message.creator),
            room: RoomIdJson { id: message.room_id },
            attachment: None,
            boosts: message.boosts.iter().map(BoostJson::from).collect(),
            url: message.url(),
        }
    }
}

/// A room in its member's list.
#[derive(Serialize)]
pub struct RoomJson {
    id: RoomId,
    kind: RoomKind,
    name: String,
    unread: bool,
    unread_count: i64,
    involvement: Involvement,
    last_message_at: Option<String>,
}

impl From<&RoomEntry> for RoomJson {
    fn from(entry: &RoomEntry) -> Self {
        let room = &entry.room;
        Self {
            id: room.id,
            kind: room.kind,
            name: room.name.clone(),
            unread: entry.is_unread(),
            unread_count: entry.unread_count,
            involvement: room.involvement,
            last_message_at: room.last_message_at_ms.map(iso),
        }
    }
}
