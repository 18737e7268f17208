//! The front door.

use super::prelude::*;
use super::sessions::to_sign_in;
use super::sidebar::Sidebar;
use crate::db::{accounts, messages, rooms, users};

/// Remembers the last visited room.
pub const LAST_ROOM_COOKIE: &str = "last_room";

#[derive(Template)]
#[template(path = "rooms/none.html")]
struct NoRoomsPage {
    look: Look,
    sidebar: Sidebar,
    revision: Revision,
    people_revision: i64,
    current_room_id: i64,
}

/// `GET /`: 303 to the last visited room, else the oldest; a welcome page for those in none; for visitors, 303 to where to come in.
pub async fn show(visitor: MaybeUser) -> Answer {
    let Some(viewer) = &visitor.viewer else {
        return match visitor.account().await? {
            _ if visitor.wants() != Wants::Page => Err(AppError::SignedOut),
            Some(_) => Ok(to_sign_in("/")),
            None => Ok(see_other("/first_run")),
        };
    };
    let (user, last_room) = (viewer.user.id, visitor.cookie(LAST_ROOM_COOKIE));
    let wished = last_room.and_then(|cookie| cookie.value().parse().ok());
    match visitor.app.db.read(move |snapshot| Ok(rooms::landing(snapshot, user, wished)?)).await? {
        Some(room) => Ok(see_other(&format!("/rooms/{room}"))),
        None => welcome(&visitor, user).await,
    }
}

/// The page of somebody who is in no room: their sidebar, and what they can do.
async fn welcome(visit: &Visit, viewer: UserId) -> Answer {
    let (client, app) = (visit.client(), visit.app.clone());
    let read = visit.app.db.read(move |snapshot| {
        let sidebar = Sidebar::read(snapshot, &app, viewer, &client)?;
        let account = accounts::account(snapshot)?;
        Ok(NoRoomsPage {
            look: Look::of(account.as_ref(), Some(&sidebar.viewer)),
            sidebar,
            revision: messages::revision(snapshot)?,
            people_revision: users::people_revision(snapshot)?,
            current_room_id: 0,
        })
    });
    visit.page(&read.await?)
}
