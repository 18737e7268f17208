//! Bans: throwing somebody out, with all that they wrote, and keeping out the addresses they came from.

use super::{Core, Write, messages as posts, people};
use crate::db::audit::{self, Actor};
use crate::db::{Db, bans, boosts, memberships, messages, roster, users};
use crate::domain::{Act, Change, Status, UserId};
use crate::error::AppError;
use crate::live::hub::CloseReason;
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
/// # Errors
/// An administrator's; `NotFound` when there is no such person on the account; `Conflict` when it is oneself, the last administrator,
/// or somebody banned already.
/// # Side effects
/// 1. their public addresses but those of whoever bans them are kept out, their sessions and links deleted; 2. the addresses are refused; 3. their sockets are closed; 4. every socket learns of it.
pub async fn ban(core: &Core, by: Actor, id: UserId) -> Result<(), AppError> {
    let banned = core.banned.clone();
    core.write(move |tx| {
        users::demand_administrator(tx, &by)?;
        if by.id() == Some(id) {
            return Err(AppError::Conflict("You can't ban yourself."));
        }
        let user = match roster::find(tx, id, Status::Active)? {
            None if roster::find(tx, id, Status::Banned)?.is_some() => {
                return Err(AppError::Conflict("They are banned already."));
            }
            found => found.ok_or(AppError::NotFound)?,
        };
        if user.is_administrator() {
            roster::demand_another_administrator(tx, id)?;
        }
        // An office behind one address must not be kept out together with one of its people.
        let mut kept = match by.id() {
            Some(administrator) => bans::addresses_of_sessions(tx, administrator)?,
            None => Vec::new(),
        };
        kept.extend(by.ip_address.parse::<IpAddr>());
        let mut addresses = bans::addresses_of_sessions(tx, id)?;
        addresses.retain(|address| !kept.contains(address));
        for address in &addresses {
            bans::insert(tx, id, *address)?;
        }
        roster::delete_ways_in(tx, id)?;
        roster::update_status(tx, id, Status::Banned)?;
        bans::start_purge(tx, id)?;
        let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        audit::insert(tx, &by, Act::PersonBanned, &user.name, &texts.join(" "))?;
        tx.after_commit(move || banned.add(addresses), || ());
        tx.tell(move |topics, _| topics.close(CloseReason::SIGNED_OUT, |it| it.person.id == id));
        people::announce(tx, &user)
    })
    .await
}

/// Lets somebody back in, and the addresses that were kept out on their account. What they wrote stays removed.
/// # Errors
/// An administrator's; `NotFound` unless the person is banned.
/// # Side effects
/// 1. the status is written, the addresses deleted; 2. they are taken again; 3. every socket learns of it.
pub async fn lift(core: &Core, by: Actor, id: UserId) -> Result<(), AppError> {
    let banned = core.banned.clone();
    core.write(move |tx| {
        users::demand_administrator(tx, &by)?;
        let user = roster::find(tx, id, Status::Banned)?.ok_or(AppError::NotFound)?;
        let free = bans::delete(tx, id)?;
        roster::update_status(tx, id, Status::Active)?;
        // Into those that were made meanwhile; the others they never left.
        memberships::insert_into_open_rooms(tx, id)?;
        audit::insert(tx, &by, Act::BanLifted, &user.name, "")?;
        tx.after_commit(move || banned.remove(&free), || ());
        people::announce(tx, &users::find(tx, id)?)
    })
    .await
}

/// Removes some of what somebody banned wrote, then of their boosts, and tells the rooms; tells whether there may be more. At most
/// [`BATCH_MAX`] messages of each.
pub(super) fn purge(tx: &Write<'_>) -> Result<bool, AppError> {
    let Some((id, through)) = bans::next_purge(tx)? else { return Ok(false) };
    let page = messages::page_of_creator(tx, id, through, BATCH_MAX)?;
    for message in &page {
        let tombstone = messages::delete(tx, message)?;
        posts::announce(tx, Change::Removed(tombstone));
    }
    if page.len() < BATCH_MAX as usize {
        let boosted = boosts::delete_of_booster(tx, id, through, BATCH_MAX)?;
        for (room, message) in &boosted {
            super::boosts::changed(tx, *room, *message, Change::Boosted)?;
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
