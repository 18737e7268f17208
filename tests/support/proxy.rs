//! A TCP proxy for tests, between a client and a server that fails in the ways that networks do.
//!
//! Clients connect to [`Proxy::address`], which stays the same while the server behind it may end and start
//! again elsewhere ([`Proxy::set_upstream`]).
//! ```ignore
//! let proxy = Proxy::start(server.address()).await;
//! let client = connect(proxy.address()).await;
//! proxy.cut(); // The client loses its connection, and gets no other.
//! proxy.mend(); // It may connect again.
//! proxy.stall(); // The connection is there, but nothing comes through: a train in a tunnel.
//! proxy.resume();
//! ```
//! The methods return at once, and each connection obeys before it passes another chunk. A connection holds at
//! most 16 KiB for each direction, besides what the kernel's own buffers take: while it is stalled, a client
//! can still write until those are full. Dropping the proxy cuts all connections.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// The most that a connection holds for one direction.
const BUFFER: usize = 16 * 1024;
/// How long the server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// A proxy on a port of its own of 127.0.0.1. It lives on the tokio runtime that started it.
pub struct Proxy {
    address: SocketAddr,
    state: watch::Sender<State>,
}

#[derive(Clone, Copy)]
struct State {
    upstream: SocketAddr,
    /// How often all connections were cut: each ends once this is no more what it was when it began.
    cuts: u64,
    refusing: bool,
    stalled: bool,
    delay: Duration,
}

impl Proxy {
    /// Starts a proxy in front of the server at `upstream`.
    pub async fn start(upstream: SocketAddr) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port of 127.0.0.1 should be free");
        let address = listener.local_addr().expect("a listener should have an address");
        let state = State { upstream, cuts: 0, refusing: false, stalled: false, delay: Duration::ZERO };
        let (state, watched) = watch::channel(state);
        tokio::spawn(listen(listener, watched));
        Proxy { address, state }
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends the connections that begin from now on to a server at another address.
    pub fn set_upstream(&self, upstream: SocketAddr) {
        self.state.send_modify(|state| state.upstream = upstream);
    }

    /// Resets all connections, on both sides, and each new one as soon as it is accepted, until
    /// [`Proxy::mend`]. (A client connects and is then reset: only a closed port could refuse it before.)
    pub fn cut(&self) {
        self.state.send_modify(|state| {
            state.cuts += 1;
            state.refusing = true;
        });
    }

    /// Lets new connections through again after [`Proxy::cut`].
    pub fn mend(&self) {
        self.state.send_modify(|state| state.refusing = false);
    }

    /// Passes no byte, and no end of a connection, in either direction until [`Proxy::resume`]. Connections
    /// stay open, and new ones are accepted.
    pub fn stall(&self) {
        self.state.send_modify(|state| state.stalled = true);
    }

    /// Passes bytes again after [`Proxy::stall`], first those that came meanwhile.
    pub fn resume(&self) {
        self.state.send_modify(|state| state.stalled = false);
    }

    /// Holds each chunk (of at most 16 KiB) from a client for a while before the server gets it, one after the
    /// other; zero ends this. A chunk that is already held keeps its time.
    pub fn delay(&self, delay: Duration) {
        self.state.send_modify(|state| state.delay = delay);
    }
}

/// Accepts connections until the proxy is dropped.
async fn listen(listener: TcpListener, state: watch::Receiver<State>) {
    let mut dropped = state.clone();
    loop {
        let accepted = tokio::select! {
            _ = dropped.wait_for(|_| false) => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((client, _)) => drop(tokio::spawn(connection(client, state.clone()))),
            Err(_) => sleep(Duration::from_millis(10)).await, // As when there are too many open files.
        }
    }
}

/// Carries one connection until both sides have ended it. When one of them fails, or when the connection is
/// cut, both are reset.
async fn connection(mut client: TcpStream, state: watch::Receiver<State>) {
    let State { upstream, cuts, refusing, .. } = *state.borrow();
    let connected = if refusing { None } else { timeout(CONNECT, TcpStream::connect(upstream)).await.ok() };
    let Some(Ok(mut server)) = connected else {
        let _ = client.set_zero_linger(); // Now the drop resets it.
        return;
    };
    let _ = (server.set_nodelay(true), client.set_nodelay(true));
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let both = async {
        tokio::try_join!(
            pass(from_client, to_server, state.clone(), |state| state.delay),
            pass(from_server, to_client, state.clone(), |_| Duration::ZERO),
        )
    };
    let mut cut = state.clone();
    let ended = tokio::select! {
        biased;
        _ = cut.wait_for(|state| state.cuts != cuts) => false,
        ends = both => ends.is_ok(),
    };
    if !ended {
        let _ = (server.set_zero_linger(), client.set_zero_linger());
    }
}

/// Carries one direction of a connection until its end, which it passes on.
async fn pass(
    mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, mut state: watch::Receiver<State>, delay: fn(&State) -> Duration,
) -> std::io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = from.read(&mut buffer).await?;
        let pause = delay(&state.borrow());
        if !pause.is_zero() {
            sleep(pause).await;
        }
        // An error says that the proxy is dropped, which ends the connection elsewhere.
        let _ = state.wait_for(|state| !state.stalled).await.map(drop);
        match count {
            0 => return to.shutdown().await,
            _ => to.write_all(&buffer[..count]).await?,
        }
    }
}
