//! People: somebody's page, and the stylesheet that tells a reader which messages are theirs.

use super::App;
use super::answer::{self, Wants};
use super::auth::{CurrentUser, path_id};
use super::look::Look;
use crate::db::{accounts, users};
use crate::domain::ids::UserId;
use crate::domain::people::{Role, Status, User};
use crate::error::AppError;
use crate::live::json::UserJson;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

#[derive(Template)]
#[template(path = "users/show.html")]
struct PersonPage {
    look: Look,
    viewer: User,
    person: User,
}

impl PersonPage {
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
}

/// `GET /users/{user_id}`: somebody's page: who they are, and what the reader can do with that. Their address is for themselves
/// and administrators.
pub async fn show(
    request: HttpRequest, app: web::Data<App>, CurrentUser(viewer): CurrentUser,
) -> Result<HttpResponse, AppError> {
    let id = path_id::<UserId>(&request, "user_id")?;
    let read = app.db.read(move |snapshot| Ok((users::find(snapshot, id)?, accounts::account(snapshot)?)));
    let ((person, account), viewer) = (read.await?, viewer.user);
    if Wants::of(&request) == Wants::Json {
        let is_close = viewer.is_administrator() || viewer.id == person.id;
        let shape = if is_close { UserJson::private(&person) } else { UserJson::public(&person) };
        return answer::json(&request, StatusCode::OK, &shape);
    }
    let look = Look::of(account.as_ref(), Some(&viewer));
    answer::page(&request, &PersonPage { look, viewer, person })
}

/// `GET /users/{user_id}/stylesheet`: turns one's own messages to one's own side. Other people's are not found.
pub async fn stylesheet(request: HttpRequest, CurrentUser(viewer): CurrentUser) -> Result<HttpResponse, AppError> {
    let id = path_id::<UserId>(&request, "user_id")?;
    if id != viewer.user.id {
        return Err(AppError::NotFound);
    }
    let css = ViewerStylesheet { id }.render().map_err(|error| AppError::Internal(error.to_string()))?;
    Ok(answer::kept(&request, "text/css; charset=utf-8", css.into_bytes()))
}
