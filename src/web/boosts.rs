//! Boosts: adding them and withdrawing one's own.

use super::App;
use super::answer::{self, Wants, no_content, see_other};
use super::auth::{RoomMember, path_id};
use super::forms::Submission;
use super::messages::{demand_same_viewer, fragment};
use crate::db::messages;
use crate::domain::ids::{BoostId, MessageId};
use crate::domain::messages::Change;
use crate::domain::text::BoostContent;
use crate::error::AppError;
use crate::live::json::BoostJson;
use crate::services::boosts::{boost, toggle, withdraw};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

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
    match Wants::of(&request) {
        Wants::Json => {
            let array: Vec<_> = message.boosts.iter().map(BoostJson::from).collect();
            answer::json(&request, StatusCode::OK, &array)
        }
        Wants::Fragment => fragment(&request, StatusCode::OK, Change::Boosted(message)),
        Wants::Page => Ok(see_other(&message.url())),
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
    let boosted = match form.toggle {
        Some(_) => toggle(&app.db, &app.hub, booster, room, id, content).await?,
        None => boost(&app.db, &app.hub, booster, room, id, content).await?,
    };
    if !boosted.is_new {
        app.posts.give_back(booster);
    }
    let mine = boosted.message.boosts.iter().find(|boost| Some(boost.id) == boosted.id);
    let status = if boosted.is_new && mine.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    match (Wants::of(&request), mine) {
        (Wants::Json, None) => Ok(no_content()),
        (Wants::Json, Some(boost)) => {
            let mut response = answer::json(&request, status, &BoostJson::from(boost))?;
            if let Ok(value) = HeaderValue::from_str(&format!("{}/boosts", boosted.message.path())) {
                response.headers_mut().insert(LOCATION, value);
            }
            Ok(response)
        }
        (Wants::Fragment, _) => fragment(&request, status, Change::Boosted(boosted.message)),
        (Wants::Page, _) => Ok(see_other(&boosted.message.url())),
    }
}

/// `DELETE /rooms/{room_id}/messages/{message_id}/boosts/{boost_id}`: withdraws one's own boost; other people's are not found. It
/// costs as much of the rate as a post.
pub async fn destroy(request: HttpRequest, app: web::Data<App>, member: RoomMember) -> Result<HttpResponse, AppError> {
    demand_same_viewer(&request, &member)?;
    let (id, boost) = (path_id::<MessageId>(&request, "message_id")?, path_id::<BoostId>(&request, "boost_id")?);
    let (booster, room) = (member.user().id, member.room.id);
    app.posts.take(booster, (app.clock)())?;
    let message = withdraw(&app.db, &app.hub, booster, room, id, boost).await?;
    match Wants::of(&request) {
        Wants::Json => Ok(no_content()),
        Wants::Fragment => fragment(&request, StatusCode::OK, Change::Boosted(message)),
        Wants::Page => Ok(see_other(&message.url())),
    }
}
