//! The JSON shapes of people, rooms and messages, in answers and in frames alike.
//!
//! URLs are relative, so that one frame serves every reader.

use crate::domain::attachments::Attachment;
use crate::domain::boosts::Boost;
use crate::domain::clock::iso;
use crate::domain::ids::{MessageId, Revision, RoomId, UserId};
use crate::domain::messages::{Body, Change, ClientMessageId, Message};
use crate::domain::people::{Author, Status, User};
use crate::domain::rooms::RoomEntry;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

/// A person as everyone sees them; their address and bio only for themselves and administrators.
#[derive(Serialize)]
pub struct UserJson {
    #[serde(flatten)]
    person: Author,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bio: Option<String>,
}

impl UserJson {
    /// Somebody as everyone sees them.
    pub fn public(user: &User) -> Self {
        Self { person: user.as_author(), status: user.status, email_address: None, bio: None }
    }

    /// Somebody as they see themselves.
    pub fn private(user: &User) -> Self {
        let (email_address, bio) = (user.email_address.clone(), Some(user.bio.clone()));
        Self { email_address, bio, ..Self::public(user) }
    }
}

impl Serialize for Author {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { id, name, role, .. } = self;
        json!({"id": id, "name": name, "role": role, "avatar_url": self.avatar_url()}).serialize(serializer)
    }
}

impl Serialize for Boost {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { id, content, created_at_ms, booster } = self;
        json!({"id": id, "content": content, "created_at": iso(*created_at_ms), "booster": booster})
            .serialize(serializer)
    }
}

fn attachment(message: &Message, file: &Attachment) -> Value {
    let (path, (width, height)) = (message.path(), file.dimensions.unzip());
    let thumbnail_url = file.has_thumbnail.then(|| format!("{path}/thumbnail"));
    json!({"name": file.name, "content_type": file.content_type, "size_bytes": file.size_bytes, "url": file.url(&path),
        "thumbnail_url": thumbnail_url, "width": width, "height": height})
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
    body: &'m Body,
    content: &'m str,
    room_id: RoomId,
    creator_id: UserId,
    creator_name: &'m str,
    creator: &'m Author,
    #[serde(serialize_with = "id_alone")]
    room: RoomId,
    attachment: Option<Value>,
    boosts: &'m [Boost],
    url: String,
}

impl<'m> From<&'m Message> for MessageJson<'m> {
    fn from(message: &'m Message) -> Self {
        Self {
            id: message.id,
            client_message_id: message.client_message_id,
            revision: message.revision,
            created_at: iso(message.created_at_ms),
            updated_at: iso(message.updated_at_ms),
            edited_at: message.edited_at_ms.map(iso),
            body: &message.body,
            content: &message.body.source,
            room_id: message.room_id,
            creator_id: message.creator.id,
            creator_name: &message.creator.name,
            creator: &message.creator,
            room: message.room_id,
            attachment: message.attachment.as_ref().map(|file| attachment(message, file)),
            boosts: &message.boosts,
            url: message.url(),
        }
    }
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let whole = |message| json!({"message": MessageJson::from(message)});
        let (kind, mut object) = match self {
            Self::Created(message) => ("message_created", whole(message.as_ref())),
            Self::Updated(message) => ("message_updated", whole(message.as_ref())),
            Self::Boosted(message) => ("boosts_changed", json!({"message_id": message.id, "boosts": message.boosts})),
            Self::Removed(tombstone) => ("message_removed", json!({"message_id": tombstone.id})),
        };
        object["type"] = json!(kind);
        object["revision"] = json!(self.revision());
        object["room_id"] = json!(self.room_id());
        object.serialize(serializer)
    }
}

/// A room in its member's list.
pub fn room(entry: &RoomEntry) -> Value {
    let room = &entry.room;
    json!({
        "id": room.id,
        "kind": room.kind,
        "name": room.name,
        "unread": entry.is_unread(),
        "unread_count": entry.unread.count,
        "mention": entry.unread.mention,
        "involvement": room.involvement,
        "last_message_at": room.last_message_at_ms.map(iso),
    })
}

/// A room of which no more is told than which.
pub(super) fn id_alone<S: Serializer>(id: &RoomId, serializer: S) -> Result<S::Ok, S::Error> {
    json!({"id": id}).serialize(serializer)
}
