//! People: their pictures, and the stylesheet that tells a reader which messages are theirs.

use super::App;
use super::answer;
use super::auth::{CurrentUser, path_id};
use crate::db::users;
use crate::domain::ids::UserId;
use crate::domain::people::initials;
use crate::error::AppError;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

/// Twelve muted warm tones; white letters on each have a contrast of 4.5 or more.
const TONES: [&str; 12] = [
    "#8a4b2d", "#7a5c1e", "#5f6b2e", "#3f6b4a", "#2f6a68", "#3a5f80", "#50558c", "#6d4c86", "#87446f",
    "#92404f", "#75513f", "#5c5a4f",
];

#[derive(Template)]
#[template(path = "users/avatar.svg", escape = "html")]
struct AvatarPicture {
    initials: String,
    tone: &'static str,
}

#[derive(Template)]
#[template(path = "users/stylesheet.css", escape = "none")]
struct ViewerStylesheet {
    id: UserId,
}

/// `GET /users/{user_id}/avatar`: somebody's picture. Its URL has a version, so it may be kept.
pub async fn avatar(
    request: HttpRequest,
    app: web::Data<App>,
    CurrentUser(_): CurrentUser,
) -> Result<HttpResponse, AppError> {
    let id = path_id::<UserId>(&request, "user_id")?;
    let user = app.db.read(move |snapshot| Ok(users::find(snapshot, id)?)).await?;
    let tone = TONES[usize::try_from(id.0).unwrap_or(0) % TONES.len()];
    kept(&request, "image/svg+xml", &AvatarPicture { initials: initials(&user.name), tone })
}

/// `GET /users/{user_id}/stylesheet`: turns one's own messages to one's own side. Other people's are not found.
pub async fn stylesheet(
    request: HttpRequest,
    CurrentUser(viewer): CurrentUser,
) -> Result<HttpResponse, AppError> {
    let id = path_id::<UserId>(&request, "user_id")?;
    if id != viewer.user.id {
        return Err(AppError::NotFound);
    }
    kept(&request, "text/css; charset=utf-8", &ViewerStylesheet { id })
}

fn kept(
    request: &HttpRequest,
    content_type: &str,
    template: &impl Template,
) -> Result<HttpResponse, AppError> {
    let text = template.render().map_err(|error| AppError::Internal(error.to_string()))?;
    let mut response = answer::send(request, StatusCode::OK, content_type, text.into_bytes());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400"));
    Ok(response)
}
