//! Unit tests of `live::topics`.

use super::*;
use crate::domain::ids::SessionId;
use crate::domain::people::Role;
use crate::live::frames::Format;
use crate::live::hub::Queued;
use crate::live::presence::GRACE_MS;
use crate::live::room_topic::TYPING_MS;
use proptest::prelude::*;
use std::collections::BTreeMap;
use tokio::sync::mpsc::Receiver;

const ROOM: RoomId = RoomId(4);
/// Far past every grace.
const LATER_MS: i64 = 60_000;

fn topics() -> Topics {
    Topics::new(20, 1000)
}

/// Who is here, by the count of their present sockets.
fn counts(topics: &Topics) -> Vec<(UserId, usize)> {
    let topic = topics.rooms.get(&ROOM);
    topic.map(|topic| topic.presence.present.iter().map(|(id, (_, count))| (*id, *count)).collect()).unwrap_or_default()
}

/// Subscribes a socket of a person to the room; what it is sent comes out of the receiver.
fn join(topics: &mut Topics, id: SocketId, person: i64) -> Receiver<Queued> {
    let (outlet, frames) = Outlet::pair(Format::Json);
    let person =
        Author { id: UserId(person), name: format!("Person {person}"), role: Role::Member, avatar_version: None };
    let subscriber = Subscriber {
        person,
        session_id: SessionId(id as i64),
        room_id: Some(ROOM),
        rooms: vec![ROOM],
        format: Format::Json,
    };
    topics.subscribe(id, subscriber, outlet);
    frames
}

fn heard(frames: &mut Receiver<Queued>) -> Vec<String> {
    std::iter::from_fn(|| frames.try_recv().ok())
        .flatten()
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
        let mut receivers: HashMap<SocketId, Receiver<Queued>> = HashMap::default();
        let mut present: HashMap<SocketId, bool> = HashMap::default();
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
            prop_assert_eq!(counts(&topics), expected.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(topics.sockets.len(), present.len());
        }
    }
}

#[test]
fn a_socket_that_vanished_leaves_no_presence_and_no_subscription() {
    let mut topics = topics();
    let frames = join(&mut topics, 1, 7);
    assert_eq!(counts(&topics), [(UserId(7), 1)]);
    drop(frames);
    topics.tick(0);
    assert_eq!((topics.sockets.len(), counts(&topics)), (0, Vec::new()));
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
    assert!(told.iter().any(|text| text.contains(r#""user_id":2"#) && text.contains(r#""online":true"#)), "{told:?}");

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
    assert!(told.iter().any(|text| text.contains(r#""user_id":2"#) && text.contains(r#""online":false"#)), "{told:?}");
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
    assert_eq!(topics.sockets.len(), 2);
    let _other = join(&mut topics, 4, 2);
    join(&mut topics, 5, 3);
    assert_eq!(topics.sockets.len(), 3);
    // One that goes makes room.
    topics.unsubscribe(1, 0);
    let _again = join(&mut topics, 6, 1);
    assert_eq!(topics.sockets.len(), 3);
}
