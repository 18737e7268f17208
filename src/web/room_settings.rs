//! Open and closed rooms: making them, changing them and who is in them.

use super::App;
use super::answer::{self, Wants, no_content, see_other};
use super::auth::{RoomCreator, RoomEditor, RoomMember, actor};
use super::first_run::form_again;
use super::forms::Submission;
use super::look::Look;
use crate::db::{accounts, memberships, rooms, users};
use crate::domain::ids::{RoomId, UserId};
use crate::domain::people::User;
use crate::domain::rooms::{Room, RoomKind};
use crate::domain::text::Name;
use crate::error::{AppError, Invalid};
use crate::live::json;
use crate::services;
use crate::services::rooms::{CHOSEN_MAX, RoomChange};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use std::collections::HashSet;

/// The name in the form of a new room.
const NEW_NAME: &str = "New room";

/// Pictures beside people to choose from. Where scripts are off, browsers fetch all of a page's pictures at once.
pub const PICTURES_MAX: usize = 200;

/// An id as forms and JSON write it.
#[derive(Deserialize)]
#[serde(untagged)]
enum TypedId {
    Number(i64),
    Text(String),
}

/// People as chosen in a form or a JSON array; none when the field was not there.
#[derive(Deserialize, Default)]
#[serde(transparent)]
pub struct TypedIds(Option<Vec<TypedId>>);

impl TypedIds {
    /// The ids. An empty one says only that the field was there.
    ///
    /// # Errors
    /// `Invalid` when one is no id, or they are more than [`CHOSEN_MAX`].
    pub fn parse(&self) -> Result<Option<Vec<UserId>>, Invalid> {
        let Some(typed) = &self.0 else { return Ok(None) };
        if typed.len() > CHOSEN_MAX {
            return Err(Invalid::new("user_ids", format!("At most {CHOSEN_MAX} people can be chosen.")));
        }
        let ids = typed.iter().filter_map(|id| match id {
            TypedId::Number(number) => Some(number.to_string().parse()),
            TypedId::Text(text) if text.is_empty() => None,
            TypedId::Text(text) => Some(text.trim().parse()),
        });
        let ids: Result<Vec<UserId>, _> = ids.collect();
        Ok(Some(ids.map_err(|_| Invalid::new("user_ids", "user_ids must be the ids of people."))?))
    }
}

/// A room, as submitted; and as shown, with what is wrong with it.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct RoomForm {
    name: Option<String>,
    user_ids: TypedIds,
    #[serde(skip)]
    error: Option<Invalid>,
}

impl RoomForm {
    fn parse_name(&self) -> Result<Name, Invalid> {
        Name::parse("name", self.name.as_deref().unwrap_or(""))
    }

    fn with_error(mut self, error: Invalid) -> Self {
        self.error = Some(error);
        self
    }

    fn shown_name(&self) -> &str {
        self.name.as_deref().unwrap_or("")
    }
}

/// Somebody who can be chosen.
struct Choice {
    person: User,
    is_chosen: bool,
}

/// Everybody who can be chosen: first those who are, then the others, each by name.
fn choices(everyone: Vec<User>, chosen: &HashSet<UserId>) -> Vec<Choice> {
    let mut choices: Vec<Choice> =
        everyone.into_iter().map(|person| Choice { is_chosen: chosen.contains(&person.id), person }).collect();
    choices.sort_by_key(|choice| !choice.is_chosen);
    choices
}

#[derive(Template)]
#[template(path = "rooms/new.html")]
struct NewRoomPage {
    look: Look,
    viewer_id: UserId,
    is_open: bool,
    form: RoomForm,
    people: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "rooms/edit.html")]
struct EditRoomPage {
    look: Look,
    room: Room,
    viewer_id: UserId,
    may_edit: bool,
    is_open: bool,
    form: RoomForm,
    people: Vec<Choice>,
}

/// What a new room's form starts with.
#[derive(Deserialize)]
pub struct NewQuery {
    name: Option<String>,
}

async fn new_page(
    request: &HttpRequest, app: &App, viewer: &User, kind: RoomKind, form: RoomForm,
) -> Result<HttpResponse, AppError> {
    let (everyone, account) =
        app.db.read(|snapshot| Ok((users::choice(snapshot)?, accounts::account(snapshot)?))).await?;
    let chosen = form.user_ids.parse().ok().flatten().unwrap_or_default().into_iter().chain([viewer.id]);
    let page = NewRoomPage {
        look: Look::of(account.as_ref(), Some(viewer)),
        viewer_id: viewer.id,
        is_open: kind == RoomKind::Open,
        people: choices(everyone, &chosen.collect()),
        form,
    };
    answer::page(request, &page)
}

/// The kind that the path names: rooms for everyone, or for those who are chosen.
fn kind(request: &HttpRequest) -> RoomKind {
    if request.match_info().get("kind") == Some("opens") { RoomKind::Open } else { RoomKind::Closed }
}

/// `GET /rooms/{kind}/new`: the form of a room for everyone (`opens`), or for some (`closeds`).
pub async fn new(
    request: HttpRequest, app: web::Data<App>, RoomCreator(viewer): RoomCreator, query: web::Query<NewQuery>,
) -> Result<HttpResponse, AppError> {
    new_page(&request, &app, &viewer.user, kind(&request), started(query)).await
}

fn started(query: web::Query<NewQuery>) -> RoomForm {
    let name = query.into_inner().name.unwrap_or_else(|| NEW_NAME.to_owned());
    RoomForm { name: Some(name), ..RoomForm::default() }
}

/// `POST /rooms/{kind}`: makes a room that everyone is in, or one of those who were chosen and whoever makes it.
pub async fn create(
    request: HttpRequest, app: web::Data<App>, RoomCreator(viewer): RoomCreator, submission: Submission,
) -> Result<HttpResponse, AppError> {
    let form: RoomForm = submission.form().await?;
    app.posts.take(viewer.user.id, (app.clock)())?;
    let (kind, viewer) = (kind(&request), &viewer.user);
    let parsed = form.parse_name().and_then(|name| {
        let chosen = form.user_ids.parse()?.unwrap_or_default();
        Ok((name, (kind == RoomKind::Closed).then_some(chosen)))
    });
    let made = match parsed {
        Ok((name, chosen)) => services::rooms::create(&app, viewer.id, name, chosen).await,
        Err(invalid) => Err(invalid.into()),
    };
    match made {
        Ok(room) => made_answer(&request, &app, viewer.id, room, StatusCode::CREATED).await,
        Err(error) => {
            form_again(&request, error, async |error| {
                new_page(&request, &app, viewer, kind, form.with_error(error)).await
            })
            .await
        }
    }
}

/// Answers with a room that was made or found: the way there, or the room as JSON.
pub(super) async fn made_answer(
    request: &HttpRequest, app: &App, viewer: UserId, room: RoomId, status: StatusCode,
) -> Result<HttpResponse, AppError> {
    let path = format!("/rooms/{room}");
    if Wants::of(request) != Wants::Json {
        return Ok(see_other(&path));
    }
    let moves = app.reading.of(viewer);
    let entry = app.db.read(move |snapshot| rooms::entry_for_member(snapshot, room, viewer, &moves)).await?;
    let mut response = answer::json(request, status, &json::room(&entry))?;
    if let Ok(location) = HeaderValue::from_str(&path) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// `GET /rooms/opens/{room_id}` and the like: the room.
pub async fn show(member: RoomMember) -> HttpResponse {
    see_other(&format!("/rooms/{}", member.room.id))
}

/// `GET /rooms/{kind}/{room_id}/edit`: the settings of a room, to be saved as one of this kind. Those who may not change it see who is
/// in it.
pub async fn edit(
    request: HttpRequest, member: RoomMember, query: web::Query<NewQuery>,
) -> Result<HttpResponse, AppError> {
    let form = RoomForm { name: query.into_inner().name, ..RoomForm::default() };
    edit_page(&request, &member, form).await
}

async fn edit_page(request: &HttpRequest, member: &RoomMember, mut form: RoomForm) -> Result<HttpResponse, AppError> {
    if member.room.is_direct() {
        return Err(AppError::NotFound);
    }
    let (room, everyone, members, account) = member
        .read(move |snapshot, room| {
            let members = memberships::active_ids(snapshot, room.id)?;
            Ok((room, users::choice(snapshot)?, members, accounts::account(snapshot)?))
        })
        .await?;
    let chosen = form.user_ids.parse().ok().flatten().unwrap_or(members).into_iter().collect();
    if form.name.is_none() {
        form.name = Some(room.name.clone());
    }
    let may_edit = member.may_edit();
    let mut people = choices(everyone, &chosen);
    if !may_edit {
        people.retain(|choice| choice.is_chosen);
    }
    let look = Look::of(account.as_ref(), Some(member.user()));
    let (viewer_id, is_open) = (member.user().id, kind(request) == RoomKind::Open);
    let page = EditRoomPage { look, room, viewer_id, may_edit, is_open, form, people };
    answer::page(request, &page)
}

/// `PUT /rooms/{kind}/{room_id}`: saves a room as one that everyone is in, or one of exactly those who are chosen; without `user_ids`, of
/// those who are in it.
pub async fn update(
    request: HttpRequest, app: web::Data<App>, RoomEditor(member): RoomEditor, submission: Submission,
) -> Result<HttpResponse, AppError> {
    let form: RoomForm = submission.form().await?;
    app.posts.take(member.user().id, (app.clock)())?;
    let (viewer, room, kind) = (member.user().id, member.room.id, kind(&request));
    let name = form.name.as_ref().map(|_| form.parse_name()).transpose();
    let parsed = name.and_then(|name| Ok(RoomChange { kind, name, people: form.user_ids.parse()? }));
    let is_leaving = |change: &RoomChange| {
        kind == RoomKind::Closed && change.people.as_ref().is_some_and(|people| !people.contains(&viewer))
    };
    let saved = match parsed {
        Ok(change) => {
            let is_leaving = is_leaving(&change);
            services::rooms::update(&app, actor(&request, &app, member.viewer.clone()), room, change)
                .await
                .map(|()| is_leaving)
        }
        Err(invalid) => Err(invalid.into()),
    };
    match saved {
        Ok(false) => made_answer(&request, &app, viewer, room, StatusCode::OK).await,
        Ok(true) if Wants::of(&request) == Wants::Json => Ok(no_content()),
        Ok(true) => Ok(see_other("/")),
        Err(error) => {
            form_again(&request, error, async |error| edit_page(&request, &member, form.with_error(error)).await).await
        }
    }
}
