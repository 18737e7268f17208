//! One room's sockets: who is here and who is writing, told to each other.

use super::frames::{Event, Format, Frame, Named};
use super::hub::Outlet;
use super::presence::{NEWS_MAX, Presence};
use super::topics::SocketId;
use crate::domain::{Author, RoomId, UserId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Faces shown of those who are here; more would not fit beside the room's name.
const FACES_MAX: usize = 8;
/// How long a typing mark lives without a new key stroke.
pub(super) const TYPING_MS: i64 = 5_000;

/// The sockets that look at one room.
pub(super) struct RoomTopic {
    room_id: RoomId,
    pub(super) sockets: BTreeMap<SocketId, Outlet>,
    pub(super) presence: Presence,
    /// Who is writing, and since when nothing was heard of it.
    typing: BTreeMap<UserId, (Named, i64)>,
}

impl RoomTopic {
    pub(super) fn new(room_id: RoomId) -> Self {
        Self { room_id, sockets: BTreeMap::new(), presence: Presence::default(), typing: BTreeMap::new() }
    }

    /// Whether there is nobody to tell anything and nothing to be told.
    pub(super) fn is_over(&self) -> bool {
        self.sockets.is_empty() && !self.presence.is_dirty
    }

    /// Hands a frame that must not be missed to every socket.
    pub(super) fn tell(&self, frame: &Arc<Frame>) {
        for outlet in self.sockets.values() {
            outlet.send(frame);
        }
    }

    /// Hands an event that may be missed to every socket, or to those of one format.
    fn tell_in_passing(&self, event: Event, only: Option<Format>) {
        let frame = Frame::new(event);
        for outlet in self.sockets.values().filter(|outlet| only.is_none_or(|format| outlet.format == format)) {
            outlet.send_in_passing(&frame);
        }
    }

    /// Tells a new socket who is here: those of whom the others were told, and those of whom they are about to be, itself among them.
    pub(super) fn greet(&self, outlet: &Outlet) {
        let (room_id, presence) = (self.room_id, &self.presence);
        match outlet.format {
            Format::Html => {
                outlet.send_in_passing(presence.greeting.get_or_init(|| Frame::new(here(&presence.everyone()))));
            }
            Format::Json => {
                for user_id in presence.everyone().into_keys().take(NEWS_MAX) {
                    outlet.send_in_passing(&Frame::new(Event::Presence { room_id, user_id, online: true }));
                }
            }
        }
        for (user, _) in self.typing.values().take(NEWS_MAX) {
            outlet.send_in_passing(&Frame::new(Event::Typing { room_id, user: user.clone(), on: true }));
        }
    }

    /// Forgets a socket; who has no other here stops writing.
    pub(super) fn forget(&mut self, socket: SocketId, person: UserId) {
        self.sockets.remove(&socket);
        if !self.presence.present.contains_key(&person) {
            self.stop_typing(person);
        }
    }

    /// Somebody writes; the others are told when that is new.
    pub(super) fn start_typing(&mut self, person: &Author, now_ms: i64) {
        let user = Named { id: person.id, name: person.name.clone() };
        if self.typing.insert(user.id, (user.clone(), now_ms)).is_none() {
            self.tell_in_passing(Event::Typing { room_id: self.room_id, user, on: true }, None);
        }
    }

    /// Somebody writes no longer.
    pub(super) fn stop_typing(&mut self, person: UserId) {
        if let Some((user, _)) = self.typing.remove(&person) {
            self.tell_in_passing(Event::Typing { room_id: self.room_id, user, on: false }, None);
        }
    }

    /// Ends old typing marks and tells who came and went.
    pub(super) fn tick(&mut self, now_ms: i64) {
        let silent = self.typing.values().filter(|(_, heard_ms)| now_ms - heard_ms >= TYPING_MS);
        for person in silent.map(|(user, _)| user.id).collect::<Vec<_>>() {
            self.stop_typing(person);
        }
        if !self.presence.is_dirty {
            return;
        }
        let (came, went) = self.presence.news(now_ms, NEWS_MAX);
        for (people, online) in [(&went, false), (&came, true)] {
            for user_id in people.iter().map(|person| person.id) {
                let event = Event::Presence { room_id: self.room_id, user_id, online };
                self.tell_in_passing(event, Some(Format::Json));
            }
        }
        if !came.is_empty() || !went.is_empty() {
            self.tell_in_passing(here(&self.presence.told), Some(Format::Html));
        }
    }
}

/// The faces of the first, and the count of all.
fn here(people: &BTreeMap<UserId, Author>) -> Event {
    Event::Here { people: people.values().take(FACES_MAX).cloned().collect(), count: people.len() }
}
