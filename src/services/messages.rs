//! Posting, editing and removing messages.

use super::files::Stored as StoredFile;
use super::{Core, Write};
use crate::db::messages::{self, Stored};
use crate::db::{Tx, memberships, mentions, previews, rooms};
use crate::domain::mentions::{referring, spots};
use crate::domain::{
    Attachment, Body, Change, ClientMessageId, Draft, Message, MessageId, MessageSource, Revision, RoomId, UserId,
};
use crate::error::AppError;
use crate::live::frames::Event;
use std::sync::Arc;

/// Makes a body of what was typed into a room: finds those whom it mentions, and renders it. With `edited`, those whom that message
/// mentions are known. Beside a file it may say nothing. Has no side effects.
/// # Errors
/// As for any read.
pub async fn compose(
    core: &Core, room: RoomId, creator: UserId, edited: Option<MessageId>,
    (source, file): (MessageSource, Option<&Attachment>),
) -> Result<Body, AppError> {
    let source = source.as_str().to_owned();
    if spots(&source).is_empty() {
        return Ok(Body::of(source).beside(file));
    }
    let (found, source) = core
        .db
        .read(move |snapshot| Ok((mentions::find(snapshot, room, creator, edited, &spots(&source))?, source)))
        .await?;
    Ok(Body::of(referring(&source, found)).beside(file))
}

/// What became of a post.
pub struct Posted {
    /// The message as it is now.
    pub message: Arc<Message>,
    /// Whether this post created it; otherwise it was there already.
    pub is_new: bool,
}

/// Posts a message. A repeat of an earlier post, recognised by its `client_message_id`, is answered with the message as it is now.
/// # Errors
/// `NotFound` when the author is not in the room (any more); `Conflict` when somebody else used the id;
/// `Gone` when the message was removed since.
/// # Side effects
/// Of a new message: 1. it is written, with its file; 2. the room's `last_message_at`; 3. the room's sockets are told; 4. its link is
/// left to be looked at. Of anything else only the file is deleted.
pub async fn post(
    core: &Core, author: UserId, room: RoomId, draft: Draft, file: Option<StoredFile>,
) -> Result<Posted, AppError> {
    core.write(move |tx| {
        memberships::demand(tx, room, author)?;
        match messages::insert(tx, room, author, &draft)? {
            Some(message) => {
                if let Some(file) = file {
                    file.keep();
                }
                rooms::update_last_message(tx, room, message.id)?;
                announce(tx, Change::Created(message.clone()));
                Ok(Posted { message, is_new: true })
            }
            None => {
                let stored = messages::posted_as(tx, room, draft.client_message_id)?;
                let message = as_repeat(stored.ok_or(AppError::NotFound)?, author)?;
                Ok(Posted { message, is_new: false })
            }
        }
    })
    .await
    .inspect(|posted| core.previews.want(&posted.message))
}

/// What an earlier post of `author` with this id became, if there was one: for a repeat that by itself would be
/// refused. Has no side effects.
/// # Errors
/// As for [`post`].
pub async fn repeated(
    core: &Core, author: UserId, room: RoomId, id: ClientMessageId,
) -> Result<Option<Posted>, AppError> {
    core.db
        .read(move |snapshot| {
            rooms::for_member(snapshot, room, author)?.ok_or(AppError::NotFound)?;
            let stored = messages::posted_as(snapshot, room, id)?;
            stored.map(|stored| Ok(Posted { message: as_repeat(stored, author)?, is_new: false })).transpose()
        })
        .await
}

fn as_repeat(stored: Stored, author: UserId) -> Result<Arc<Message>, AppError> {
    let taken = AppError::Conflict("This client_message_id is taken. Use a new one.");
    match stored {
        Ok(message) if message.creator.id == author => Ok(message),
        Err(tombstone) if tombstone.creator_id == author => Err(AppError::Gone),
        _ => Err(taken),
    }
}

/// What became of an edit.
pub enum Edited {
    /// The message says so now.
    Saved(Arc<Message>),
    /// Somebody edited it meanwhile: the message as it is now, with nothing written.
    Overtaken(Arc<Message>),
}

/// Gives a message another body. With `seen`, the revision that was edited, only if nobody else has edited it since.
/// # Errors
/// `NotFound` when there is no such message (any more) or the editor is not in its room; `Forbidden` when they are
/// neither its author nor an administrator.
/// # Side effects
/// None when it says so already; else: 1. the earlier body is kept as a version and the new one written, and the preview of a link
/// that went is dropped; 2. the room's sockets are told; 3. another link is left to be looked at.
pub async fn edit(
    core: &Core, editor: UserId, room: RoomId, id: MessageId, (body, seen): (Body, Option<Revision>),
) -> Result<Edited, AppError> {
    let link = core.previews.link(&body).map(String::from);
    core.write(move |tx| {
        let message = editable(tx, editor, room, id)?;
        let mut read = body.clone();
        mentions::put_names(tx, vec![&mut read])?;
        if message.body == read {
            return Ok(Edited::Saved(message));
        }
        if seen.is_some_and(|seen| seen < message.body_revision) {
            return Ok(Edited::Overtaken(message));
        }
        previews::drop_of_other_link(tx, id, link.as_deref())?;
        let message = messages::update_body(tx, &message, &body)?;
        announce(tx, Change::Updated(message.clone()));
        Ok(Edited::Saved(message))
    })
    .await
    .inspect(|edited| {
        if let Edited::Saved(message) = edited {
            core.previews.want(message)
        }
    })
}

/// Removes a message; what stays is its tombstone.
/// # Errors
/// As for [`edit`]; a message that was removed already is `NotFound`.
/// # Side effects
/// 1. the content is erased, with boosts, mentions, versions and preview; 2. the room's sockets are told; 3. a file
///    that it had is deleted in the background.
pub async fn remove(core: &Core, editor: UserId, room: RoomId, id: MessageId) -> Result<Change, AppError> {
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
pub(super) fn editable(tx: &Tx<'_>, editor: UserId, room: RoomId, id: MessageId) -> Result<Arc<Message>, AppError> {
    let message = messages::present(tx, room, id)?;
    messages::demand_editor(tx, &message, editor)?;
    Ok(message)
}

/// Leaves a change for the room's sockets.
pub(super) fn announce(tx: &Write<'_>, change: Change) {
    tx.tell(move |topics, now_ms| topics.publish(change.room_id(), Event::Change(change), now_ms));
}
