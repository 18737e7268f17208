//! The sending half of a socket: catches up, then sends what comes, at the peer's pace.

use super::super::sidebar::Sidebar;
use super::super::{App, assets};
use super::{Client, End, Peer, Since};
use crate::db::sessions::Origin;
use crate::db::{Snapshot, messages, rooms, sessions};
use crate::domain::ids::{Revision, RoomId};
use crate::domain::messages::{Change, Place};
use crate::domain::people::Viewer;
use crate::error::AppError;
use crate::live::frames::{self, Event, Format, Frame};
use crate::live::hub::{Next, Subscription};
use actix_web::rt::time::{interval, timeout};
use actix_web::web;
use actix_ws::{Closed, Session};
use bytestring::ByteString;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::error::Elapsed;

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
/// Messages sent first to a socket that says nothing of what it has seen.
const RECENT_LEN: u32 = 50;

/// What was read to bring a socket up to date.
struct Missed {
    changes: Vec<Change>,
    revision: Revision,
    sidebar: String,
}

/// The sending half of a socket.
pub(super) struct Sending {
    app: web::Data<App>,
    viewer: Viewer,
    client: Client,
    origin: Origin,
    room: Option<RoomId>,
    format: Format,
    session: Session,
    subscription: Subscription,
    cursor: Revision,
}

impl Sending {
    pub(super) fn new(
        app: web::Data<App>,
        peer: Peer,
        viewer: Viewer,
        session: Session,
        subscription: Subscription,
    ) -> Self {
        let Peer { client, origin, room, format } = peer;
        Self { app, viewer, client, origin, room, format, session, subscription, cursor: Revision(0) }
    }

    /// Catches up, then sends what comes, until the end.
    pub(super) async fn run(mut self, since: Since, mut answers: mpsc::Receiver<ByteString>) -> End {
        match self.serve(since, &mut answers).await {
            Ok(()) => End::Gone,
            Err(end) => end,
        }
    }

    async fn serve(&mut self, since: Since, answers: &mut mpsc::Receiver<ByteString>) -> Result<(), End> {
        self.catch_up(since).await?;
        let mut pings = interval(PING_EVERY);
        let mut pinged = 0;
        pings.tick().await;
        loop {
            tokio::select! {
                next = self.subscription.next() => match next {
                    Next::Frame(frame) => self.send_frame(&frame).await?,
                    Next::Behind => self.level().await?,
                    Next::Close(reason) => return Err(reason.into()),
                },
                answer = answers.recv() => match answer {
                    Some(text) => self.send(text).await?,
                    None => return Ok(()),
                },
                _ = pings.tick() => {
                    pinged += 1;
                    if pinged % PINGS_PER_CHECK == 0 {
                        self.check_session().await?;
                    }
                    if pinged % PINGS_PER_TOUCH == 0 {
                        super::touch(&self.app, self.viewer.session_id, self.origin.clone()).await;
                    }
                    self.ping().await?;
                }
            }
        }
    }

    /// Sends a live frame, unless the snapshot that was caught up with has it already.
    async fn send_frame(&mut self, frame: &Frame) -> Result<(), End> {
        if frame.revision().is_some_and(|revision| revision <= self.cursor) {
            return Ok(());
        }
        if let Some(text) = frame.text(self.format) {
            self.send(text).await?;
        }
        if let Some(revision) = frame.revision() {
            self.cursor = revision;
        }
        Ok(())
    }

    /// Sends text; ends when the peer takes nothing for too long or the server wants the socket closed.
    async fn send(&mut self, text: ByteString) -> Result<(), End> {
        tokio::select! {
            sent = timeout(STALL_MAX, self.session.text(text)) => sent_in_time(sent),
            reason = self.subscription.until_closed() => Err(reason.into()),
        }
    }

    async fn ping(&mut self) -> Result<(), End> {
        tokio::select! {
            sent = timeout(STALL_MAX, self.session.ping(b"")) => sent_in_time(sent),
            reason = self.subscription.until_closed() => Err(reason.into()),
        }
    }

    /// Sends what the peer has missed when it connects, or tells it to fetch everything afresh.
    async fn catch_up(&mut self, since: Since) -> Result<(), End> {
        let (missed, is_reload) = self.missed(since).await?;
        if is_reload {
            self.send(frames::reload()).await?;
        }
        for change in missed.changes {
            if let Some(text) = Frame::new(Event::Change(change)).text(self.format) {
                self.send(text).await?;
            }
        }
        self.caught_up(missed.revision, &missed.sidebar).await
    }

    /// Re-reads what was dropped while the peer was slow, at its pace, until level.
    async fn level(&mut self) -> Result<(), End> {
        // What is missed comes in batches, but what the peer knew stays what it knew before the first.
        let known = self.cursor;
        loop {
            let missed = self.read_missed(self.cursor, known, CATCH_UP_MAX).await?;
            let is_level = missed.changes.len() < CATCH_UP_MAX as usize;
            for change in missed.changes {
                self.send_frame(&Frame::new(Event::Change(change))).await?;
            }
            if is_level {
                return self.caught_up(missed.revision, &missed.sidebar).await;
            }
        }
    }

    async fn caught_up(&mut self, revision: Revision, sidebar: &str) -> Result<(), End> {
        self.cursor = self.cursor.max(revision);
        self.send(frames::caught_up(self.cursor, sidebar, assets::version())).await
    }

    /// What to send first, and whether the peer must fetch afresh instead.
    async fn missed(&self, since: Since) -> Result<(Missed, bool), End> {
        let since = match (since, self.room) {
            (Since::Revision(revision), _) => Some(revision),
            (Since::Message(id), Some(room)) => {
                let stored =
                    self.app.db.read(move |snapshot| Ok(messages::created_revision(snapshot, room, id)?));
                stored.await?
            }
            (Since::Message(_) | Since::Unknown, _) => None,
        };
        let Some(since) = since else { return Ok((self.read_recent().await?, false)) };
        let mut missed = self.read_missed(since, since, CATCH_UP_MAX + 1).await?;
        let is_reload = since > missed.revision || missed.changes.len() > CATCH_UP_MAX as usize;
        if is_reload {
            missed.changes.clear();
        }
        Ok((missed, is_reload))
    }

    /// What changed past a revision, in one snapshot with the right to see it.
    async fn read_missed(&self, after: Revision, known: Revision, limit: u32) -> Result<Missed, End> {
        self.read_rightly(move |snapshot, room| match room {
            Some(room) => Ok(messages::changes_after(snapshot, room, after, known, limit)?),
            None => Ok(Vec::new()),
        })
        .await
    }

    /// The most recent messages, oldest first.
    async fn read_recent(&self) -> Result<Missed, End> {
        self.read_rightly(move |snapshot, room| {
            let Some(room) = room else { return Ok(Vec::new()) };
            let window = messages::page(snapshot, room, Place::Newest, RECENT_LEN)?;
            Ok(window.messages.into_iter().map(Change::Created).collect())
        })
        .await
    }

    async fn read_rightly(
        &self,
        changes: impl FnOnce(&Snapshot<'_>, Option<RoomId>) -> Result<Vec<Change>, AppError> + Send + 'static,
    ) -> Result<Missed, End> {
        let (viewer, room, client) = (self.viewer.clone(), self.room, self.client.clone());
        let used_after_ms = self.app.sessions_end_ms();
        let missed = self.app.db.read(move |snapshot| {
            if !sessions::is_valid(snapshot, viewer.session_id, used_after_ms)? {
                return Err(AppError::SignedOut);
            }
            if let Some(room) = room {
                rooms::for_member(snapshot, room, viewer.user.id)?.ok_or(AppError::NotFound)?;
            }
            let revision = messages::revision(snapshot)?;
            let sidebar = Sidebar::read(snapshot, viewer.user.id, &client)?.version;
            Ok(Missed { changes: changes(snapshot, room)?, revision, sidebar })
        });
        Ok(missed.await?)
    }

    async fn check_session(&self) -> Result<(), End> {
        let (session, used_after_ms) = (self.viewer.session_id, self.app.sessions_end_ms());
        let is_valid = self
            .app
            .db
            .read(move |snapshot| Ok(sessions::is_valid(snapshot, session, used_after_ms)?))
            .await?;
        if is_valid { Ok(()) } else { Err(AppError::SignedOut.into()) }
    }
}

/// How a sending went: done, to a peer that is gone, or not taken in time.
fn sent_in_time(sent: Result<Result<(), Closed>, Elapsed>) -> Result<(), End> {
    match sent {
        Ok(Ok(())) => Ok(()),
        Ok(Err(Closed)) => Err(End::Gone),
        Err(_) => Err(End::Close(1013, "took nothing; come back")),
    }
}
