//! What administrators do with the people of the account: their roles, and taking somebody off it.
//!
//! Invariant: somebody active always runs the account. It is decided inside the write, so two administrators who do it to
//! each other at once can't both succeed.

use super::administration::By;
use super::people::announce;
use crate::db::{Db, audit, rooms, roster, users};
use crate::domain::audit::Act;
use crate::domain::ids::UserId;
use crate::domain::people::{Role, Status, User};
use crate::error::AppError;
use crate::live::hub::Hub;

/// What a person may become; bots stay what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HumanRole {
    /// Reads and writes in their rooms.
    Member,
    /// Also runs the account.
    Administrator,
}

impl HumanRole {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Administrator => "administrator",
        }
    }

    fn role(self) -> Role {
        match self {
            Self::Member => Role::Member,
            Self::Administrator => Role::Administrator,
        }
    }
}

/// Gives somebody another role; the same one changes nothing.
///
/// # Errors
/// `SignedOut` and `Forbidden` when the right has gone meanwhile; `NotFound` unless the person is active; `Conflict` when they are
/// the last administrator. Nothing is written then.
///
/// # Side effects
/// 1. the role is written, with a line of the audit log; 2. every socket learns of it.
pub async fn set_role(db: &Db, hub: &Hub, by: By, id: UserId, role: HumanRole) -> Result<User, AppError> {
    let hub = hub.clone();
    db.write(move |tx| {
        let actor = by.demand(tx)?;
        let before = roster::find(tx, id, Status::Active)?.ok_or(AppError::NotFound)?;
        if before.role == role.role() {
            return Ok(before);
        }
        if role == HumanRole::Member {
            roster::demand_another_administrator(tx, id)?;
        }
        roster::update_role(tx, id, role.role())?;
        audit::insert(tx, &actor, Act::RoleChanged, &before.name, role.word())?;
        let user = users::find(tx, id)?;
        announce(tx, &hub, &user)?;
        Ok(user)
    })
    .await
}

/// Takes somebody off the account. What they wrote stays, and so do their direct rooms, so that those keep their names.
///
/// # Errors
/// As for [`set_role`], but that a banned person can be removed too.
///
/// # Side effects
/// 1. their sessions, links and memberships of other rooms are deleted, their address is free for others, and a line of the audit
///    log is written; 2. their sockets are closed; 3. every socket learns of it.
pub async fn remove(db: &Db, hub: &Hub, by: By, id: UserId) -> Result<(), AppError> {
    let hub = hub.clone();
    db.write(move |tx| {
        let actor = by.demand(tx)?;
        let user = match roster::find(tx, id, Status::Active)? {
            Some(user) => user,
            None => roster::find(tx, id, Status::Banned)?.ok_or(AppError::NotFound)?,
        };
        if user.is_active() && user.is_administrator() {
            roster::demand_another_administrator(tx, id)?;
        }
        roster::deactivate(tx, id)?;
        rooms::hand_over(tx, None, id)?;
        audit::insert(tx, &actor, Act::PersonRemoved, &user.name, "")?;
        // Should it fail, each socket finds out when it next checks its session.
        let ender = hub.clone();
        tx.after_commit(move || ender.end_person(id), || {});
        announce(tx, &hub, &user)
    })
    .await
}
