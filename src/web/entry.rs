//! The front door.

use super::App;
use super::answer::{Wants, page, see_other};
use super::auth::MaybeUser;
use super::client::Client;
use super::look::Look;
use super::sessions::to_sign_in;
use super::sidebar::Sidebar;
use crate::db::{accounts, messages, rooms, users};
use crate::domain::ids::{Revision, UserId};
use crate::error::AppError;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

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

/// `GET /`: 303 to the last visited room, else the oldest; a welcome page for those in none; 303 to the first run or the
/// sign-in page for visitors; 401 for programs and fragments.
pub async fn show(
    request: HttpRequest, app: web::Data<App>, MaybeUser(viewer): MaybeUser,
) -> Result<HttpResponse, AppError> {
    let wished = request.cookie(LAST_ROOM_COOKIE).and_then(|cookie| cookie.value().parse().ok());
    let user_id = viewer.as_ref().map(|viewer| viewer.user.id);
    let (has_account, landing) = app
        .db
        .read(move |snapshot| {
            let landing = match user_id {
                Some(user) => rooms::landing(snapshot, user, wished)?,
                None => None,
            };
            Ok((accounts::account(snapshot)?.is_some(), landing))
        })
        .await?;
    match (viewer, landing) {
        (Some(_), Some(room)) => Ok(see_other(&format!("/rooms/{room}"))),
        (Some(viewer), None) => welcome(&request, &app, viewer.user.id).await,
        (None, _) if Wants::of(&request) != Wants::Page => Err(AppError::SignedOut),
        (None, _) if !has_account => Ok(see_other("/first_run")),
        (None, _) => Ok(to_sign_in("/")),
    }
}

/// The page of somebody who is in no room: their sidebar, and what they can do.
async fn welcome(request: &HttpRequest, app: &web::Data<App>, viewer: UserId) -> Result<HttpResponse, AppError> {
    let (client, state) = (Client::of(request.head(), &app.config), app.clone());
    let read = app.db.read(move |snapshot| {
        let sidebar = Sidebar::read(snapshot, &state, viewer, &client)?;
        let account = accounts::account(snapshot)?;
        Ok(NoRoomsPage {
            look: Look::of(account.as_ref(), Some(&sidebar.viewer)),
            sidebar,
            revision: messages::revision(snapshot)?,
            people_revision: users::people_revision(snapshot)?,
            current_room_id: 0,
        })
    });
    page(request, &read.await?)
}
