//! The first page of a new Campfire, and the form of somebody new.

use super::avatars::picture;
use super::prelude::*;
use crate::domain::{EmailAddress, Password};
use crate::services::sessions::{ACCOUNT_NAME, NewPerson, first_run};
use actix_web::web::Bytes;

/// Somebody new, as submitted at the first run or by the invite link.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct PersonForm {
    pub(super) name: String,
    pub(super) email_address: String,
    password: String,
    account_name: String,
}

impl PersonForm {
    /// The person, parsed, with the picture that came along; `Invalid` at the first field that does not parse.
    pub(super) async fn parse(&self, app: &App, file: Option<Bytes>) -> Result<NewPerson, AppError> {
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
}

#[derive(Template)]
#[template(path = "first_run/new.html")]
struct FirstRunPage {
    look: Look,
    form: PersonForm,
    error: Option<Invalid>,
}

fn page(visit: &Visit, form: PersonForm, error: Option<Invalid>) -> Answer {
    visit.page(&FirstRunPage { look: Look::of(None, None), form, error })
}

/// `GET /first_run`: the form; once there is an account, 303 to `/`.
pub async fn new(visit: Visit) -> Answer {
    if visit.account().await?.is_some() {
        return Ok(see_other("/"));
    }
    page(&visit, PersonForm::default(), None)
}

/// `POST /first_run`: makes the account and signs its administrator in; whoever comes second is sent to `/`.
pub async fn create(visit: Visit, submission: Submission) -> Answer {
    if visit.account().await?.is_some() {
        return Ok(see_other("/"));
    }
    let (form, file) = submission.form_with_picture::<PersonForm>("avatar").await?;
    let file = file?;
    let made = async {
        let account_name = form.parse_account_name()?;
        let person = form.parse(&visit.app, file).await?;
        first_run(&visit.app, account_name, person, visit.origin()).await
    };
    match made.await {
        Ok(Some(somebody)) => signed_in(&visit, &somebody, "/"),
        Ok(None) => Ok(see_other("/")),
        Err(error) => visit.form_again(error, async |error| page(&visit, form, Some(error))).await,
    }
}
