//! What somebody changes about themselves, and how others learn of it.

use super::prelude::*;
use crate::db::search;
use crate::db::users::Changes;
use crate::domain::search::QUERY_LEN_MAX;
use crate::live::hub::Subscriber;

/// Hashes the new password if `current` is the present one; else `Invalid` at `current_password`. `Busy` when too many wait.
pub async fn prove_and_hash(
    core: &Core, viewer: &Viewer, (new, current): (Password, String), changes: &mut Changes,
) -> Result<()> {
    let id = viewer.user.id;
    let hash = core.db.read(move |snapshot| Ok(users::password_hash(snapshot, id)?)).await?;
    if !core.passwords.verify(current, hash).await? {
        return Err(Invalid::new("current_password", "That is not your present password.").into());
    }
    changes.password = Some(core.passwords.hash(new).await?);
    Ok(())
}

/// Changes what is given of a person: name, address, bio, how pages look to them, password and picture (WebP).
/// # Errors
/// `Conflict` when the address is taken.
/// # Side effects
/// 1. it is written; with a new password, other sessions and links end; 2. their sockets close; 3. all learn of a new name or picture.
pub async fn update_profile(core: &Core, viewer: Viewer, changes: Changes, picture: Option<Vec<u8>>) -> Result<User> {
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
/// # Side effects
/// 1. the picture is deleted; 2. every socket learns of it.
pub async fn remove_avatar(core: &Core, viewer: Viewer) -> Result<()> {
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
pub(super) fn put_avatar(tx: &Tx<'_>, user: &User, webp: &[u8]) -> Result<User> {
    users::put_avatar(tx, user.id, webp)?;
    Ok(users::update_avatar_version(tx, user.id, Some(&version_of(webp)))?)
}

/// Leaves the news of a new name or picture for every socket, after the commit; pages that are away learn of it when they come back.
pub(super) fn announce(tx: &Write<'_>, user: &User) -> Result<()> {
    let revision = users::next_people_revision(tx, user.id)?;
    let person = user.as_author();
    tx.tell(move |topics, _| topics.person_changed(&person, revision));
    Ok(())
}

/// Remembers what somebody looked for, as far as it is looked at: it is the latest of their recent searches, of which only so many are
/// kept. Nothing is remembered of nothing.
pub async fn record_search(core: &Core, user: UserId, text: &str) -> Result<()> {
    let text: String = text.trim().chars().filter(|c| !c.is_control()).take(QUERY_LEN_MAX).collect();
    if text.is_empty() {
        return Ok(());
    }
    core.write(move |tx| Ok(search::insert_recent(tx, user, &text).and_then(|()| search::cut_recent(tx, user))?)).await
}

/// Forgets what somebody looked for.
pub async fn forget_searches(core: &Core, user: UserId) -> Result<()> {
    core.db.write(move |tx| Ok(search::delete_recent(tx, user)?)).await
}
