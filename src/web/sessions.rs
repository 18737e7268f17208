//! Signing in and out.

use super::App;
use super::answer::{self, Wants, no_content, page_with_status, see_other};
use super::auth::{CurrentUser, MaybeUser, SESSION_COOKIE};
use super::client::Client;
use super::forms::Submission;
use super::limits::Attempter;
use super::look::Look;
use crate::db::{accounts, users};
use crate::domain::clock::iso;
use crate::domain::people::User;
use crate::domain::text::EmailAddress;
use crate::error::AppError;
use crate::live::json::UserJson;
use crate::services::sessions::{SignedIn, sign_in, sign_out};
use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use askama::Template;
use serde::{Deserialize, Serialize};

/// How long the browser keeps the cookie; the session itself ends earlier when it is not used.
const COOKIE_DAYS: i64 = 400;

/// Signing in, as submitted; and as shown, with what went wrong.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct SessionForm {
    email_address: String,
    password: String,
    return_to: String,
    #[serde(skip)]
    alert: Option<String>,
}

#[derive(Template)]
#[template(path = "sessions/new.html")]
struct SignInPage {
    look: Look,
    contact: Option<User>,
    form: SessionForm,
}

#[derive(Serialize)]
struct SessionJson<'s> {
    token: &'s str,
    expires_at: String,
    user: UserJson,
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
pub(super) fn signed_in(
    request: &HttpRequest, app: &App, somebody: &SignedIn, then: &str, status: StatusCode,
) -> Result<HttpResponse, AppError> {
    let is_https = Client::of(request.head(), &app.config).is_https;
    let cookie = Cookie::build(SESSION_COOKIE, somebody.token.reveal())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(is_https)
        .max_age(Duration::days(COOKIE_DAYS))
        .finish();
    let mut response = match Wants::of(request) {
        Wants::Json => {
            let expires_at_ms = somebody.now_ms + app.config.session_ms();
            let session = SessionJson {
                token: somebody.token.reveal(),
                expires_at: iso(expires_at_ms),
                user: UserJson::private(&somebody.user),
            };
            return Ok(answer::never_kept(answer::json(request, status, &session)?));
        }
        Wants::Page | Wants::Fragment => see_other(then),
    };
    response.add_cookie(&cookie).map_err(|error| AppError::Internal(error.to_string()))?;
    Ok(response)
}

async fn sign_in_page(
    request: &HttpRequest, app: &App, status: StatusCode, form: SessionForm,
) -> Result<HttpResponse, AppError> {
    let (account, contact) =
        app.db.read(|snapshot| Ok((accounts::account(snapshot)?, users::first_administrator(snapshot)?))).await?;
    let Some(account) = account else { return Ok(see_other("/first_run")) };
    page_with_status(request, status, &SignInPage { look: Look::of(Some(&account), None), contact, form })
}

/// `GET /session/new`: the form; 303 to `/first_run` when there is no account yet, to `/` when signed in already.
pub async fn new(
    request: HttpRequest, app: web::Data<App>, MaybeUser(viewer): MaybeUser, form: web::Query<SessionForm>,
) -> Result<HttpResponse, AppError> {
    let mut form = form.into_inner();
    form.password.clear();
    if viewer.is_some() {
        return Ok(see_other(safe_return(&form.return_to)));
    }
    sign_in_page(&request, &app, StatusCode::OK, form).await
}

/// `POST /session`: signs in. Programs get 201 with the token, browsers a cookie and the way back. 401 with the form and
/// one sentence for every cause; 429 after ten failed attempts in three minutes, by peer or by e-mail address.
pub async fn create(
    request: HttpRequest, app: web::Data<App>, submission: Submission,
) -> Result<HttpResponse, AppError> {
    let mut form: SessionForm = submission.form().await?;
    let client = Client::of(request.head(), &app.config);
    let address = EmailAddress::parse(&form.email_address).ok();
    let mut who: Vec<_> = address.iter().map(|address| Attempter::EmailAddress(address.as_str().to_owned())).collect();
    who.extend(client.network().map(Attempter::Peer));
    let password = std::mem::take(&mut form.password);
    let tried = match app.attempts.begin(&who, (app.clock)()) {
        Ok(()) => {
            let origin = client.origin(request.headers());
            let ended_ms = app.sessions_end_ms();
            sign_in(&app, &form.email_address, password, origin, ended_ms).await
        }
        Err(error) => Err(error),
    };
    match tried {
        Ok(somebody) => {
            app.attempts.succeeded(&who);
            signed_in(&request, &app, &somebody, safe_return(&form.return_to), StatusCode::CREATED)
        }
        Err(error @ (AppError::BadCredentials | AppError::TooMany { .. })) if Wants::of(&request) == Wants::Page => {
            form.alert = Some(super::errors::sentence(&error));
            let mut response = sign_in_page(&request, &app, error.status_code(), form).await?;
            super::errors::set_retry_after(&mut response, &error);
            Ok(response)
        }
        Err(error) => Err(error),
    }
}

/// `DELETE /session`: ends the session and takes the cookie back.
pub async fn destroy(
    request: HttpRequest, app: web::Data<App>, CurrentUser(viewer): CurrentUser,
) -> Result<HttpResponse, AppError> {
    sign_out(&app, viewer.session_id).await?;
    signed_out(&request)
}

/// Takes the cookie of a session back that has ended.
pub(super) fn signed_out(request: &HttpRequest) -> Result<HttpResponse, AppError> {
    if Wants::of(request) == Wants::Json {
        return Ok(no_content());
    }
    let mut response = see_other("/session/new");
    let mut cookie = Cookie::build(SESSION_COOKIE, "").path("/").finish();
    cookie.make_removal();
    response.add_cookie(&cookie).map_err(|error| AppError::Internal(error.to_string()))?;
    Ok(response)
}

#[cfg(test)]
#[path = "../../tests/unit/web/sessions.rs"]
mod tests;
