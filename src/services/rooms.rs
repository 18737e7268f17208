//! Making, changing and deleting rooms, and who is in them.

use super::prelude::*;
use std::collections::HashSet;

/// People chosen for one room: as many as an account's pages can offer.
pub const CHOSEN_MAX: usize = 5_000;
/// Pages of a room end for those who are in it no longer.
const LEFT: Option<CloseReason> = Some(CloseReason::NO_LONGER_MEMBER);
/// Why somebody can't be chosen.
const NOT_HERE: &str = "Somebody you chose is not here (any more).";
/// Why somebody may not make a room.
pub const CREATORS_ONLY: &str = "In this account only administrators make rooms. Ask one of them.";

/// Makes a room: closed, of its creator and those they chose; or (none chosen) open, with everyone in it.
/// # Errors
/// `Forbidden` when only administrators may make rooms and this is none; `Invalid` when one of the chosen is not here.
/// # Side effects
/// 1. the room and the memberships are written; 2. the pages of those in it are told.
pub async fn create(core: &Core, creator: UserId, name: Name, chosen: Option<Vec<UserId>>) -> Result<RoomId> {
    core.write(move |tx| {
        let user = users::find_active(tx, creator)?.ok_or(AppError::SignedOut)?;
        let is_restricted = accounts::account(tx)?.is_some_and(|account| account.restricts_room_creation);
        if is_restricted && !user.is_administrator() {
            return Err(AppError::Forbidden(CREATORS_ONLY.into()));
        }
        let kind = if chosen.is_some() { RoomKind::Closed } else { RoomKind::Open };
        let room = rooms::insert(tx, kind, &name, creator)?;
        let people = match chosen {
            Some(chosen) => add(tx, room, &chosen.into_iter().chain([creator]).collect(), Involvement::Mentions)?,
            None => memberships::insert_everyone(tx, room)?,
        };
        tell_joined(tx, room, people);
        Ok(room)
    })
    .await
}

/// Saves a room as open or closed, by another name or (none) its own; closed, with exactly these people or (none) those in it.
/// # Errors
/// `NotFound` when there is no such room for the editor (a ping is none); `Forbidden` when they neither made it nor run the account;
/// `Invalid` when one of the chosen is not here, or nobody would be left.
/// # Side effects
/// 1. name, kind and memberships are written; a room that its creator left is handed over; a change by somebody who did not make the
///    room is a line in the audit log; 2. those who left, those who came, and those who stay are told; pages of those who left end.
pub async fn update(
    core: &Core, editor: Actor, room: RoomId, (kind, name): (RoomKind, Option<Name>), people: Option<Vec<UserId>>,
) -> Result<()> {
    core.write(move |tx| {
        let id = editor.id().ok_or(AppError::SignedOut)?;
        let (old_name, creator) = rooms::demand_editor(tx, room, id)?;
        if creator != id {
            audit::insert(tx, &editor, Act::RoomChanged, &old_name, "")?;
        }
        let name = name.map_or_else(|| Name::parse("name", &old_name), Ok)?;
        rooms::update(tx, room, kind, &name)?;
        let (mut came, mut left) = (Vec::new(), Vec::new());
        if kind == RoomKind::Open {
            came = memberships::insert_everyone(tx, room)?;
        } else if let Some(chosen) = people {
            let chosen: HashSet<UserId> = chosen.into_iter().collect();
            // Those who can't come in are not there to be chosen, and stay as they are.
            let before: HashSet<UserId> = memberships::active_ids(tx, room)?.into_iter().collect();
            let new = &chosen - &before;
            came = add(tx, room, &new, Involvement::Mentions)?;
            left = (&before - &chosen).into_iter().collect();
            if chosen.is_empty() {
                return Err(Invalid::new("user_ids", "Somebody has to stay in the room. To end it, delete it.").into());
            }
            for person in &left {
                memberships::delete(tx, room, *person)?;
            }
            rooms::hand_over(tx, Some(room), creator)?;
        }
        let name = name.as_str().to_owned();
        tx.tell(move |topics, now_ms| {
            topics.left(room, &left, LEFT);
            topics.room_changed(room, name);
            topics.joined(room, &came, now_ms);
        });
        Ok(())
    })
    .await
}

/// Puts people into a room; returns those who were not there.
fn add(tx: &Tx<'_>, room: RoomId, people: &HashSet<UserId>, involvement: Involvement) -> Result<Vec<UserId>> {
    for person in people {
        if !memberships::insert(tx, room, *person, involvement)? {
            return Err(Invalid::new("user_ids", NOT_HERE).into());
        }
    }
    Ok(people.iter().copied().collect())
}

/// Leaves the news for those who came.
fn tell_joined(tx: &Write<'_>, room: RoomId, people: Vec<UserId>) {
    tx.tell(move |topics, now_ms| topics.joined(room, &people, now_ms));
}

/// Deletes a room with everything in it. Nobody finds it from the commit on; its rows go in batches.
/// # Errors
/// `NotFound` when there is no such room for the remover; `Forbidden` when it is no ping and they neither made it nor run the account.
/// # Side effects
/// 1. the room is marked as deleted, with a line in the log unless it is a ping; 2. its pages end, lists lose it; 3. background work.
pub async fn remove(core: &Core, remover: Actor, room: RoomId) -> Result<()> {
    let background = core.background.clone();
    core.write(move |tx| {
        let id = remover.id().ok_or(AppError::SignedOut)?;
        let found = rooms::for_member(tx, room, id)?.ok_or(AppError::NotFound)?;
        if found.is_direct() {
            memberships::demand(tx, room, id)?;
        } else {
            rooms::demand_editor(tx, room, id)?;
            audit::insert(tx, &remover, Act::RoomDeleted, &found.name, "")?;
        }
        rooms::update_deleted(tx, room)?;
        tx.tell(move |topics, _| topics.room_deleted(room));
        tx.after_commit(move || background.nudge(), || ());
        Ok(())
    })
    .await
}

/// Takes somebody out of a closed room, because they want to.
/// # Errors
/// `NotFound` when they are not in it; `Conflict` when it is a room for everyone or a ping, or they are the last in it.
/// # Side effects
/// 1. the membership is deleted, and the room handed over if they had made it; 2. their pages of it end and their lists lose it.
pub async fn leave(core: &Core, person: UserId, room: RoomId) -> Result<()> {
    core.write(move |tx| {
        memberships::demand(tx, room, person)?;
        let found = rooms::for_member(tx, room, person)?.ok_or(AppError::NotFound)?;
        if found.kind != RoomKind::Closed {
            return Err(AppError::Conflict("Only closed rooms can be left. Make this one invisible instead."));
        }
        memberships::delete(tx, room, person)?;
        if memberships::active_ids(tx, room)?.is_empty() {
            return Err(AppError::Conflict("You are the last one here. Delete the room instead."));
        }
        rooms::hand_over(tx, Some(room), person)?;
        tx.tell(move |topics, _| topics.left(room, &[person], LEFT));
        Ok(())
    })
    .await
}

/// Finds the ping of exactly these people, or starts it. Tells whether it is new.
/// # Errors
/// `Invalid` when one of them is not here (any more); a ping with them that there was is found in the list.
/// # Side effects
/// 1. a new ping and its memberships are written; one that the starter had made invisible is back; 2. those concerned are told.
pub async fn ping(core: &Core, starter: UserId, key: DirectKey) -> Result<(RoomId, bool)> {
    core.write(move |tx| {
        users::find_active(tx, starter)?.ok_or(AppError::SignedOut)?;
        for person in key.people() {
            users::find_active(tx, person)?.ok_or_else(|| Invalid::new("user_ids", NOT_HERE))?;
        }
        if let Some(room) = rooms::insert_direct(tx, &key, starter)? {
            let people = add(tx, room, &key.people().collect(), Involvement::Everything)?;
            tell_joined(tx, room, people);
            return Ok((room, true));
        }
        let room = rooms::direct(tx, &key)?;
        if !memberships::is_visible(tx, room, starter)? {
            memberships::update_involvement(tx, room, starter, Involvement::Everything)?;
            tell_joined(tx, room, vec![starter]);
        }
        Ok((room, false))
    })
    .await
}

/// Sets how much somebody wants to hear of a room.
/// # Errors
/// `NotFound` when they are not in it.
/// # Side effects
/// 1. the involvement is written; 2. their pages are told when the room came into their list or left it.
pub async fn set_involvement(core: &Core, user: UserId, room: RoomId, involvement: Involvement) -> Result<()> {
    core.write(move |tx| {
        memberships::demand(tx, room, user)?;
        let before = memberships::update_involvement(tx, room, user, involvement)?;
        match (before == Involvement::Invisible, involvement == Involvement::Invisible) {
            (false, true) => tx.tell(move |topics, _| topics.left(room, &[user], None)),
            (true, false) => tell_joined(tx, room, vec![user]),
            _ => {}
        }
        Ok(())
    })
    .await
}
