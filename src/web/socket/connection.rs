//! The connection of a socket: the bare stream, from the moment the request to upgrade is answered. Through the server library's own
//! loop, an idle socket took 30 KiB instead of 14, and a delivery to a thousand 1.57 times a bare actix-ws loop's instead of 1.1.
//!
//! Invariants: what is written is whole frames in order, however often writing is given up and gone on with; a silent socket has no
//! buffer.

use actix_codec::{Decoder, Framed, FramedParts};
use actix_http::ConnectionType;
use actix_http::h1::{Codec as HttpCodec, Message};
use actix_http::ws::{Codec, Frame, Item, OpCode, Parser, ProtocolError};
use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::rt::net::TcpStream;
use actix_web::web::{Buf, Bytes, BytesMut};
use futures_util::SinkExt;
use futures_util::future::LocalBoxFuture;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// Bytes in a message from the peer; the largest that makes sense is 40 KB.
pub(super) const MESSAGE_MAX: usize = 64 * 1024;
/// Bytes read at a time.
const READ_LEN: usize = 4 * 1024;
/// Bytes of frames that are gathered before they are written.
const WRITE_LEN: usize = 16 * 1024;

/// What is to be done with a connection that becomes a socket. Left with the request by the handler that agrees to it.
pub(super) struct Upgraded(pub(super) Box<dyn FnOnce(Reader, Writer) -> LocalBoxFuture<'static, ()>>);

/// Sends the application's answer to a request to upgrade, and does with the connection what was left to be done.
pub(crate) async fn upgrade(
    answer: Result<ServiceResponse<BoxBody>, actix_web::Error>, mut framed: Framed<TcpStream, HttpCodec>,
) -> Result<(), actix_web::Error> {
    let (request, response) = answer?.into_parts();
    let socket = request.extensions_mut().remove::<Upgraded>();
    drop(request);
    let (mut head, body) = response.into_parts();
    let Some(Upgraded(socket)) = socket else {
        head.head_mut().set_connection_type(ConnectionType::Close);
        framed.feed(Message::Item((head.into(), body.size()))).await?;
        framed.feed(Message::Chunk(body.try_into_bytes().ok())).await?;
        framed.send(Message::Chunk(None)).await?;
        return Ok(framed.close().await?);
    };
    framed.send(Message::Item((head.into(), BodySize::None))).await?;
    let FramedParts { io, read_buf: received, .. } = framed.into_parts();
    let (reader, writer) = io.into_split();
    let codec = Codec::new().max_size(MESSAGE_MAX);
    let reader = Reader { stream: reader, codec, received, parts: BytesMut::new() };
    socket(reader, Writer { stream: writer, frames: BytesMut::new() }).await;
    Ok(())
}

/// What the peer sends.
pub(super) struct Reader {
    stream: OwnedReadHalf,
    codec: Codec,
    received: BytesMut,
    /// Of a message that is not whole yet.
    parts: BytesMut,
}

impl Reader {
    /// The next message or control frame; none when the peer has gone. Cancel-safe.
    pub(super) async fn next(&mut self) -> Result<Option<Frame>, ProtocolError> {
        loop {
            while let Some(frame) = self.codec.decode(&mut self.received)? {
                let Frame::Continuation(item) = frame else { return Ok(Some(frame)) };
                if let Some(message) = self.gathered(item)? {
                    return Ok(Some(Frame::Text(message)));
                }
            }
            if self.received.is_empty() {
                self.received = BytesMut::new();
            }
            self.stream.readable().await?;
            self.received.reserve(READ_LEN);
            match self.stream.try_read_buf(&mut self.received) {
                Ok(0) => return Ok(None),
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error.into()),
                _ => {}
            }
        }
    }

    /// Takes a part of a message; gives the message with its last.
    fn gathered(&mut self, item: Item) -> Result<Option<Bytes>, ProtocolError> {
        let (part, is_last) = match item {
            Item::FirstText(part) | Item::FirstBinary(part) | Item::Continue(part) => (part, false),
            Item::Last(part) => (part, true),
        };
        self.parts.extend_from_slice(&part);
        if self.parts.len() > MESSAGE_MAX {
            return Err(ProtocolError::Overflow);
        }
        Ok(is_last.then(|| std::mem::take(&mut self.parts).freeze()))
    }

    /// Takes what still comes and makes nothing of it, until the peer goes.
    pub(super) async fn drain(&mut self) {
        let mut ignored = [0; 256];
        while self.stream.read(&mut ignored).await.is_ok_and(|read| read > 0) {}
    }
}

/// What is sent to the peer.
pub(super) struct Writer {
    pub(super) stream: OwnedWriteHalf,
    frames: BytesMut,
}

impl Writer {
    /// Adds a frame to what is to be written.
    pub(super) fn put(&mut self, opcode: OpCode, payload: &[u8]) {
        Parser::write_message(&mut self.frames, payload, opcode, true, false);
    }

    /// Whether so much is to be written that it should be.
    pub(super) fn is_full(&self) -> bool {
        self.frames.len() >= WRITE_LEN
    }

    /// Writes what the connection takes at once; tells whether that was all.
    pub(super) fn try_flush(&mut self) -> io::Result<bool> {
        while !self.frames.is_empty() {
            match self.stream.try_write(&self.frames) {
                Ok(written) => self.frames.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        self.frames = BytesMut::new();
        Ok(true)
    }

    /// Writes what was put, and that nothing more comes.
    pub(super) async fn finish(&mut self) -> io::Result<()> {
        self.stream.write_all_buf(&mut self.frames).await?;
        self.stream.shutdown().await
    }
}
