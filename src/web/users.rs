//! People: somebody's page, the stylesheet that tells a reader which messages are theirs, and bans.

use super::answer::{kept, rendered};
use super::prelude::*;
use crate::db::users;
use crate::domain::{Role, Status};
use crate::services::roster;

#[derive(Template)]
#[template(path = "users/show.html")]
struct PersonPage<'v> {
    look: Look,
    viewer: &'v User,
    person: User,
}

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

#[derive(Template)]
#[template(path = "users/stylesheet.css", escape = "none")]
struct ViewerStylesheet {
    id: UserId,
    is_administrator: bool,
}

/// `GET /users/{user_id}`: somebody's page, and what the reader can do there. An address is for its owner and administrators.
pub async fn show(user: CurrentUser) -> Answer {
    let (id, viewer) = (user.path_id("user_id")?, user.user());
    let person = user.app.db.read(move |snapshot| Ok(users::find(snapshot, id)?)).await?;
    if user.wants_json() {
        let is_close = viewer.is_administrator() || viewer.id == person.id;
        return user.json(&if is_close { UserJson::private(&person) } else { UserJson::public(&person) });
    }
    user.page(&PersonPage { look: user.look(), viewer, person })
}

/// `GET /users/{user_id}/stylesheet`: turns one's own messages to one's own side. Other people's are not found.
pub async fn stylesheet(user: CurrentUser) -> Answer {
    let id = user.path_id("user_id")?;
    if id != user.id() {
        return Err(AppError::NotFound);
    }
    Ok(kept(
        &user,
        "text/css; charset=utf-8",
        rendered(&ViewerStylesheet { id, is_administrator: user.user().is_administrator() })?,
    ))
}

/// `POST /users/{user_id}/ban`: throws somebody out, with all that they wrote. 409 for oneself and for whoever is banned already.
pub async fn ban(administrator: Administrator) -> Answer {
    let (app, id) = (&administrator.app, administrator.path_id::<UserId>("user_id")?);
    roster::ban(app, administrator.actor(), id).await?;
    app.background.nudge();
    administrator.done(&format!("/users/{id}"))
}

/// `DELETE /users/{user_id}/ban`: lets somebody back in.
pub async fn lift_ban(administrator: Administrator) -> Answer {
    let (app, id) = (&administrator.app, administrator.path_id::<UserId>("user_id")?);
    roster::lift(app, administrator.actor(), id).await?;
    administrator.done(&format!("/users/{id}"))
}
