//! The sending half of a socket: catches up, then sends what comes, at the peer's pace.

use super::super::assets;
use super::Peer;
use super::connection::Writer;
use super::hearing::Answer;
use super::missed::{Missed, PEOPLE_MAX, Wanted};
use super::unread::{Then, Unread};
use crate::db::{messages, rooms, sessions};
use crate::domain::{Revision, RoomEntry, RoomId, Viewer};
use crate::error::{AppError, Result};
use crate::live::frames::{Event, Format, Frame, Listed};
use crate::live::hub::{CloseReason, Subscription};
use crate::live::json;
use actix_http::ws::OpCode;
use actix_web::rt::time::{interval, timeout};
use bytestring::ByteString;
use serde_json::Value;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc;

/// How often the server pings, so that proxies keep the connection and a dead peer is noticed.
const PING_EVERY: Duration = Duration::from_secs(25);
/// Pings between looks at whether the session still holds: five minutes.
const PINGS_PER_CHECK: u32 = 12;
/// Pings between notes that the session is in use, listening being use: an hour.
const PINGS_PER_TOUCH: u32 = 12 * PINGS_PER_CHECK;
/// A peer that takes no bytes at all for this long is closed.
const STALL_MAX: Duration = Duration::from_secs(30);
/// Changes that a page is brought up to date with one by one; past it, fetching the list is less work for both.
const CATCH_UP_MAX: u32 = 200;
/// How often the rooms to hear of are put right before it is left to the events that follow.
const FOLLOW_TRIES: u32 = 3;

/// The sending half of a socket.
pub(super) struct Sending<'w> {
    pub(super) peer: Arc<Peer>,
    pub(super) viewer: Viewer,
    pub(super) writer: &'w mut Writer,
    pub(super) subscription: Subscription,
    /// The rooms that the hub knows this socket to hear of.
    pub(super) followed: BTreeSet<RoomId>,
    pub(super) cursor: Revision,
    /// Up to which change of names and pictures the peer knows them; none: it does not show any from before.
    pub(super) people: Option<i64>,
    pub(super) unread: Unread,
}

impl Sending<'_> {
    /// Catches up, then sends what comes, until the end.
    pub(super) async fn run(mut self, mut answers: mpsc::Receiver<Option<Answer>>) -> Result<Infallible, CloseReason> {
        Box::pin(self.catch_up()).await?;
        let mut pings = interval(PING_EVERY);
        let mut pinged = 0;
        pings.tick().await;
        loop {
            // What is there is written together.
            if self.subscription.is_level() {
                self.flush().await?;
            }
            tokio::select! {
                // In this order, since it costs least: there are few answers.
                biased;
                answer = answers.recv() => match answer {
                    Some(Some(answer)) => self.writer.put(answer.0, &answer.1),
                    Some(None) => self.tell_own_room().await?,
                    None => return Err(CloseReason::GONE),
                },
                next = self.subscription.next() => match next? {
                    Some(frame) => self.send_frame(&frame).await?,
                    None => Box::pin(self.level()).await?,
                },
                _ = pings.tick() => {
                    pinged += 1;
                    if pinged % PINGS_PER_CHECK == 0 {
                        Box::pin(self.check_session()).await?;
                    }
                    if pinged % PINGS_PER_TOUCH == 0 {
                        Box::pin(super::touch(&self.peer.app, self.viewer.session_id, self.peer.origin.clone())).await;
                    }
                    self.writer.put(OpCode::Ping, b"");
                }
            }
        }
    }

    /// Sends a live frame, unless the snapshot that was caught up with has it already.
    async fn send_frame(&mut self, frame: &Frame) -> Result<(), CloseReason> {
        if frame.revision().is_some_and(|revision| revision <= self.cursor) || !self.note(frame).await? {
            return Ok(());
        }
        if let Some(text) = frame.text(self.peer.format) {
            self.send(text).await?;
        }
        self.cursor = frame.revision().unwrap_or(self.cursor);
        Ok(())
    }

    /// Takes note of what concerns this reader in particular; tells whether the frame is to be sent as it is.
    async fn note(&mut self, frame: &Frame) -> Result<bool, CloseReason> {
        match &frame.event {
            Event::Activity { room_id, added, must_recount } => {
                let then = self.unread.heard(*room_id, added, *must_recount);
                // Who looks at the room sees the message itself.
                let is_looking = self.peer.room == Some(*room_id) && self.peer.is_looking.load(Ordering::Relaxed);
                self.tell_unread(*room_id, then, is_looking).await?;
                return Ok(false);
            }
            Event::Counted { room_id, unread, as_of } => {
                let then = self.unread.set(*room_id, *unread, *as_of);
                self.tell_unread(*room_id, then, false).await?;
                return Ok(false);
            }
            Event::RoomAdded(Listed { room_id, .. }) => {
                self.unread.add(*room_id, self.cursor);
                self.followed.insert(*room_id);
                Box::pin(self.send_room(*room_id, |room| Event::RoomCreated { room })).await?;
            }
            Event::RoomChanged(Listed { room_id, .. }) => {
                Box::pin(self.send_room(*room_id, |room| Event::RoomUpdated { room })).await?
            }
            Event::RoomRemoved(Listed { room_id, .. }) => {
                self.unread.remove(*room_id);
                self.followed.remove(room_id);
            }
            Event::PersonUpdated { people_revision, .. } => {
                let is_known = self.people.is_some_and(|known| *people_revision <= known);
                self.people = self.people.map(|known| known.max(*people_revision));
                return Ok(!is_known);
            }
            _ => {}
        }
        Ok(true)
    }

    async fn tell_unread(&mut self, room_id: RoomId, then: Then, is_looking: bool) -> Result<(), CloseReason> {
        let unread = match then {
            Then::Nothing => return Ok(()),
            Then::Tell(unread) => unread,
            Then::Recount => {
                let Some((entry, as_of)) = Box::pin(self.entry(room_id)).await? else { return Ok(()) };
                self.unread.set(room_id, entry.unread, as_of);
                entry.unread
            }
        };
        if is_looking {
            return Ok(());
        }
        self.tell(&Event::Unread { room_id, unread_count: unread.count, mention: unread.mention }).await
    }

    /// When the reader has turned away from the page: from now on, what is unread in its room is news, and what came meanwhile too.
    async fn tell_own_room(&mut self) -> Result<(), CloseReason> {
        let is_away = !self.peer.is_looking.load(Ordering::Relaxed);
        match self.peer.room.and_then(|room| Some((room, self.unread.of_room(room)?))) {
            Some((room, unread)) if is_away && unread.count > 0 => {
                self.tell_unread(room, Then::Tell(unread), false).await
            }
            _ => Ok(()),
        }
    }

    /// Reads a room as the reader has it, and as of which revision; none when it is no longer the reader's.
    async fn entry(&self, room: RoomId) -> Result<Option<(RoomEntry, Revision)>, CloseReason> {
        let (viewer, moves) = (self.viewer.user.id, self.peer.app.reading.of(self.viewer.user.id));
        let read = self.peer.app.db.read(move |snapshot| {
            Ok((rooms::entry_for_member(snapshot, room, viewer, &moves)?, messages::revision(snapshot)?))
        });
        match read.await {
            Err(AppError::NotFound) => Ok(None),
            read => Ok(Some(read?)),
        }
    }

    /// Tells a program of a room as this member sees it. Pages fetch their sidebar.
    async fn send_room(&mut self, room: RoomId, event: fn(Value) -> Event) -> Result<(), CloseReason> {
        if self.peer.format == Format::Json
            && let Some((entry, _)) = self.entry(room).await?
        {
            self.tell(&event(json::room(&entry))).await?;
        }
        Ok(())
    }

    /// Sends what is made for this socket alone.
    async fn tell(&mut self, event: &Event) -> Result<(), CloseReason> {
        match event.text(self.peer.format) {
            Some(text) => self.send(text).await,
            None => Ok(()),
        }
    }

    async fn send(&mut self, text: ByteString) -> Result<(), CloseReason> {
        self.writer.put(OpCode::Text, text.as_bytes());
        if self.writer.is_full() { self.flush().await } else { Ok(()) }
    }

    /// Waits until all is written; ends when the peer takes nothing for too long or the server wants the socket closed.
    async fn flush(&mut self) -> Result<(), CloseReason> {
        // Most often that is at once: then nothing is waited for.
        while !self.writer.try_flush().map_err(|_| CloseReason::GONE)? {
            tokio::select! {
                taken = timeout(STALL_MAX, self.writer.stream.writable()) => match taken {
                    Ok(taken) => taken.map_err(|_| CloseReason::GONE)?,
                    Err(_) => return Err(CloseReason(1013, "took nothing; come back")),
                },
                reason = self.subscription.until_closed() => return Err(reason),
            }
        }
        Ok(())
    }

    /// Sends what the peer has missed when it connects, or tells it to fetch everything afresh.
    async fn catch_up(&mut self) -> Result<(), CloseReason> {
        let since = match (self.peer.since, self.peer.last_seen, self.peer.room) {
            (None, Some(id), Some(room)) => {
                let stored = self.peer.app.db.read(move |snapshot| Ok(messages::created_revision(snapshot, room, id)?));
                stored.await?
            }
            (since, ..) => since,
        };
        let after = |since| Wanted::After { after: since, known: since, limit: CATCH_UP_MAX + 1 };
        let mut missed = self.read(since.map_or(Wanted::Recent, after)).await?;
        let is_ahead = since.is_some_and(|since| since > missed.revision);
        let too_many = missed.changes.len() > CATCH_UP_MAX as usize || missed.people.len() > PEOPLE_MAX as usize;
        if is_ahead || too_many {
            self.tell(&Event::Reload).await?;
            missed.changes.clear();
            missed.people.clear();
        }
        for change in std::mem::take(&mut missed.changes) {
            self.tell(&Event::Change(change)).await?;
        }
        self.caught_up(missed).await
    }

    /// Re-reads what was dropped while the peer was slow, at its pace, until level.
    async fn level(&mut self) -> Result<(), CloseReason> {
        // What is missed comes in batches, but what the peer knew stays what it knew before the first.
        let known = self.cursor;
        loop {
            let wanted = Wanted::After { after: self.cursor, known, limit: CATCH_UP_MAX };
            let mut missed = self.read(wanted).await?;
            let is_level = missed.changes.len() < CATCH_UP_MAX as usize;
            for change in std::mem::take(&mut missed.changes) {
                self.send_frame(&Frame::new(Event::Change(change))).await?;
            }
            if is_level {
                return self.caught_up(missed).await;
            }
        }
    }

    /// Sends what else has changed, and that the peer is level.
    async fn caught_up(&mut self, missed: Missed) -> Result<(), CloseReason> {
        self.cursor = self.cursor.max(missed.revision);
        for (user, people_revision) in missed.people {
            self.tell(&Event::PersonUpdated { people_revision, user, spread_ms: 0 }).await?;
        }
        self.people = Some(missed.people_revision);
        self.subscription.voice.may(move |topics, id, _| topics.watch(id, missed.standing.people));
        let (people_revision, sidebar) = (missed.people_revision, missed.standing.version);
        self.tell(&Event::CaughtUp { revision: self.cursor, people_revision, sidebar, version: assets::version() })
            .await
    }

    /// Reads what was missed, and sees to it that the hub knows the very rooms to hear of: what is published after the read reaches
    /// this socket, what was before is in it.
    async fn read(&mut self, wanted: Wanted) -> Result<Missed, CloseReason> {
        let mut tries = 0;
        loop {
            let (peer, viewer, people) = (self.peer.clone(), self.viewer.clone(), self.people);
            let (db, tick) = (&self.peer.app.db, self.peer.app.db.freshness().now());
            let read = db.read(move |snapshot| Missed::read(snapshot, &peer, &viewer, wanted, people, tick));
            let missed = read.await?;
            self.unread.reset(missed.standing.unread.iter().copied(), missed.standing.as_of);
            let rooms = self.unread.rooms();
            if rooms == self.followed || tries == FOLLOW_TRIES {
                return Ok(missed);
            }
            tries += 1;
            self.subscription.follow(rooms.iter().copied().collect());
            self.followed = rooms;
        }
    }

    async fn check_session(&self) -> Result<(), CloseReason> {
        let (session, used_after_ms) = (self.viewer.session_id, self.peer.app.sessions_end_ms());
        let is_valid =
            self.peer.app.db.read(move |snapshot| Ok(sessions::is_valid(snapshot, session, used_after_ms)?)).await?;
        if is_valid { Ok(()) } else { Err(AppError::SignedOut.into()) }
    }
}
