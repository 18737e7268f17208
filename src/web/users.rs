//! People: their pages and pictures, the stylesheet that tells a reader which messages are theirs, and bans.

use super::prelude::*;
use actix_web::web::Bytes;

template! { "users/show.html" => PersonPage<'v> { look: Look, viewer: &'v User, person: User } }

impl PersonPage<'_> {
    fn is_oneself(&self) -> bool {
        self.person.id == self.viewer.id
    }

    /// Whether the reader may throw the person out, let them back in, or help them in.
    fn is_administered(&self) -> bool {
        let is_within_reach = self.person.role != Role::Bot && self.person.status != Status::Deactivated;
        self.viewer.is_administrator() && !self.is_oneself() && is_within_reach
    }
}

template! { "users/stylesheet.css", escape = "none" => ViewerStylesheet { id: UserId, is_administrator: bool } }

/// `GET /users`: people by a part of their name or its initials, `query`, as JSON; browsers are sent to the list of people.
pub async fn index(user: CurrentUser) -> Answer {
    if !user.wants_json() {
        return Ok(see_other("/account/users"));
    }
    let mut people = user.app.db.read(|snapshot| Ok(db::users::choice(snapshot)?)).await?;
    let query = name_key(&user.query("query").unwrap_or_default());
    people.retain(|person| fit(&query, &name_key(&person.name)).is_some());
    user.json(&people.iter().map(json::person).collect::<Vec<_>>())
}

/// `GET /users/{user_id}`: somebody's page, and what the reader can do there. An address is for its owner and administrators.
pub async fn show(user: CurrentUser) -> Answer {
    let (id, viewer) = (user.path_id("user_id")?, user.user());
    let person = user.app.db.read(move |snapshot| Ok(db::users::find(snapshot, id)?)).await?;
    if user.wants_json() {
        let is_close = viewer.is_administrator() || viewer.id == person.id;
        return user.json(&if is_close { json::whole_person(&person) } else { json::person(&person) });
    }
    user.page(&PersonPage { look: user.look(), viewer, person })
}

/// `GET /users/{user_id}/stylesheet`: turns one's own messages to one's own side. Other people's are not found.
pub async fn stylesheet(user: CurrentUser) -> Answer {
    let id = user.path_id("user_id")?;
    if id != user.id() {
        return Err(AppError::NotFound);
    }
    let css = rendered(&ViewerStylesheet { id, is_administrator: user.user().is_administrator() })?;
    Ok(kept(&user, "text/css; charset=utf-8", css))
}

/// `POST /users/{user_id}/ban`: throws somebody out, with all that they wrote. 409 for oneself and for whoever is banned already.
pub async fn ban(administrator: Administrator) -> Answer {
    let (app, id) = (&administrator.app, administrator.path_id::<UserId>("user_id")?);
    services::roster::ban(app, administrator.actor(), id).await?;
    app.background.nudge();
    administrator.done(&format!("/users/{id}"))
}

/// `DELETE /users/{user_id}/ban`: lets somebody back in.
pub async fn lift_ban(administrator: Administrator) -> Answer {
    let (app, id) = (&administrator.app, administrator.path_id::<UserId>("user_id")?);
    services::roster::lift(app, administrator.actor(), id).await?;
    administrator.done(&format!("/users/{id}"))
}

/// Twelve muted warm tones; white letters on each have a contrast of 4.5 or more.
const TONES: [&str; 12] = [
    "#8a4b2d", "#7a5c1e", "#5f6b2e", "#3f6b4a", "#2f6a68", "#3a5f80", "#50558c", "#6d4c86", "#87446f", "#92404f",
    "#75513f", "#5c5a4f",
];

template! { "users/avatar.svg", escape = "html" => AvatarPicture { initials: String, tone: &'static str } }

/// The file that came with a form, made small, if there was one.
pub(super) async fn picture(app: &App, file: Option<Bytes>) -> Result<Option<Vec<u8>>> {
    match file {
        Some(file) => app.pictures.avatar(file).await.map(Some),
        None => Ok(None),
    }
}

/// `GET /users/{user_id}/avatar`: somebody's picture. Its URL has a version, so it may be kept.
pub async fn avatar(user: CurrentUser) -> Answer {
    let id = user.path_id::<UserId>("user_id")?;
    let read = user.app.db.read(move |snapshot| Ok((db::users::find(snapshot, id)?, db::users::avatar(snapshot, id)?)));
    let (person, webp) = read.await?;
    if let Some(webp) = webp {
        return Ok(kept(&user, "image/webp", webp));
    }
    let tone = TONES[usize::try_from(id.0).unwrap_or(0) % TONES.len()];
    let svg = rendered(&AvatarPicture { initials: initials(&person.name), tone })?;
    Ok(kept(&user, "image/svg+xml", svg))
}

/// `DELETE /users/me/avatar`: removes one's own picture.
pub async fn remove_avatar(user: CurrentUser) -> Answer {
    services::people::remove_avatar(&user.app, user.viewer.clone()).await?;
    user.done("/users/me/profile?saved")
}

/// `DELETE /users/{user_id}/avatar`: the same by one's id. Other people's are not found.
pub async fn remove_avatar_by_id(user: CurrentUser) -> Answer {
    if user.path_id::<UserId>("user_id")? == user.id() { remove_avatar(user).await } else { Err(AppError::NotFound) }
}
