//! Coming in: the first run of a new Campfire, and the invite link.

use super::prelude::*;
use super::users::picture;
use crate::services::sessions::{ACCOUNT_NAME, NewPerson};
use actix_web::web::Bytes;

// Somebody new, as submitted at the first run or by the invite link.
form! { PersonForm { name: String, email_address: String, password: String, account_name: String } }

impl PersonForm {
    /// The person, parsed, with the picture that came along; `Invalid` at the first field that does not parse.
    pub(super) async fn parse(&self, app: &App, file: Option<Bytes>) -> Result<NewPerson> {
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

template! { "first_run/new.html" => FirstRunPage { look: Look, form: PersonForm, error: Option<Invalid> } }

fn first_page(visit: &Visit, form: PersonForm, error: Option<Invalid>) -> Answer {
    visit.page(&FirstRunPage { look: Look::of(None, None), form, error })
}

/// `GET /first_run`: the form; once there is an account, 303 to `/`.
pub async fn first_run(visit: Visit) -> Answer {
    if visit.account().await?.is_some() { Ok(see_other("/")) } else { first_page(&visit, PersonForm::default(), None) }
}

/// `POST /first_run`: makes the account and signs its administrator in; whoever comes second is sent to `/`.
pub async fn begin(visit: Visit, submission: Submission) -> Answer {
    if visit.account().await?.is_some() {
        return Ok(see_other("/"));
    }
    let (form, file) = submission.form_with_picture::<PersonForm>("avatar").await?;
    let file = file?;
    let made = async {
        let account_name = form.parse_account_name()?;
        let person = form.parse(&visit.app, file).await?;
        services::sessions::first_run(&visit.app, account_name, person, visit.origin()).await
    };
    match made.await {
        Ok(Some(somebody)) => signed_in(&visit, &somebody, "/"),
        Ok(None) => Ok(see_other("/")),
        Err(error) => visit.form_again(error, async |error| first_page(&visit, form, Some(error))).await,
    }
}

template! { "joins/new.html" => JoinPage { look: Look, join_code: String, form: PersonForm, error: Option<Invalid> } }

fn page(visit: &Visit, account: &Account, form: PersonForm, error: Option<Invalid>) -> Answer {
    let (look, join_code) = (Look::of(Some(account), None), account.join_code.clone());
    visit.page(&JoinPage { look, join_code, form, error })
}

/// The account, if the code is its own. A wrong code counts as an attempt: codes can't be found by trying.
async fn invited_by(visit: &Visit, join_code: &str) -> Result<Account> {
    let peer = visit.client().network().map(Attempter::Newcomer);
    visit.app.attempts.begin(peer.as_slice(), visit.now_ms())?;
    let account = visit.account().await?.filter(|account| account.join_code == join_code);
    let account = account.ok_or(AppError::NotFound)?;
    visit.app.attempts.succeeded(peer.as_slice());
    Ok(account)
}

/// `GET /join/{join_code}`: the form; 404 for a wrong code; whoever is signed in is sent to `/`.
pub async fn new(visitor: MaybeUser, join_code: Path<String>) -> Answer {
    if visitor.viewer.is_some() {
        return Ok(see_other("/"));
    }
    let account = invited_by(&visitor, &join_code).await?;
    page(&visitor, &account, PersonForm::default(), None)
}

/// `POST /join/{join_code}`: lets somebody in and signs them in; 409 with the form when the address is taken.
pub async fn create(visitor: MaybeUser, join_code: Path<String>, submission: Submission) -> Answer {
    if visitor.viewer.is_some() {
        return Ok(see_other("/"));
    }
    let account = invited_by(&visitor, &join_code).await?;
    let (form, file) = submission.form_with_picture::<PersonForm>("avatar").await?;
    let (app, file) = (&visitor.app, file?);
    let joined = async {
        let person = form.parse(app, file).await?;
        services::sessions::join(app, join_code.into_inner(), person, visitor.origin()).await
    };
    match joined.await {
        Ok(somebody) => signed_in(&visitor, &somebody, "/"),
        Err(error) => visitor.form_again(error, async |error| page(&visitor, &account, form, Some(error))).await,
    }
}
