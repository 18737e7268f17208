//! What somebody changes about themselves, and how others learn of it.

use super::passwords::Passwords;
use crate::db::users::Changes;
use crate::db::{Db, Tx, avatars, sessions, transfers, users};
use crate::domain::people::{User, Viewer};
use crate::domain::text::Password;
use crate::error::{AppError, Invalid};
use crate::live::hub::Hub;
use sha2::{Digest, Sha256};

/// Bytes of a picture's hash in its version: enough that two of somebody's pictures never share one.
const VERSION_LEN: usize = 8;

/// A new password, with the one that it takes the place of as a proof.
pub struct NewPassword {
    /// The new one.
    pub password: Password,
    /// What is said to be the present one.
    pub current: String,
}

/// Makes sure that somebody knows their password, and hashes the new one. Nothing is written.
///
/// # Errors
/// `Invalid` at `current_password` when it is another; `Busy` when too many hashes wait.
pub async fn prove_and_hash(
    db: &Db, passwords: &Passwords, viewer: &Viewer, new: NewPassword, changes: &mut Changes,
) -> Result<(), AppError> {
    let id = viewer.user.id;
    let hash = db.read(move |snapshot| Ok(users::password_hash(snapshot, id)?)).await?;
    if !passwords.verify(new.current, hash).await? {
        return Err(Invalid::new("current_password", "That is not your present password.").into());
    }
    changes.password = Some(passwords.hash(new.password).await?);
    Ok(())
}

/// Changes what somebody is called, where to reach them, what they say of themselves, how pages look to them, their password
/// and their picture (WebP): what is given of it.
///
/// # Errors
/// `SignedOut` when their session ended meanwhile; `Conflict` when the address is taken; nothing is changed then.
///
/// # Side effects
/// 1. the person and the picture are written; with a new password, their other sessions and links are deleted; 2. those sessions'
///    sockets are closed; 3. every socket learns of a new name or picture.
pub async fn update_profile(
    db: &Db, hub: &Hub, viewer: Viewer, changes: Changes, picture: Option<Vec<u8>>,
) -> Result<User, AppError> {
    let hub = hub.clone();
    db.write(move |tx| {
        sessions::demand(tx, &viewer)?;
        let id = viewer.user.id;
        let before = users::find(tx, id)?;
        let mut user = users::update(tx, id, &changes)?;
        if let Some(webp) = &picture {
            user = put_avatar(tx, &user, webp)?;
        }
        if changes.password.is_some() {
            end_other_sessions(tx, &hub, &viewer)?;
        }
        if user.as_author() != before.as_author() {
            announce(tx, &hub, &user)?;
        }
        Ok(user)
    })
    .await
}

fn end_other_sessions(tx: &Tx<'_>, hub: &Hub, viewer: &Viewer) -> Result<(), AppError> {
    let (hub, id, keep) = (hub.clone(), viewer.user.id, viewer.session_id);
    sessions::delete_others(tx, id, keep)?;
    transfers::delete_of(tx, id)?;
    // Should it fail, each socket finds out when it next checks its session.
    tx.after_commit(move || hub.end_other_sessions(id, keep), || {});
    Ok(())
}

/// Removes somebody's picture: they are shown by their initials. Without one, nothing happens.
///
/// # Errors
/// `SignedOut` when their session ended meanwhile; the picture is still there then.
///
/// # Side effects
/// 1. the picture is deleted; 2. every socket learns of it.
pub async fn remove_avatar(db: &Db, hub: &Hub, viewer: Viewer) -> Result<(), AppError> {
    let hub = hub.clone();
    db.write(move |tx| {
        sessions::demand(tx, &viewer)?;
        if avatars::delete(tx, viewer.user.id)? {
            let user = users::update_avatar_version(tx, viewer.user.id, None)?;
            announce(tx, &hub, &user)?;
        }
        Ok(())
    })
    .await
}

/// Gives somebody a picture (WebP); what they are then. Another picture has another version.
pub(super) fn put_avatar(tx: &Tx<'_>, user: &User, webp: &[u8]) -> Result<User, AppError> {
    let version = hex::encode(&Sha256::digest(webp)[..VERSION_LEN]);
    avatars::put(tx, user.id, webp)?;
    Ok(users::update_avatar_version(tx, user.id, Some(&version))?)
}

/// Leaves the news of somebody's new name or picture for every socket, to be told after the commit; pages that are away learn of it
/// when they come back.
pub(super) fn announce(tx: &Tx<'_>, hub: &Hub, user: &User) -> Result<(), AppError> {
    let revision = users::next_people_revision(tx, user.id)?;
    let (hub, person) = (hub.clone(), user.as_author());
    // Should it fail, a page shows the old name until it is loaded again.
    tx.after_commit(move || hub.person_changed(person, revision), || {});
    Ok(())
}
