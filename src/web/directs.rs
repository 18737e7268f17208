//! Pings: conversations of a fixed set of people.

use super::App;
use super::answer;
use super::auth::{CurrentUser, RoomMember, RoomRemover};
use super::first_run::form_again;
use super::forms::Submission;
use super::look::Look;
use super::room_settings::{TypedIds, made_answer};
use crate::db::{accounts, rooms, users};
use crate::domain::ids::UserId;
use crate::domain::people::{Author, User};
use crate::domain::rooms::{DirectKey, Room};
use crate::error::{AppError, Invalid};
use crate::services::rooms::ping;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use std::collections::HashSet;

/// The people of a ping, as submitted; and as shown, with what is wrong with them.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct DirectForm {
    user_ids: TypedIds,
    #[serde(skip)]
    error: Option<Invalid>,
}

impl DirectForm {
    fn parse(&self, starter: UserId) -> Result<DirectKey, Invalid> {
        let chosen = self.user_ids.parse()?.filter(|chosen| !chosen.is_empty());
        let chosen = chosen.ok_or_else(|| Invalid::new("user_ids", "Choose whom to ping."))?;
        DirectKey::of(starter, chosen)
    }
}

#[derive(Template)]
#[template(path = "directs/new.html")]
struct NewPingPage {
    look: Look,
    viewer_id: UserId,
    form: DirectForm,
    people: Vec<User>,
    chosen: HashSet<UserId>,
}

#[derive(Template)]
#[template(path = "directs/edit.html")]
struct EditPingPage {
    look: Look,
    room: Room,
    people: Vec<Author>,
}

async fn new_page(request: &HttpRequest, app: &App, viewer: &User, form: DirectForm) -> Result<HttpResponse, AppError> {
    let (people, account) =
        app.db.read(|snapshot| Ok((users::choice(snapshot)?, accounts::account(snapshot)?))).await?;
    let chosen = form.user_ids.parse().ok().flatten().unwrap_or_default().into_iter().collect();
    let look = Look::of(account.as_ref(), Some(viewer));
    answer::page(request, &NewPingPage { look, viewer_id: viewer.id, form, people, chosen })
}

/// `GET /rooms/directs/new`: whom to ping.
pub async fn new(
    request: HttpRequest, app: web::Data<App>, CurrentUser(viewer): CurrentUser,
) -> Result<HttpResponse, AppError> {
    new_page(&request, &app, &viewer.user, DirectForm::default()).await
}

/// `POST /rooms/directs`: the ping of exactly these people and oneself. 201 when it is new, 200 when it was there.
pub async fn create(
    request: HttpRequest, app: web::Data<App>, CurrentUser(viewer): CurrentUser, submission: Submission,
) -> Result<HttpResponse, AppError> {
    let form: DirectForm = submission.form().await?;
    app.posts.take(viewer.user.id, (app.clock)())?;
    let started = match form.parse(viewer.user.id) {
        Ok(key) => ping(&app, viewer.user.id, key).await,
        Err(invalid) => Err(invalid.into()),
    };
    match started {
        Ok((room, is_new)) => {
            let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
            made_answer(&request, &app, viewer.user.id, room, status).await
        }
        Err(error) => {
            form_again(&request, error, async |error| {
                new_page(&request, &app, &viewer.user, DirectForm { error: Some(error), ..form }).await
            })
            .await
        }
    }
}

/// `GET /rooms/directs/{room_id}/edit`: who is in a ping, and the way to delete it. Its people never change.
pub async fn edit(request: HttpRequest, member: RoomMember) -> Result<HttpResponse, AppError> {
    if !member.room.is_direct() {
        return Err(AppError::NotFound);
    }
    let viewer = member.user().id;
    let (room, people, account) = member
        .read(move |snapshot, room| {
            let people = rooms::direct_people(snapshot, room.id, viewer)?;
            Ok((room, people, accounts::account(snapshot)?))
        })
        .await?;
    let look = Look::of(account.as_ref(), Some(member.user()));
    answer::page(&request, &EditPingPage { look, room, people })
}

/// `DELETE /rooms/directs/{room_id}`: deletes a ping; any of its people may.
pub async fn destroy(
    request: HttpRequest, app: web::Data<App>, remover: RoomRemover,
) -> Result<HttpResponse, AppError> {
    if !remover.0.room.is_direct() {
        return Err(AppError::NotFound);
    }
    super::rooms::destroy(request, app, remover).await
}
