//! Banning people, and lifting bans.

use super::App;
use super::answer::{Wants, no_content, see_other};
use super::auth::{Administrator, path_id};
use crate::domain::ids::UserId;
use crate::error::AppError;
use crate::services::bans::{ban, lift};
use actix_web::{HttpRequest, HttpResponse, web};

/// `POST /users/{user_id}/ban`: throws somebody out, with all that they wrote. 409 for oneself and for whoever is banned already.
pub async fn create(
    request: HttpRequest, app: web::Data<App>, administrator: Administrator,
) -> Result<HttpResponse, AppError> {
    let id = path_id(&request, "user_id")?;
    ban(&app, administrator.by(&request, &app), id).await?;
    app.background.nudge();
    Ok(done(&request, id))
}

/// `DELETE /users/{user_id}/ban`: lets somebody back in.
pub async fn destroy(
    request: HttpRequest, app: web::Data<App>, administrator: Administrator,
) -> Result<HttpResponse, AppError> {
    let id = path_id(&request, "user_id")?;
    lift(&app, administrator.by(&request, &app), id).await?;
    Ok(done(&request, id))
}

fn done(request: &HttpRequest, id: UserId) -> HttpResponse {
    match Wants::of(request) {
        Wants::Json => no_content(),
        Wants::Page | Wants::Fragment => see_other(&format!("/users/{id}")),
    }
}
