//! Signing in and out, here and from afar, by password and by links for other devices.
//!
//! Invariant: reading a link's page never uses it up; what looks links up in advance would.

use super::answer::cookie;
use super::auth::SESSION_COOKIE;
use super::prelude::*;
use super::qr_code::QrCode;
use crate::db::sessions::Listed;
use crate::domain::devices::device;
use actix_web::cookie::Cookie;
use actix_web::http::header::SET_COOKIE;

form! { SessionForm { email_address: String, password: String, return_to: String } }

template! { "sessions/new.html" => SignInPage {
    look: Look, contact: Option<User>, form: SessionForm, alert: Option<String>
} }

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
pub(super) fn signed_in(visit: &Visit, somebody: &services::sessions::SignedIn, then: &str) -> Answer {
    let token = somebody.token.reveal();
    if visit.wants_json() {
        let expires_at = iso(somebody.now_ms + visit.app.config.session_ms());
        let session = json!({"token": token, "expires_at": expires_at, "user": json::whole_person(&somebody.user)});
        return answer::json(visit, StatusCode::CREATED, &session).map(never_kept);
    }
    let cookie = cookie(SESSION_COOKIE, token).secure(visit.client().is_https).finish();
    Ok(with_header(see_other(then), SET_COOKIE, cookie.to_string()))
}

async fn sign_in_page(visit: &Visit, form: SessionForm, alert: Option<String>) -> Answer {
    let read =
        |snapshot: &Snapshot<'_>| Ok((db::accounts::account(snapshot)?, db::users::first_administrator(snapshot)?));
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
        services::sessions::sign_in(app, &form.email_address, password, visit.origin(), ended_ms).await
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
    services::sessions::sign_out(&user.app, user.viewer.session_id).await?;
    signed_out(&user)
}

/// Takes the cookie of a session back that has ended.
pub(super) fn signed_out(visit: &Visit) -> Answer {
    if visit.wants_json() {
        return Ok(no_content());
    }
    let mut cookie = Cookie::build(SESSION_COOKIE, "").path("/").finish();
    cookie.make_removal();
    Ok(with_header(see_other("/session/new"), SET_COOKIE, cookie.to_string()))
}

template! { "sessions/index.html" => DevicesPage { look: Look, sessions: Vec<Listed>, current: SessionId } }

/// `GET /users/me/sessions`: one's own sessions, those used last first.
pub async fn index(user: CurrentUser) -> Answer {
    let (id, used_after_ms, current) = (user.id(), user.app.sessions_end_ms(), user.viewer.session_id);
    let sessions = user.app.db.read(move |snapshot| Ok(db::sessions::of_user(snapshot, id, used_after_ms)?)).await?;
    if !user.wants_json() {
        return user.page(&DevicesPage { look: user.look(), sessions, current });
    }
    let object = |it: &Listed| {
        json!({
            "id": it.id,
            "device": device(&it.origin.user_agent),
            "ip_address": it.origin.ip_address,
            "last_used_at": iso(it.last_used_at_ms),
            "created_at": iso(it.created_at_ms),
            "current": it.id == current,
        })
    };
    user.json(&sessions.iter().map(object).collect::<Vec<_>>())
}

/// `DELETE /users/me/sessions/{session_id}`: ends a session of one's own; others are not found. The one that asks: signs out.
pub async fn revoke(user: CurrentUser) -> Answer {
    let id = user.path_id("session_id")?;
    services::sessions::revoke(&user.app, user.viewer.clone(), id).await?;
    if id == user.viewer.session_id { signed_out(&user) } else { user.done("/users/me/sessions") }
}

/// Why a link does not sign in, and what to do.
const USED_UP: &str = "This link was used already, or it is too old. Make a new one in your profile, on a device where you are \
    signed in, or ask an administrator for one.";

template! { "transfers/new.html" => LinkPage<'v> {
    look: Look, viewer: &'v User, person: User, url: String, code: Option<QrCode>, expires_at_ms: i64
} }
template! { "transfers/show.html" => TransferPage { look: Look, token: String } }
template! { "transfers/used.html" => UsedPage { look: Look, sentence: &'static str } }

/// `POST /users/me/transfers`: a link that signs oneself in on another device, once; shown this once. Programs get 201.
pub async fn make_link(user: CurrentUser) -> Answer {
    let transfer = services::sessions::make_transfer(&user.app, user.viewer.clone()).await?;
    made_link(&user, user.id(), transfer).await
}

/// `POST /users/{user_id}/transfers`: the same for somebody else, by an administrator; 404 when they can't come in.
pub async fn make_link_for(administrator: Administrator) -> Answer {
    let id = administrator.path_id("user_id")?;
    let transfer = services::sessions::make_transfer_for(&administrator.app, administrator.actor(), id).await?;
    made_link(&administrator, id, transfer).await
}

async fn made_link(user: &CurrentUser, person: UserId, (token, expires_at_ms): services::sessions::Transfer) -> Answer {
    let url = user.client().url(&format!("/session/transfers/{}", token.reveal()));
    if user.wants_json() {
        let link = json!({"url": url, "expires_at": iso(expires_at_ms)});
        return answer::json(user, StatusCode::CREATED, &link).map(never_kept);
    }
    let page = LinkPage {
        look: user.look(),
        viewer: user.user(),
        person: user.app.db.read(move |snapshot| Ok(db::users::find(snapshot, person)?)).await?,
        code: QrCode::of(&url),
        url,
        expires_at_ms,
    };
    user.page(&page).map(never_kept)
}

/// How pages look to whoever comes with a link.
async fn public_look(visit: &Visit) -> Result<Look> {
    Ok(Look::of(visit.account().await?.as_ref(), None))
}

/// `GET /session/transfers/{token}`: one button, whatever the token is; it is only looked at when that is pressed.
pub async fn link(visit: Visit, token: Path<String>) -> Answer {
    visit.page(&TransferPage { look: public_look(&visit).await?, token: token.into_inner() }).map(never_kept)
}

/// `PUT /session/transfers/{token}`: signs in, once, as signing in by password does; 400 when the link is used up, too old or
/// none. A wrong one counts as an attempt: links can't be found by trying.
pub async fn take_link(visit: Visit, token: Path<String>) -> Answer {
    let (app, peer) = (&visit.app, visit.client().network().map(Attempter::Newcomer));
    app.attempts.begin(peer.as_slice(), visit.now_ms())?;
    if let Some(somebody) = services::sessions::take_transfer(app, &token, visit.origin()).await? {
        app.attempts.succeeded(peer.as_slice());
        return signed_in(&visit, &somebody, "/");
    }
    if visit.wants() != Wants::Page {
        return Err(AppError::BadRequest(USED_UP));
    }
    let page = UsedPage { look: public_look(&visit).await?, sentence: USED_UP };
    answer::page(&visit, StatusCode::BAD_REQUEST, &page).map(never_kept)
}

unit_tests!("../../tests/unit/web/sessions.rs");
