//! The hearing half of a socket: takes what the peer says, until it goes, breaks the rules or falls silent.

use super::super::errors;
use super::super::messages::{MessageForm, submit};
use super::Peer;
use super::connection::Reader;
use crate::domain::{MessageId, RoomId, Viewer};
use crate::error::AppError;
use crate::live::frames::Event;
use crate::live::hub::{CloseReason, Voice};
use crate::services::reading;
use actix_http::ws::{Frame, OpCode, ProtocolError};
use actix_web::rt::time::timeout;
use actix_web::web::Bytes;
use serde::Deserialize;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Frames a second from the peer: nobody types or scrolls faster.
const FRAMES_PER_SECOND_MAX: u32 = 20;
/// A peer that sends nothing, not even a pong, for this long is gone.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// What a peer may say.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    Ping,
    Present,
    Absent,
    Read { message_id: Option<MessageId> },
    TypingStart,
    TypingStop,
    Message { content: String, room_id: RoomId, client_message_id: Option<String> },
}

/// A frame in answer to one of the peer's own.
pub(super) type Answer = Box<(OpCode, Bytes)>;

/// The hearing half.
pub(super) struct Hearing {
    pub(super) peer: Arc<Peer>,
    pub(super) viewer: Viewer,
    pub(super) voice: Voice,
    /// The way to the sending half; none: whether the reader looks at the page has changed.
    pub(super) answers: mpsc::Sender<Option<Answer>>,
}

impl Hearing {
    /// Hears the peer until the end.
    pub(super) async fn run(self, reader: &mut Reader) -> CloseReason {
        let (mut second, mut heard) = (Instant::now(), 0);
        loop {
            let frame = match timeout(SILENCE_MAX, reader.next()).await {
                Err(_) | Ok(Ok(None) | Err(ProtocolError::Io(_))) => return CloseReason::GONE,
                Ok(Err(ProtocolError::Overflow)) => return CloseReason(1008, "a frame can have at most 64 KiB"),
                Ok(Err(_)) => return CloseReason(1008, "that is not the WebSocket protocol"),
                Ok(Ok(Some(frame))) => frame,
            };
            if second.elapsed() >= Duration::from_secs(1) {
                (second, heard) = (Instant::now(), 0);
            }
            heard += 1;
            if heard > FRAMES_PER_SECOND_MAX {
                return CloseReason(1008, "more than 20 frames a second");
            }
            let answer = match frame {
                Frame::Ping(payload) => Some(Box::new((OpCode::Pong, payload))),
                Frame::Text(text) if std::str::from_utf8(&text).is_err() => return CloseReason(1007, "text is UTF-8"),
                Frame::Text(text) => match serde_json::from_slice::<Said>(&text) {
                    Ok(said) => Box::pin(self.heed(said)).await.and_then(|event| self.framed(&event)),
                    Err(_) => self.framed(&refusal("This frame is not one of those that are understood here.", None)),
                },
                Frame::Binary(_) => self.framed(&refusal("Frames are JSON text.", None)),
                Frame::Close(_) => return CloseReason(1000, ""),
                // The server's own pings keep the connection.
                Frame::Pong(_) | Frame::Continuation(_) => None,
            };
            if let Some(answer) = answer
                && self.answers.send(Some(answer)).await.is_err()
            {
                return CloseReason::GONE;
            }
        }
    }

    fn framed(&self, event: &Event) -> Option<Answer> {
        Some(Box::new((OpCode::Text, event.text(self.peer.format)?.into_bytes())))
    }

    async fn set_present(&self, is_present: bool) {
        if self.peer.is_looking.swap(is_present, Ordering::Relaxed) != is_present {
            let _ = self.answers.send(None).await;
        }
        self.voice.may(move |topics, id, now_ms| topics.set_present(id, is_present, now_ms));
    }

    /// Moves the read cursor.
    async fn read(&self, through: Option<MessageId>) -> Option<Event> {
        let Some(room) = self.peer.room else {
            return Some(refusal("This socket is at no room, so nothing is read there.", None));
        };
        let read = reading::read(&self.peer.app, self.viewer.user.id, room, through).await;
        read.err().map(|error| refusal(&errors::sentence(&error), None))
    }

    /// Does what the peer said; tells what to answer.
    async fn heed(&self, said: Said) -> Option<Event> {
        match said {
            Said::Ping => return Some(Event::Pong),
            Said::Present => self.set_present(true).await,
            Said::Absent => self.set_present(false).await,
            Said::Read { message_id } => return self.read(message_id).await,
            Said::TypingStart => self.voice.may(|topics, id, now_ms| topics.set_typing(id, true, now_ms)),
            Said::TypingStop => self.voice.may(|topics, id, now_ms| topics.set_typing(id, false, now_ms)),
            Said::Message { content, room_id, client_message_id } => {
                let form = MessageForm::new(content, client_message_id.clone());
                // Nothing is changed from an address that was banned meanwhile, by whatever way.
                let posted = match self.peer.client.ip_address {
                    Some(address) if self.peer.app.banned.contains(&address) => Err(AppError::Banned),
                    _ => submit(&self.peer.app, self.viewer.user.id, room_id, &form, Ok(None)).await,
                };
                return match posted {
                    // The room's own sockets hear of a new message by the broadcast.
                    Ok((_, true)) if self.peer.room == Some(room_id) => None,
                    Ok((message, _)) => Some(Event::MessagePosted { message }),
                    Err(error) => Some(refusal(&errors::sentence(&error), client_message_id)),
                };
            }
        }
        None
    }
}

fn refusal(message: &str, client_message_id: Option<String>) -> Event {
    Event::Error { message: message.to_owned(), client_message_id }
}
