//! The account: its page, what administrators set of it, how it looks to everybody, and its audit log: who did what to whom.
//!
//! Invariant: logo and styles are public, since the pages outside show them, and can't do more than a picture and a stylesheet of
//! ours: the content policy says the same for them as for everything.

use super::assets;
use super::prelude::*;
use super::qr_code::QrCode;
use super::roster::PeopleFragment;
use actix_web::http::header::CACHE_CONTROL;

// What is set of the account, as submitted: what is not there stays.
form! { AccountForm { name: Option<String>, restrict_room_creation: Typed, show_previews: Typed } }

impl AccountForm {
    fn parse(&self) -> Result<services::administration::Changes, Invalid> {
        let name = self.name.as_deref().map(|name| Name::parse("name", name)).transpose()?;
        let restricts_room_creation = self.restrict_room_creation.parse_switch("restrict_room_creation")?;
        let shows_previews = self.show_previews.parse_switch("show_previews")?;
        Ok(services::administration::Changes { name, restricts_room_creation, shows_previews, logo: None })
    }
}

template! { "account/edit.html" => AccountPage<'v> {
    look: Look, viewer: &'v User, account: &'v Account, invite_url: String, qr_code: Option<QrCode>,
    list: PeopleFragment, name: &'v str, restricts_room_creation: bool, shows_previews: bool, error: Option<Invalid>,
    is_saved: bool
} }

fn invite_url(visit: &Visit, account: &Account) -> String {
    visit.client().url(&format!("/join/{}", account.join_code))
}

async fn page(user: &CurrentUser, form: AccountForm, error: Option<Invalid>, is_saved: bool) -> Answer {
    let viewer = user.user().clone();
    let list = user.app.db.read(move |snapshot| PeopleFragment::read(snapshot, &viewer, "", None)).await?;
    let invite_url = invite_url(user, &user.account);
    let qr_code = QrCode::of(&invite_url);
    let account = &user.account;
    user.page(&AccountPage {
        look: user.look(),
        viewer: user.user(),
        account,
        invite_url,
        qr_code,
        list,
        name: form.name.as_deref().unwrap_or(&account.name),
        restricts_room_creation: form.restrict_room_creation.switch_or(account.restricts_room_creation),
        shows_previews: form.show_previews.switch_or(account.shows_previews),
        error,
        is_saved,
    })
    .map(never_kept)
}

fn json_of(visit: &Visit, account: &Account) -> Answer {
    let object = json!({
        "name": account.name,
        "restrict_room_creation": account.restricts_room_creation,
        "show_previews": account.shows_previews,
        "logo_url": Look::of(Some(account), None).logo_url,
        "invite_url": invite_url(visit, account),
    });
    visit.json(&object).map(never_kept)
}

/// `GET /account/edit`: what the account is called, the invite link and the people; for administrators, to be changed.
pub async fn edit(user: CurrentUser) -> Answer {
    if user.wants_json() {
        return json_of(&user, &user.account);
    }
    page(&user, AccountForm::default(), None, user.is_saved()).await
}

/// `PUT /account`: changes what is given. 422 with the form when something does not parse.
pub async fn update(administrator: Administrator, submission: Submission) -> Answer {
    let (form, file) = submission.form_with_picture::<AccountForm>("logo").await?;
    let changed = async {
        let (app, file) = (&administrator.app, file?);
        let mut changes = form.parse()?;
        if let Some(file) = file {
            changes.logo = Some(app.pictures.logo(file).await?);
        }
        services::administration::update(app, administrator.actor(), changes).await
    };
    match changed.await {
        Ok(()) => saved(&administrator).await,
        Err(error) => {
            let again = async |error| page(&administrator, form, Some(error), false).await;
            administrator.form_with_file_again(error, "logo", again).await
        }
    }
}

/// Answers with the account as it is now.
async fn saved(visit: &Visit) -> Answer {
    match visit.account().await? {
        Some(account) if visit.wants_json() => json_of(visit, &account),
        _ => Ok(see_other("/account/edit?saved")),
    }
}

/// `POST /account/join_code`: makes another invite link; the old one leads nowhere from then on.
pub async fn regenerate(administrator: Administrator) -> Answer {
    services::administration::regenerate_join_code(&administrator.app, administrator.actor()).await?;
    saved(&administrator).await
}

/// Sends what anybody may keep for a day, when it was asked for by the version that it has (`v`); else it is asked for again each time.
fn kept_by_version(visit: &Visit, content_type: &'static str, body: Vec<u8>, version: String) -> HttpResponse {
    let kept = if visit.query("v") == Some(version) { "public, max-age=86400" } else { "public, no-cache" };
    with_header(answer::send(visit, StatusCode::OK, content_type, body), CACHE_CONTROL, kept)
}

/// `GET /account/logo?size=small`: the logo as PNG; without one, the way to the flame.
pub async fn logo(visit: Visit) -> Answer {
    let is_small = visit.query("size").as_deref() == Some("small");
    match visit.app.db.read(move |snapshot| Ok(db::accounts::logo(snapshot, is_small)?)).await? {
        Some((version, png)) => Ok(kept_by_version(&visit, "image/png", png, version)),
        None => Ok(see_other(&assets::url("icons/flame.svg"))),
    }
}

/// `DELETE /account/logo`: back to the flame.
pub async fn remove_logo(administrator: Administrator) -> Answer {
    services::administration::remove_logo(&administrator.app, administrator.actor()).await?;
    administrator.done("/account/edit?saved")
}

/// `GET /account/custom_styles`: the stylesheet that every page loads after ours; empty when there is none.
pub async fn styles(visit: Visit) -> Answer {
    let read =
        visit.app.db.read(|snapshot| Ok((db::accounts::account(snapshot)?, db::accounts::custom_styles(snapshot)?)));
    let (account, styles) = read.await?;
    let version = account.ok_or(AppError::NotFound)?.updated_at_ms.to_string();
    Ok(kept_by_version(&visit, "text/css; charset=utf-8", styles.into_bytes(), version))
}

form! { StylesForm { custom_styles: Option<String> } }

impl StylesForm {
    fn parse(&self) -> Result<CustomStyles, Invalid> {
        let missing = || Invalid::new("custom_styles", "The styles are missing. Empty ones are fine.");
        CustomStyles::parse(self.custom_styles.as_deref().ok_or_else(missing)?)
    }
}

template! { "account/custom_styles.html" => StylesPage {
    look: Look, styles: String, error: Option<Invalid>, is_saved: bool
} }

/// The styles as they are kept.
async fn stored_styles(visit: &Visit) -> Result<String> {
    visit.app.db.read(|snapshot| Ok(db::accounts::custom_styles(snapshot)?)).await
}

/// `GET /account/custom_styles/edit`: the styles, to be changed.
pub async fn edit_styles(administrator: Administrator) -> Answer {
    let styles = stored_styles(&administrator).await?;
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
        services::administration::update_custom_styles(&administrator.app, administrator.actor(), styles).await
    };
    if let Err(error) = changed.await {
        let again = async |error| {
            let (look, styles) = (administrator.look(), form.custom_styles.unwrap_or_default());
            administrator.page(&StylesPage { look, styles, error: Some(error), is_saved: false })
        };
        return administrator.form_again(error, again).await;
    }
    let styles = stored_styles(&administrator).await?;
    administrator.done_with(&json!({"custom_styles": styles}), "/account/custom_styles/edit?saved")
}

template! { "account/audit_log.html" => AuditLogPage {
    look: Look, entries: Vec<db::audit::AuditEntry>, next: Option<String>
} }

fn json_of_entry(entry: &db::audit::AuditEntry) -> Value {
    json!({
        "id": entry.id,
        "at": iso(entry.at_ms),
        "actor": entry.actor_name,
        "action": entry.act,
        "subject": entry.subject_name,
        "detail": entry.detail,
        "ip_address": entry.ip_address,
    })
}

/// `GET /account/audit_log?before=`: the newest lines, or those before one; `Link` says where the log goes on.
pub async fn audit_log(administrator: Administrator) -> Answer {
    let before = administrator.query("before").map_or(Some(i64::MAX), |id| id.parse().ok().filter(|id| *id > 0));
    let before = before.ok_or(AppError::NotFound)?;
    let mut entries = administrator.app.db.read(move |snapshot| Ok(db::audit::page(snapshot, before)?)).await?;
    let next = cut(&mut entries, db::audit::PAGE_LEN).map(|last| format!("/account/audit_log?before={}", last.id));
    let response = if administrator.wants_json() {
        administrator.json(&entries.iter().map(json_of_entry).collect::<Vec<_>>())
    } else {
        administrator.page(&AuditLogPage { look: administrator.look(), entries, next: next.clone() })
    };
    Ok(with_next(response?, next))
}
