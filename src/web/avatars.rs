//! Pictures of people: what they sent, or their initials.

use super::App;
use super::answer::{self, done};
use super::auth::{CurrentUser, path_id};
use super::forms::Upload;
use crate::db::{avatars, users};
use crate::domain::ids::UserId;
use crate::domain::people::initials;
use crate::error::AppError;
use crate::services::people::remove_avatar;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

/// Twelve muted warm tones; white letters on each have a contrast of 4.5 or more.
const TONES: [&str; 12] = [
    "#8a4b2d", "#7a5c1e", "#5f6b2e", "#3f6b4a", "#2f6a68", "#3a5f80", "#50558c", "#6d4c86", "#87446f", "#92404f",
    "#75513f", "#5c5a4f",
];

#[derive(Template)]
#[template(path = "users/avatar.svg", escape = "html")]
struct AvatarPicture {
    initials: String,
    tone: &'static str,
}

/// The file that came with a form, made small, if there was one.
///
/// # Errors
/// As [`Pictures::avatar`](crate::services::pictures::Pictures::avatar).
pub(super) async fn picture(app: &App, file: Option<Upload>) -> Result<Option<Vec<u8>>, AppError> {
    match file {
        Some(file) => app.pictures.avatar(file.bytes).await.map(Some),
        None => Ok(None),
    }
}

/// `GET /users/{user_id}/avatar`: somebody's picture. Its URL has a version, so it may be kept.
pub async fn show(
    request: HttpRequest, app: web::Data<App>, CurrentUser(_): CurrentUser,
) -> Result<HttpResponse, AppError> {
    let id = path_id::<UserId>(&request, "user_id")?;
    let read = app.db.read(move |snapshot| Ok((users::find(snapshot, id)?, avatars::find(snapshot, id)?)));
    let (user, webp) = read.await?;
    if let Some(webp) = webp {
        return Ok(answer::kept(&request, "image/webp", webp));
    }
    let tone = TONES[usize::try_from(id.0).unwrap_or(0) % TONES.len()];
    let picture = AvatarPicture { initials: initials(&user.name), tone };
    let svg = picture.render().map_err(|error| AppError::Internal(error.to_string()))?;
    Ok(answer::kept(&request, "image/svg+xml", svg.into_bytes()))
}

/// `DELETE /users/me/avatar`: removes one's own picture.
pub async fn destroy(
    request: HttpRequest, app: web::Data<App>, CurrentUser(viewer): CurrentUser,
) -> Result<HttpResponse, AppError> {
    remove_avatar(&app, viewer).await?;
    Ok(done(&request, "/users/me/profile?saved"))
}

/// `DELETE /users/{user_id}/avatar`: the same by one's id. Other people's are not found.
pub async fn destroy_by_id(
    request: HttpRequest, app: web::Data<App>, CurrentUser(viewer): CurrentUser,
) -> Result<HttpResponse, AppError> {
    if path_id::<UserId>(&request, "user_id")? != viewer.user.id {
        return Err(AppError::NotFound);
    }
    destroy(request, app, CurrentUser(viewer)).await
}
