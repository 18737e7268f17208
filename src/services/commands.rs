//! What the command line does, whether a server runs or not.

use super::roster::set_role;
use super::{Core, dice};
use crate::db::audit::{self, Actor};
use crate::db::users::Changes;
use crate::db::{Snapshot, accounts, roster, users};
use crate::domain::secrets::generated_password;
use crate::domain::{Act, EmailAddress, Password, User};
use crate::error::{AppError, Invalid};
use crate::live::hub::CloseReason;

/// Somebody active, by an address that was typed.
fn find(snapshot: &Snapshot<'_>, address: &EmailAddress) -> Result<User, AppError> {
    let unknown = || format!("Nobody who can sign in here has the e-mail address {}.", address.as_str());
    Ok(roster::by_address(snapshot, address)?.ok_or_else(|| Invalid::new("email_address", unknown()))?)
}

/// Gives somebody a new password, a generated one when none is given; tells their name and the generated password.
/// # Errors
/// `Invalid` when nobody active has the address, or the password does not do.
/// # Side effects
/// 1. the password is written, the person's sessions and links deleted; 2. their sockets are closed.
pub async fn reset_password(
    core: &Core, address: &str, chosen: Option<String>,
) -> Result<(User, Option<String>), AppError> {
    let address = EmailAddress::parse(address)?;
    let user = core.db.read(move |snapshot| find(snapshot, &address)).await?;
    let generated = chosen.is_none().then(|| generated_password(&mut dice()));
    let password = Password::parse(chosen.as_ref().or(generated.as_ref()).map_or("", String::as_str))?;
    let password = Some(core.passwords.hash(password).await?);
    let id = user.id;
    core.write(move |tx| {
        let user = users::update(tx, id, &Changes { password, ..Changes::default() })?;
        roster::delete_ways_in(tx, id)?;
        audit::insert(tx, &Actor::COMMAND_LINE, Act::PasswordReset, &user.name, "")?;
        tx.tell(move |topics, _| topics.close(CloseReason::SIGNED_OUT, |it| it.person.id == id));
        Ok((user, generated))
    })
    .await
}

/// Makes somebody an administrator.
/// # Errors
/// `Invalid` when nobody active has the address.
/// # Side effects
/// As for [`set_role`].
pub async fn make_administrator(core: &Core, address: &str) -> Result<User, AppError> {
    let address = EmailAddress::parse(address)?;
    let user = core.db.read(move |snapshot| find(snapshot, &address)).await?;
    set_role(core, Actor::COMMAND_LINE, user.id, true).await
}

/// The path of the invite link. Has no side effects.
/// # Errors
/// `Conflict` before the first run.
pub async fn invite_path(core: &Core) -> Result<String, AppError> {
    let account = core.db.read(|snapshot| Ok(accounts::account(snapshot)?)).await?;
    let unused = AppError::Conflict("This Campfire has not been set up yet: open it in a browser first.");
    Ok(format!("/join/{}", account.ok_or(unused)?.join_code))
}
