//! The read cursor: what somebody has read of a room.

use super::prelude::*;
use crate::services::reading::{mark_unread, read};

/// Up to, or from, which message.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ReadForm {
    message_id: Typed,
}

impl ReadForm {
    /// What is no id names no message.
    fn parse(&self) -> Result<Option<MessageId>, AppError> {
        self.message_id.parse().map_err(|_| AppError::NotFound)
    }
}

/// `PUT /rooms/{room_id}/read`: everything up to a message (none: all there is) is read. The cursor only moves forward.
pub async fn update(member: RoomMember, submission: Submission) -> Answer {
    let form: ReadForm = submission.form().await?;
    let (app, up_to) = (&member.app, form.parse()?);
    let unread_count = read(app, member.id(), member.room.id, up_to).await?;
    answered(&member, unread_count)
}

/// `DELETE /rooms/{room_id}/read`: everything from a message on is unread.
pub async fn destroy(member: RoomMember, submission: Submission) -> Answer {
    let form: ReadForm = submission.form().await?;
    let missing = || Invalid::new("message_id", "Say from which message on it is unread.");
    let (app, from) = (&member.app, form.parse()?.ok_or_else(missing)?);
    let unread_count = mark_unread(app, member.id(), member.room.id, from).await?;
    answered(&member, unread_count)
}

fn answered(member: &RoomMember, unread_count: i64) -> Answer {
    match member.wants() {
        Wants::Json => member.json(&json!({"unread_count": unread_count})),
        // The page hears of it by its socket.
        Wants::Fragment => Ok(no_content()),
        Wants::Page => Ok(see_other(&format!("/rooms/{}", member.room.id))),
    }
}
