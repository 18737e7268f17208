//! Pings: conversations of a fixed set of people.

use super::forms::parse_user_ids;
use super::prelude::*;
use super::room_settings::made_answer;
use crate::db::{rooms, users};
use crate::domain::{Author, DirectKey};
use crate::services::rooms::ping;
use std::collections::HashSet;

/// The people of a ping, as submitted.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct DirectForm {
    user_ids: Option<Vec<Typed>>,
}

impl DirectForm {
    fn parse(&self, starter: UserId) -> Result<DirectKey, Invalid> {
        let chosen = parse_user_ids(self.user_ids.as_deref())?.filter(|chosen| !chosen.is_empty());
        let chosen = chosen.ok_or_else(|| Invalid::new("user_ids", "Choose whom to ping."))?;
        DirectKey::of(starter, chosen)
    }
}

#[derive(Template)]
#[template(path = "directs/new.html")]
struct NewPingPage {
    look: Look,
    viewer_id: UserId,
    error: Option<Invalid>,
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

async fn new_page(user: &CurrentUser, form: DirectForm, error: Option<Invalid>) -> Answer {
    let people = user.app.db.read(|snapshot| Ok(users::choice(snapshot)?)).await?;
    let chosen = parse_user_ids(form.user_ids.as_deref()).ok().flatten().unwrap_or_default().into_iter().collect();
    user.page(&NewPingPage { look: user.look(), viewer_id: user.id(), error, people, chosen })
}

/// `GET /rooms/directs/new`: whom to ping.
pub async fn new(user: CurrentUser) -> Answer {
    new_page(&user, DirectForm::default(), None).await
}

/// `POST /rooms/directs`: the ping of exactly these people and oneself. 201 when it is new, 200 when it was there.
pub async fn create(user: CurrentUser, submission: Submission) -> Answer {
    let form: DirectForm = submission.form().await?;
    user.spend_post()?;
    let started = async { ping(&user.app, user.id(), form.parse(user.id())?).await };
    match started.await {
        Ok((room, true)) => made_answer(&user, room, StatusCode::CREATED).await,
        Ok((room, false)) => made_answer(&user, room, StatusCode::OK).await,
        Err(error) => user.form_again(error, async |error| new_page(&user, form, Some(error)).await).await,
    }
}

/// `GET /rooms/directs/{room_id}/edit`: who is in a ping, and the way to delete it. Its people never change.
pub async fn edit(member: RoomMember) -> Answer {
    if !member.room.is_direct() {
        return Err(AppError::NotFound);
    }
    let viewer = member.id();
    let read = member.read(move |snapshot, room| Ok((rooms::direct_people(snapshot, room.id, viewer)?, room)));
    let (people, room) = read.await?;
    member.page(&EditPingPage { look: member.look(), room, people })
}

/// `DELETE /rooms/directs/{room_id}`: deletes a ping; any of its people may.
pub async fn destroy(remover: RoomRemover) -> Answer {
    if !remover.room.is_direct() {
        return Err(AppError::NotFound);
    }
    super::rooms::destroy(remover).await
}
