//! Posting, editing and removing messages, and boosting them.
//!
//! A boost is no message: it moves no room up, makes nothing unread, and takes a revision of the message it is on.

use super::files::Stored as StoredFile;
use super::prelude::*;
use crate::db::messages::Stored;
use crate::live::frames::Event;

/// Makes a body of what was typed into a room: finds those whom it mentions, and renders it. With `edited`, those whom that message
/// mentions are known. Beside a file it may say nothing. Only reads.
pub async fn compose(
    core: &Core, room: RoomId, creator: UserId, edited: Option<MessageId>,
    (source, file): (MessageSource, Option<&Attachment>),
) -> Result<Body> {
    let source = source.as_str().to_owned();
    if spots(&source).is_empty() {
        return Ok(Body::of(source).beside(file));
    }
    let read =
        core.db.read(move |snapshot| Ok((mentions::find(snapshot, room, creator, edited, &spots(&source))?, source)));
    let (found, source) = read.await?;
    Ok(Body::of(referring(&source, found)).beside(file))
}

/// Posts a message. A repeat, by its `client_message_id`, is answered with the message as it is now. Tells whether it is new.
/// # Errors
/// `NotFound` when the author is not in the room; `Conflict` when somebody else used the id; `Gone` when it was removed since.
/// # Side effects
/// Of a new message: 1. it is written, with its file; 2. the room's `last_message_at`; 3. the room's sockets are told; 4. its link is
/// left to be looked at. Of anything else only the file is deleted.
pub async fn post(
    core: &Core, author: UserId, room: RoomId, draft: Draft, file: Option<StoredFile>,
) -> Result<(Arc<Message>, bool)> {
    core.write(move |tx| {
        memberships::demand(tx, room, author)?;
        match messages::insert(tx, room, author, &draft)? {
            Some(message) => {
                if let Some(file) = file {
                    file.keep();
                }
                rooms::update_last_message(tx, room, message.id)?;
                announce(tx, Change::Created(message.clone()));
                Ok((message, true))
            }
            None => {
                let stored = messages::posted_as(tx, room, draft.client_message_id)?;
                Ok((as_repeat(stored.ok_or(AppError::NotFound)?, author)?, false))
            }
        }
    })
    .await
    .inspect(|(message, _)| core.previews.want(message))
}

/// What an earlier post of `author` with this id became, if there was one: for a repeat that by itself would be refused. Only reads.
/// # Errors
/// As for [`post`].
pub async fn repeated(core: &Core, author: UserId, room: RoomId, id: ClientMessageId) -> Result<Option<Arc<Message>>> {
    let read = core.db.read(move |snapshot| {
        rooms::for_member(snapshot, room, author)?.ok_or(AppError::NotFound)?;
        let stored = messages::posted_as(snapshot, room, id)?;
        stored.map(|stored| as_repeat(stored, author)).transpose()
    });
    read.await
}

fn as_repeat(stored: Stored, author: UserId) -> Result<Arc<Message>> {
    match stored {
        Ok(message) if message.creator.id == author => Ok(message),
        Err(tombstone) if tombstone.creator_id == author => Err(AppError::Gone),
        _ => Err(AppError::Conflict("This client_message_id is taken. Use a new one.")),
    }
}

/// Gives a message another body, with `seen` only if nobody has edited it since that revision. Answers it, and whether it says so now.
/// # Errors
/// `NotFound` unless it is there and the editor in its room; `Forbidden` when they are neither its author nor an administrator.
/// # Side effects
/// None when it says so already; else: 1. the earlier body is kept as a version and the new one written, and the preview of a link
/// that went is dropped; 2. the room's sockets are told; 3. another link is left to be looked at.
pub async fn edit(
    core: &Core, editor: UserId, room: RoomId, id: MessageId, (body, seen): (Body, Option<Revision>),
) -> Result<(Arc<Message>, bool)> {
    let link = core.previews.link(&body).map(String::from);
    core.write(move |tx| {
        let message = editable(tx, editor, room, id)?;
        let mut read = body.clone();
        mentions::put_names(tx, vec![&mut read])?;
        if message.body == read {
            return Ok((message, true));
        }
        if seen.is_some_and(|seen| seen < message.body_revision) {
            return Ok((message, false));
        }
        previews::drop_of_other_link(tx, id, link.as_deref())?;
        let message = messages::update_body(tx, &message, &body)?;
        announce(tx, Change::Updated(message.clone()));
        Ok((message, true))
    })
    .await
    .inspect(|(message, is_saved)| {
        if *is_saved {
            core.previews.want(message)
        }
    })
}

/// Removes a message; what stays is its tombstone.
/// # Errors
/// As for [`edit`]; a message that was removed already is `NotFound`.
/// # Side effects
/// 1. all but the tombstone is erased; 2. the room's sockets are told; 3. a file that it had is deleted in the background.
pub async fn remove(core: &Core, editor: UserId, room: RoomId, id: MessageId) -> Result<Change> {
    let background = core.background.clone();
    core.write(move |tx| {
        let message = editable(tx, editor, room, id)?;
        let change = Change::Removed(messages::delete(tx, &message)?);
        announce(tx, change.clone());
        if message.attachment.is_some() {
            tx.after_commit(move || background.nudge(), || ());
        }
        Ok(change)
    })
    .await
}

/// The message, if it is there and `editor` may change it.
pub(super) fn editable(tx: &Tx<'_>, editor: UserId, room: RoomId, id: MessageId) -> Result<Arc<Message>> {
    let message = messages::present(tx, room, id)?;
    messages::demand_editor(tx, &message, editor)?;
    Ok(message)
}

/// Leaves a change for the room's sockets.
pub(super) fn announce(tx: &Write<'_>, change: Change) {
    tx.tell(move |topics, now_ms| topics.publish(change.place().0, Event::Change(change), now_ms));
}

/// Adds a boost. When the same person has added one of the same content, it stays, so that trying again is safe; or (`is_toggle`) it
/// goes, so that one click on it joins or withdraws. Answers the message, whether it changed, and the boost unless it was withdrawn.
/// # Errors
/// `NotFound` unless it is there and the booster in its room; `Conflict` when it has all the boosts it can take.
/// # Side effects
/// None of one that was there and stays; else: 1. it is written and the message takes a revision; 2. the room's sockets are told.
pub async fn boost(
    core: &Core, booster: UserId, (room, id): (RoomId, MessageId), content: BoostContent, is_toggle: bool,
) -> Result<(Arc<Message>, bool, Option<BoostId>)> {
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
                return Ok((message, false, Some(before)));
            }
            boosts::delete(tx, id, booster, before)?;
        }
        Ok((changed(tx, room, id, Change::Boosted)?, true, added))
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
) -> Result<Arc<Message>> {
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
fn boostable(tx: &Tx<'_>, booster: UserId, room: RoomId, id: MessageId) -> Result<Arc<Message>> {
    memberships::demand(tx, room, booster)?;
    Ok(messages::present(tx, room, id)?)
}

/// Gives the message its revision, and leaves the change for the room's sockets.
pub(super) fn changed(
    tx: &Write<'_>, room: RoomId, id: MessageId, change: fn(Arc<Message>) -> Change,
) -> Result<Arc<Message>> {
    let message = messages::update_revision(tx, room, id)?;
    announce(tx, change(message.clone()));
    Ok(message)
}
