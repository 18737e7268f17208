//! What administrators do with the people of the account: their roles, and taking somebody off it.
//!
//! Invariant: somebody active always runs the account. It is decided inside the write, so two administrators who do it to
//! each other at once can't both succeed.

use super::Core;
use super::people::announce;
use crate::db::audit::{self, Actor};
use crate::db::{rooms, roster, users};
use crate::domain::{Act, Role, Status, User, UserId};
use crate::error::AppError;
use crate::live::hub::CloseReason;

/// Makes somebody an administrator, or a member again; who is so already stays as they are.
/// # Errors
/// An administrator's; `NotFound` unless the person is active; `Conflict` when they are the last administrator.
/// # Side effects
/// 1. the role is written; 2. every socket learns of it.
pub async fn set_role(core: &Core, by: Actor, id: UserId, is_administrator: bool) -> Result<User, AppError> {
    let role = if is_administrator { Role::Administrator } else { Role::Member };
    core.write(move |tx| {
        users::demand_administrator(tx, &by)?;
        let before = roster::find(tx, id, Status::Active)?.ok_or(AppError::NotFound)?;
        if before.role == role {
            return Ok(before);
        }
        if role == Role::Member {
            roster::demand_another_administrator(tx, id)?;
        }
        roster::update_role(tx, id, role)?;
        audit::insert(tx, &by, Act::RoleChanged, &before.name, role.word())?;
        let user = users::find(tx, id)?;
        announce(tx, &user)?;
        Ok(user)
    })
    .await
}

/// Takes somebody off the account. What they wrote stays, and so do their direct rooms, so that those keep their names.
/// # Errors
/// As for [`set_role`], but that a banned person can be removed too.
/// # Side effects
/// 1. their sessions, links and memberships of other rooms are deleted, their address is free for others; 2. their sockets are closed; 3. every socket learns of it.
pub async fn remove(core: &Core, by: Actor, id: UserId) -> Result<(), AppError> {
    core.write(move |tx| {
        users::demand_administrator(tx, &by)?;
        let user = match roster::find(tx, id, Status::Active)? {
            Some(user) => user,
            None => roster::find(tx, id, Status::Banned)?.ok_or(AppError::NotFound)?,
        };
        if user.is_active() && user.is_administrator() {
            roster::demand_another_administrator(tx, id)?;
        }
        roster::deactivate(tx, id)?;
        rooms::hand_over(tx, None, id)?;
        audit::insert(tx, &by, Act::PersonRemoved, &user.name, "")?;
        tx.tell(move |topics, _| topics.close(CloseReason::SIGNED_OUT, |it| it.person.id == id));
        announce(tx, &user)
    })
    .await
}
