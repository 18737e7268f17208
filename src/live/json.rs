//! The JSON shapes of people, rooms and messages, in answers and in frames alike.
//!
//! URLs are relative, so that one frame serves every reader.

use crate::domain::{Attachment, Author, Boost, Change, Message, RoomEntry, RoomId, User, iso};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

/// A person as everyone sees them.
pub fn person(user: &User) -> Value {
    let mut person = json!(user.as_author());
    person["status"] = json!(user.status);
    person
}

/// A person as they see themselves and administrators see them: with their bio, and their address if they have one.
pub fn whole_person(user: &User) -> Value {
    let mut person = person(user);
    person["bio"] = json!(user.bio);
    if let Some(address) = &user.email_address {
        person["email_address"] = json!(address);
    }
    person
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

fn preview(message: &Message) -> Option<Value> {
    let preview = message.preview.as_ref()?;
    let (image_url, (width, height)) = (preview.image_url(&message.path()), preview.image_size);
    let size = image_url.as_ref().map(|_| (width, height)).unzip();
    Some(json!({"url": preview.url, "title": preview.title, "description": preview.description, "image_url": image_url,
        "image_width": size.0, "image_height": size.1}))
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({
            "id": self.id,
            "client_message_id": self.client_message_id,
            "revision": self.revision,
            "created_at": iso(self.created_at_ms),
            "updated_at": iso(self.updated_at_ms),
            "edited_at": self.edited_at_ms.map(iso),
            "body": self.body,
            "content": self.body.source,
            "room_id": self.room_id,
            "creator_id": self.creator.id,
            "creator_name": self.creator.name,
            "creator": self.creator,
            "room": {"id": self.room_id},
            "attachment": self.attachment.as_ref().map(|file| attachment(self, file)),
            "preview": preview(self),
            "boosts": self.boosts,
            "url": self.url(),
        })
        .serialize(serializer)
    }
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, mut object) = match self {
            Self::Created(message) => ("message_created", json!({"message": message})),
            Self::Updated(message) => ("message_updated", json!({"message": message})),
            Self::Boosted(message) => ("boosts_changed", json!({"message_id": message.id, "boosts": message.boosts})),
            Self::Previewed(message) => {
                ("preview_changed", json!({"message_id": message.id, "preview": preview(message)}))
            }
            Self::Removed(tombstone) => ("message_removed", json!({"message_id": tombstone.id})),
        };
        let (room_id, revision) = self.place();
        object["type"] = json!(kind);
        object["revision"] = json!(revision);
        object["room_id"] = json!(room_id);
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

/// A room of which no more is told than its id.
pub(super) fn id_alone<S: Serializer>(id: &RoomId, serializer: S) -> Result<S::Ok, S::Error> {
    json!({"id": id}).serialize(serializer)
}
