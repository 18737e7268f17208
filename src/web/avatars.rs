//! Pictures of people: what they sent, or their initials.

use super::answer::{kept, rendered};
use super::prelude::*;
use crate::db::users;
use crate::domain::people::initials;
use crate::services::people::remove_avatar;
use actix_web::web::Bytes;

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
pub(super) async fn picture(app: &App, file: Option<Bytes>) -> Result<Option<Vec<u8>>, AppError> {
    match file {
        Some(file) => app.pictures.avatar(file).await.map(Some),
        None => Ok(None),
    }
}

/// `GET /users/{user_id}/avatar`: somebody's picture. Its URL has a version, so it may be kept.
pub async fn show(viewer: CurrentUser) -> Answer {
    let id = viewer.path_id::<UserId>("user_id")?;
    let read = viewer.app.db.read(move |snapshot| Ok((users::find(snapshot, id)?, users::avatar(snapshot, id)?)));
    let (user, webp) = read.await?;
    if let Some(webp) = webp {
        return Ok(kept(&viewer, "image/webp", webp));
    }
    let tone = TONES[usize::try_from(id.0).unwrap_or(0) % TONES.len()];
    let svg = rendered(&AvatarPicture { initials: initials(&user.name), tone })?;
    Ok(kept(&viewer, "image/svg+xml", svg))
}

/// `DELETE /users/me/avatar`: removes one's own picture.
pub async fn destroy(user: CurrentUser) -> Answer {
    remove_avatar(&user.app, user.viewer.clone()).await?;
    user.done("/users/me/profile?saved")
}

/// `DELETE /users/{user_id}/avatar`: the same by one's id. Other people's are not found.
pub async fn destroy_by_id(user: CurrentUser) -> Answer {
    if user.path_id::<UserId>("user_id")? != user.id() {
        return Err(AppError::NotFound);
    }
    destroy(user).await
}
