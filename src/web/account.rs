//! The account: its page, what administrators set of it, and the invite link.

use super::prelude::*;
use super::qr_code::QrCode;
use super::roster::PeopleFragment;
use crate::db::accounts::Account;
use crate::services::administration::{self, Changes};

/// What is set of the account, as submitted: what is not there stays.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct AccountForm {
    name: Option<String>,
    restrict_room_creation: Typed,
    show_previews: Typed,
}

impl AccountForm {
    fn parse(&self) -> Result<Changes, Invalid> {
        let name = self.name.as_deref().map(|name| Name::parse("name", name)).transpose()?;
        let restricts_room_creation = self.restrict_room_creation.parse_switch("restrict_room_creation")?;
        let shows_previews = self.show_previews.parse_switch("show_previews")?;
        Ok(Changes { name, restricts_room_creation, shows_previews, logo: None })
    }
}

#[derive(Template)]
#[template(path = "account/edit.html")]
struct AccountPage<'v> {
    look: Look,
    viewer: &'v User,
    account: &'v Account,
    invite_url: String,
    qr_code: Option<QrCode>,
    list: PeopleFragment,
    form: AccountForm,
    error: Option<Invalid>,
    is_saved: bool,
}

impl AccountPage<'_> {
    fn name(&self) -> &str {
        self.form.name.as_deref().unwrap_or(&self.account.name)
    }

    fn restricts_room_creation(&self) -> bool {
        let typed = self.form.restrict_room_creation.parse_switch("").ok().flatten();
        typed.unwrap_or(self.account.restricts_room_creation)
    }

    fn shows_previews(&self) -> bool {
        let typed = self.form.show_previews.parse_switch("").ok().flatten();
        typed.unwrap_or(self.account.shows_previews)
    }
}

fn invite_url(visit: &Visit, account: &Account) -> String {
    visit.client().url(&format!("/join/{}", account.join_code))
}

async fn page(user: &CurrentUser, form: AccountForm, error: Option<Invalid>, is_saved: bool) -> Answer {
    let viewer = user.user().clone();
    let list = user.app.db.read(move |snapshot| PeopleFragment::read(snapshot, &viewer, "", None)).await?;
    let invite_url = invite_url(user, &user.account);
    let qr_code = QrCode::of(&invite_url);
    let (look, viewer, account) = (user.look(), user.user(), &user.account);
    user.page(&AccountPage { look, viewer, account, invite_url, qr_code, list, form, error, is_saved }).map(never_kept)
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
        administration::update(app, administrator.actor(), changes).await
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
    administration::regenerate_join_code(&administrator.app, administrator.actor()).await?;
    saved(&administrator).await
}
