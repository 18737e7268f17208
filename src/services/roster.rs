//! What administrators do with people: roles, removal, bans (what they wrote goes, their addresses stay out); and what the command
//! line does, whether a server runs or not.
//!
//! Invariant: somebody active always runs the account: decided inside the write, so two who demote each other at once can't both succeed.

use super::messages::{announce as announce_change, changed};
use super::people::announce;
use super::prelude::*;
use crate::db::users::Changes;
use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{PoisonError, RwLock};

/// Messages removed in one write: a few milliseconds' worth, between which others have their turn.
const BATCH_MAX: u32 = 100;

/// Whom an address stands for: of IPv6 the network that one subscriber gets, a /64 at least (RFC 6177), any address of which is theirs.
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) & !u128::from(u64::MAX)).into()),
        IpAddr::V4(_) => address,
    }
}

/// The addresses that are kept out, in memory: every request that would change something is compared with them.
#[derive(Clone, Default)]
pub struct BannedAddresses(Arc<RwLock<HashSet<IpAddr>>>);

impl BannedAddresses {
    /// Whether an address is kept out.
    pub fn contains(&self, address: &IpAddr) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&network(*address))
    }

    /// Reads them from the database: at the start.
    pub async fn load(&self, db: &Db) -> Result<()> {
        self.add(db.read(|snapshot| Ok(bans::addresses(snapshot)?)).await?);
        Ok(())
    }

    fn add(&self, addresses: Vec<IpAddr>) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let room = (bans::ADDRESSES_MAX as usize).saturating_sub(all.len());
        all.extend(addresses.into_iter().map(network).take(room));
    }

    fn remove(&self, addresses: &[IpAddr]) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        addresses.iter().for_each(|address| _ = all.remove(&network(*address)));
    }
}

/// Makes somebody an administrator, or a member again; who is so already stays as they are.
/// # Errors
/// An administrator's; `NotFound` unless the person is active; `Conflict` when they are the last administrator.
/// # Side effects
/// 1. the role is written; 2. every socket learns of it.
pub async fn set_role(core: &Core, by: Actor, id: UserId, role: Role) -> Result<User> {
    core.write(move |tx| {
        users::demand_administrator(tx, &by)?;
        let before = roster::find(tx, id)?.filter(User::is_active).ok_or(AppError::NotFound)?;
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
pub async fn remove(core: &Core, by: Actor, id: UserId) -> Result<()> {
    core.write(move |tx| {
        users::demand_administrator(tx, &by)?;
        let user = roster::find(tx, id)?.ok_or(AppError::NotFound)?;
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

/// Throws somebody out. What they wrote goes in batches, which the background's work does.
/// # Errors
/// An administrator's; `NotFound` unless they are on the account; `Conflict` for oneself, the last administrator, or somebody banned.
/// # Side effects
/// 1. their public addresses but those of whoever bans them are kept out, their sessions and links deleted; 2. the addresses are refused; 3. their sockets are closed; 4. every socket learns of it.
pub async fn ban(core: &Core, by: Actor, id: UserId) -> Result<()> {
    let banned = core.banned.clone();
    core.write(move |tx| {
        users::demand_administrator(tx, &by)?;
        if by.id() == Some(id) {
            return Err(AppError::Conflict("You can't ban yourself."));
        }
        let user = roster::find(tx, id)?.ok_or(AppError::NotFound)?;
        if user.status == Status::Banned {
            return Err(AppError::Conflict("They are banned already."));
        }
        if user.is_administrator() {
            roster::demand_another_administrator(tx, id)?;
        }
        // An office behind one address must not be kept out together with one of its people.
        let kept = by.id().map(|administrator| bans::addresses_of_sessions(tx, administrator));
        let mut kept = kept.transpose()?.unwrap_or_default();
        kept.extend(by.ip_address.parse::<IpAddr>());
        let mut addresses = bans::addresses_of_sessions(tx, id)?;
        addresses.retain(|address| !kept.contains(address));
        addresses.iter().try_for_each(|address| bans::insert(tx, id, *address))?;
        roster::delete_ways_in(tx, id)?;
        roster::update_status(tx, id, Status::Banned)?;
        bans::start_purge(tx, id)?;
        let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        audit::insert(tx, &by, Act::PersonBanned, &user.name, &texts.join(" "))?;
        tx.after_commit(move || banned.add(addresses), || ());
        tx.tell(move |topics, _| topics.close(CloseReason::SIGNED_OUT, |it| it.person.id == id));
        announce(tx, &user)
    })
    .await
}

/// Lets somebody back in, and the addresses that were kept out on their account. What they wrote stays removed.
/// # Errors
/// An administrator's; `NotFound` unless the person is banned.
/// # Side effects
/// 1. the status is written, the addresses deleted; 2. they are taken again; 3. every socket learns of it.
pub async fn lift(core: &Core, by: Actor, id: UserId) -> Result<()> {
    let banned = core.banned.clone();
    core.write(move |tx| {
        users::demand_administrator(tx, &by)?;
        let user = roster::find(tx, id)?.filter(|user| user.status == Status::Banned).ok_or(AppError::NotFound)?;
        let free = bans::delete(tx, id)?;
        roster::update_status(tx, id, Status::Active)?;
        // Into those that were made meanwhile; the others they never left.
        memberships::insert_into_open_rooms(tx, id)?;
        audit::insert(tx, &by, Act::BanLifted, &user.name, "")?;
        tx.after_commit(move || banned.remove(&free), || ());
        announce(tx, &users::find(tx, id)?)
    })
    .await
}

/// Removes some of what somebody banned wrote, then their boosts, at most [`BATCH_MAX`] at a time; tells whether there may be more.
pub(super) fn purge(tx: &Write<'_>) -> Result<bool> {
    let Some((id, through)) = bans::next_purge(tx)? else { return Ok(false) };
    let page = messages::page_of_creator(tx, id, through, BATCH_MAX)?;
    for message in &page {
        let tombstone = messages::delete(tx, message)?;
        announce_change(tx, Change::Removed(tombstone));
    }
    if page.len() < BATCH_MAX as usize {
        let boosted = boosts::delete_of_booster(tx, id, through, BATCH_MAX)?;
        for (room, message) in &boosted {
            changed(tx, *room, *message, Change::Boosted)?;
        }
        if boosted.len() < BATCH_MAX as usize {
            bans::end_purge(tx, id)?;
        }
    }
    Ok(true)
}

/// Somebody active, by an address that was typed.
async fn find(core: &Core, address: &str) -> Result<User> {
    let address = EmailAddress::parse(address)?;
    let unknown = format!("Nobody who can sign in here has the e-mail address {}.", address.as_str());
    let found = core.db.read(move |snapshot| Ok(roster::by_address(snapshot, &address)?)).await?;
    Ok(found.ok_or_else(|| Invalid::new("email_address", unknown))?)
}

/// Gives somebody a new password, a generated one when none is given; tells their name and the generated password.
/// # Errors
/// `Invalid` when nobody active has the address, or the password does not do.
/// # Side effects
/// 1. the password is written, the person's sessions and links deleted; 2. their sockets are closed.
pub async fn reset_password(core: &Core, address: &str, chosen: Option<String>) -> Result<(User, Option<String>)> {
    let id = find(core, address).await?.id;
    let generated = chosen.is_none().then(|| grouped(PASSWORD_GROUPS, &mut dice()));
    let password = Password::parse(chosen.as_ref().or(generated.as_ref()).map_or("", String::as_str))?;
    let password = Some(core.passwords.hash(password).await?);
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
pub async fn make_administrator(core: &Core, address: &str) -> Result<User> {
    set_role(core, Actor::COMMAND_LINE, find(core, address).await?.id, Role::Administrator).await
}

/// The path of the invite link. Has no side effects.
/// # Errors
/// `Conflict` before the first run.
pub async fn invite_path(core: &Core) -> Result<String> {
    let account = core.db.read(|snapshot| Ok(accounts::account(snapshot)?)).await?;
    let unused = AppError::Conflict("This Campfire has not been set up yet: open it in a browser first.");
    Ok(format!("/join/{}", account.ok_or(unused)?.join_code))
}

unit_tests!("../../tests/unit/services/roster.rs");
