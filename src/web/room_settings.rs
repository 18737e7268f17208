//! Making rooms and pings, and changing rooms: what they are called, who is in them. The people of a ping never change.

use super::prelude::*;
use crate::services::rooms::CHOSEN_MAX;
use std::collections::HashSet;

/// Pictures beside people to choose from. Where scripts are off, browsers fetch all of a page's pictures at once.
pub const PICTURES_MAX: usize = 200;

form! { RoomForm { name: Option<String>, user_ids: Option<Vec<Typed>> } }

impl RoomForm {
    /// The people who were chosen, if that field was there. An empty id says only that.
    fn user_ids(&self) -> Result<Option<Vec<UserId>>, Invalid> {
        let Some(typed) = &self.user_ids else { return Ok(None) };
        if typed.len() > CHOSEN_MAX {
            return Err(Invalid::new("user_ids", format!("At most {CHOSEN_MAX} people can be chosen.")));
        }
        let ids: Result<Vec<UserId>, _> = typed.iter().filter_map(|id| id.parse().transpose()).collect();
        Ok(Some(ids.map_err(|_| Invalid::new("user_ids", "user_ids must be the ids of people."))?))
    }

    /// The ping of those who were chosen and `starter`.
    fn parse_ping(&self, starter: UserId) -> Result<DirectKey, Invalid> {
        let chosen = self.user_ids()?.filter(|chosen| !chosen.is_empty());
        DirectKey::of(starter, chosen.ok_or_else(|| Invalid::new("user_ids", "Choose whom to ping."))?)
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

template! { "rooms/new.html" => NewRoomPage {
    look: Look, viewer_id: UserId, is_open: bool, form: RoomForm, error: Option<Invalid>, people: Vec<Choice>
} }
template! { "rooms/edit.html" => EditRoomPage {
    look: Look, room: Room, viewer_id: UserId, may_edit: bool, is_open: bool, form: RoomForm, error: Option<Invalid>,
    people: Vec<Choice>
} }

async fn new_page(creator: &CurrentUser, form: RoomForm, error: Option<Invalid>) -> Answer {
    let everyone = creator.app.db.read(|snapshot| Ok(db::users::choice(snapshot)?)).await?;
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
    let entry = user.app.db.read(move |snapshot| db::rooms::entry_for_member(snapshot, room, id, &moves)).await?;
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
        let members = db::memberships::active_ids(snapshot, room.id)?;
        Ok((room, db::users::choice(snapshot)?, members))
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

template! { "directs/new.html" => NewPingPage {
    look: Look, viewer_id: UserId, error: Option<Invalid>, people: Vec<User>, chosen: HashSet<UserId>
} }
template! { "directs/edit.html" => EditPingPage { look: Look, room: Room, people: Vec<Author> } }

async fn new_ping_page(user: &CurrentUser, form: RoomForm, error: Option<Invalid>) -> Answer {
    let people = user.app.db.read(|snapshot| Ok(db::users::choice(snapshot)?)).await?;
    let chosen = form.user_ids().ok().flatten().unwrap_or_default().into_iter().collect();
    user.page(&NewPingPage { look: user.look(), viewer_id: user.id(), error, people, chosen })
}

/// `GET /rooms/directs/new`: whom to ping.
pub async fn new_ping(user: CurrentUser) -> Answer {
    new_ping_page(&user, RoomForm::default(), None).await
}

/// `POST /rooms/directs`: the ping of exactly these people and oneself. 201 when it is new, 200 when it was there.
pub async fn start_ping(user: CurrentUser, submission: Submission) -> Answer {
    let form: RoomForm = submission.form().await?;
    user.spend_post()?;
    let started = async { services::rooms::ping(&user.app, user.id(), form.parse_ping(user.id())?).await };
    match started.await {
        Ok((room, is_new)) => made_answer(&user, room, created(is_new)).await,
        Err(error) => user.form_again(error, async |error| new_ping_page(&user, form, Some(error)).await).await,
    }
}

/// `GET /rooms/directs/{room_id}/edit`: who is in a ping, and the way to delete it. Its people never change.
pub async fn edit_ping(member: RoomMember) -> Answer {
    if !member.room.is_direct() {
        return Err(AppError::NotFound);
    }
    let viewer = member.id();
    let read = member.read(move |snapshot, room| Ok((db::rooms::direct_people(snapshot, room.id, viewer)?, room)));
    let (people, room) = read.await?;
    member.page(&EditPingPage { look: member.look(), room, people })
}

/// `DELETE /rooms/directs/{room_id}`: deletes a ping; any of its people may.
pub async fn destroy_ping(remover: RoomRemover) -> Answer {
    if remover.room.is_direct() { super::rooms::destroy(remover).await } else { Err(AppError::NotFound) }
}
