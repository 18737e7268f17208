//! The bell: how much somebody wants to hear of a room.

use super::App;
use super::answer::{self, Wants, see_other};
use super::auth::RoomMember;
use super::forms::Submission;
use super::look::Look;
use super::sessions::safe_return;
use crate::db::accounts;
use crate::domain::rooms::{Involvement, Room};
use crate::error::AppError;
use crate::services::rooms::set_involvement;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::{Deserialize, Serialize};

/// The choice, as submitted, and the page of ours to go back to.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct InvolvementForm {
    involvement: String,
    return_to: Option<String>,
}

#[derive(Serialize)]
struct InvolvementJson {
    involvement: Involvement,
}

#[derive(Template)]
#[template(path = "involvements/_bell.html")]
struct BellFragment {
    room: Room,
}

#[derive(Template)]
#[template(path = "involvements/show.html")]
struct InvolvementPage {
    look: Look,
    room: Room,
}

fn json(request: &HttpRequest, involvement: Involvement) -> Result<HttpResponse, AppError> {
    answer::json(request, StatusCode::OK, &InvolvementJson { involvement })
}

/// `GET /rooms/{room_id}/involvement`: the bell as it is set.
pub async fn show(request: HttpRequest, member: RoomMember) -> Result<HttpResponse, AppError> {
    match Wants::of(&request) {
        Wants::Json => json(&request, member.room.involvement),
        Wants::Fragment => answer::page(&request, &BellFragment { room: member.room }),
        Wants::Page => {
            let account = member.read(|snapshot, _| Ok(accounts::account(snapshot)?)).await?;
            let look = Look::of(account.as_ref(), Some(member.user()));
            answer::page(&request, &InvolvementPage { look, room: member.room })
        }
    }
}

/// `PUT /rooms/{room_id}/involvement`: sets the bell. Plain forms are sent back to where they were.
pub async fn update(
    request: HttpRequest, app: web::Data<App>, mut member: RoomMember, submission: Submission,
) -> Result<HttpResponse, AppError> {
    let form: InvolvementForm = submission.form().await?;
    let involvement = Involvement::parse(&form.involvement)?;
    set_involvement(&app, member.user().id, member.room.id, involvement).await?;
    member.room.involvement = involvement;
    match Wants::of(&request) {
        Wants::Json => json(&request, involvement),
        Wants::Fragment => answer::page(&request, &BellFragment { room: member.room }),
        Wants::Page => match &form.return_to {
            Some(path) => Ok(see_other(safe_return(path))),
            None => Ok(see_other(&format!("/rooms/{}", member.room.id))),
        },
    }
}
