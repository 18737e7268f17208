//! Open and closed rooms: making them, changing them and who is in them.

use super::forms::parse_user_ids;
use super::prelude::*;
use crate::db::{memberships, rooms, users};
use crate::domain::RoomKind;
use crate::live::json;
use crate::services;
use std::collections::HashSet;

/// Pictures beside people to choose from. Where scripts are off, browsers fetch all of a page's pictures at once.
pub const PICTURES_MAX: usize = 200;

/// A room, as submitted.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct RoomForm {
    name: Option<String>,
    user_ids: Option<Vec<Typed>>,
}

impl RoomForm {
    fn user_ids(&self) -> Result<Option<Vec<UserId>>, Invalid> {
        parse_user_ids(self.user_ids.as_deref())
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
    error: Option<Invalid>,
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
    error: Option<Invalid>,
    people: Vec<Choice>,
}

async fn new_page(creator: &CurrentUser, form: RoomForm, error: Option<Invalid>) -> Answer {
    let everyone = creator.app.db.read(|snapshot| Ok(users::choice(snapshot)?)).await?;
    let (look, viewer_id, is_open) = (creator.look(), creator.id(), kind(creator) == RoomKind::Open);
    let chosen = form.user_ids().ok().flatten().unwrap_or_default().into_iter().chain([viewer_id]);
    let people = choices(everyone, &chosen.collect());
    creator.page(&NewRoomPage { look, viewer_id, is_open, form, error, people })
}

/// The kind that the path names: rooms for everyone, or for those who are chosen.
fn kind(visit: &Visit) -> RoomKind {
    if visit.match_info().get("kind") == Some("opens") { RoomKind::Open } else { RoomKind::Closed }
}

/// `GET /rooms/{kind}/new`: the form of a room for everyone (`opens`), or for some (`closeds`).
pub async fn new(creator: RoomCreator) -> Answer {
    let name = creator.query("name").unwrap_or_else(|| "New room".to_owned());
    new_page(&creator, RoomForm { name: Some(name), ..RoomForm::default() }, None).await
}

/// `POST /rooms/{kind}`: makes a room that everyone is in, or one of those who were chosen and whoever makes it.
pub async fn create(creator: RoomCreator, submission: Submission) -> Answer {
    let form: RoomForm = submission.form().await?;
    creator.spend_post()?;
    let made = async {
        let name = Name::parse("name", form.shown_name())?;
        let chosen = form.user_ids()?.unwrap_or_default();
        let chosen = (kind(&creator) == RoomKind::Closed).then_some(chosen);
        services::rooms::create(&creator.app, creator.id(), name, chosen).await
    };
    match made.await {
        Ok(room) => made_answer(&creator, room, StatusCode::CREATED).await,
        Err(error) => creator.form_again(error, async |error| new_page(&creator, form, Some(error)).await).await,
    }
}

/// Answers with a room that was made or found: the way there, or the room as JSON.
pub(super) async fn made_answer(user: &CurrentUser, room: RoomId, status: StatusCode) -> Answer {
    let path = format!("/rooms/{room}");
    if !user.wants_json() {
        return Ok(see_other(&path));
    }
    let (id, moves) = (user.id(), user.app.reading.of(user.id()));
    let entry = user.app.db.read(move |snapshot| rooms::entry_for_member(snapshot, room, id, &moves)).await?;
    user.json_at(&path, status, &json::room(&entry))
}

/// `GET /rooms/opens/{room_id}` and the like: the room.
pub async fn show(member: RoomMember) -> HttpResponse {
    see_other(&format!("/rooms/{}", member.room.id))
}

/// `GET /rooms/{kind}/{room_id}/edit`: a room's settings, to be saved as of this kind; for those who may not, who is in it.
pub async fn edit(member: RoomMember) -> Answer {
    let form = RoomForm { name: member.query("name"), ..RoomForm::default() };
    edit_page(&member, form, None).await
}

async fn edit_page(member: &RoomMember, mut form: RoomForm, error: Option<Invalid>) -> Answer {
    if member.room.is_direct() {
        return Err(AppError::NotFound);
    }
    let read = member.read(move |snapshot, room| {
        let members = memberships::active_ids(snapshot, room.id)?;
        Ok((room, users::choice(snapshot)?, members))
    });
    let (room, everyone, members) = read.await?;
    let chosen = form.user_ids().ok().flatten().unwrap_or(members).into_iter().collect();
    form.name.get_or_insert_with(|| room.name.clone());
    let may_edit = member.may_edit();
    let mut people = choices(everyone, &chosen);
    people.retain(|choice| may_edit || choice.is_chosen);
    let (look, viewer_id, is_open) = (member.look(), member.id(), kind(member) == RoomKind::Open);
    member.page(&EditRoomPage { look, room, viewer_id, may_edit, is_open, form, error, people })
}

/// `PUT /rooms/{kind}/{room_id}`: saves a room as one of everyone, or of exactly those chosen; without `user_ids`, of those in it.
pub async fn update(editor: RoomEditor, submission: Submission) -> Answer {
    let form: RoomForm = submission.form().await?;
    editor.spend_post()?;
    let (viewer, room, kind) = (editor.id(), editor.room.id, kind(&editor));
    let saved = async {
        let name = form.name.as_deref().map(|name| Name::parse("name", name)).transpose()?;
        let people = form.user_ids()?;
        let stays = kind == RoomKind::Open || people.as_ref().is_none_or(|people| people.contains(&viewer));
        services::rooms::update(&editor.app, editor.actor(), room, (kind, name), people).await?;
        Ok(stays)
    };
    match saved.await {
        Ok(true) => made_answer(&editor, room, StatusCode::OK).await,
        Ok(false) => editor.done("/"),
        Err(error) => editor.form_again(error, async |error| edit_page(&editor, form, Some(error)).await).await,
    }
}
