//! The read cursor: what somebody has read of a room.

use super::App;
use super::answer::{self, Wants, no_content, see_other};
use super::auth::RoomMember;
use super::forms::Submission;
use crate::domain::ids::MessageId;
use crate::error::{AppError, Invalid};
use crate::services::reading::{mark_unread, read};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Up to, or from, which message.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ReadForm {
    message_id: Value,
}

#[derive(Serialize)]
struct UnreadJson {
    unread_count: i64,
}

impl ReadForm {
    fn parse(&self) -> Result<Option<MessageId>, AppError> {
        let text = match &self.message_id {
            Value::Null => return Ok(None),
            Value::String(text) if text.is_empty() => return Ok(None),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        // What is no id names no message.
        text.parse().map(Some).map_err(|_| AppError::NotFound)
    }
}

/// `PUT /rooms/{room_id}/read`: everything up to a message (none: all there is) is read. The cursor only moves forward.
pub async fn update(
    request: HttpRequest, app: web::Data<App>, member: RoomMember, submission: Submission,
) -> Result<HttpResponse, AppError> {
    let form: ReadForm = submission.form().await?;
    let (user, room) = (member.user().id, member.room.id);
    let unread_count = read(&app, user, room, form.parse()?).await?;
    answered(&request, &member, unread_count)
}

/// `DELETE /rooms/{room_id}/read`: everything from a message on is unread.
pub async fn destroy(
    request: HttpRequest, app: web::Data<App>, member: RoomMember, submission: Submission,
) -> Result<HttpResponse, AppError> {
    let form: ReadForm = submission.form().await?;
    let Some(from) = form.parse()? else {
        return Err(Invalid::new("message_id", "Say from which message on it is unread.").into());
    };
    let (user, room) = (member.user().id, member.room.id);
    let unread_count = mark_unread(&app, user, room, from).await?;
    answered(&request, &member, unread_count)
}

fn answered(request: &HttpRequest, member: &RoomMember, unread_count: i64) -> Result<HttpResponse, AppError> {
    match Wants::of(request) {
        Wants::Json => answer::json(request, StatusCode::OK, &UnreadJson { unread_count }),
        // The page hears of it by its socket.
        Wants::Fragment => Ok(no_content()),
        Wants::Page => Ok(see_other(&format!("/rooms/{}", member.room.id))),
    }
}
