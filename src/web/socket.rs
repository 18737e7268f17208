//! The socket: what a page or program hears live, and how it catches up.
//!
//! Subscribes first, then checks the right and reads what was missed in one snapshot; live frames up to that snapshot are
//! dropped, later ones follow. So what is sent is what was committed, in order, once.
//!
//! Invariants: the cursor only moves forward; a peer that takes nothing is closed, one that is slow re-reads from the
//! database; whatever ends the task, the subscription ends with it.

use super::App;
use super::auth::shown_token;
use super::client::Client;
use super::messages::{MessageForm, submit};
use super::sidebar::Sidebar;
use super::{assets, errors};
use crate::db::{Snapshot, messages, rooms, sessions};
use crate::domain::ids::{MessageId, Revision, RoomId};
use crate::domain::messages::{Change, Place};
use crate::domain::people::Viewer;
use crate::error::AppError;
use crate::live::frames::{self, Event, Format, Frame};
use crate::live::hub::{CloseReason, Next, Subscriber, Subscription, Voice};
use actix_web::rt::time::{interval, timeout};
use actix_web::{HttpRequest, HttpResponse, rt, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, ProtocolError, Session};
use bytestring::ByteString;
use futures_util::StreamExt;
use serde::Deserialize;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Bytes in a frame from the peer; the largest message is 40 KB.
const FRAME_MAX: usize = 64 * 1024;
/// Frames a second from the peer: nobody types or scrolls faster.
const FRAMES_PER_SECOND_MAX: u32 = 20;
/// Answers to the peer's own frames that may wait. The peer is not read while they do.
const ANSWERS_MAX: usize = 8;
/// How often the server pings, so that proxies keep the connection and a dead peer is noticed.
const PING_EVERY: Duration = Duration::from_secs(25);
/// A peer that sends nothing, not even a pong, for this long is gone.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// A peer that takes no bytes at all for this long is closed.
const STALL_MAX: Duration = Duration::from_secs(30);
/// How long the closing itself may take.
const CLOSE_MAX: Duration = Duration::from_secs(2);
/// Pings between looks at whether the session still holds: five minutes.
const PINGS_PER_CHECK: u32 = 12;
/// Changes that a page is brought up to date with one by one; past it, fetching the list is less work for both.
const CATCH_UP_MAX: u32 = 200;
/// Messages sent first to a socket that says nothing of what it has seen.
const RECENT_LEN: u32 = 50;

/// What a socket asks for.
#[derive(Deserialize)]
pub struct SocketQuery {
    room: Option<String>,
    since: Option<String>,
    last_seen_message_id: Option<String>,
    format: Option<String>,
}

/// Where the peer's knowledge ends.
#[derive(Debug, Clone, Copy)]
enum Since {
    /// It says nothing of it.
    Unknown,
    /// It knows everything up to a revision.
    Revision(Revision),
    /// It knows everything up to a message.
    Message(MessageId),
}

impl SocketQuery {
    fn since(&self) -> Result<Since, AppError> {
        let number = |text: &String| text.parse::<i64>().ok().filter(|number| *number >= 0);
        match (&self.since, &self.last_seen_message_id) {
            (Some(text), _) => number(text)
                .map(|number| Since::Revision(Revision(number)))
                .ok_or(AppError::BadRequest("since must be a revision: a number.")),
            (None, Some(text)) => number(text)
                .map(|number| Since::Message(MessageId(number)))
                .ok_or(AppError::BadRequest("last_seen_message_id must be a message's id.")),
            (None, None) => Ok(Since::Unknown),
        }
    }
}

/// How a socket ends.
enum End {
    /// The peer closed or vanished.
    Gone,
    /// The server closes, with a code and a reason.
    Close(u16, &'static str),
}

impl From<CloseReason> for End {
    fn from(reason: CloseReason) -> Self {
        match reason {
            CloseReason::Stopping => Self::Close(1001, "the server is stopping; come back"),
            CloseReason::SignedOut => Self::Close(4401, "signed out"),
            CloseReason::TooMany => Self::Close(4429, "too many sockets"),
        }
    }
}

impl From<AppError> for End {
    fn from(error: AppError) -> Self {
        match error {
            AppError::SignedOut => Self::Close(4401, "signed out"),
            AppError::NotFound => Self::Close(4404, "no such room"),
            error => {
                tracing::warn!(?error, "a socket could not be served");
                Self::Close(1013, "try again later")
            }
        }
    }
}

/// `GET /ws`: the socket. Browsers can't see a refused upgrade, so it is accepted and then closed with a code.
pub async fn index(
    request: HttpRequest,
    app: web::Data<App>,
    payload: web::Payload,
    query: web::Query<SocketQuery>,
) -> Result<HttpResponse, AppError> {
    let since = query.since()?;
    let format = match query.format.as_deref() {
        None | Some("html") => Format::Html,
        Some("json") => Format::Json,
        Some(_) => return Err(AppError::BadRequest("format must be html or json.")),
    };
    let (response, session, stream) = actix_ws::handle(&request, payload)
        .map_err(|_| AppError::BadRequest("This address is for WebSockets (RFC 6455)."))?;
    let stream = stream.max_frame_size(FRAME_MAX).aggregate_continuations().max_continuation_size(FRAME_MAX);
    let (token, client) = (shown_token(&request), Client::of(request.head(), &app.config));
    // A room that is no room is one that can't be found.
    let room = query.room.as_ref().map(|room| room.parse().unwrap_or(RoomId(0)));
    rt::spawn(async move {
        let mut closing = session.clone();
        let end = match open(&app, token, room, format).await {
            Ok((viewer, subscription)) => {
                let voice = subscription.voice();
                let (answers, answered) = mpsc::channel(ANSWERS_MAX);
                let reading = read(&app, &viewer, room, format, voice, stream, answers);
                let sender = Sender {
                    app: app.clone(),
                    viewer: viewer.clone(),
                    client,
                    room,
                    format,
                    session,
                    subscription,
                    cursor: Revision(0),
                };
                let sending = sender.run(since, answered);
                tokio::select! { end = reading => end, end = sending => end }
            }
            Err(end) => end,
        };
        if let End::Close(code, reason) = end {
            let reason =
                actix_ws::CloseReason { code: CloseCode::from(code), description: Some(reason.into()) };
            let _ = timeout(CLOSE_MAX, closing_frame(&mut closing, reason)).await;
        }
    });
    Ok(response)
}

async fn closing_frame(session: &mut Session, reason: actix_ws::CloseReason) {
    let _ = session.clone().close(Some(reason)).await;
}

/// Finds out who it is and subscribes them.
async fn open(
    app: &App,
    token: Option<crate::domain::secrets::TokenHash>,
    room: Option<RoomId>,
    format: Format,
) -> Result<(Viewer, Subscription), End> {
    let token = token.ok_or(AppError::SignedOut)?;
    let used_after_ms = app.sessions_end_ms();
    let viewer = app
        .db
        .read(move |snapshot| {
            let found = sessions::by_token(snapshot, &token, used_after_ms)?.ok_or(AppError::SignedOut)?;
            if let Some(room) = room {
                rooms::for_member(snapshot, room, found.viewer.user.id)?.ok_or(AppError::NotFound)?;
            }
            Ok(found.viewer)
        })
        .await?;
    let subscriber =
        Subscriber { person: viewer.user.as_author(), session_id: viewer.session_id, room_id: room, format };
    let subscription = app.hub.subscribe(subscriber).ok_or(AppError::Busy)?;
    Ok((viewer, subscription))
}

/// What was read to bring a socket up to date.
struct Missed {
    changes: Vec<Change>,
    revision: Revision,
    sidebar: String,
}

/// The sending half.
struct Sender {
    app: web::Data<App>,
    viewer: Viewer,
    client: Client,
    room: Option<RoomId>,
    format: Format,
    session: Session,
    subscription: Subscription,
    cursor: Revision,
}

impl Sender {
    /// Catches up, then sends what comes, until the end.
    async fn run(mut self, since: Since, mut answers: mpsc::Receiver<ByteString>) -> End {
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
            sent = timeout(STALL_MAX, self.session.text(text)) => match sent {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) => Err(End::Gone),
                Err(_) => Err(End::Close(1013, "took nothing; come back")),
            },
            reason = self.subscription.until_closed() => Err(reason.into()),
        }
    }

    async fn ping(&mut self) -> Result<(), End> {
        match timeout(STALL_MAX, self.session.ping(b"")).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::Close(1013, "took nothing; come back")),
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
        loop {
            let missed = self.read_missed(self.cursor, CATCH_UP_MAX).await?;
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
        let mut missed = self.read_missed(since, CATCH_UP_MAX + 1).await?;
        let is_reload = since > missed.revision || missed.changes.len() > CATCH_UP_MAX as usize;
        if is_reload {
            missed.changes.clear();
        }
        Ok((missed, is_reload))
    }

    /// What changed past a revision, in one snapshot with the right to see it.
    async fn read_missed(&self, since: Revision, limit: u32) -> Result<Missed, End> {
        self.read_rightly(move |snapshot, room| match room {
            Some(room) => Ok(messages::changes_since(snapshot, room, since, limit)?),
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

/// What a peer may say.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    Ping,
    Present,
    Absent,
    TypingStart,
    TypingStop,
    Message { content: String, room_id: RoomId, client_message_id: Option<String> },
}

/// The reading half: hears the peer until it goes, breaks the rules or falls silent.
async fn read(
    app: &App,
    viewer: &Viewer,
    room: Option<RoomId>,
    format: Format,
    voice: Voice,
    mut stream: AggregatedMessageStream,
    answers: mpsc::Sender<ByteString>,
) -> End {
    let (mut second, mut heard) = (Instant::now(), 0);
    loop {
        let message = match timeout(SILENCE_MAX, stream.next()).await {
            Err(_) | Ok(None) => return End::Gone,
            Ok(Some(Err(ProtocolError::Overflow))) => {
                return End::Close(1008, "a frame can have at most 64 KiB");
            }
            Ok(Some(Err(_))) => return End::Close(1008, "that is not the WebSocket protocol"),
            Ok(Some(Ok(message))) => message,
        };
        if second.elapsed() >= Duration::from_secs(1) {
            (second, heard) = (Instant::now(), 0);
        }
        heard += 1;
        if heard > FRAMES_PER_SECOND_MAX {
            return End::Close(1008, "more than 20 frames a second");
        }
        let answer = match message {
            AggregatedMessage::Text(text) => match serde_json::from_str::<Said>(&text) {
                Ok(said) => hear(app, viewer, room, format, &voice, said).await,
                Err(_) => {
                    Some(frames::error("This frame is not one of those that are understood here.", None))
                }
            },
            AggregatedMessage::Binary(_) => Some(frames::error("Frames are JSON text.", None)),
            AggregatedMessage::Close(_) => return End::Close(1000, ""),
            // The server's own pings keep the connection; a ping of the peer's counts as a sign of life.
            AggregatedMessage::Ping(_) | AggregatedMessage::Pong(_) => None,
        };
        if let Some(answer) = answer
            && answers.send(answer).await.is_err()
        {
            return End::Gone;
        }
    }
}

/// Does what the peer said; tells what to answer.
async fn hear(
    app: &App,
    viewer: &Viewer,
    room: Option<RoomId>,
    format: Format,
    voice: &Voice,
    said: Said,
) -> Option<ByteString> {
    match said {
        Said::Ping => return Some(frames::pong()),
        Said::Present => voice.set_present(true),
        Said::Absent => voice.set_present(false),
        Said::TypingStart => voice.set_typing(true),
        Said::TypingStop => voice.set_typing(false),
        Said::Message { content, room_id, client_message_id } => {
            let form = MessageForm::new(content, client_message_id.clone());
            let posted = submit(app, viewer.user.id, room_id, &form).await;
            return match posted {
                // The room's own sockets hear of a new message by the broadcast.
                Ok(posted) if posted.is_new && room == Some(room_id) => None,
                Ok(posted) => Frame::new(Event::Change(Change::Created(posted.message))).text(format),
                Err(error) => Some(frames::error(&errors::sentence(&error), client_message_id.as_deref())),
            };
        }
    }
    None
}
