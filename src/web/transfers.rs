//! Signing in on another device by a link, and letting somebody back in who is locked out.
//!
//! Invariant: reading a link's page never uses it up; what looks links up in advance would.

use super::App;
use super::answer::{self, Wants, never_kept};
use super::auth::{Administrator, CurrentUser, path_id};
use super::client::Client;
use super::limits::Attempter;
use super::look::Look;
use super::qr_code::QrCode;
use super::sessions::signed_in;
use crate::db::{accounts, users};
use crate::domain::clock::{iso, utc_label};
use crate::domain::ids::UserId;
use crate::domain::people::User;
use crate::error::AppError;
use crate::services::transfers::{self, Transfer};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Serialize;

/// Why a link does not sign in, and what to do.
const USED_UP: &str = "This link was used already, or it is too old. Make a new one in your profile, on a device where you are \
    signed in, or ask an administrator for one.";

#[derive(Template)]
#[template(path = "transfers/new.html")]
struct LinkPage {
    look: Look,
    viewer: User,
    person: User,
    url: String,
    code: Option<QrCode>,
    expires_at: String,
    expires_label: String,
}

#[derive(Template)]
#[template(path = "transfers/show.html")]
struct TransferPage {
    look: Look,
    token: String,
}

#[derive(Template)]
#[template(path = "transfers/used.html")]
struct UsedPage {
    look: Look,
    sentence: &'static str,
}

#[derive(Serialize)]
struct LinkJson {
    url: String,
    expires_at: String,
}

/// `POST /users/me/transfers`: a link that signs oneself in on another device, once; shown this once. Programs get 201.
pub async fn create(
    request: HttpRequest, app: web::Data<App>, CurrentUser(viewer): CurrentUser,
) -> Result<HttpResponse, AppError> {
    let transfer = transfers::make(&app, viewer.clone()).await?;
    let id = viewer.user.id;
    link(&request, &app, viewer.user, id, &transfer).await
}

/// `POST /users/{user_id}/transfers`: the same for somebody else, by an administrator; 404 when they can't come in.
pub async fn create_for(
    request: HttpRequest, app: web::Data<App>, administrator: Administrator,
) -> Result<HttpResponse, AppError> {
    let id = path_id::<UserId>(&request, "user_id")?;
    let viewer = administrator.0.user.clone();
    let transfer = transfers::make_for(&app, administrator.by(&request, &app), id).await?;
    link(&request, &app, viewer, id, &transfer).await
}

async fn link(
    request: &HttpRequest, app: &App, viewer: User, person: UserId, transfer: &Transfer,
) -> Result<HttpResponse, AppError> {
    let path = format!("/session/transfers/{}", transfer.token.reveal());
    let url = Client::of(request.head(), &app.config).url(&path);
    let expires_at = iso(transfer.expires_at_ms);
    if Wants::of(request) == Wants::Json {
        let json = answer::json(request, StatusCode::CREATED, &LinkJson { url, expires_at })?;
        return Ok(never_kept(json));
    }
    let read = app.db.read(move |snapshot| Ok((users::find(snapshot, person)?, accounts::account(snapshot)?)));
    let (person, account) = read.await?;
    let page = LinkPage {
        look: Look::of(account.as_ref(), Some(&viewer)),
        viewer,
        person,
        code: QrCode::of(&url),
        url,
        expires_at,
        expires_label: utc_label(transfer.expires_at_ms),
    };
    Ok(never_kept(answer::page(request, &page)?))
}

/// `GET /session/transfers/{token}`: one button, whatever the token is; it is only looked at when that is pressed.
pub async fn show(
    request: HttpRequest, app: web::Data<App>, token: web::Path<String>,
) -> Result<HttpResponse, AppError> {
    let account = app.db.read(|snapshot| Ok(accounts::account(snapshot)?)).await?;
    let page = TransferPage { look: Look::of(account.as_ref(), None), token: token.into_inner() };
    Ok(never_kept(answer::page(&request, &page)?))
}

/// `PUT /session/transfers/{token}`: signs in, once, as signing in by password does; 400 when the link is used up, too old or
/// none. A wrong one counts as an attempt: links can't be found by trying.
pub async fn update(
    request: HttpRequest, app: web::Data<App>, token: web::Path<String>,
) -> Result<HttpResponse, AppError> {
    let client = Client::of(request.head(), &app.config);
    let peer = client.network().map(Attempter::Newcomer);
    app.attempts.begin(peer.as_slice(), (app.clock)())?;
    if let Some(somebody) = transfers::take(&app, &token, client.origin(request.headers())).await? {
        app.attempts.succeeded(peer.as_slice());
        return signed_in(&request, &app, &somebody, "/", StatusCode::CREATED);
    }
    if Wants::of(&request) != Wants::Page {
        return Err(AppError::BadRequest(USED_UP));
    }
    let account = app.db.read(|snapshot| Ok(accounts::account(snapshot)?)).await?;
    let page = UsedPage { look: Look::of(account.as_ref(), None), sentence: USED_UP };
    Ok(never_kept(answer::page_with_status(&request, StatusCode::BAD_REQUEST, &page)?))
}
