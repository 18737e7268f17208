//! The socket: what a page or program hears live, and how it catches up.
//!
//! Subscribes first, then checks the right and reads what was missed in one snapshot; live frames up to that snapshot are
//! dropped, later ones follow. So what is sent is what was committed, in order, once.
//!
//! Invariants: the cursor only moves forward; a peer that takes nothing is closed, one that is slow re-reads from the
//! database; whatever ends the task, the subscription ends with it.

mod hearing;
mod missed;
mod sending;
mod unread;

use super::App;
use super::auth::{TOUCH_AFTER_MS, shown_token, touch};
use super::client::Client;
use crate::db::sessions::Origin;
use crate::db::{rooms, sessions};
use crate::domain::{MessageId, Revision, RoomId, TokenHash, Viewer};
use crate::error::AppError;
use crate::live::frames::Format;
use crate::live::hub::{CloseReason, Subscriber, Subscription};
use actix_web::rt::time::timeout;
use actix_web::{HttpRequest, HttpResponse, rt, web};
use actix_ws::CloseCode;
use hearing::{FRAME_MAX, Hearing};
use sending::Sending;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// Answers to the peer's own frames that may wait. The peer is not read while they do.
const ANSWERS_MAX: usize = 8;
/// How long the closing itself may take.
const CLOSE_MAX: Duration = Duration::from_secs(2);

/// What a socket asks for.
#[derive(Deserialize)]
pub struct SocketQuery {
    room: Option<String>,
    since: Option<String>,
    last_seen_message_id: Option<String>,
    people: Option<String>,
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
        let wrong_message = "last_seen_message_id must be a message's id.";
        Ok(match (&self.since, &self.last_seen_message_id) {
            (Some(text), _) => Since::Revision(Revision(number(text, "since must be a revision: a number.")?)),
            (None, Some(text)) => Since::Message(MessageId(number(text, wrong_message)?)),
            (None, None) => Since::Unknown,
        })
    }
}

fn number(text: &str, wrong: &'static str) -> Result<i64, AppError> {
    text.parse().ok().filter(|number| *number >= 0).ok_or(AppError::BadRequest(wrong))
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
            CloseReason::NoLongerMember => Self::Close(4403, "no longer a member"),
            CloseReason::NoSuchRoom => Self::Close(4404, "no such room"),
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
    request: HttpRequest, app: web::Data<App>, payload: web::Payload, query: web::Query<SocketQuery>,
) -> Result<HttpResponse, AppError> {
    let since = query.since()?;
    let people = query.people.as_deref().map(|text| number(text, "people must be a revision: a number."));
    let people = people.transpose()?;
    let format = match query.format.as_deref() {
        None | Some("html") => Format::Html,
        Some("json") => Format::Json,
        Some(_) => return Err(AppError::BadRequest("format must be html or json.")),
    };
    let (response, session, stream) = actix_ws::handle(&request, payload)
        .map_err(|_| AppError::BadRequest("This address is for WebSockets (RFC 6455)."))?;
    let stream = stream.max_frame_size(FRAME_MAX).aggregate_continuations().max_continuation_size(FRAME_MAX);
    let token = shown_token(&request);
    let client = Client::of(request.head(), &app.config);
    let origin = client.origin(request.headers());
    // A room that is no room is one that can't be found.
    let room = query.room.as_ref().map(|room| room.parse().unwrap_or(RoomId(0)));
    let peer = Arc::new(Peer { client, origin, room, format });
    rt::spawn(async move {
        let closing = session.clone();
        let end = match open(&app, token, &peer).await {
            Ok((viewer, subscribed)) => {
                let (answers, answered) = mpsc::channel(ANSWERS_MAX);
                let (gaze, seen) = watch::channel(true);
                let voice = subscribed.0.voice.clone();
                let hearing = Hearing {
                    app: app.clone(),
                    viewer: viewer.clone(),
                    room,
                    voice,
                    answers,
                    gaze,
                    ip_address: peer.client.ip_address,
                };
                let sending = Sending::new(app, viewer, peer, session, subscribed, seen, people);
                tokio::select! { end = hearing.run(stream) => end, Err(end) = sending.run(since, answered) => end }
            }
            Err(end) => end,
        };
        if let End::Close(code, reason) = end {
            let reason = actix_ws::CloseReason { code: CloseCode::from(code), description: Some(reason.into()) };
            // A peer that takes nothing does not take this either; its connection goes with the task.
            let _ = timeout(CLOSE_MAX, closing.close(Some(reason))).await;
        }
    });
    Ok(response)
}

/// The other end, and what it asked for.
struct Peer {
    client: Client,
    origin: Origin,
    room: Option<RoomId>,
    format: Format,
}

/// Finds out who it is and subscribes them.
async fn open(
    app: &App, token: Option<TokenHash>, peer: &Peer,
) -> Result<(Viewer, (Subscription, BTreeSet<RoomId>)), End> {
    let token = token.ok_or(AppError::SignedOut)?;
    let (used_after_ms, room_id) = (app.sessions_end_ms(), peer.room);
    let (found, rooms) = app
        .db
        .read(move |snapshot| {
            let found = sessions::by_token(snapshot, &token, used_after_ms)?.ok_or(AppError::SignedOut)?;
            if let Some(room_id) = room_id {
                rooms::for_member(snapshot, room_id, found.viewer.user.id)?.ok_or(AppError::NotFound)?;
            }
            let rooms = rooms::visible(snapshot, found.viewer.user.id)?;
            Ok((found, rooms))
        })
        .await?;
    let viewer = found.viewer;
    if (app.clock)() - found.last_used_at_ms > TOUCH_AFTER_MS {
        touch(app, viewer.session_id, peer.origin.clone()).await;
    }
    let (person, session_id) = (viewer.user.as_author(), viewer.session_id);
    let followed: BTreeSet<RoomId> = rooms.iter().copied().collect();
    let subscriber = Subscriber { person, session_id, room_id, rooms, format: peer.format };
    let subscription = app.hub.subscribe(subscriber).ok_or(AppError::Busy)?;
    Ok((viewer, (subscription, followed)))
}
