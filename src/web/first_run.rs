//! The first page of a new Campfire, and the form of somebody new.

use super::App;
use super::answer::{self, Wants, see_other};
use super::avatars::picture;
use super::client::Client;
use super::errors::sentence;
use super::forms::{Submission, Upload};
use super::look::Look;
use super::sessions::signed_in;
use crate::db::accounts;
use crate::domain::text::{EmailAddress, Name, Password};
use crate::error::{AppError, Invalid};
use crate::services::accounts::{ACCOUNT_NAME, NewPerson, first_run};
use crate::services::pictures::PICTURE_BYTES_MAX;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use askama::Template;
use serde::Deserialize;

/// Somebody new, as submitted at the first run or by the invite link.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct PersonForm {
    name: String,
    email_address: String,
    password: String,
    account_name: String,
    #[serde(skip)]
    error: Option<Invalid>,
}

impl PersonForm {
    /// The person, parsed, with the picture that came along.
    ///
    /// # Errors
    /// `Invalid` at the first field that does not parse; `Busy` when too many pictures wait.
    pub(super) async fn parse(&self, app: &App, file: Option<Upload>) -> Result<NewPerson, AppError> {
        Ok(NewPerson {
            name: Name::parse("name", &self.name)?,
            email_address: EmailAddress::parse(&self.email_address)?,
            password: Password::parse(&self.password)?,
            avatar: picture(app, file).await?,
        })
    }

    /// The account's name, parsed; the default when none was given.
    fn parse_account_name(&self) -> Result<Name, Invalid> {
        let typed = self.account_name.trim();
        Name::parse("account_name", if typed.is_empty() { ACCOUNT_NAME } else { typed })
    }

    /// The form with what is wrong with it, and without the password.
    pub fn with_error(mut self, error: Invalid) -> Self {
        self.password.clear();
        self.error = Some(error);
        self
    }
}

#[derive(Template)]
#[template(path = "first_run/new.html")]
struct FirstRunPage {
    look: Look,
    form: PersonForm,
}

#[derive(Template)]
#[template(path = "joins/new.html")]
pub(super) struct JoinPage {
    pub(super) look: Look,
    pub(super) join_code: String,
    pub(super) form: PersonForm,
}

/// Answers a form that was refused: the form again, the message at its field, what was typed kept; programs get the error.
pub(super) async fn form_again(
    request: &HttpRequest, error: AppError, page: impl AsyncFnOnce(Invalid) -> Result<HttpResponse, AppError>,
) -> Result<HttpResponse, AppError> {
    if Wants::of(request) != Wants::Page {
        return Err(error);
    }
    let status = error.status_code();
    let invalid = match error {
        AppError::Invalid(invalid) => invalid,
        AppError::Conflict(sentence) => Invalid::new("email_address", sentence),
        // Where there is a file, it is what is too large: a person's fields are far from the bound of a body.
        AppError::TooLarge { .. } => Invalid::new("avatar", sentence(&error)),
        error => return Err(error),
    };
    let mut response = page(invalid).await?;
    *response.status_mut() = status;
    response.headers_mut().remove(actix_web::http::header::ETAG);
    Ok(response)
}

/// `GET /first_run`: the form; once there is an account, 303 to `/`.
pub async fn new(request: HttpRequest, app: web::Data<App>) -> Result<HttpResponse, AppError> {
    if app.db.read(|snapshot| Ok(accounts::account(snapshot)?)).await?.is_some() {
        return Ok(see_other("/"));
    }
    answer::page(&request, &FirstRunPage { look: Look::of(None, None), form: PersonForm::default() })
}

/// `POST /first_run`: makes the account and signs its administrator in; whoever comes second is sent to `/`.
pub async fn create(
    request: HttpRequest, app: web::Data<App>, submission: Submission,
) -> Result<HttpResponse, AppError> {
    if app.db.read(|snapshot| Ok(accounts::account(snapshot)?)).await?.is_some() {
        return Ok(see_other("/"));
    }
    let (form, file) = submission.form_with_file::<PersonForm>("avatar", PICTURE_BYTES_MAX).await?;
    let origin = Client::of(request.head(), &app.config).origin(request.headers());
    let parsed = match form.parse_account_name() {
        Ok(name) => form.parse(&app, file).await.map(|person| (name, person)),
        Err(invalid) => Err(invalid.into()),
    };
    let (account_name, person) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            return form_again(&request, error, async |error| {
                let page = FirstRunPage { look: Look::of(None, None), form: form.with_error(error) };
                answer::page(&request, &page)
            })
            .await;
        }
    };
    match first_run(&app, account_name, person, origin).await? {
        Some(somebody) => signed_in(&request, &app, &somebody, "/", StatusCode::CREATED),
        None => Ok(see_other("/")),
    }
}
