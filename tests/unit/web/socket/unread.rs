//! Unit tests of `web::socket::unread`.

use super::*;
use proptest::prelude::*;

const ROOM: RoomId = RoomId(1);
const ME: UserId = UserId(7);
const BOB: UserId = UserId(8);

/// What happens: a message of mine or of Bob's, or my reading up to here on another device.
#[derive(Debug, Clone, Copy)]
enum Step {
    Mine,
    Bobs,
    Read,
}

/// So much, of which nothing mentions me.
fn unread(count: i64) -> rooms::Unread {
    rooms::Unread { count, mention: false }
}

/// What the socket hears of it.
enum Said {
    Came(Vec<Added>),
    Read(rooms::Unread, Revision),
}

proptest! {
    /// The page is told late, of several messages at once, and of reading out of turn; in the end it shows what is so.
    #[test]
    fn counts_end_up_as_the_database_has_them(
        steps in proptest::collection::vec(prop_oneof![Just(Step::Mine), Just(Step::Bobs), Just(Step::Read)], 0..40),
        gather in 1..5_usize,
        connected_after in 0..40_usize,
    ) {
        let (mut truth, mut shown) = (0, Unread::of(ME));
        let mut gathered = Vec::new();
        let mut frames = Vec::new();
        let mut at = Revision(0);
        let mut is_connected = false;
        for (number, step) in steps.iter().enumerate() {
            if number == connected_after {
                shown.reset([(ROOM, unread(truth))], at);
                is_connected = true;
            }
            match step {
                Step::Read => {
                    truth = 0;
                    frames.push(Said::Read(rooms::Unread::default(), at));
                }
                Step::Mine | Step::Bobs => {
                    at = Revision(at.0 + 1);
                    let author = if matches!(step, Step::Mine) { ME } else { BOB };
                    truth += i64::from(author == BOB);
                    gathered.push(Added { revision: at, author, called: Vec::new() });
                    if gathered.len() >= gather {
                        frames.push(Said::Came(std::mem::take(&mut gathered)));
                    }
                }
            }
        }
        if !is_connected {
            shown.reset([(ROOM, unread(truth))], at);
        }
        frames.push(Said::Came(gathered));
        for frame in frames {
            let then = match frame {
                Said::Read(count, as_of) => shown.set(ROOM, count, as_of),
                Said::Came(added) => shown.heard(ROOM, &added, false),
            };
            if then == Then::Recount {
                shown.set(ROOM, unread(truth), at);
            }
        }
        prop_assert_eq!(shown.counts[&ROOM].0, unread(truth));
    }
}

/// One message by Bob.
fn bobs(revision: i64, called: &[UserId]) -> [Added; 1] {
    [Added { revision: Revision(revision), author: BOB, called: called.to_vec() }]
}

#[test]
fn a_room_that_is_not_mine_is_nothing_to_me() {
    let mut mine = Unread::of(ME);
    assert_eq!(mine.heard(ROOM, &bobs(1, &[]), false), Then::Nothing);
    assert_eq!(mine.set(ROOM, unread(3), Revision(1)), Then::Nothing);
    mine.add(ROOM, Revision(0));
    assert_eq!(mine.heard(ROOM, &bobs(1, &[]), false), Then::Tell(unread(1)));
    mine.remove(ROOM);
    assert_eq!(mine.heard(ROOM, &bobs(2, &[]), false), Then::Nothing);
}

#[test]
fn a_mention_of_me_or_of_everyone_stays_until_it_is_read() {
    for called in [ME, EVERYONE] {
        let mut mine = Unread::of(ME);
        mine.add(ROOM, Revision(0));
        assert_eq!(mine.heard(ROOM, &bobs(1, &[BOB]), false), Then::Tell(unread(1)));
        let mentioned = |count| Then::Tell(rooms::Unread { count, mention: true });
        assert_eq!(mine.heard(ROOM, &bobs(2, &[BOB, called]), false), mentioned(2));
        assert_eq!(mine.heard(ROOM, &bobs(2, &[called]), false), Then::Nothing, "it was known");
        assert_eq!(mine.heard(ROOM, &bobs(3, &[]), false), mentioned(3));
        assert_eq!(mine.set(ROOM, unread(0), Revision(3)), Then::Tell(unread(0)));
        assert_eq!(mine.heard(ROOM, &bobs(4, &[]), false), Then::Tell(unread(1)));
    }
}
