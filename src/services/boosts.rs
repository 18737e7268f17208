//! Adding and withdrawing boosts.
//!
//! A boost is no message: it moves no room up, makes nothing unread, and takes a revision of the message it is on.

use super::messages::announce;
use super::{Core, Write};
use crate::db::{Tx, boosts, memberships, messages};
use crate::domain::boosts::{BOOSTS_MAX, CONTENTS_MAX};
use crate::domain::{BoostContent, BoostId, Change, Message, MessageId, RoomId, UserId};
use crate::error::AppError;
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

/// Adds a boost. When the same person has added one of the same content, it stays, so that trying again is safe; or (`is_toggle`) it
/// goes, so that one click on it joins or withdraws.
/// # Errors
/// `NotFound` when there is no such message (any more) or the booster is not in its room; `Conflict` when the message has all the
/// boosts it can take.
/// # Side effects
/// None of one that was there and stays; else: 1. it is written and the message takes a revision; 2. the room's sockets are told.
pub async fn boost(
    core: &Core, booster: UserId, (room, id): (RoomId, MessageId), content: BoostContent, is_toggle: bool,
) -> Result<Boosted, AppError> {
    core.write(move |tx| {
        let message = boostable(tx, booster, room, id)?;
        let added = boosts::insert(tx, id, booster, &content)?;
        let (all, contents) = boosts::counts(tx, id)?;
        if added.is_some() && (all > BOOSTS_MAX || contents > CONTENTS_MAX) {
            return Err(AppError::Conflict("This message has all the boosts it can take."));
        }
        if added.is_none() {
            let before = boosts::posted_as(tx, id, booster, &content)?;
            if !is_toggle {
                return Ok(Boosted { message, id: Some(before), is_new: false });
            }
            boosts::delete(tx, id, booster, before)?;
        }
        Ok(Boosted { message: changed(tx, room, id, Change::Boosted)?, id: added, is_new: true })
    })
    .await
}

/// Withdraws one's own boost.
/// # Errors
/// `NotFound` when there is no such boost of one's own on the message (any more), or one is not in its room.
/// # Side effects
/// As of a new [`boost`].
pub async fn withdraw(
    core: &Core, booster: UserId, (room, id): (RoomId, MessageId), boost: BoostId,
) -> Result<Arc<Message>, AppError> {
    core.write(move |tx| {
        boostable(tx, booster, room, id)?;
        if boosts::delete(tx, id, booster, boost)? {
            changed(tx, room, id, Change::Boosted)
        } else {
            Err(AppError::NotFound)
        }
    })
    .await
}

/// The message, if it is there and the booster may see it.
fn boostable(tx: &Tx<'_>, booster: UserId, room: RoomId, id: MessageId) -> Result<Arc<Message>, AppError> {
    memberships::demand(tx, room, booster)?;
    Ok(messages::present(tx, room, id)?)
}

/// Gives the message its revision, and leaves the change for the room's sockets.
pub(super) fn changed(
    tx: &Write<'_>, room: RoomId, id: MessageId, change: fn(Arc<Message>) -> Change,
) -> Result<Arc<Message>, AppError> {
    let message = messages::update_revision(tx, room, id)?;
    announce(tx, change(message.clone()));
    Ok(message)
}
