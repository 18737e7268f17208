//! The front door.

use super::App;
use super::answer::{Wants, page, see_other};
use super::auth::MaybeUser;
use super::look::Look;
use super::sessions::to_sign_in;
use crate::db::{accounts, rooms};
use crate::domain::people::User;
use crate::error::AppError;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

/// Remembers the last visited room.
pub const LAST_ROOM_COOKIE: &str = "last_room";

#[derive(Template)]
#[template(path = "rooms/none.html")]
struct NoRoomsPage {
    look: Look,
    viewer: User,
}

/// `GET /`: 303 to the last visited room, else the oldest; a welcome page for those in none; 303 to the first run or the
/// sign-in page for visitors; 401 for programs and fragments.
pub async fn show(
    request: HttpRequest,
    app: web::Data<App>,
    MaybeUser(viewer): MaybeUser,
) -> Result<HttpResponse, AppError> {
    let wished = request.cookie(LAST_ROOM_COOKIE).and_then(|cookie| cookie.value().parse().ok());
    let user_id = viewer.as_ref().map(|viewer| viewer.user.id);
    let (account, landing) = app
        .db
        .read(move |snapshot| {
            let landing = match user_id {
                Some(user) => rooms::landing(snapshot, user, wished)?,
                None => None,
            };
            Ok((accounts::account(snapshot)?, landing))
        })
        .await?;
    match (viewer, landing) {
        (Some(_), Some(room)) => Ok(see_other(&format!("/rooms/{room}"))),
        (Some(viewer), None) => {
            let look = Look::of(account.as_ref(), Some(&viewer.user));
            page(&request, &NoRoomsPage { look, viewer: viewer.user })
        }
        (None, _) if Wants::of(&request) != Wants::Page => Err(AppError::SignedOut),
        (None, _) if account.is_none() => Ok(see_other("/first_run")),
        (None, _) => Ok(to_sign_in("/")),
    }
}
