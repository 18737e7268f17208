//! What somebody changes about themselves, and how others learn of it.

use super::{Core, Write, version_of};
use crate::db::users::Changes;
use crate::db::{Tx, sessions, transfers, users};
use crate::domain::{Password, User, Viewer};
use crate::error::{AppError, Invalid};
use crate::live::hub::{CloseReason, Subscriber};

/// A new password, with the one that it takes the place of as a proof.
pub struct NewPassword {
    pub(crate) password: Password,
    /// What is said to be the present one.
    pub(crate) current: String,
}

/// Makes sure that somebody knows their password, and hashes the new one. Nothing is written.
/// # Errors
/// `Invalid` at `current_password` when it is another; `Busy` when too many hashes wait.
pub async fn prove_and_hash(
    core: &Core, viewer: &Viewer, new: NewPassword, changes: &mut Changes,
) -> Result<(), AppError> {
    let id = viewer.user.id;
    let hash = core.db.read(move |snapshot| Ok(users::password_hash(snapshot, id)?)).await?;
    if !core.passwords.verify(new.current, hash).await? {
        return Err(Invalid::new("current_password", "That is not your present password.").into());
    }
    changes.password = Some(core.passwords.hash(new.password).await?);
    Ok(())
}

/// Changes what somebody is called, where to reach them, what they say of themselves, how pages look to them, their password
/// and their picture (WebP): what is given of it.
/// # Errors
/// `SignedOut` when their session ended meanwhile; `Conflict` when the address is taken.
/// # Side effects
/// 1. the person and the picture are written; with a new password, their other sessions and links are deleted; 2. those sessions'
///    sockets are closed; 3. every socket learns of a new name or picture.
pub async fn update_profile(
    core: &Core, viewer: Viewer, changes: Changes, picture: Option<Vec<u8>>,
) -> Result<User, AppError> {
    core.write(move |tx| {
        sessions::demand(tx, &viewer)?;
        let id = viewer.user.id;
        let before = users::find(tx, id)?;
        let mut user = users::update(tx, id, &changes)?;
        if let Some(webp) = &picture {
            user = put_avatar(tx, &user, webp)?;
        }
        if changes.password.is_some() {
            let keep = viewer.session_id;
            sessions::delete_others(tx, id, keep)?;
            transfers::delete_of(tx, id)?;
            let is_other = move |it: &Subscriber| it.person.id == id && it.session_id != keep;
            tx.tell(move |topics, _| topics.close(CloseReason::SIGNED_OUT, is_other));
        }
        if user.as_author() != before.as_author() {
            announce(tx, &user)?;
        }
        Ok(user)
    })
    .await
}

/// Removes somebody's picture: they are shown by their initials. Without one, nothing happens.
/// # Errors
/// `SignedOut` when their session ended meanwhile.
/// # Side effects
/// 1. the picture is deleted; 2. every socket learns of it.
pub async fn remove_avatar(core: &Core, viewer: Viewer) -> Result<(), AppError> {
    core.write(move |tx| {
        sessions::demand(tx, &viewer)?;
        if users::delete_avatar(tx, viewer.user.id)? {
            let user = users::update_avatar_version(tx, viewer.user.id, None)?;
            announce(tx, &user)?;
        }
        Ok(())
    })
    .await
}

/// Gives somebody a picture (WebP); what they are then. Another picture has another version.
pub(super) fn put_avatar(tx: &Tx<'_>, user: &User, webp: &[u8]) -> Result<User, AppError> {
    users::put_avatar(tx, user.id, webp)?;
    Ok(users::update_avatar_version(tx, user.id, Some(&version_of(webp)))?)
}

/// Leaves the news of somebody's new name or picture for every socket, to be told after the commit; pages that are away learn of it
/// when they come back.
pub(super) fn announce(tx: &Write<'_>, user: &User) -> Result<(), AppError> {
    let revision = users::next_people_revision(tx, user.id)?;
    let person = user.as_author();
    tx.tell(move |topics, _| topics.person_changed(&person, revision));
    Ok(())
}
