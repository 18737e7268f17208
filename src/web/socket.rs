//! The socket: what a page or program hears live, and how it catches up.
//!
//! Subscribes first, then checks the right and reads what was missed in one snapshot; live frames up to that snapshot are
//! dropped, later ones follow. So what is sent is what was committed, in order, once.
//!
//! Invariants: the cursor only moves forward; a peer that takes nothing is closed, one that is slow re-reads from the
//! database; whatever ends the task, the subscription ends with it.

pub(crate) mod connection;
mod hearing;
mod missed;
mod sending;
mod unread;

use super::App;
use super::auth::{TOUCH_AFTER_MS, shown_token};
use super::client::Client;
use super::prelude::form;
use crate::db::sessions::Origin;
use crate::db::{rooms, sessions};
use crate::domain::{MessageId, Revision, RoomId, TokenHash, Viewer};
use crate::error::{AppError, Result};
use crate::live::frames::Format;
use crate::live::hub::{CloseReason, Subscriber, Subscription};
use crate::services::sessions::touch;
use actix_http::ws::OpCode;
use actix_web::rt::time::timeout;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use connection::{Reader, Upgraded, Writer};
use futures_util::future::FutureExt;
use hearing::Hearing;
use sending::Sending;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::sync::mpsc;
use unread::Unread;

/// Answers to the peer's own frames that may wait. The peer is not read while they do.
const ANSWERS_MAX: usize = 8;
/// How long the closing itself may take.
const CLOSE_MAX: Duration = Duration::from_secs(2);

// What a socket asks for.
form! { SocketQuery {
    room: Option<String>, since: Option<String>, last_seen_message_id: Option<String>, people: Option<String>,
    format: Option<String>
} }

fn number(text: Option<&String>, wrong: &'static str) -> Result<Option<i64>> {
    let number = |text: &String| text.parse().ok().filter(|number| *number >= 0).ok_or(AppError::BadRequest(wrong));
    text.map(number).transpose()
}

impl From<AppError> for CloseReason {
    fn from(error: AppError) -> Self {
        match error {
            AppError::SignedOut => Self::SIGNED_OUT,
            AppError::NotFound => Self::NO_SUCH_ROOM,
            error => {
                tracing::warn!(?error, "a socket could not be served");
                Self(1013, "try again later")
            }
        }
    }
}

/// `GET /ws`: the socket. Browsers can't see a refused upgrade, so it is accepted and then closed with a code.
pub async fn index(
    request: HttpRequest, app: web::Data<App>, payload: web::Payload, query: web::Query<SocketQuery>,
) -> Result<HttpResponse> {
    let since = number(query.since.as_ref(), "since must be a revision: a number.")?.map(Revision);
    let last_seen = query.last_seen_message_id.as_ref().filter(|_| since.is_none());
    let last_seen = number(last_seen, "last_seen_message_id must be a message's id.")?.map(MessageId);
    let people = number(query.people.as_ref(), "people must be a revision: a number.")?;
    let format = match query.format.as_deref() {
        None | Some("html") => Format::Html,
        Some("json") => Format::Json,
        Some(_) => return Err(AppError::BadRequest("format must be html or json.")),
    };
    let (response, ..) = actix_ws::handle(&request, payload)
        .map_err(|_| AppError::BadRequest("This address is for WebSockets (RFC 6455)."))?;
    let token = shown_token(&request);
    let client = Client::of(request.head(), &app.config);
    let origin = client.origin(request.headers());
    // A room that is no room is one that can't be found.
    let room = query.room.as_ref().map(|room| room.parse().unwrap_or(RoomId(0)));
    let peer = Arc::new(Peer { app, client, origin, room, since, last_seen, people, format, is_looking: true.into() });
    let serve = move |reader, writer| serve(peer, token, reader, writer).boxed_local();
    request.extensions_mut().insert(Upgraded(Box::new(serve)));
    Ok(response)
}

/// Serves a socket until its end.
async fn serve(peer: Arc<Peer>, token: Option<TokenHash>, mut reader: Reader, mut writer: Writer) {
    let end = match Box::pin(open(token, &peer)).await {
        Ok((viewer, subscription, followed)) => {
            let (answers, answered) = mpsc::channel(ANSWERS_MAX);
            let voice = subscription.voice.clone();
            let hearing = Hearing { peer: peer.clone(), viewer: viewer.clone(), voice, answers };
            let (unread, cursor, writer) = (Unread::of(viewer.user.id), Revision(0), &mut writer);
            let people = peer.people;
            let sending = Sending { peer, viewer, writer, subscription, followed, cursor, people, unread };
            // Pinned, since each would be there twice otherwise.
            let (hearing, sending) = (pin!(hearing.run(&mut reader)), pin!(sending.run(answered)));
            tokio::select! { end = hearing => end, Err(end) = sending => end }
        }
        Err(end) => end,
    };
    if end != CloseReason::GONE {
        writer.put(OpCode::Close, &[&end.0.to_be_bytes()[..], end.1.as_bytes()].concat());
        // A peer that takes nothing does not take this either.
        let _ = timeout(CLOSE_MAX, async { (writer.finish().await, reader.drain().await) }).await;
    }
}

/// The other end, and what it asked for.
struct Peer {
    app: web::Data<App>,
    client: Client,
    origin: Origin,
    room: Option<RoomId>,
    /// What a page says that it has: messages up to a revision or one of them, names and pictures up to a change.
    since: Option<Revision>,
    last_seen: Option<MessageId>,
    people: Option<i64>,
    format: Format,
    /// Whether the reader looks at the page.
    is_looking: AtomicBool,
}

/// Finds out who it is and subscribes them to the rooms they want to hear of.
async fn open(token: Option<TokenHash>, peer: &Peer) -> Result<(Viewer, Subscription, BTreeSet<RoomId>), CloseReason> {
    let token = token.ok_or(AppError::SignedOut)?;
    let (used_after_ms, room_id) = (peer.app.sessions_end_ms(), peer.room);
    let read = peer.app.db.read(move |snapshot| {
        let (viewer, used_at_ms) = sessions::by_token(snapshot, &token, used_after_ms)?.ok_or(AppError::SignedOut)?;
        if let Some(room_id) = room_id {
            rooms::for_member(snapshot, room_id, viewer.user.id)?.ok_or(AppError::NotFound)?;
        }
        let rooms = rooms::visible(snapshot, viewer.user.id)?;
        Ok((viewer, used_at_ms, rooms))
    });
    let (viewer, used_at_ms, rooms) = read.await?;
    if (peer.app.clock)() - used_at_ms > TOUCH_AFTER_MS {
        touch(&peer.app, viewer.session_id, peer.origin.clone()).await;
    }
    let (person, session_id) = (viewer.user.as_author(), viewer.session_id);
    let followed = rooms.iter().copied().collect();
    let subscriber = Subscriber { person, session_id, room_id, rooms, format: peer.format };
    let subscription = peer.app.hub.subscribe(subscriber).ok_or(AppError::Busy)?;
    Ok((viewer, subscription, followed))
}
