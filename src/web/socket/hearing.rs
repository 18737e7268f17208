//! The hearing half of a socket: takes what the peer says, until it goes, breaks the rules or falls silent.

use super::super::messages::{MessageForm, submit};
use super::super::{App, errors};
use super::End;
use crate::domain::{MessageId, RoomId, Viewer};
use crate::error::AppError;
use crate::live::frames;
use crate::live::hub::Voice;
use crate::services::reading;
use actix_web::rt::time::timeout;
use actix_web::web;
use actix_ws::{AggregatedMessage, AggregatedMessageStream, ProtocolError};
use bytestring::ByteString;
use futures_util::StreamExt;
use serde::Deserialize;
use std::net::IpAddr;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// Bytes in a frame from the peer; the largest message is 40 KB.
pub(super) const FRAME_MAX: usize = 64 * 1024;
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

/// The hearing half.
pub(super) struct Hearing {
    pub(super) app: web::Data<App>,
    pub(super) viewer: Viewer,
    pub(super) room: Option<RoomId>,
    pub(super) voice: Voice,
    pub(super) answers: mpsc::Sender<ByteString>,
    /// Whether the reader looks at the page.
    pub(super) gaze: watch::Sender<bool>,
    pub(super) ip_address: Option<IpAddr>,
}

impl Hearing {
    /// Hears the peer until the end.
    pub(super) async fn run(self, mut stream: AggregatedMessageStream) -> End {
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
                    Ok(said) => self.heed(said).await,
                    Err(_) => Some(frames::error("This frame is not one of those that are understood here.", None)),
                },
                AggregatedMessage::Binary(_) => Some(frames::error("Frames are JSON text.", None)),
                AggregatedMessage::Close(_) => return End::Close(1000, ""),
                // The server's own pings keep the connection; a ping of the peer's counts as a sign of life.
                AggregatedMessage::Ping(_) | AggregatedMessage::Pong(_) => None,
            };
            if let Some(answer) = answer
                && self.answers.send(answer).await.is_err()
            {
                return End::Gone;
            }
        }
    }

    fn set_present(&self, is_present: bool) {
        self.gaze.send_if_modified(|was_present| std::mem::replace(was_present, is_present) != is_present);
        self.voice.may(move |topics, id, now_ms| topics.set_present(id, is_present, now_ms));
    }

    /// Moves the read cursor.
    async fn read(&self, through: Option<MessageId>) -> Option<ByteString> {
        let Some(room) = self.room else {
            return Some(frames::error("This socket is at no room, so nothing is read there.", None));
        };
        let read = reading::read(&self.app, self.viewer.user.id, room, through).await;
        read.err().map(|error| frames::error(&errors::sentence(&error), None))
    }

    /// Does what the peer said; tells what to answer.
    async fn heed(&self, said: Said) -> Option<ByteString> {
        match said {
            Said::Ping => return Some(frames::pong()),
            Said::Present => self.set_present(true),
            Said::Absent => self.set_present(false),
            Said::Read { message_id } => return self.read(message_id).await,
            Said::TypingStart => self.voice.may(|topics, id, now_ms| topics.set_typing(id, true, now_ms)),
            Said::TypingStop => self.voice.may(|topics, id, now_ms| topics.set_typing(id, false, now_ms)),
            Said::Message { content, room_id, client_message_id } => {
                let form = MessageForm::new(content, client_message_id.clone());
                // Nothing is changed from an address that was banned meanwhile, by whatever way.
                let posted = match self.ip_address {
                    Some(address) if self.app.banned.contains(&address) => Err(AppError::Banned),
                    _ => submit(&self.app, self.viewer.user.id, room_id, &form, Ok(None)).await,
                };
                return match posted {
                    // The room's own sockets hear of a new message by the broadcast.
                    Ok(posted) if posted.is_new && self.room == Some(room_id) => None,
                    Ok(posted) => Some(frames::posted(&posted.message)),
                    Err(error) => Some(frames::error(&errors::sentence(&error), client_message_id.as_deref())),
                };
            }
        }
        None
    }
}
