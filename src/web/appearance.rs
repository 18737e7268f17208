//! What the account looks like, to everybody: its logo and its custom styles.
//!
//! Invariant: both are public, since the pages outside show them, and can't do more than a picture and a stylesheet of ours: the
//! content policy says the same for them as for everything.

use super::App;
use super::answer::{self, SavedQuery, Wants, done, see_other};
use super::auth::Administrator;
use super::first_run::form_again;
use super::forms::Submission;
use super::look::Look;
use crate::db::accounts::{self, Account};
use crate::db::logos::{self, LogoSize};
use crate::domain::people::User;
use crate::domain::text::CustomStyles;
use crate::error::{AppError, Invalid};
use crate::services::administration;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::{Deserialize, Serialize};

/// What a picture or stylesheet was asked for by.
#[derive(Deserialize)]
pub struct VersionQuery {
    /// `small`, or the large one.
    size: Option<String>,
    /// The version that a page names.
    v: Option<String>,
}

/// Sends what anybody may keep for a day, when it was asked for by the version that it has; else it is asked for again each time.
fn kept_by_version(request: &HttpRequest, content_type: &str, body: Vec<u8>, is_versioned: bool) -> HttpResponse {
    let mut response = answer::send(request, StatusCode::OK, content_type, body);
    let kept = if is_versioned { "public, max-age=86400" } else { "public, no-cache" };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(kept));
    response
}

/// `GET /account/logo?size=small`: the logo as PNG; without one, the way to the flame.
pub async fn logo(
    request: HttpRequest, app: web::Data<App>, query: web::Query<VersionQuery>,
) -> Result<HttpResponse, AppError> {
    let is_small = query.size.as_deref() == Some("small");
    let size = if is_small { LogoSize::Small } else { LogoSize::Large };
    match app.db.read(move |snapshot| Ok(logos::find(snapshot, size)?)).await? {
        Some((version, png)) => Ok(kept_by_version(&request, "image/png", png, query.v.as_ref() == Some(&version))),
        None => Ok(see_other(&super::assets::url("icons/flame.svg"))),
    }
}

/// `DELETE /account/logo`: back to the flame.
pub async fn remove_logo(
    request: HttpRequest, app: web::Data<App>, administrator: Administrator,
) -> Result<HttpResponse, AppError> {
    administration::remove_logo(&app, administrator.by(&request, &app)).await?;
    Ok(done(&request, "/account/edit?saved"))
}

/// `GET /account/custom_styles`: the stylesheet that every page loads after ours; empty when there is none.
pub async fn styles(
    request: HttpRequest, app: web::Data<App>, query: web::Query<VersionQuery>,
) -> Result<HttpResponse, AppError> {
    let (account, styles) = read(&app).await?;
    let is_versioned = query.v.as_deref() == Some(account.updated_at_ms.to_string().as_str());
    Ok(kept_by_version(&request, "text/css; charset=utf-8", styles.into_bytes(), is_versioned))
}

async fn read(app: &App) -> Result<(Account, String), AppError> {
    let read = app.db.read(|snapshot| {
        let account = accounts::account(snapshot)?.ok_or(AppError::NotFound)?;
        Ok((account, accounts::custom_styles(snapshot)?))
    });
    read.await
}

/// Custom styles, as submitted.
#[derive(Deserialize)]
pub struct StylesForm {
    custom_styles: Option<String>,
    #[serde(skip)]
    error: Option<Invalid>,
}

impl StylesForm {
    fn parse(&self) -> Result<CustomStyles, Invalid> {
        let missing = || Invalid::new("custom_styles", "The styles are missing. Empty ones are fine.");
        CustomStyles::parse(self.custom_styles.as_deref().ok_or_else(missing)?)
    }
}

#[derive(Template)]
#[template(path = "account/custom_styles.html")]
struct StylesPage {
    look: Look,
    form: StylesForm,
    is_saved: bool,
}

impl StylesPage {
    fn new(account: &Account, viewer: &User, form: StylesForm) -> Self {
        Self { look: Look::of(Some(account), Some(viewer)), form, is_saved: false }
    }

    fn styles(&self) -> &str {
        self.form.custom_styles.as_deref().unwrap_or_default()
    }
}

#[derive(Serialize)]
struct StylesJson {
    custom_styles: String,
}

/// `GET /account/custom_styles/edit`: the styles, to be changed.
pub async fn edit_styles(
    request: HttpRequest, app: web::Data<App>, Administrator(viewer): Administrator, query: web::Query<SavedQuery>,
) -> Result<HttpResponse, AppError> {
    let (account, custom_styles) = read(&app).await?;
    if Wants::of(&request) == Wants::Json {
        return answer::json(&request, StatusCode::OK, &StylesJson { custom_styles });
    }
    let form = StylesForm { custom_styles: Some(custom_styles), error: None };
    let mut page = StylesPage::new(&account, &viewer.user, form);
    page.is_saved = query.saved.is_some();
    answer::page(&request, &page)
}

/// `PUT /account/custom_styles`: other styles, or none. 422 with the form when they are too long.
pub async fn update_styles(
    request: HttpRequest, app: web::Data<App>, administrator: Administrator, submission: Submission,
) -> Result<HttpResponse, AppError> {
    let viewer = administrator.0.user.clone();
    let by = administrator.by(&request, &app);
    let form: StylesForm = submission.form().await?;
    let changed = match form.parse() {
        Ok(styles) => administration::update_custom_styles(&app, by, styles).await,
        Err(invalid) => Err(invalid.into()),
    };
    let (account, custom_styles) = read(&app).await?;
    match (changed, Wants::of(&request)) {
        (Ok(()), Wants::Json) => answer::json(&request, StatusCode::OK, &StylesJson { custom_styles }),
        (Ok(()), Wants::Page | Wants::Fragment) => Ok(see_other("/account/custom_styles/edit?saved")),
        (Err(error), _) => {
            form_again(&request, error, async |error| {
                let form = StylesForm { error: Some(error), ..form };
                answer::page(&request, &StylesPage::new(&account, &viewer, form))
            })
            .await
        }
    }
}
