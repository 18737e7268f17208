//! Where somebody is signed in, and signing out from afar.

use super::App;
use super::answer::{self, Wants, no_content, see_other};
use super::auth::{CurrentUser, path_id};
use super::look::Look;
use super::sessions::signed_out;
use crate::db::{accounts, sessions};
use crate::domain::clock::{iso, utc_label};
use crate::domain::devices::device;
use crate::domain::ids::SessionId;
use crate::error::AppError;
use crate::services::sessions::revoke;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Serialize;

/// A session in its owner's list.
#[derive(Serialize)]
struct Device {
    id: SessionId,
    device: String,
    ip_address: String,
    last_used_at: String,
    created_at: String,
    current: bool,
    #[serde(skip)]
    last_used_label: String,
    #[serde(skip)]
    created_label: String,
}

#[derive(Template)]
#[template(path = "sessions/index.html")]
struct DevicesPage {
    look: Look,
    devices: Vec<Device>,
}

/// `GET /users/me/sessions`: one's own sessions, those used last first.
pub async fn index(
    request: HttpRequest, app: web::Data<App>, CurrentUser(viewer): CurrentUser,
) -> Result<HttpResponse, AppError> {
    let (user, used_after_ms) = (viewer.user.id, app.sessions_end_ms());
    let read = app
        .db
        .read(move |snapshot| Ok((sessions::of_user(snapshot, user, used_after_ms)?, accounts::account(snapshot)?)));
    let (listed, account) = read.await?;
    let shown = |session: sessions::Listed| Device {
        id: session.id,
        device: device(&session.origin.user_agent),
        ip_address: session.origin.ip_address,
        last_used_at: iso(session.last_used_at_ms),
        created_at: iso(session.created_at_ms),
        current: session.id == viewer.session_id,
        last_used_label: utc_label(session.last_used_at_ms),
        created_label: utc_label(session.created_at_ms),
    };
    let devices: Vec<Device> = listed.into_iter().map(shown).collect();
    if Wants::of(&request) == Wants::Json {
        return answer::json(&request, StatusCode::OK, &devices);
    }
    answer::page(&request, &DevicesPage { look: Look::of(account.as_ref(), Some(&viewer.user)), devices })
}

/// `DELETE /users/me/sessions/{session_id}`: ends one of one's own sessions; the one that asks: signs out. Other people's are
/// not found.
pub async fn destroy(
    request: HttpRequest, app: web::Data<App>, CurrentUser(viewer): CurrentUser,
) -> Result<HttpResponse, AppError> {
    let id = path_id::<SessionId>(&request, "session_id")?;
    let is_current = id == viewer.session_id;
    revoke(&app, viewer, id).await?;
    match Wants::of(&request) {
        _ if is_current => signed_out(&request),
        Wants::Json => Ok(no_content()),
        Wants::Page | Wants::Fragment => Ok(see_other("/users/me/sessions")),
    }
}
