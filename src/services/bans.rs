//! Bans: throwing somebody out, with all that they wrote, and keeping out the addresses they came from.

use super::administration::By;
use super::messages::announce;
use crate::db::{Db, Tx, audit, bans, boosts, memberships, messages, roster, users};
use crate::domain::audit::Act;
use crate::domain::ids::UserId;
use crate::domain::messages::Change;
use crate::domain::people::{Status, User};
use crate::error::AppError;
use crate::live::hub::Hub;
use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

/// Messages removed in one write: a few milliseconds' worth, between which others have their turn.
const BATCH_MAX: u32 = 100;

/// Whom an address stands for: of IPv6 the network that one subscriber gets (RFC 6177: a /64 at least), since within it anybody has as
/// many addresses as they like.
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
    ///
    /// # Errors
    /// What the database says.
    pub async fn load(&self, db: &Db) -> Result<(), AppError> {
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
        for address in addresses {
            all.remove(&network(*address));
        }
    }
}

/// Throws somebody out. What they wrote goes in batches, which the background's work does.
///
/// # Errors
/// `SignedOut` and `Forbidden` when the right has gone meanwhile; `NotFound` when there is no such person on the account;
/// `Conflict` when it is oneself, the last administrator, or somebody banned already. Nothing is written then.
///
/// # Side effects
/// 1. their public addresses but those of whoever bans them are kept out, their sessions and links deleted, and a line of the audit
///    log is written; 2. the addresses are refused; 3. their sockets are closed; 4. every socket learns of it.
pub async fn ban(db: &Db, hub: &Hub, banned: &BannedAddresses, by: By, id: UserId) -> Result<(), AppError> {
    let (hub, banned) = (hub.clone(), banned.clone());
    db.write(move |tx| {
        let actor = by.demand(tx)?;
        if actor.id == Some(id) {
            return Err(AppError::Conflict("You can't ban yourself."));
        }
        let user = bannable(tx, id)?;
        if user.is_administrator() {
            roster::demand_another_administrator(tx, id)?;
        }
        // An office behind one address must not be kept out together with one of its people.
        let mut kept = match actor.id {
            Some(administrator) => bans::addresses_of_sessions(tx, administrator)?,
            None => Vec::new(),
        };
        kept.extend(actor.ip_address.parse::<IpAddr>());
        let mut addresses = bans::addresses_of_sessions(tx, id)?;
        addresses.retain(|address| !kept.contains(address));
        for address in &addresses {
            bans::insert(tx, id, *address)?;
        }
        roster::delete_ways_in(tx, id)?;
        roster::update_status(tx, id, Status::Banned)?;
        bans::start_purge(tx, id)?;
        let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        audit::insert(tx, &actor, Act::PersonBanned, &user.name, &texts.join(" "))?;
        // Should either fail, the addresses are refused after the next start, and each socket finds out when it next checks
        // its session.
        tx.after_commit(move || banned.add(addresses), || {});
        let ender = hub.clone();
        tx.after_commit(move || ender.end_person(id), || {});
        super::people::announce(tx, &hub, &user)
    })
    .await
}

/// Somebody who can be banned.
fn bannable(tx: &Tx<'_>, id: UserId) -> Result<User, AppError> {
    match roster::find(tx, id, Status::Active)? {
        Some(user) => Ok(user),
        None if roster::find(tx, id, Status::Banned)?.is_some() => Err(AppError::Conflict("They are banned already.")),
        None => Err(AppError::NotFound),
    }
}

/// Lets somebody back in, and the addresses that were kept out on their account. What they wrote stays removed.
///
/// # Errors
/// `SignedOut` and `Forbidden` when the right has gone meanwhile; `NotFound` unless the person is banned. Nothing is written then.
///
/// # Side effects
/// 1. the status and a line of the audit log are written, the addresses deleted; 2. they are taken again; 3. every socket learns
///    of it.
pub async fn lift(db: &Db, hub: &Hub, banned: &BannedAddresses, by: By, id: UserId) -> Result<(), AppError> {
    let (hub, banned) = (hub.clone(), banned.clone());
    db.write(move |tx| {
        let actor = by.demand(tx)?;
        let user = roster::find(tx, id, Status::Banned)?.ok_or(AppError::NotFound)?;
        let free = bans::delete(tx, id)?;
        roster::update_status(tx, id, Status::Active)?;
        // Into those that were made meanwhile; the others they never left.
        memberships::insert_into_open_rooms(tx, id)?;
        audit::insert(tx, &actor, Act::BanLifted, &user.name, "")?;
        // Should it fail, they are taken again after the next start.
        tx.after_commit(move || banned.remove(&free), || {});
        super::people::announce(tx, &hub, &users::find(tx, id)?)
    })
    .await
}

/// Removes some of what somebody banned wrote, then of their boosts, and tells the rooms; tells whether there may be more. At most
/// [`BATCH_MAX`] messages of each.
pub(super) fn purge(tx: &Tx<'_>, hub: &Hub) -> Result<bool, AppError> {
    let Some((id, through)) = bans::next_purge(tx)? else { return Ok(false) };
    let page = messages::page_of_creator(tx, id, through, BATCH_MAX)?;
    for message in &page {
        let tombstone = messages::delete(tx, message)?;
        announce(tx, hub, Change::Removed(tombstone));
    }
    if page.len() < BATCH_MAX as usize {
        let boosted = boosts::delete_of_booster(tx, id, through, BATCH_MAX)?;
        for (room, message) in &boosted {
            super::boosts::changed(tx, hub, *room, *message)?;
        }
        if boosted.len() < BATCH_MAX as usize {
            bans::end_purge(tx, id)?;
        }
    }
    Ok(true)
}

#[cfg(test)]
#[path = "../../tests/unit/services/bans.rs"]
mod tests;
