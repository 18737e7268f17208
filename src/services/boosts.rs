//! Adding and withdrawing boosts.
//!
//! A boost is no message: it moves no room up, makes nothing unread, and takes a revision of the message it is on.

use super::messages::announce;
use crate::db::{Db, Tx, boosts, memberships, messages};
use crate::domain::boosts::{BOOSTS_MAX, CONTENTS_MAX};
use crate::domain::ids::{BoostId, MessageId, RoomId, UserId};
use crate::domain::messages::{Change, Message};
use crate::domain::text::BoostContent;
use crate::error::AppError;
use crate::live::hub::Hub;
use std::sync::Arc;

/// What became of a boost.
pub struct Boosted {
    /// The message as it is now.
    pub message: Arc<Message>,
    /// The boost; none when it was withdrawn.
    pub id: Option<BoostId>,
    /// Whether the message changed.
    pub is_new: bool,
}

/// Adds a boost. Somebody's second of the same content is answered with the first.
///
/// # Errors
/// `NotFound` when there is no such message (any more) or the booster is not in its room; `Conflict` when the message has all the
/// boosts it can take. Nothing is written then.
///
/// # Side effects
/// Of a new boost, none of a repeat: 1. it is written and the message takes a revision; 2. the room's sockets are told.
pub async fn boost(
    db: &Db, hub: &Hub, booster: UserId, room: RoomId, id: MessageId, content: BoostContent,
) -> Result<Boosted, AppError> {
    let hub = hub.clone();
    db.write(move |tx| {
        let message = boostable(tx, booster, room, id)?;
        match add(tx, booster, id, &content)? {
            Some(boost) => Ok(Boosted { message: changed(tx, &hub, room, id)?, id: Some(boost), is_new: true }),
            None => Ok(Boosted { message, id: Some(boosts::posted_as(tx, id, booster, &content)?), is_new: false }),
        }
    })
    .await
}

/// Adds a boost, or withdraws it when it was there: what one click on it means.
///
/// # Errors
/// As for [`boost`].
///
/// # Side effects
/// As of a new [`boost`].
pub async fn toggle(
    db: &Db, hub: &Hub, booster: UserId, room: RoomId, id: MessageId, content: BoostContent,
) -> Result<Boosted, AppError> {
    let hub = hub.clone();
    db.write(move |tx| {
        boostable(tx, booster, room, id)?;
        let boost = add(tx, booster, id, &content)?;
        if boost.is_none() {
            let before = boosts::posted_as(tx, id, booster, &content)?;
            boosts::delete(tx, id, booster, before)?;
        }
        Ok(Boosted { message: changed(tx, &hub, room, id)?, id: boost, is_new: true })
    })
    .await
}

/// Withdraws one's own boost.
///
/// # Errors
/// `NotFound` when there is no such boost of one's own on the message (any more), or one is not in its room. Nothing is written then.
///
/// # Side effects
/// As of a new [`boost`].
pub async fn withdraw(
    db: &Db, hub: &Hub, booster: UserId, room: RoomId, id: MessageId, boost: BoostId,
) -> Result<Arc<Message>, AppError> {
    let hub = hub.clone();
    db.write(move |tx| {
        boostable(tx, booster, room, id)?;
        if boosts::delete(tx, id, booster, boost)? { changed(tx, &hub, room, id) } else { Err(AppError::NotFound) }
    })
    .await
}

/// The message, if it is there and the booster may see it.
fn boostable(tx: &Tx<'_>, booster: UserId, room: RoomId, id: MessageId) -> Result<Arc<Message>, AppError> {
    memberships::demand(tx, room, booster)?;
    Ok(messages::present(tx, room, id)?)
}

/// Adds a boost within the bounds; none when it was there.
fn add(tx: &Tx<'_>, booster: UserId, message: MessageId, content: &BoostContent) -> Result<Option<BoostId>, AppError> {
    let added = boosts::insert(tx, message, booster, content)?;
    let (all, contents) = boosts::counts(tx, message)?;
    if added.is_some() && (all > BOOSTS_MAX || contents > CONTENTS_MAX) {
        return Err(AppError::Conflict("This message has all the boosts it can take."));
    }
    Ok(added)
}

/// Gives the message its revision, and leaves it for the room's sockets.
pub(super) fn changed(tx: &Tx<'_>, hub: &Hub, room: RoomId, id: MessageId) -> Result<Arc<Message>, AppError> {
    let message = messages::update_revision(tx, room, id)?;
    announce(tx, hub, Change::Boosted(message.clone()));
    Ok(message)
}
