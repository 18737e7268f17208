//! What the command line does, whether a server runs or not.

use super::administration::By;
use super::dice;
use super::passwords::Passwords;
use super::roster::{HumanRole, set_role};
use crate::db::users::Changes;
use crate::db::{Db, Snapshot, accounts, audit, roster, users};
use crate::domain::audit::Act;
use crate::domain::people::User;
use crate::domain::secrets::generated_password;
use crate::domain::text::{EmailAddress, Password};
use crate::error::{AppError, Invalid};
use crate::live::hub::Hub;

/// Somebody active, by an address that was typed.
fn find(snapshot: &Snapshot<'_>, address: &EmailAddress) -> Result<User, AppError> {
    let unknown = || format!("Nobody who can sign in here has the e-mail address {}.", address.as_str());
    Ok(roster::by_address(snapshot, address)?.ok_or_else(|| Invalid::new("email_address", unknown()))?)
}

/// Gives somebody a new password, a generated one when none is given; tells their name and the generated password.
///
/// # Errors
/// `Invalid` when nobody active has the address, or the password does not do; nothing is written then.
///
/// # Side effects
/// 1. the password and a line of the audit log are written, the person's sessions and links deleted; 2. their sockets are closed.
pub async fn reset_password(
    db: &Db, hub: &Hub, passwords: &Passwords, address: &str, chosen: Option<String>,
) -> Result<(User, Option<String>), AppError> {
    let address = EmailAddress::parse(address)?;
    let user = db.read(move |snapshot| find(snapshot, &address)).await?;
    let generated = chosen.is_none().then(|| generated_password(&mut dice()));
    let password = Password::parse(chosen.as_ref().or(generated.as_ref()).map_or("", String::as_str))?;
    let password = Some(passwords.hash(password).await?);
    let (hub, id) = (hub.clone(), user.id);
    db.write(move |tx| {
        let actor = By::CommandLine.demand(tx)?;
        let user = users::update(tx, id, &Changes { password, ..Changes::default() })?;
        roster::delete_ways_in(tx, id)?;
        audit::insert(tx, &actor, Act::PasswordReset, &user.name, "")?;
        // Should it fail, each socket finds out when it next checks its session.
        tx.after_commit(move || hub.end_person(id), || {});
        Ok((user, generated))
    })
    .await
}

/// Makes somebody an administrator.
///
/// # Errors
/// `Invalid` when nobody active has the address; nothing is written then.
///
/// # Side effects
/// As for [`set_role`].
pub async fn make_administrator(db: &Db, hub: &Hub, address: &str) -> Result<User, AppError> {
    let address = EmailAddress::parse(address)?;
    let user = db.read(move |snapshot| find(snapshot, &address)).await?;
    set_role(db, hub, By::CommandLine, user.id, HumanRole::Administrator).await
}

/// The path of the invite link; none before the first run. Has no side effects.
///
/// # Errors
/// What the database says.
pub async fn invite_path(db: &Db) -> Result<Option<String>, AppError> {
    let account = db.read(|snapshot| Ok(accounts::account(snapshot)?)).await?;
    Ok(account.map(|account| format!("/join/{}", account.join_code)))
}
