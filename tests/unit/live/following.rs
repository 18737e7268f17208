//! Unit tests of `live::following`.

use super::*;
use crate::domain::ids::Revision;
use proptest::prelude::*;

const ROOM: RoomId = RoomId(1);

fn message(revision: i64) -> Added {
    Added { revision: Revision(revision), author: UserId(1), called: Vec::new() }
}

fn added_in(frame: &Frame) -> usize {
    let Event::Activity { added, .. } = &frame.event else { panic!("not activity") };
    added.len()
}

proptest! {
    #[test]
    fn every_message_is_told_once_and_no_more_than_once_a_second(pauses in proptest::collection::vec(0..700_i64, 1..60)) {
        let mut following = Following::default();
        add(&mut following.by_room, 7, &[ROOM]);
        let (mut now_ms, mut told, mut told_at) = (10_000, 0, Vec::new());
        for (number, pause) in pauses.iter().enumerate() {
            now_ms += pause;
            let message = Some(message(number as i64));
            let frames = following.note(ROOM, message, now_ms).into_iter();
            for frame in frames.chain(following.due(now_ms).into_iter().map(|(_, frame)| frame)) {
                told += added_in(&frame);
                told_at.push(now_ms);
            }
        }
        for (_, frame) in following.due(now_ms + NEWS_EVERY_MS) {
            told += added_in(&frame);
        }
        prop_assert_eq!(told, pauses.len());
        prop_assert!(told_at.windows(2).all(|pair| pair[1] - pair[0] >= NEWS_EVERY_MS));
        following.due(now_ms + 10 * NEWS_EVERY_MS);
        prop_assert!(following.news.is_empty(), "a quiet room is forgotten");
    }
}

#[test]
fn nothing_is_gathered_for_nobody_and_too_much_is_counted_anew() {
    let mut following = Following::default();
    assert!(following.note(ROOM, Some(message(1)), 5_000).is_none());
    add(&mut following.by_room, 7, &[ROOM]);
    for number in 0..=GATHERED_MAX as i64 + 1 {
        following.note(ROOM, Some(message(number)), 5_000);
    }
    let due = following.due(6_000);
    assert!(matches!(due[0].1.event, Event::Activity { must_recount: true, .. }));
    remove(&mut following.by_room, 7, &[ROOM]);
    assert_eq!(under(&following.by_room, [ROOM]), Vec::<SocketId>::new());
}
