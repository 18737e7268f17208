//! Joining by the invite link.

use super::first_run::PersonForm;
use super::prelude::*;
use crate::db::accounts::Account;
use crate::services::sessions::join;

#[derive(Template)]
#[template(path = "joins/new.html")]
struct JoinPage {
    look: Look,
    join_code: String,
    form: PersonForm,
    error: Option<Invalid>,
}

fn page(visit: &Visit, account: &Account, form: PersonForm, error: Option<Invalid>) -> Answer {
    let (look, join_code) = (Look::of(Some(account), None), account.join_code.clone());
    visit.page(&JoinPage { look, join_code, form, error })
}

/// The account, if the code is its own. A wrong code counts as an attempt: codes can't be found by trying.
async fn invited_by(visit: &Visit, join_code: &str) -> Result<Account, AppError> {
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
        join(app, join_code.into_inner(), person, visitor.origin()).await
    };
    match joined.await {
        Ok(somebody) => signed_in(&visitor, &somebody, "/"),
        Err(error) => visitor.form_again(error, async |error| page(&visitor, &account, form, Some(error))).await,
    }
}
