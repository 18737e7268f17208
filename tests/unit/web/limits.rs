//! Unit tests of `web::limits`.

use super::*;
use proptest::prelude::*;

fn ann() -> Attempter {
    Attempter::EmailAddress("ann@example.com".into())
}

#[test]
fn the_eleventh_attempt_waits_until_the_first_is_three_minutes_old() {
    let attempts = Attempts::default();
    for second in 0..10 {
        attempts.begin(&[ann()], second * 1000).unwrap();
    }
    let Err(AppError::TooMany { retry_after_s }) = attempts.begin(&[ann()], 10_000) else { panic!() };
    assert_eq!(retry_after_s, 170);
    attempts.begin(&[Attempter::EmailAddress("bob@example.com".into())], 10_000).unwrap();
    attempts.begin(&[ann()], 180_000).unwrap();
}

#[test]
fn an_attempt_that_succeeds_is_not_counted() {
    let attempts = Attempts::default();
    for _ in 0..100 {
        attempts.begin(&[ann()], 0).unwrap();
        attempts.succeeded(&[ann()]);
    }
}

proptest! {
    #[test]
    fn in_any_time_nobody_posts_more_than_the_burst_and_what_came_since(
        steps in proptest::collection::vec(0i64..400, 1..300)
    ) {
        let posts = Posts::new(30, 5);
        let (mut now_ms, mut passed) = (0, 0);
        for step in steps {
            now_ms += step;
            passed += i64::from(posts.take(UserId(1), now_ms).is_ok());
            prop_assert!(passed <= 30 + now_ms * 5 / 1000 + 1);
        }
    }

    #[test]
    fn what_is_given_back_can_be_taken_again(times in 1usize..200) {
        let posts = Posts::new(3, 1);
        for _ in 0..times {
            posts.take(UserId(1), 0).unwrap();
            posts.give_back(UserId(1));
        }
    }

    #[test]
    fn the_number_of_keys_is_bounded(keys in 1i64..200) {
        let posts = Posts::new(1, 1);
        for key in 0..keys + KEYS_MAX as i64 {
            let _ = posts.take(UserId(key), 0);
        }
        prop_assert!(locked(&posts.buckets).len() <= KEYS_MAX);
    }
}
