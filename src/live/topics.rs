//! The hub's state: sockets by room, who is here, who is writing.
//!
//! Invariants: a socket gets the frames of its room in the order they were published, or is marked lagging; a
//! socket whose receiver is gone is forgotten at the next look; presence is counted, so several tabs of one
//! person are one, and it is gone when the last is. The clock is an argument.

use super::frames::{Event, Format, Frame};
use super::hub::{CloseReason, Outlet, Subscriber, Whose};
use crate::domain::ids::{RoomId, UserId};
use crate::domain::people::Author;
use std::collections::{BTreeMap, HashMap};

/// Faces shown of those who are here; more would not fit beside the room's name.
const FACES_MAX: usize = 8;
/// Who came or went, told to programs at each tick: a thousand arriving at once after a restart must not
/// cost a million frames.
const PRESENCE_EVENTS_MAX: usize = 10;
/// How long somebody may be away before it is told: longer than a page takes to reload.
const GRACE_MS: i64 = 3_000;
/// How long a typing mark lives without a new key stroke.
const TYPING_MS: i64 = 5_000;

/// Names a socket within the hub.
pub(super) type SocketId = u64;

struct Socket {
    subscriber: Subscriber,
    outlet: Outlet,
    is_present: bool,
}

#[derive(Default)]
struct Topic {
    sockets: BTreeMap<SocketId, Outlet>,
    /// Sockets that are present, by person.
    present: BTreeMap<UserId, (Author, usize)>,
    /// Who was told to be here.
    told: BTreeMap<UserId, Author>,
    /// Since when those who were told to be here are away.
    away_since_ms: HashMap<UserId, i64>,
    /// Who is writing, and since when nothing was heard of it.
    typing: BTreeMap<UserId, (Author, i64)>,
    is_dirty: bool,
}

/// Everything the hub knows.
pub(super) struct Topics {
    sockets: HashMap<SocketId, Socket>,
    rooms: HashMap<RoomId, Topic>,
    per_person: HashMap<UserId, usize>,
    sockets_per_person_max: usize,
    sockets_max: usize,
}

impl Topics {
    pub(super) fn new(sockets_per_person_max: usize, sockets_max: usize) -> Self {
        Self {
            sockets: HashMap::new(),
            rooms: HashMap::new(),
            per_person: HashMap::new(),
            sockets_per_person_max,
            sockets_max,
        }
    }

    /// Takes a socket in, or closes it when there are too many. Tells it who is here.
    pub(super) fn subscribe(&mut self, id: SocketId, subscriber: Subscriber, outlet: Outlet) {
        let person = subscriber.person.id;
        let mine = self.per_person.get(&person).copied().unwrap_or(0);
        if self.sockets.len() >= self.sockets_max || mine >= self.sockets_per_person_max {
            outlet.close(CloseReason::TooMany);
            return;
        }
        *self.per_person.entry(person).or_default() += 1;
        let room_id = subscriber.room_id;
        if let Some(room_id) = room_id {
            self.rooms.entry(room_id).or_default().sockets.insert(id, outlet.clone());
        }
        self.sockets.insert(id, Socket { subscriber, outlet: outlet.clone(), is_present: false });
        self.set_present(id, true, 0);
        if let Some((room_id, topic)) = room_id.and_then(|room_id| Some((room_id, self.rooms.get(&room_id)?)))
        {
            topic.greet(room_id, &outlet);
        }
    }

    /// Forgets a socket with its presence.
    pub(super) fn unsubscribe(&mut self, id: SocketId, now_ms: i64) {
        self.set_present(id, false, now_ms);
        let Some(socket) = self.sockets.remove(&id) else { return };
        let person = socket.subscriber.person.id;
        if let Some(count) = self.per_person.get_mut(&person) {
            *count -= 1;
            if *count == 0 {
                self.per_person.remove(&person);
            }
        }
        if let Some(room_id) = socket.subscriber.room_id
            && let Some(topic) = self.rooms.get_mut(&room_id)
        {
            topic.sockets.remove(&id);
            if !topic.present.contains_key(&person) {
                topic.stop_typing(room_id, person);
            }
        }
    }

    /// Notes that somebody looks at the room through this socket, or no longer does.
    pub(super) fn set_present(&mut self, id: SocketId, is_present: bool, now_ms: i64) {
        let Some(socket) = self.sockets.get_mut(&id) else { return };
        let Some(room_id) = socket.subscriber.room_id else { return };
        if socket.is_present == is_present {
            return;
        }
        socket.is_present = is_present;
        let person = &socket.subscriber.person;
        let Some(topic) = self.rooms.get_mut(&room_id) else { return };
        topic.is_dirty = true;
        if is_present {
            topic.away_since_ms.remove(&person.id);
            topic.present.entry(person.id).or_insert_with(|| (person.clone(), 0)).1 += 1;
        } else if let Some((_, count)) = topic.present.get_mut(&person.id) {
            *count -= 1;
            if *count == 0 {
                topic.present.remove(&person.id);
                topic.away_since_ms.insert(person.id, now_ms);
            }
        }
    }

    /// Notes that somebody writes, or stopped, and tells the room when that is new.
    pub(super) fn set_typing(&mut self, id: SocketId, on: bool, now_ms: i64) {
        let Some(socket) = self.sockets.get(&id) else { return };
        let Some(room_id) = socket.subscriber.room_id else { return };
        let Some(topic) = self.rooms.get_mut(&room_id) else { return };
        let person = socket.subscriber.person.clone();
        if !on {
            topic.stop_typing(room_id, person.id);
        } else if topic.typing.insert(person.id, (person.clone(), now_ms)).is_none() {
            topic.tell_in_passing(Event::Typing { room_id, person, on: true });
        }
    }

    /// Hands an event to every socket of a room.
    pub(super) fn publish(&mut self, room_id: RoomId, event: Event) {
        if let Some(topic) = self.rooms.get(&room_id) {
            let frame = Frame::new(event);
            for outlet in topic.sockets.values() {
                outlet.send(&frame);
            }
        }
    }

    /// Knows somebody by their new name from now on, and tells everyone.
    pub(super) fn person_changed(&mut self, person: Author, revision: i64) {
        let frame = Frame::new(Event::Person(person.clone(), revision));
        for socket in self.sockets.values_mut() {
            if socket.subscriber.person.id == person.id {
                socket.subscriber.person = person.clone();
            }
            socket.outlet.send(&frame);
        }
        for topic in self.rooms.values_mut() {
            if let Some((known, _)) = topic.present.get_mut(&person.id) {
                known.clone_from(&person);
            }
            if let Some(known) = topic.told.get_mut(&person.id) {
                known.clone_from(&person);
                topic.is_dirty = true;
            }
        }
    }

    /// Marks every socket as lagging: something was published that the hub could not take.
    pub(super) fn everyone_lags(&self) {
        for socket in self.sockets.values() {
            socket.outlet.lag();
        }
    }

    /// Closes sockets.
    pub(super) fn close(&self, whose: Whose, reason: CloseReason) {
        let concerned = |socket: &&Socket| match whose {
            Whose::Everyone => true,
            Whose::Session(session) => socket.subscriber.session_id == session,
            Whose::Person(person) => socket.subscriber.person.id == person,
            Whose::Others(person, keep) => {
                socket.subscriber.person.id == person && socket.subscriber.session_id != keep
            }
        };
        for socket in self.sockets.values().filter(concerned) {
            socket.outlet.close(reason);
        }
    }

    /// Forgets sockets that are gone, ends old typing marks and tells who came and went.
    pub(super) fn tick(&mut self, now_ms: i64) {
        let gone: Vec<SocketId> =
            self.sockets.iter().filter(|(_, socket)| socket.outlet.is_gone()).map(|(id, _)| *id).collect();
        for id in gone {
            self.unsubscribe(id, now_ms);
        }
        for (room_id, topic) in &mut self.rooms {
            topic.end_typing(*room_id, now_ms);
            if topic.is_dirty {
                topic.tell_presence(*room_id, now_ms);
            }
        }
        self.rooms.retain(|_, topic| !topic.sockets.is_empty() || topic.is_dirty);
    }

    /// How many sockets there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.sockets.len()
    }

    /// Who is here, by the count of their present sockets.
    #[cfg(test)]
    pub(super) fn present(&self, room_id: RoomId) -> Vec<(UserId, usize)> {
        let topic = self.rooms.get(&room_id);
        topic.map(|topic| topic.present.iter().map(|(id, (_, n))| (*id, *n)).collect()).unwrap_or_default()
    }
}

impl Topic {
    /// Tells a new socket who is here: those of whom the others were told, and those of whom they are about to be,
    /// itself among them.
    fn greet(&self, room_id: RoomId, outlet: &Outlet) {
        let mut everyone = self.told.clone();
        everyone.extend(self.present.values().map(|(person, _)| (person.id, person.clone())));
        match outlet.format {
            Format::Html => outlet.send_in_passing(&Frame::new(here(&everyone))),
            Format::Json => {
                for person in everyone.into_values().take(PRESENCE_EVENTS_MAX) {
                    outlet.send_in_passing(&Frame::new(Event::Presence { room_id, person, online: true }));
                }
            }
        }
        for (person, _) in self.typing.values().take(PRESENCE_EVENTS_MAX) {
            let person = person.clone();
            outlet.send_in_passing(&Frame::new(Event::Typing { room_id, person, on: true }));
        }
    }

    fn tell_in_passing(&self, event: Event) {
        let frame = Frame::new(event);
        for outlet in self.sockets.values() {
            outlet.send_in_passing(&frame);
        }
    }

    fn stop_typing(&mut self, room_id: RoomId, person: UserId) {
        if let Some((person, _)) = self.typing.remove(&person) {
            self.tell_in_passing(Event::Typing { room_id, person, on: false });
        }
    }

    fn end_typing(&mut self, room_id: RoomId, now_ms: i64) {
        let silent =
            |(id, (_, heard_ms)): (&UserId, &(Author, i64))| (now_ms - heard_ms >= TYPING_MS).then_some(*id);
        let ended: Vec<UserId> = self.typing.iter().filter_map(silent).collect();
        for person in ended {
            self.stop_typing(room_id, person);
        }
    }

    /// Tells who came and who has been away for longer than the grace.
    fn tell_presence(&mut self, room_id: RoomId, now_ms: i64) {
        let came: Vec<Author> = self
            .present
            .values()
            .filter(|(person, _)| !self.told.contains_key(&person.id))
            .map(|(person, _)| person.clone())
            .collect();
        let is_away = |id: &UserId| {
            let since_ms = self.away_since_ms.get(id).copied().unwrap_or(now_ms);
            !self.present.contains_key(id) && now_ms - since_ms >= GRACE_MS
        };
        let went: Vec<Author> = self.told.values().filter(|person| is_away(&person.id)).cloned().collect();
        let changed = !came.is_empty() || !went.is_empty();
        for (person, online) in went
            .into_iter()
            .map(|person| (person, false))
            .chain(came.into_iter().map(|person| (person, true)))
            .take(PRESENCE_EVENTS_MAX)
        {
            if online {
                self.told.insert(person.id, person.clone());
            } else {
                self.told.remove(&person.id);
                self.away_since_ms.remove(&person.id);
            }
            self.tell_in_passing(Event::Presence { room_id, person, online });
        }
        if changed {
            self.tell_in_passing(here(&self.told));
        }
        self.is_dirty = !self.told.keys().eq(self.present.keys());
        if !self.is_dirty {
            self.away_since_ms.clear();
        }
    }
}

/// The faces of the first, and the count of all.
fn here(people: &BTreeMap<UserId, Author>) -> Event {
    Event::Here { people: people.values().take(FACES_MAX).cloned().collect(), count: people.len() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::SessionId;
    use crate::domain::people::Role;
    use proptest::prelude::*;
    use std::sync::Arc;
    use tokio::sync::mpsc::Receiver;

    const ROOM: RoomId = RoomId(4);
    /// Far past every grace.
    const LATER_MS: i64 = 60_000;

    fn topics() -> Topics {
        Topics::new(20, 1000)
    }

    /// Subscribes a socket of a person to the room; what it is sent comes out of the receiver.
    fn join(topics: &mut Topics, id: SocketId, person: i64) -> Receiver<Arc<Frame>> {
        let (outlet, frames) = Outlet::pair(Format::Json);
        let person = Author {
            id: UserId(person),
            name: format!("Person {person}"),
            role: Role::Member,
            avatar_version: None,
        };
        let subscriber = Subscriber {
            person,
            session_id: SessionId(id as i64),
            room_id: Some(ROOM),
            format: Format::Json,
        };
        topics.subscribe(id, subscriber, outlet);
        frames
    }

    fn heard(frames: &mut Receiver<Arc<Frame>>) -> Vec<String> {
        std::iter::from_fn(|| frames.try_recv().ok())
            .filter_map(|frame| frame.text(Format::Json))
            .map(|text| text.to_string())
            .collect()
    }

    proptest! {
        #[test]
        fn presence_is_the_count_of_present_sockets_whatever_happens(
            steps in proptest::collection::vec((0u64..8, 0u8..4), 0..200)
        ) {
            let mut topics = topics();
            let mut receivers: HashMap<SocketId, Receiver<Arc<Frame>>> = HashMap::new();
            let mut present: HashMap<SocketId, bool> = HashMap::new();
            for (id, step) in steps {
                match step {
                    0 if !present.contains_key(&id) => {
                        receivers.insert(id, join(&mut topics, id, id as i64 % 3));
                        present.insert(id, true);
                    }
                    1 => {
                        topics.unsubscribe(id, 0);
                        receivers.remove(&id);
                        present.remove(&id);
                    }
                    2 | 3 => {
                        topics.set_present(id, step == 2, 0);
                        if let Some(state) = present.get_mut(&id) {
                            *state = step == 2;
                        }
                    }
                    _ => {}
                }
                let mut expected: BTreeMap<UserId, usize> = BTreeMap::new();
                for (id, _) in present.iter().filter(|(_, is_present)| **is_present) {
                    *expected.entry(UserId(*id as i64 % 3)).or_default() += 1;
                }
                prop_assert_eq!(topics.present(ROOM), expected.into_iter().collect::<Vec<_>>());
                prop_assert_eq!(topics.len(), present.len());
            }
        }
    }

    #[test]
    fn a_socket_that_vanished_leaves_no_presence_and_no_subscription() {
        let mut topics = topics();
        let frames = join(&mut topics, 1, 7);
        assert_eq!(topics.present(ROOM), [(UserId(7), 1)]);
        drop(frames);
        topics.tick(0);
        assert_eq!((topics.len(), topics.present(ROOM)), (0, Vec::new()));
        topics.tick(LATER_MS);
        topics.tick(LATER_MS);
        assert!(topics.rooms.is_empty(), "an empty room is forgotten");
    }

    #[test]
    fn who_comes_is_told_at_once_who_goes_after_a_while_and_a_reload_not_at_all() {
        let mut topics = topics();
        let mut ann = join(&mut topics, 1, 1);
        let bob = join(&mut topics, 2, 2);
        topics.tick(0);
        let told = heard(&mut ann);
        assert!(
            told.iter().any(|text| text.contains(r#""user_id":2"#) && text.contains(r#""online":true"#)),
            "{told:?}"
        );

        // Bob reloads: one page goes, the next comes a moment later.
        drop(bob);
        topics.tick(1_000);
        let bob = join(&mut topics, 3, 2);
        topics.tick(LATER_MS);
        assert_eq!(heard(&mut ann), Vec::<String>::new());

        // Bob goes for good.
        drop(bob);
        topics.tick(LATER_MS);
        assert_eq!(heard(&mut ann), Vec::<String>::new());
        topics.tick(LATER_MS + GRACE_MS);
        let told = heard(&mut ann);
        assert!(
            told.iter().any(|text| text.contains(r#""user_id":2"#) && text.contains(r#""online":false"#)),
            "{told:?}"
        );
    }

    #[test]
    fn writing_is_told_once_and_ends_after_five_seconds_of_silence() {
        let mut topics = topics();
        let (mut ann, _bob) = (join(&mut topics, 1, 1), join(&mut topics, 2, 2));
        heard(&mut ann);
        topics.set_typing(2, true, 0);
        topics.set_typing(2, true, 3_000);
        assert_eq!(heard(&mut ann).len(), 1);
        topics.tick(3_000 + TYPING_MS - 1);
        assert!(!heard(&mut ann).iter().any(|text| text.contains(r#""on":false"#)));
        topics.tick(3_000 + TYPING_MS);
        assert!(heard(&mut ann).iter().any(|text| text.contains(r#""on":false"#)));
    }

    #[test]
    fn too_many_sockets_of_one_person_or_in_all_are_closed() {
        let mut topics = Topics::new(2, 3);
        let _kept = [join(&mut topics, 1, 1), join(&mut topics, 2, 1)];
        join(&mut topics, 3, 1);
        assert_eq!(topics.len(), 2);
        let _other = join(&mut topics, 4, 2);
        join(&mut topics, 5, 3);
        assert_eq!(topics.len(), 3);
        // One that goes makes room.
        topics.unsubscribe(1, 0);
        let _again = join(&mut topics, 6, 1);
        assert_eq!(topics.len(), 3);
    }
}
