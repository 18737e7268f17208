//! Joining by the invite link.

use super::App;
use super::answer::{self, see_other};
use super::auth::MaybeUser;
use super::client::Client;
use super::first_run::{JoinPage, PersonForm, form_again};
use super::forms::Submission;
use super::limits::Attempter;
use super::look::Look;
use super::sessions::signed_in;
use crate::db::accounts::{self, Account};
use crate::error::AppError;
use crate::services::accounts::join;
use crate::services::pictures::PICTURE_BYTES_MAX;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

/// The account, if the code is its own. A wrong code counts as an attempt: codes can't be found by trying.
async fn invited_by(request: &HttpRequest, app: &App, join_code: &str) -> Result<Account, AppError> {
    let peer = Client::of(request.head(), &app.config).network().map(Attempter::Newcomer);
    let who = peer.as_slice();
    app.attempts.begin(who, (app.clock)())?;
    let account = app.db.read(|snapshot| Ok(accounts::account(snapshot)?)).await?;
    let account = account.filter(|account| account.join_code == join_code).ok_or(AppError::NotFound)?;
    app.attempts.succeeded(who);
    Ok(account)
}

/// `GET /join/{join_code}`: the form; 404 for a wrong code; whoever is signed in is sent to `/`.
pub async fn new(
    request: HttpRequest, app: web::Data<App>, MaybeUser(viewer): MaybeUser, join_code: web::Path<String>,
) -> Result<HttpResponse, AppError> {
    if viewer.is_some() {
        return Ok(see_other("/"));
    }
    let account = invited_by(&request, &app, &join_code).await?;
    let page = JoinPage {
        look: Look::of(Some(&account), None),
        join_code: join_code.into_inner(),
        form: PersonForm::default(),
    };
    answer::page(&request, &page)
}

/// `POST /join/{join_code}`: lets somebody in and signs them in; 409 with the form when the address is taken; whoever is
/// signed in is sent to `/`.
pub async fn create(
    request: HttpRequest, app: web::Data<App>, MaybeUser(viewer): MaybeUser, join_code: web::Path<String>,
    submission: Submission,
) -> Result<HttpResponse, AppError> {
    if viewer.is_some() {
        return Ok(see_other("/"));
    }
    let account = invited_by(&request, &app, &join_code).await?;
    let (form, file) = submission.form_with_file::<PersonForm>("avatar", PICTURE_BYTES_MAX).await?;
    let origin = Client::of(request.head(), &app.config).origin(request.headers());
    let joined = match form.parse(&app, file).await {
        Ok(person) => join(&app, join_code.clone(), person, origin).await,
        Err(error) => Err(error),
    };
    match joined {
        Ok(somebody) => signed_in(&request, &app, &somebody, "/", StatusCode::CREATED),
        Err(error) => {
            form_again(&request, error, async |error| {
                let page = JoinPage {
                    look: Look::of(Some(&account), None),
                    join_code: join_code.into_inner(),
                    form: form.with_error(error),
                };
                answer::page(&request, &page)
            })
            .await
        }
    }
}
