//! The hub's state: sockets, by room and by person, and what each is to be told.
//!
//! Invariants: a socket gets the frames of its room in the order they were published, or is marked lagging; a
//! socket whose receiver is gone is forgotten at the next look; presence is counted, so several tabs of one
//! person are one, and it is gone when the last is. The clock is an argument.

use super::following::{self, Following, Index, under};
use super::frames::{Added, Event, Frame, Listed};
use super::hub::{CloseReason, Outlet, Subscriber};
use super::presence::Presence;
use super::room_topic::RoomTopic;
use crate::domain::{Author, Change, Revision, RoomId, Unread, UserId};
use foldhash::{HashMap, HashSet};
use std::sync::Arc;

/// Comings and goings in the account taken note of at each tick. Each costs a frame to those few who watch the person.
const ONLINE_NEWS_MAX: usize = 1_000;
/// Time that a server may take for one of the requests that a change of rooms sends its way.
const SPREAD_PER_SOCKET_MS: usize = 2;
/// When the last of those requests should come, at the latest.
const SPREAD_MAX_MS: usize = 10_000;

/// Names a socket within the hub.
pub(crate) type SocketId = u64;

struct Socket {
    subscriber: Subscriber,
    outlet: Outlet,
    is_present: bool,
    watched: Vec<UserId>,
}

/// Everything the hub knows, and does when it is [ordered](super::hub::Hub::order).
#[derive(Default)]
pub(crate) struct Topics {
    sockets: HashMap<SocketId, Socket>,
    rooms: HashMap<RoomId, RoomTopic>,
    by_person: Index<UserId>,
    following: Following,
    online: Presence,
    sockets_per_person_max: usize,
    sockets_max: usize,
}

impl Topics {
    pub(super) fn new(sockets_per_person_max: usize, sockets_max: usize) -> Self {
        Self { sockets_per_person_max, sockets_max, ..Self::default() }
    }

    /// Takes a socket in, or closes it when there are too many. Tells it who is here.
    pub(super) fn subscribe(&mut self, id: SocketId, subscriber: Subscriber, outlet: Outlet) {
        let person = subscriber.person.id;
        let mine = self.by_person.get(&person).map_or(0, HashSet::len);
        if self.sockets.len() >= self.sockets_max || mine >= self.sockets_per_person_max {
            outlet.close(CloseReason::TOO_MANY);
            return;
        }
        following::add(&mut self.by_person, id, &[person]);
        following::add(&mut self.following.by_room, id, &subscriber.rooms);
        let room_id = subscriber.room_id;
        if let Some(room_id) = room_id {
            let topic = self.rooms.entry(room_id).or_insert_with(|| RoomTopic::new(room_id));
            topic.sockets.insert(id, outlet.clone());
        }
        let socket = Socket { subscriber, outlet: outlet.clone(), is_present: false, watched: Vec::new() };
        self.sockets.insert(id, socket);
        self.set_present(id, true, 0);
        if let Some(topic) = room_id.and_then(|room_id| self.rooms.get(&room_id)) {
            topic.greet(&outlet);
        }
    }

    /// Forgets a socket with its presence.
    pub(super) fn unsubscribe(&mut self, id: SocketId, now_ms: i64) {
        self.set_present(id, false, now_ms);
        let Some(socket) = self.sockets.remove(&id) else { return };
        let person = socket.subscriber.person.id;
        following::remove(&mut self.by_person, id, &[person]);
        following::remove(&mut self.following.by_room, id, &socket.subscriber.rooms);
        following::remove(&mut self.following.by_person, id, &socket.watched);
        if let Some(topic) = socket.subscriber.room_id.and_then(|room_id| self.rooms.get_mut(&room_id)) {
            topic.forget(id, person);
        }
    }

    /// Notes that somebody looks at the page through this socket, or no longer does.
    pub(crate) fn set_present(&mut self, id: SocketId, is_present: bool, now_ms: i64) {
        let Some(socket) = self.sockets.get_mut(&id) else { return };
        if socket.is_present == is_present {
            return;
        }
        socket.is_present = is_present;
        let person = &socket.subscriber.person;
        let topic = socket.subscriber.room_id.and_then(|room_id| self.rooms.get_mut(&room_id));
        let presences = topic.map(|topic| &mut topic.presence).into_iter().chain([&mut self.online]);
        for presence in presences {
            if is_present { presence.comes(person) } else { presence.goes(person.id, now_ms) }
        }
    }

    /// Notes that somebody writes, or stopped, and tells the room when that is new.
    pub(crate) fn set_typing(&mut self, id: SocketId, on: bool, now_ms: i64) {
        let Some(socket) = self.sockets.get(&id) else { return };
        let person = &socket.subscriber.person;
        if let Some(topic) = socket.subscriber.room_id.and_then(|room_id| self.rooms.get_mut(&room_id)) {
            if on { topic.start_typing(person, now_ms) } else { topic.stop_typing(person.id) }
        }
    }

    /// Hands an event to every socket of a room, and news of it to those who follow the room from elsewhere.
    pub(crate) fn publish(&mut self, room_id: RoomId, event: Event, now_ms: i64) {
        let news = match &event {
            Event::Change(Change::Created(message)) => {
                let added = Added {
                    revision: message.created_revision,
                    author: message.creator.id,
                    called: message.body.called.clone(),
                };
                self.following.note(room_id, Some(added), now_ms)
            }
            Event::Change(Change::Removed(_)) => self.following.note(room_id, None, now_ms),
            // Another body may call others.
            Event::Change(Change::Updated(message)) if message.body_revision == message.revision => {
                self.following.note(room_id, None, now_ms)
            }
            _ => None,
        };
        if let Some(topic) = self.rooms.get(&room_id) {
            topic.tell(&Frame::new(event));
        }
        if let Some(news) = news {
            self.tell_followers(room_id, &news);
        }
    }

    fn tell_followers(&self, room_id: RoomId, frame: &Arc<Frame>) {
        self.tell(&under(&self.following.by_room, [room_id]), frame);
    }

    fn tell(&self, sockets: &[SocketId], frame: &Arc<Frame>) {
        for socket in sockets.iter().filter_map(|id| self.sockets.get(id)) {
            socket.outlet.send(frame);
        }
    }

    /// Puts right which rooms a socket follows.
    pub(super) fn follow(&mut self, id: SocketId, rooms: Vec<RoomId>) {
        let Some(socket) = self.sockets.get_mut(&id) else { return };
        following::remove(&mut self.following.by_room, id, &socket.subscriber.rooms);
        following::add(&mut self.following.by_room, id, &rooms);
        socket.subscriber.rooms = rooms;
    }

    /// Puts right which people a socket watches, and tells it who of them is online.
    pub(crate) fn watch(&mut self, id: SocketId, people: Vec<UserId>) {
        let Some(socket) = self.sockets.get_mut(&id) else { return };
        following::remove(&mut self.following.by_person, id, &socket.watched);
        following::add(&mut self.following.by_person, id, &people);
        socket.watched = people;
        self.tell_online(id);
    }

    fn tell_online(&self, id: SocketId) {
        let Some(socket) = self.sockets.get(&id) else { return };
        let online = socket.watched.iter().copied().filter(|person| self.online.told.contains_key(person)).collect();
        socket.outlet.send_in_passing(&Frame::new(Event::Online { user_ids: online }));
    }

    /// Some people came into a room: they follow it from now on, and their pages show it.
    pub(crate) fn joined(&mut self, room_id: RoomId, people: &[UserId], now_ms: i64) {
        if let Some(news) = self.following.flush(room_id, now_ms) {
            self.tell_followers(room_id, &news);
        }
        let sockets = under(&self.by_person, people.iter().copied());
        for id in &sockets {
            if let Some(socket) = self.sockets.get_mut(id)
                && !socket.subscriber.rooms.contains(&room_id)
            {
                socket.subscriber.rooms.push(room_id);
                following::add(&mut self.following.by_room, *id, &[room_id]);
            }
        }
        let frame = Frame::new(Event::RoomAdded(listed(room_id, sockets.len())));
        self.tell(&sockets, &frame);
    }

    /// Some people left a room or no longer want to hear of it. Their pages that show the room end, if there is a reason.
    pub(crate) fn left(&mut self, room_id: RoomId, people: &[UserId], ends: Option<CloseReason>) {
        self.unlist(room_id, &under(&self.by_person, people.iter().copied()), ends);
    }

    /// Takes a room off the lists of some sockets.
    fn unlist(&mut self, room_id: RoomId, sockets: &[SocketId], ends: Option<CloseReason>) {
        for id in sockets {
            let Some(socket) = self.sockets.get_mut(id) else { continue };
            socket.subscriber.rooms.retain(|room| *room != room_id);
            following::remove(&mut self.following.by_room, *id, &[room_id]);
            if let Some(reason) = ends
                && socket.subscriber.room_id == Some(room_id)
            {
                socket.outlet.close(reason);
                if let Some(topic) = self.rooms.get_mut(&room_id) {
                    topic.sockets.remove(id);
                }
            }
        }
        self.tell(sockets, &Frame::new(Event::RoomRemoved(listed(room_id, sockets.len()))));
    }

    /// A room has another name or kind: pages that show or list it show that.
    pub(crate) fn room_changed(&mut self, room_id: RoomId, name: String) {
        let followers = under(&self.following.by_room, [room_id]);
        let frame = Frame::new(Event::RoomChanged(listed(room_id, followers.len())));
        self.tell(&followers, &frame);
        if let Some(topic) = self.rooms.get(&room_id) {
            topic.tell(&Frame::new(Event::Renamed { name }));
        }
    }

    /// A room is gone: pages that show it end, those that list it don't any more.
    pub(crate) fn room_deleted(&mut self, room_id: RoomId) {
        self.close(CloseReason::NO_SUCH_ROOM, |subscriber| subscriber.room_id == Some(room_id));
        self.unlist(room_id, &under(&self.following.by_room, [room_id]), None);
    }

    /// Tells all pages of one person what they have not read of a room.
    pub(crate) fn unread(&self, person: UserId, room_id: RoomId, unread: Unread, as_of: Revision) {
        let frame = Frame::new(Event::Counted { room_id, unread, as_of });
        self.tell(&under(&self.by_person, [person]), &frame);
    }

    /// Knows somebody by their new name from now on, and tells everyone.
    pub(crate) fn person_changed(&mut self, person: &Author, revision: i64) {
        let spread_ms = spread_ms(self.sockets.len());
        let frame = Frame::new(Event::PersonUpdated { people_revision: revision, user: person.clone(), spread_ms });
        for socket in self.sockets.values_mut() {
            if socket.subscriber.person.id == person.id {
                socket.subscriber.person = person.clone();
            }
            socket.outlet.send(&frame);
        }
        self.online.renamed(person);
        for topic in self.rooms.values_mut() {
            topic.presence.renamed(person);
        }
    }

    /// Marks every socket as lagging: something was published that the hub could not take.
    pub(super) fn everyone_lags(&self) {
        for socket in self.sockets.values() {
            socket.outlet.lag();
        }
    }

    /// Closes the sockets that are meant.
    pub(crate) fn close(&self, reason: CloseReason, is_meant: impl Fn(&Subscriber) -> bool) {
        for socket in self.sockets.values().filter(|socket| is_meant(&socket.subscriber)) {
            socket.outlet.close(reason);
        }
    }

    /// Forgets sockets that are gone, ends old typing marks and tells who came and went. Tells whether other people are online now.
    pub(super) fn tick(&mut self, now_ms: i64) -> bool {
        let gone: Vec<SocketId> =
            self.sockets.iter().filter(|(_, socket)| socket.outlet.is_gone()).map(|(id, _)| *id).collect();
        for id in gone {
            self.unsubscribe(id, now_ms);
        }
        for topic in self.rooms.values_mut() {
            topic.tick(now_ms);
        }
        self.rooms.retain(|_, topic| !topic.is_over());
        for (room_id, news) in self.following.due(now_ms) {
            self.tell_followers(room_id, &news);
        }
        if !self.online.is_dirty {
            return false;
        }
        let (came, went) = self.online.news(now_ms, ONLINE_NEWS_MAX);
        let watchers = under(&self.following.by_person, came.iter().chain(&went).map(|person| person.id));
        watchers.into_iter().collect::<HashSet<_>>().into_iter().for_each(|id| self.tell_online(id));
        !came.is_empty() || !went.is_empty()
    }

    /// Everybody who is online.
    pub(super) fn online(&self) -> HashSet<UserId> {
        self.online.told.keys().copied().collect()
    }
}

/// A room in the lists of so many pages.
fn listed(room_id: RoomId, sockets: usize) -> Listed {
    Listed { room_id, spread_ms: spread_ms(sockets) }
}

/// Over how long so many pages should spread their requests.
fn spread_ms(sockets: usize) -> usize {
    (sockets * SPREAD_PER_SOCKET_MS).min(SPREAD_MAX_MS)
}

unit_tests!("../../tests/unit/live/topics.rs");
