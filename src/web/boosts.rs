//! Boosts: adding them and withdrawing one's own.

use super::App;
use super::answer::{self, Wants, no_content, see_other};
use super::auth::{RoomMember, path_id};
use super::forms::Submission;
use super::messages::{demand_same_viewer, fragment};
use crate::db::messages;
use crate::domain::ids::{BoostId, MessageId};
use crate::domain::messages::{Change, Message};
use crate::domain::text::BoostContent;
use crate::error::AppError;
use crate::services::boosts::{Again, Boosted, boost, withdraw};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use std::sync::Arc;

/// A boost, as submitted.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct BoostForm {
    content: String,
    /// There when one's own boost of this content is to be withdrawn: a page is the same for everybody, so its plain buttons don't
    /// know whose they are.
    toggle: Option<String>,
}

/// `GET /rooms/{room_id}/messages/{message_id}/boosts`: a message's boosts, in the order they were added. Browsers are sent to the
/// message.
pub async fn index(request: HttpRequest, member: RoomMember) -> Result<HttpResponse, AppError> {
    let id = path_id::<MessageId>(&request, "message_id")?;
    let message = member.read(move |snapshot, room| Ok(messages::present(snapshot, room.id, id)?)).await?;
    if Wants::of(&request) != Wants::Json {
        return answered(&request, message);
    }
    answer::json(&request, StatusCode::OK, &message.boosts)
}

/// Answers with the very fragment that the room's sockets get, or the way to the message.
fn answered(request: &HttpRequest, message: Arc<Message>) -> Result<HttpResponse, AppError> {
    match Wants::of(request) {
        Wants::Page => Ok(see_other(&message.url())),
        Wants::Json | Wants::Fragment => fragment(request, StatusCode::OK, Change::Boosted(message)),
    }
}

/// `POST /rooms/{room_id}/messages/{message_id}/boosts`: adds a boost. 201 the first time, 200 with the first when it was there; with
/// `toggle`, it is withdrawn then. It costs as much of the rate as a post; a repeat costs nothing.
pub async fn create(
    request: HttpRequest, app: web::Data<App>, member: RoomMember, submission: Submission,
) -> Result<HttpResponse, AppError> {
    demand_same_viewer(&request, &member)?;
    let id = path_id::<MessageId>(&request, "message_id")?;
    let form: BoostForm = submission.form().await?;
    let content = BoostContent::parse(&form.content)?;
    let (booster, room) = (member.user().id, member.room.id);
    app.posts.take(booster, (app.clock)())?;
    let again = if form.toggle.is_some() { Again::Goes } else { Again::Stays };
    let Boosted { message, id, is_new } = boost(&app, booster, (room, id), content, again).await?;
    if !is_new {
        app.posts.give_back(booster);
    }
    if Wants::of(&request) != Wants::Json {
        return answered(&request, message);
    }
    let Some(mine) = message.boosts.iter().find(|boost| Some(boost.id) == id) else { return Ok(no_content()) };
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = answer::json(&request, status, mine)?;
    if let Ok(value) = HeaderValue::from_str(&format!("{}/boosts", message.path())) {
        response.headers_mut().insert(LOCATION, value);
    }
    Ok(response)
}

/// `DELETE /rooms/{room_id}/messages/{message_id}/boosts/{boost_id}`: withdraws one's own boost; other people's are not found. It
/// costs as much of the rate as a post.
pub async fn destroy(request: HttpRequest, app: web::Data<App>, member: RoomMember) -> Result<HttpResponse, AppError> {
    demand_same_viewer(&request, &member)?;
    let (id, boost) = (path_id::<MessageId>(&request, "message_id")?, path_id::<BoostId>(&request, "boost_id")?);
    let (booster, room) = (member.user().id, member.room.id);
    app.posts.take(booster, (app.clock)())?;
    let message = withdraw(&app, booster, (room, id), boost).await?;
    if Wants::of(&request) == Wants::Json { Ok(no_content()) } else { answered(&request, message) }
}
