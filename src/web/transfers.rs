//! Signing in on another device by a link, and letting somebody back in who is locked out.
//!
//! Invariant: reading a link's page never uses it up; what looks links up in advance would.

use super::prelude::*;
use super::qr_code::QrCode;
use crate::db::users;
use crate::domain::clock::{iso, utc_label};
use crate::services::sessions::{Transfer, make_transfer, make_transfer_for, take_transfer};

/// Why a link does not sign in, and what to do.
const USED_UP: &str = "This link was used already, or it is too old. Make a new one in your profile, on a device where you are \
    signed in, or ask an administrator for one.";

#[derive(Template)]
#[template(path = "transfers/new.html")]
struct LinkPage<'v> {
    look: Look,
    viewer: &'v User,
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

/// `POST /users/me/transfers`: a link that signs oneself in on another device, once; shown this once. Programs get 201.
pub async fn create(user: CurrentUser) -> Answer {
    let transfer = make_transfer(&user.app, user.viewer.clone()).await?;
    link(&user, user.id(), transfer).await
}

/// `POST /users/{user_id}/transfers`: the same for somebody else, by an administrator; 404 when they can't come in.
pub async fn create_for(administrator: Administrator) -> Answer {
    let id = administrator.path_id("user_id")?;
    let transfer = make_transfer_for(&administrator.app, administrator.actor(), id).await?;
    link(&administrator, id, transfer).await
}

async fn link(user: &CurrentUser, person: UserId, (token, expires_at_ms): Transfer) -> Answer {
    let url = user.client().url(&format!("/session/transfers/{}", token.reveal()));
    let expires_at = iso(expires_at_ms);
    if user.wants_json() {
        let link = json!({"url": url, "expires_at": expires_at});
        return answer::json(user, StatusCode::CREATED, &link).map(never_kept);
    }
    let page = LinkPage {
        look: user.look(),
        viewer: user.user(),
        person: user.app.db.read(move |snapshot| Ok(users::find(snapshot, person)?)).await?,
        code: QrCode::of(&url),
        url,
        expires_at,
        expires_label: utc_label(expires_at_ms),
    };
    user.page(&page).map(never_kept)
}

/// How pages look to whoever comes with a link.
async fn look(visit: &Visit) -> Result<Look, AppError> {
    Ok(Look::of(visit.account().await?.as_ref(), None))
}

/// `GET /session/transfers/{token}`: one button, whatever the token is; it is only looked at when that is pressed.
pub async fn show(visit: Visit, token: Path<String>) -> Answer {
    visit.page(&TransferPage { look: look(&visit).await?, token: token.into_inner() }).map(never_kept)
}

/// `PUT /session/transfers/{token}`: signs in, once, as signing in by password does; 400 when the link is used up, too old or
/// none. A wrong one counts as an attempt: links can't be found by trying.
pub async fn update(visit: Visit, token: Path<String>) -> Answer {
    let (app, peer) = (&visit.app, visit.client().network().map(Attempter::Newcomer));
    app.attempts.begin(peer.as_slice(), visit.now_ms())?;
    if let Some(somebody) = take_transfer(app, &token, visit.origin()).await? {
        app.attempts.succeeded(peer.as_slice());
        return signed_in(&visit, &somebody, "/");
    }
    if visit.wants() != Wants::Page {
        return Err(AppError::BadRequest(USED_UP));
    }
    let page = UsedPage { look: look(&visit).await?, sentence: USED_UP };
    answer::page(&visit, StatusCode::BAD_REQUEST, &page).map(never_kept)
}
