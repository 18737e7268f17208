//! The account: its page, what administrators set of it, and the invite link.

use super::App;
use super::answer::{self, SavedQuery, Wants, never_kept, see_other};
use super::auth::{Administrator, CurrentUser};
use super::client::Client;
use super::errors::sentence;
use super::forms::{Submission, Upload};
use super::look::Look;
use super::qr_code::QrCode;
use super::roster::PeopleFragment;
use crate::db::accounts::{self, Account};
use crate::db::audit::Actor;
use crate::domain::people::User;
use crate::domain::text::Name;
use crate::error::{AppError, Invalid};
use crate::services::administration::{self, Changes};
use crate::services::pictures::PICTURE_BYTES_MAX;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use askama::Template;
use serde::{Deserialize, Serialize};

/// What is set of the account, as submitted: what is not there stays.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct AccountForm {
    name: Option<String>,
    restrict_room_creation: Option<Switch>,
    #[serde(skip)]
    error: Option<Invalid>,
}

/// Something that is on or off. A checkbox sends nothing when it is off, so a hidden field says so before it: the last counts.
#[derive(Deserialize)]
#[serde(untagged)]
enum Switch {
    Flag(bool),
    Number(i64),
    Word(String),
    Words(Vec<String>),
}

impl Switch {
    fn parse(&self) -> Result<bool, Invalid> {
        let number = |number: &i64| number.to_string();
        let word = match self {
            Self::Flag(is_on) => return Ok(*is_on),
            Self::Number(typed) => number(typed),
            Self::Word(word) => word.to_lowercase(),
            Self::Words(words) => words.last().map(|word| word.to_lowercase()).unwrap_or_default(),
        };
        match word.as_str() {
            "on" | "true" | "1" => Ok(true),
            "off" | "false" | "0" => Ok(false),
            _ => Err(Invalid::new("restrict_room_creation", "This is on or off.")),
        }
    }
}

impl AccountForm {
    fn parse(&self) -> Result<Changes, Invalid> {
        let name = self.name.as_deref().map(|name| Name::parse("name", name)).transpose()?;
        let restricts_room_creation = self.restrict_room_creation.as_ref().map(Switch::parse).transpose()?;
        Ok(Changes { name, restricts_room_creation, logo: None })
    }
}

#[derive(Template)]
#[template(path = "account/edit.html")]
struct AccountPage {
    look: Look,
    viewer: User,
    account: Account,
    invite_url: String,
    qr_code: Option<QrCode>,
    list: PeopleFragment,
    form: AccountForm,
    is_saved: bool,
}

impl AccountPage {
    fn name(&self) -> &str {
        self.form.name.as_deref().unwrap_or(&self.account.name)
    }

    fn restricts_room_creation(&self) -> bool {
        let typed = self.form.restrict_room_creation.as_ref().and_then(|switch| switch.parse().ok());
        typed.unwrap_or(self.account.restricts_room_creation)
    }
}

#[derive(Serialize)]
struct AccountJson {
    name: String,
    restrict_room_creation: bool,
    logo_url: String,
    invite_url: String,
}

fn invite_url(request: &HttpRequest, app: &App, account: &Account) -> String {
    Client::of(request.head(), &app.config).url(&format!("/join/{}", account.join_code))
}

async fn page(
    request: &HttpRequest, app: &App, viewer: User, form: AccountForm, is_saved: bool,
) -> Result<HttpResponse, AppError> {
    let user = viewer.clone();
    let read = app.db.read(move |snapshot| {
        let account = accounts::account(snapshot)?.ok_or(AppError::NotFound)?;
        Ok((account, PeopleFragment::read(snapshot, &user, "", None)?))
    });
    let (account, list) = read.await?;
    let invite_url = invite_url(request, app, &account);
    let page = AccountPage {
        look: Look::of(Some(&account), Some(&viewer)),
        qr_code: QrCode::of(&invite_url),
        viewer,
        account,
        invite_url,
        list,
        form,
        is_saved,
    };
    Ok(never_kept(answer::page(request, &page)?))
}

async fn json(request: &HttpRequest, app: &App) -> Result<HttpResponse, AppError> {
    let account = app.db.read(|snapshot| Ok(accounts::account(snapshot)?)).await?;
    let account = account.ok_or(AppError::NotFound)?;
    let json = AccountJson {
        logo_url: Look::of(Some(&account), None).logo_url,
        invite_url: invite_url(request, app, &account),
        name: account.name,
        restrict_room_creation: account.restricts_room_creation,
    };
    Ok(never_kept(answer::json(request, StatusCode::OK, &json)?))
}

/// `GET /account/edit`: what the account is called, the invite link and the people; for administrators, to be changed.
pub async fn edit(
    request: HttpRequest, app: web::Data<App>, CurrentUser(viewer): CurrentUser, query: web::Query<SavedQuery>,
) -> Result<HttpResponse, AppError> {
    if Wants::of(&request) == Wants::Json {
        return json(&request, &app).await;
    }
    page(&request, &app, viewer.user, AccountForm::default(), query.saved.is_some()).await
}

/// `PUT /account`: changes what is given. 422 with the form when something does not parse.
pub async fn update(
    request: HttpRequest, app: web::Data<App>, administrator: Administrator, submission: Submission,
) -> Result<HttpResponse, AppError> {
    let viewer = administrator.0.user.clone();
    let by = administrator.by(&request, &app);
    let (form, changed) = match submission.form_with_file("logo", PICTURE_BYTES_MAX).await {
        Ok((form, file)) => {
            let changed = change(&app, by, &form, file).await;
            (form, changed)
        }
        Err(error @ AppError::TooLarge { .. }) => (AccountForm::default(), Err(error)),
        Err(error) => return Err(error),
    };
    match (changed, Wants::of(&request)) {
        (Ok(()), Wants::Json) => json(&request, &app).await,
        (Ok(()), Wants::Page | Wants::Fragment) => Ok(see_other("/account/edit?saved")),
        (Err(error), Wants::Page) => {
            let status = error.status_code();
            let invalid = match error {
                AppError::Invalid(invalid) => invalid,
                AppError::TooLarge { .. } => Invalid::new("logo", sentence(&error)),
                error => return Err(error),
            };
            let form = AccountForm { error: Some(invalid), ..form };
            let mut again = page(&request, &app, viewer, form, false).await?;
            *again.status_mut() = status;
            Ok(again)
        }
        (Err(error), _) => Err(error),
    }
}

async fn change(app: &App, by: Actor, form: &AccountForm, file: Option<Upload>) -> Result<(), AppError> {
    let mut changes = form.parse()?;
    if let Some(file) = file {
        changes.logo = Some(app.pictures.logo(file.bytes).await?);
    }
    administration::update(app, by, changes).await
}

/// `POST /account/join_code`: makes another invite link; the old one leads nowhere from then on.
pub async fn regenerate(
    request: HttpRequest, app: web::Data<App>, administrator: Administrator,
) -> Result<HttpResponse, AppError> {
    administration::regenerate_join_code(&app, administrator.by(&request, &app)).await?;
    match Wants::of(&request) {
        Wants::Json => json(&request, &app).await,
        Wants::Page | Wants::Fragment => Ok(see_other("/account/edit?saved")),
    }
}
