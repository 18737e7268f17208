//! What the account looks like, to everybody: its logo and its custom styles.
//!
//! Invariant: both are public, since the pages outside show them, and can't do more than a picture and a stylesheet of ours: the
//! content policy says the same for them as for everything.

use super::assets;
use super::prelude::*;
use crate::db::accounts;
use crate::domain::CustomStyles;
use crate::services::administration;
use actix_web::http::header::CACHE_CONTROL;

/// Sends what anybody may keep for a day, when it was asked for by the version that it has (`v`); else it is asked for again each time.
fn kept_by_version(visit: &Visit, content_type: &str, body: Vec<u8>, version: String) -> HttpResponse {
    let kept = if visit.query("v") == Some(version) { "public, max-age=86400" } else { "public, no-cache" };
    with_header(answer::send(visit, StatusCode::OK, content_type, body), CACHE_CONTROL, kept)
}

/// `GET /account/logo?size=small`: the logo as PNG; without one, the way to the flame.
pub async fn logo(visit: Visit) -> Answer {
    let is_small = visit.query("size").as_deref() == Some("small");
    match visit.app.db.read(move |snapshot| Ok(accounts::logo(snapshot, is_small)?)).await? {
        Some((version, png)) => Ok(kept_by_version(&visit, "image/png", png, version)),
        None => Ok(see_other(&assets::url("icons/flame.svg"))),
    }
}

/// `DELETE /account/logo`: back to the flame.
pub async fn remove_logo(administrator: Administrator) -> Answer {
    administration::remove_logo(&administrator.app, administrator.actor()).await?;
    administrator.done("/account/edit?saved")
}

/// `GET /account/custom_styles`: the stylesheet that every page loads after ours; empty when there is none.
pub async fn styles(visit: Visit) -> Answer {
    let read = visit.app.db.read(|snapshot| Ok((accounts::account(snapshot)?, accounts::custom_styles(snapshot)?)));
    let (account, styles) = read.await?;
    let version = account.ok_or(AppError::NotFound)?.updated_at_ms.to_string();
    Ok(kept_by_version(&visit, "text/css; charset=utf-8", styles.into_bytes(), version))
}

/// Custom styles, as submitted.
#[derive(Deserialize)]
pub struct StylesForm {
    custom_styles: Option<String>,
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
    styles: String,
    error: Option<Invalid>,
    is_saved: bool,
}

/// The styles as they are kept.
async fn stored(visit: &Visit) -> Result<String, AppError> {
    visit.app.db.read(|snapshot| Ok(accounts::custom_styles(snapshot)?)).await
}

/// `GET /account/custom_styles/edit`: the styles, to be changed.
pub async fn edit_styles(administrator: Administrator) -> Answer {
    let styles = stored(&administrator).await?;
    if administrator.wants_json() {
        return administrator.json(&json!({"custom_styles": styles}));
    }
    let (look, is_saved) = (administrator.look(), administrator.is_saved());
    administrator.page(&StylesPage { look, styles, error: None, is_saved })
}

/// `PUT /account/custom_styles`: other styles, or none. 422 with the form when they are too long.
pub async fn update_styles(administrator: Administrator, submission: Submission) -> Answer {
    let form: StylesForm = submission.form().await?;
    let changed = async {
        let styles = form.parse()?;
        administration::update_custom_styles(&administrator.app, administrator.actor(), styles).await
    };
    if let Err(error) = changed.await {
        let again = async |error| {
            let (look, styles) = (administrator.look(), form.custom_styles.unwrap_or_default());
            administrator.page(&StylesPage { look, styles, error: Some(error), is_saved: false })
        };
        return administrator.form_again(error, again).await;
    }
    let styles = stored(&administrator).await?;
    administrator.done_with(&json!({"custom_styles": styles}), "/account/custom_styles/edit?saved")
}
