//! The hub: a thread that hands what was committed to the sockets of a room, and knows who is here.
//!
//! Invariants: publishing never waits; what is published for a room reaches each of its sockets in that order, or the socket is marked
//! lagging and re-reads from the database; a subscription that is dropped, for whatever reason, takes its presence with it.

use super::frames::{Format, Frame};
use super::topics::{SocketId, Topics};
use crate::domain::{Author, Clock, RoomId, SessionId, UserId};
use foldhash::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc};

/// Frames that may wait for one socket. A socket this far behind reads from the database instead, where the
/// frames are anyway; they are shared, so the queue itself costs a few hundred bytes.
const SOCKET_QUEUE_MAX: usize = 64;
/// What passes (typing, presence) is not queued when less room than this is left: it must not cause a lag.
const PASSING_ROOM: usize = SOCKET_QUEUE_MAX / 2;
/// Orders that may wait for the hub. Past it, everyone re-reads: nothing is lost, only some work repeated.
const ORDERS_MAX: usize = 4096;
/// How often the hub looks after presence and typing marks.
const TICK: Duration = Duration::from_secs(1);

/// Why a socket ends: a code (RFC 6455, 7.4), and words for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CloseReason(pub(crate) u16, pub(crate) &'static str);

impl CloseReason {
    /// The peer vanished: nothing is sent.
    pub(crate) const GONE: Self = Self(1006, "");
    pub(crate) const STOPPING: Self = Self(1001, "the server is stopping; come back");
    pub(crate) const SIGNED_OUT: Self = Self(4401, "signed out");
    pub(crate) const TOO_MANY: Self = Self(4429, "too many sockets");
    pub(crate) const NO_LONGER_MEMBER: Self = Self(4403, "no longer a member");
    pub(crate) const NO_SUCH_ROOM: Self = Self(4404, "no such room");
}

/// Who a socket belongs to and what it wants to hear of.
#[derive(Debug, Clone)]
pub(crate) struct Subscriber {
    pub(crate) person: Author,
    pub(crate) session_id: SessionId,
    /// The room they look at, if any.
    pub(crate) room_id: Option<RoomId>,
    /// The rooms they want to hear of.
    pub(crate) rooms: Vec<RoomId>,
    pub(crate) format: Format,
}

/// The hub's end of a socket.
#[derive(Clone)]
pub(super) struct Outlet {
    pub(super) format: Format,
    frames: mpsc::Sender<Queued>,
    shared: Arc<Shared>,
}

/// A frame; or none, to have the socket look at what both ends see. It looks before each that it takes, so a full queue is as good.
pub(super) type Queued = Option<Arc<Frame>>;

/// What both ends of a socket see.
#[derive(Default)]
struct Shared {
    is_lagging: AtomicBool,
    /// The first reason to end counts.
    close: OnceLock<CloseReason>,
    closed: Notify,
}

impl Outlet {
    /// A new socket's two ends.
    pub(super) fn pair(format: Format) -> (Self, mpsc::Receiver<Queued>) {
        let (frames, received) = mpsc::channel(SOCKET_QUEUE_MAX);
        (Self { format, frames, shared: Arc::default() }, received)
    }

    /// Queues a frame that must not be missed; a full queue makes the socket lag.
    pub(super) fn send(&self, frame: &Arc<Frame>) {
        if self.shared.is_lagging.load(Ordering::SeqCst) {
            return;
        }
        if let Err(mpsc::error::TrySendError::Full(_)) = self.frames.try_send(Some(frame.clone())) {
            self.lag();
        }
    }

    /// Queues a frame that may be missed, if there is ample room.
    pub(super) fn send_in_passing(&self, frame: &Arc<Frame>) {
        if self.frames.capacity() > PASSING_ROOM && !self.shared.is_lagging.load(Ordering::SeqCst) {
            let _ = self.frames.try_send(Some(frame.clone()));
        }
    }

    /// Makes the socket re-read from the database.
    pub(super) fn lag(&self) {
        self.shared.is_lagging.store(true, Ordering::SeqCst);
        let _ = self.frames.try_send(None);
    }

    /// Makes the socket end.
    pub(super) fn close(&self, reason: CloseReason) {
        let _ = self.shared.close.set(reason);
        self.shared.closed.notify_one();
        let _ = self.frames.try_send(None);
    }

    /// Whether the socket has ended.
    pub(super) fn is_gone(&self) -> bool {
        self.frames.is_closed()
    }
}

/// A socket's end. Dropping it ends the subscription, and with it the presence.
pub(crate) struct Subscription {
    pub(crate) voice: Voice,
    frames: mpsc::Receiver<Queued>,
    shared: Arc<Shared>,
}

impl Subscription {
    /// Waits for the next frame. Cancel-safe: nothing is lost when the wait is given up. None: frames were dropped; read from the
    /// database what changed past the cursor. What is published from now on is queued again.
    pub async fn next(&mut self) -> Result<Option<Arc<Frame>>, CloseReason> {
        loop {
            if let Some(reason) = self.shared.close.get() {
                return Err(*reason);
            }
            if self.shared.is_lagging.swap(false, Ordering::SeqCst) {
                // What is still queued is older than what the database is about to tell.
                while self.frames.try_recv().is_ok() {}
                return Ok(None);
            }
            match self.frames.recv().await {
                Some(None) => {}
                Some(frame) => return Ok(frame),
                None => return Err(CloseReason::STOPPING),
            }
        }
    }

    /// Whether nothing waits to be sent.
    pub fn is_level(&self) -> bool {
        self.frames.is_empty()
    }

    /// Waits until the server wants this socket to end; for while a frame is being sent to a slow peer.
    pub async fn until_closed(&self) -> CloseReason {
        loop {
            if let Some(reason) = self.shared.close.get() {
                return *reason;
            }
            self.shared.closed.notified().await;
        }
    }

    /// Puts right which rooms this socket hears of: those it named when it subscribed were others.
    pub fn follow(&self, rooms: Vec<RoomId>) {
        let id = self.voice.id;
        self.voice.hub.order(move |topics, _| topics.follow(id, rooms));
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        // Should the hub be too busy to take it, it finds the closed queue at its next tick.
        self.voice.may(Topics::unsubscribe);
    }
}

/// Tells the room what the person behind a socket does. Worth nothing once the subscription has ended.
#[derive(Clone)]
pub(crate) struct Voice {
    id: SocketId,
    hub: Hub,
}

impl Voice {
    /// Gives an order about this socket, at the present moment; when the hub is too busy, the next of its kind makes it good.
    pub(crate) fn may(&self, order: impl FnOnce(&mut Topics, SocketId, i64) + Send + 'static) {
        let id = self.id;
        let _ = self.hub.orders.try_send(Box::new(move |topics, now_ms| order(topics, id, now_ms)));
    }
}

type Order = Box<dyn FnOnce(&mut Topics, i64) + Send>;

/// The way to the hub. The thread ends when the last of these is gone.
#[derive(Clone)]
pub struct Hub {
    orders: SyncSender<Order>,
    shared: Arc<HubShared>,
}

#[derive(Default)]
struct HubShared {
    next_id: AtomicU64,
    /// How often something could not be told.
    overflows: AtomicU64,
    is_stopping: AtomicBool,
    online: RwLock<Arc<HashSet<UserId>>>,
}

impl Hub {
    /// Starts the hub's thread, with bounds on sockets per person and in all. Fails when the system gives no thread.
    pub fn start(sockets_per_person_max: usize, sockets_max: usize, clock: Clock) -> std::io::Result<Self> {
        let (orders, queue) = sync_channel(ORDERS_MAX);
        let hub = Self { orders, shared: Arc::new(HubShared::default()) };
        let topics = Topics::new(sockets_per_person_max, sockets_max);
        let shared = hub.shared.clone();
        thread::Builder::new().name("hub".to_owned()).spawn(move || run(&queue, topics, &shared, &clock))?;
        Ok(hub)
    }

    /// Subscribes a socket. What is published after this call reaches it; `None` when the hub is too busy to take it.
    pub(crate) fn subscribe(&self, subscriber: Subscriber) -> Option<Subscription> {
        let (outlet, frames) = Outlet::pair(subscriber.format);
        let shared = outlet.shared.clone();
        let id = self.shared.next_id.fetch_add(1, Ordering::Relaxed);
        let overflows = self.shared.overflows.load(Ordering::SeqCst);
        let hub = self.shared.clone();
        let order: Order = Box::new(move |topics, _| {
            // Had there been an overflow since it was queued, it missed something.
            if hub.overflows.load(Ordering::SeqCst) != overflows {
                outlet.lag();
            }
            // The order to stop may have been carried out before this one.
            if hub.is_stopping.load(Ordering::SeqCst) {
                outlet.close(CloseReason::STOPPING);
            }
            topics.subscribe(id, subscriber, outlet);
        });
        self.orders.try_send(order).ok()?;
        Some(Subscription { voice: Voice { id, hub: self.clone() }, frames, shared })
    }

    /// The people who look at a page of ours just now.
    pub(crate) fn online(&self) -> Arc<HashSet<UserId>> {
        self.shared.online.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gives an order whose effect must not be missed, to be carried out at the present moment in milliseconds since 1970. Never
    /// waits: should the hub be too busy to take it, every socket re-reads, its right included.
    pub(crate) fn order(&self, order: impl FnOnce(&mut Topics, i64) + Send + 'static) {
        if let Err(TrySendError::Full(_)) = self.orders.try_send(Box::new(order)) {
            self.make_everyone_re_read();
        }
    }

    /// Makes every socket re-read, its right included, because something can't be told.
    pub fn make_everyone_re_read(&self) {
        self.shared.overflows.fetch_add(1, Ordering::SeqCst);
    }

    /// Ends all sockets, and those that come later, because the server stops.
    pub fn stop(&self) {
        self.shared.is_stopping.store(true, Ordering::SeqCst);
        let _ = self.orders.send(Box::new(|topics, _| topics.close(CloseReason::STOPPING, |_| true)));
    }
}

fn run(queue: &Receiver<Order>, mut topics: Topics, shared: &HubShared, clock: &Clock) {
    let mut next_tick = Instant::now() + TICK;
    let mut overflows = 0;
    loop {
        let order = match queue.recv_timeout(next_tick.saturating_duration_since(Instant::now())) {
            Ok(order) => Some(order),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if shared.overflows.load(Ordering::SeqCst) != overflows {
            overflows = shared.overflows.load(Ordering::SeqCst);
            tracing::warn!("something could not be told; every socket re-reads");
            topics.everyone_lags();
        }
        if let Some(order) = order {
            order(&mut topics, clock());
        }
        if Instant::now() >= next_tick {
            if topics.tick(clock()) {
                *shared.online.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(topics.online());
            }
            next_tick = Instant::now() + TICK;
        }
    }
}
