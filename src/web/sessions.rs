//! Signing in and out, here and from afar.

use super::answer::{cookie, internal};
use super::auth::SESSION_COOKIE;
use super::prelude::*;
use crate::db::{Snapshot, accounts, sessions, users};
use crate::domain::clock::{iso, utc_label};
use crate::domain::devices::device;
use crate::domain::{EmailAddress, SessionId};
use crate::services;
use crate::services::sessions::{SignedIn, sign_in, sign_out};
use actix_web::cookie::Cookie;
use serde::Serialize;

/// Signing in, as submitted.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct SessionForm {
    email_address: String,
    password: String,
    return_to: String,
}

#[derive(Template)]
#[template(path = "sessions/new.html")]
struct SignInPage {
    look: Look,
    contact: Option<User>,
    form: SessionForm,
    alert: Option<String>,
}

/// Where in this server to go after signing in. Anything that could lead elsewhere is `/`.
pub(super) fn safe_return(path: &str) -> &str {
    let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_ours = path.starts_with('/') && !path.starts_with("//") && is_plain;
    if is_ours { path } else { "/" }
}

/// Sends a signed-out visitor to the sign-in page, to come back to `path` afterwards.
pub(super) fn to_sign_in(path: &str) -> HttpResponse {
    match safe_return(path) {
        "/" => see_other("/session/new"),
        path => {
            let query = serde_html_form::to_string([("return_to", path)]).unwrap_or_default();
            see_other(&format!("/session/new?{query}"))
        }
    }
}

/// Hands somebody who just came in their token: as a cookie and a redirect, or as JSON.
pub(super) fn signed_in(visit: &Visit, somebody: &SignedIn, then: &str) -> Answer {
    let token = somebody.token.reveal();
    if visit.wants_json() {
        let expires_at = iso(somebody.now_ms + visit.app.config.session_ms());
        let session = json!({"token": token, "expires_at": expires_at, "user": UserJson::private(&somebody.user)});
        return answer::json(visit, StatusCode::CREATED, &session).map(never_kept);
    }
    let mut response = see_other(then);
    let cookie = cookie(SESSION_COOKIE, token).secure(visit.client().is_https).finish();
    response.add_cookie(&cookie).map_err(internal)?;
    Ok(response)
}

async fn sign_in_page(visit: &Visit, form: SessionForm, alert: Option<String>) -> Answer {
    let read = |snapshot: &Snapshot<'_>| Ok((accounts::account(snapshot)?, users::first_administrator(snapshot)?));
    let (account, contact) = visit.app.db.read(read).await?;
    let Some(account) = account else { return Ok(see_other("/first_run")) };
    visit.page(&SignInPage { look: Look::of(Some(&account), None), contact, form, alert })
}

/// `GET /session/new`: the form; 303 to `/first_run` when there is no account yet, to `/` when signed in already.
pub async fn new(visitor: MaybeUser, form: Query<SessionForm>) -> Answer {
    let form = SessionForm { password: String::new(), ..form.into_inner() };
    if visitor.viewer.is_some() {
        return Ok(see_other(safe_return(&form.return_to)));
    }
    sign_in_page(&visitor, form, None).await
}

/// `POST /session`: signs in. Programs get 201 with the token, browsers a cookie and the way back. 401 with the form and
/// one sentence for every cause; 429 after ten failed attempts in three minutes, by peer or by e-mail address.
pub async fn create(visit: Visit, submission: Submission) -> Answer {
    let mut form: SessionForm = submission.form().await?;
    let (app, address) = (&visit.app, EmailAddress::parse(&form.email_address).ok());
    let mut who: Vec<_> = address.iter().map(|address| Attempter::EmailAddress(address.as_str().to_owned())).collect();
    who.extend(visit.client().network().map(Attempter::Peer));
    let password = std::mem::take(&mut form.password);
    let tried = async {
        app.attempts.begin(&who, visit.now_ms())?;
        let ended_ms = app.sessions_end_ms();
        sign_in(app, &form.email_address, password, visit.origin(), ended_ms).await
    };
    match tried.await {
        Ok(somebody) => {
            app.attempts.succeeded(&who);
            signed_in(&visit, &somebody, safe_return(&form.return_to))
        }
        Err(error @ (AppError::BadCredentials | AppError::TooMany { .. })) if visit.wants() == Wants::Page => {
            Ok(refused(sign_in_page(&visit, form, Some(sentence(&error))).await?, &error))
        }
        Err(error) => Err(error),
    }
}

/// `DELETE /session`: ends the session and takes the cookie back.
pub async fn destroy(user: CurrentUser) -> Answer {
    sign_out(&user.app, user.viewer.session_id).await?;
    signed_out(&user)
}

/// Takes the cookie of a session back that has ended.
pub(super) fn signed_out(visit: &Visit) -> Answer {
    if visit.wants_json() {
        return Ok(no_content());
    }
    let mut response = see_other("/session/new");
    let mut cookie = Cookie::build(SESSION_COOKIE, "").path("/").finish();
    cookie.make_removal();
    response.add_cookie(&cookie).map_err(internal)?;
    Ok(response)
}

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
pub async fn index(user: CurrentUser) -> Answer {
    let (id, used_after_ms) = (user.id(), user.app.sessions_end_ms());
    let listed = user.app.db.read(move |snapshot| Ok(sessions::of_user(snapshot, id, used_after_ms)?)).await?;
    let shown = |session: sessions::Listed| Device {
        id: session.id,
        device: device(&session.origin.user_agent),
        ip_address: session.origin.ip_address,
        last_used_at: iso(session.last_used_at_ms),
        created_at: iso(session.created_at_ms),
        current: session.id == user.viewer.session_id,
        last_used_label: utc_label(session.last_used_at_ms),
        created_label: utc_label(session.created_at_ms),
    };
    let devices: Vec<Device> = listed.into_iter().map(shown).collect();
    if user.wants_json() { user.json(&devices) } else { user.page(&DevicesPage { look: user.look(), devices }) }
}

/// `DELETE /users/me/sessions/{session_id}`: ends a session of one's own; others are not found. The one that asks: signs out.
pub async fn revoke(user: CurrentUser) -> Answer {
    let id = user.path_id("session_id")?;
    services::sessions::revoke(&user.app, user.viewer.clone(), id).await?;
    if id == user.viewer.session_id { signed_out(&user) } else { user.done("/users/me/sessions") }
}

#[cfg(test)]
#[path = "../../tests/unit/web/sessions.rs"]
mod tests;
