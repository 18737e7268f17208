//! Previews of links: their pictures, and removing one.

use super::answer::kept;
use super::messages::fragment;
use super::prelude::*;
use crate::db::previews;
use crate::domain::Change;
use crate::services::previews::remove;

/// `GET /rooms/{room_id}/messages/{message_id}/preview/image`: the picture of a message's preview. Its URL has a version, so it may be
/// kept.
pub async fn image(member: RoomMember) -> Answer {
    let id = member.path_id("message_id")?;
    let read = member.read(move |snapshot, room| Ok(previews::image(snapshot, room.id, id)?));
    Ok(kept(&member, "image/webp", read.await?))
}

/// `DELETE /rooms/{room_id}/messages/{message_id}/preview`: removes a preview; none comes again.
pub async fn destroy(editor: MessageEditor) -> Answer {
    editor.demand_same_viewer()?;
    let message = remove(&editor.app, editor.id(), editor.room.id, editor.message.id).await?;
    match editor.wants() {
        Wants::Json => Ok(no_content()),
        Wants::Fragment => fragment(&editor, StatusCode::OK, Change::Previewed(message)),
        Wants::Page => Ok(see_other(&message.url())),
    }
}
