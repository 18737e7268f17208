//! What ours is compared with: bare programs that do the least that could be called the same. Each is this very bench, run again
//! as a process of its own.

use actix_web::http::KeepAlive;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::{Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::IoSlice;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One answer of ours, to be given again.
#[derive(Serialize, Deserialize)]
pub struct Kept {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Runs the baseline of that name; never returns before it is killed.
pub async fn run(name: &str, argument: &str) {
    match name {
        "bytes" => bytes(Path::new(argument)).await,
        "sockets" => sockets().await,
        "writev" => writev().await,
        "crowd" => super::sockets::run_elsewhere(argument).await,
        other => panic!("no baseline is called {other}"),
    }
}

fn say(address: SocketAddr) {
    println!("listening on {address}");
}

/// Headers and body of an answer, ready to be sent.
type Ready = (Vec<(HeaderName, HeaderValue)>, Bytes);

/// A handler that sends the same bytes and headers from memory.
async fn bytes(file: &Path) {
    let kept: Vec<Kept> = match std::fs::read(file) {
        Ok(json) => serde_json::from_slice(&json).expect("answers"),
        Err(_) => Vec::new(),
    };
    let answer = |kept: Kept| {
        let header = |(name, value): (String, String)| Some((name.parse().ok()?, value.parse().ok()?));
        (kept.path, (kept.headers.into_iter().filter_map(header).collect(), Bytes::from(kept.body)))
    };
    let answers: Data<HashMap<String, Ready>> = Data::new(kept.into_iter().map(answer).collect());
    let server = HttpServer::new(move || {
        App::new().app_data(answers.clone()).default_service(web::to(
            async |request: HttpRequest, answers: Data<HashMap<String, Ready>>| {
                let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
                let Some((headers, body)) = answers.get(path) else { return HttpResponse::Ok().finish() };
                let mut response = HttpResponse::Ok().body(body.clone());
                for (name, value) in headers {
                    response.headers_mut().insert(name.clone(), value.clone());
                }
                response
            },
        ))
    });
    // A connection may wait while others are measured.
    let server = server.keep_alive(KeepAlive::Os).client_request_timeout(Duration::ZERO);
    let server = server.bind(address()).expect("a port");
    say(server.addrs()[0]);
    server.run().await.expect("a server");
}

/// Where to listen: anywhere, unless it is said.
fn address() -> SocketAddr {
    let said = std::env::var("LIMITS_ADDRESS").ok().and_then(|text| text.parse().ok());
    said.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
}

type Sessions = Data<Mutex<Vec<actix_ws::Session>>>;

/// Sockets by actix-ws, and a loop over them: `POST /send` with the number of messages in the query and the text as body.
async fn sockets() {
    let sessions: Sessions = Data::default();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(sessions.clone())
            .route("/ws", web::get().to(join))
            .route("/send", web::post().to(send))
            .default_service(web::to(HttpResponse::Ok))
    });
    // A connection may wait while others are measured.
    let server = server.keep_alive(KeepAlive::Os).client_request_timeout(Duration::ZERO);
    let server = server.bind(address()).expect("a port");
    say(server.addrs()[0]);
    server.run().await.expect("a server");
}

async fn join(request: HttpRequest, body: web::Payload, all: Sessions) -> actix_web::Result<HttpResponse> {
    let (response, mut session, mut stream) = actix_ws::handle(&request, body)?;
    all.lock().unwrap_or_else(PoisonError::into_inner).push(session.clone());
    actix_web::rt::spawn(async move {
        let _ = session.text("caught_up").await;
        while let Some(Ok(_)) = stream.recv().await {}
        // Else the connection stays open for as long as the list has the session.
        let _ = session.close(None).await;
    });
    Ok(response)
}

async fn send(request: HttpRequest, text: String, all: Sessions) -> HttpResponse {
    let count: u64 = request.query_string().parse().expect("a number");
    let mut sessions = all.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for number in 0..count {
        let text = bytestring::ByteString::from(super::sockets::numbered(&text, number));
        for session in &mut sessions {
            let _ = session.text(text.clone()).await;
        }
    }
    // Those that hung up are forgotten.
    all.lock().unwrap_or_else(PoisonError::into_inner).retain_mut(|session| !is_closed(session));
    HttpResponse::Ok().finish()
}

fn is_closed(session: &mut actix_ws::Session) -> bool {
    // One that has not taken what it was sent is not closed.
    futures_util::FutureExt::now_or_never(session.ping(b"")).is_some_and(|sent| sent.is_err())
}

/// Bytes written to every connection by `writev`: the least that delivering can cost. The first connection orders.
async fn writev() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    say(listener.local_addr().expect("an address"));
    let (mut control, _) = listener.accept().await.expect("a connection");
    let mut peers: Vec<TcpStream> = Vec::new();
    loop {
        tokio::select! {
            peer = accepted(&listener) => peers.push(peer),
            count = control.read_u64() => {
                let Ok(count) = count else { return };
                let everybody = control.read_u64().await.expect("a number of peers");
                while peers.len() < usize::try_from(everybody).expect("a number of peers") {
                    peers.push(accepted(&listener).await);
                }
                let length = control.read_u64().await.expect("a length");
                let mut text = vec![0; usize::try_from(length).expect("a length")];
                control.read_exact(&mut text).await.expect("a text");
                let text = String::from_utf8(text).expect("text");
                for number in 0..count {
                    let text = super::sockets::numbered(&text, number);
                    let head = super::sockets::frame_head(text.len());
                    for peer in &mut peers {
                        write_both(peer, &head, text.as_bytes()).await;
                    }
                }
                control.write_u8(1).await.expect("an answer");
            }
        }
    }
}

async fn accepted(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().await.expect("a connection");
    stream.set_nodelay(true).expect("an option");
    stream
}

async fn write_both(peer: &mut TcpStream, head: &[u8], text: &[u8]) {
    let written = peer.write_vectored(&[IoSlice::new(head), IoSlice::new(text)]).await.expect("a peer that takes it");
    if written < head.len() + text.len() {
        let rest = [head, text].concat();
        peer.write_all(&rest[written..]).await.expect("a peer that takes it");
    }
}
