//! A web site on this machine, for links to lead to: it answers as a test says, and tells what it was asked.

use super::PATIENCE;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

/// A running site.
pub struct Site {
    pub address: SocketAddr,
    asked: watch::Sender<Vec<String>>,
    gate: Arc<Semaphore>,
}

type Answer = dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync;

impl Site {
    /// Starts a site that answers each path as `answer` says, and where that says nothing, never. What is asked below `/gated` is
    /// answered once the gate is open.
    pub async fn start(answer: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (address, gate) = (listener.local_addr().expect("an address"), Arc::new(Semaphore::new(0)));
        let (asked, answer): (_, Arc<Answer>) = (watch::Sender::new(Vec::new()), Arc::new(answer));
        let site = Self { address, asked: asked.clone(), gate: gate.clone() };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, asked.clone(), gate.clone(), answer.clone()));
            }
        });
        site
    }

    /// A URL of this site.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The heads of all requests so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.borrow().clone()
    }

    /// Waits until a path was asked for.
    pub async fn is_asked(&self, path: &str) {
        let line = format!("GET {path} ");
        let mut asked = self.asked.subscribe();
        let waiting = asked.wait_for(|heads| heads.iter().any(|head| head.starts_with(&line)));
        timeout(PATIENCE, waiting).await.expect("a request in time").expect("a site");
    }

    /// Lets the answers below `/gated` out.
    pub fn open_the_gate(&self) {
        self.gate.add_permits(100);
    }
}

async fn serve(mut stream: TcpStream, asked: watch::Sender<Vec<String>>, gate: Arc<Semaphore>, answer: Arc<Answer>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    asked.send_modify(|heads| heads.push(head));
    if path.starts_with("/gated") {
        let _ = gate.acquire().await;
    }
    match answer(&path) {
        Some(bytes) => drop(stream.write_all(&bytes).await),
        // Until the other side has had enough.
        None => drop(stream.read_to_end(&mut Vec::new()).await),
    }
}

/// An answer with a body.
pub fn ok(content_type: &str, body: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n", body.len());
    Some([head.as_bytes(), body].concat())
}

/// An answer that sends elsewhere.
pub fn redirect(to: &str) -> Option<Vec<u8>> {
    Some(format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n").into_bytes())
}

/// A page with a title, and a picture at `/picture.png`.
pub fn page(title: &str) -> Option<Vec<u8>> {
    let head = format!(
        "<title>Not this</title><meta property=og:title content='{title}'>
         <meta property=og:description content='All about {title}'><meta property=og:image content=/picture.png>"
    );
    ok("text/html; charset=utf-8", head)
}

/// A picture, PNG.
pub fn picture(width: u32, height: u32) -> Option<Vec<u8>> {
    let mut png = std::io::Cursor::new(Vec::new());
    let pixels = image::RgbImage::from_fn(width, height, |x, y| image::Rgb([(x / 5) as u8, (y / 3) as u8, 140]));
    pixels.write_to(&mut png, image::ImageFormat::Png).expect("a picture");
    ok("image/png", png.into_inner())
}
