//! Limits of rate, in memory.
//!
//! Invariants: at most `KEYS_MAX` keys are remembered, and those that no longer matter go first; the clock is an argument. A
//! restart forgets them, which costs an attacker's patience, not the defence.

use crate::domain::UserId;
use crate::error::{AppError, Result};
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Keys remembered by one limit: ids or e-mail addresses of 254 bytes at most, ten moments beside each, 10 MB in all.
const KEYS_MAX: usize = 20_000;
/// Attempts to sign in or join within `ATTEMPTS_WINDOW_MS`.
const ATTEMPTS_MAX: usize = 10;
/// The window of attempts.
const ATTEMPTS_WINDOW_MS: i64 = 3 * 60 * 1000;

/// Whose attempts are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Attempter {
    /// Whoever signs in from this address.
    Peer(IpAddr),
    /// Whoever comes with a code or link from this address. Apart from signing in: an old invite link that a whole office opens must
    /// not keep them from their own accounts.
    Newcomer(IpAddr),
    /// Whoever tries this e-mail address.
    EmailAddress(String),
}

/// Attempts with a secret, by who makes them: ten in three minutes.
#[derive(Default)]
pub struct Attempts(Mutex<HashMap<Attempter, VecDeque<i64>>>);

impl Attempts {
    /// Counts an attempt by each of `who`, before it is known how it ends; `TooMany`, and nothing counted, when one has none left.
    pub fn begin(&self, who: &[Attempter], now_ms: i64) -> Result<()> {
        let mut attempts = locked(&self.0);
        let since_ms = now_ms - ATTEMPTS_WINDOW_MS;
        for attempter in who {
            let Some(times) = attempts.get_mut(attempter) else { continue };
            times.retain(|time_ms| *time_ms > since_ms);
            if let Some(oldest_ms) = times.front().filter(|_| times.len() >= ATTEMPTS_MAX) {
                return Err(too_many(oldest_ms - since_ms));
            }
        }
        make_room(&mut attempts, |times| times.back().is_none_or(|time_ms| *time_ms <= since_ms));
        for attempter in who {
            attempts.entry(attempter.clone()).or_default().push_back(now_ms);
        }
        Ok(())
    }

    /// Takes one attempt back: it succeeded, so it was no guess.
    pub fn succeeded(&self, who: &[Attempter]) {
        let mut attempts = locked(&self.0);
        for attempter in who {
            if let Some(times) = attempts.get_mut(attempter) {
                times.pop_back();
            }
        }
    }
}

/// Posts by person: a bucket that holds a burst and fills steadily.
pub struct Posts {
    burst: f64,
    per_ms: f64,
    buckets: Mutex<HashMap<UserId, Bucket>>,
}

struct Bucket {
    tokens: f64,
    filled_at_ms: i64,
}

impl Posts {
    /// A limit of `burst` posts at once and `per_second` for long.
    pub fn new(burst: u32, per_second: u32) -> Self {
        Self { burst: burst.into(), per_ms: f64::from(per_second) / 1000.0, buckets: Mutex::default() }
    }

    /// Takes a post's worth from somebody's bucket; `TooMany` when it is empty.
    pub fn take(&self, who: UserId, now_ms: i64) -> Result<()> {
        let mut buckets = locked(&self.buckets);
        let full_after_ms = self.burst / self.per_ms;
        make_room(&mut buckets, |bucket| (now_ms - bucket.filled_at_ms) as f64 > full_after_ms);
        let bucket = buckets.entry(who).or_insert(Bucket { tokens: self.burst, filled_at_ms: now_ms });
        let elapsed_ms = (now_ms - bucket.filled_at_ms).max(0) as f64;
        bucket.tokens = (bucket.tokens + elapsed_ms * self.per_ms).min(self.burst);
        bucket.filled_at_ms = now_ms;
        if bucket.tokens < 1.0 {
            return Err(too_many(((1.0 - bucket.tokens) / self.per_ms).ceil() as i64));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }

    /// Gives a post's worth back: it was a repeat, which costs nothing.
    pub fn give_back(&self, who: UserId) {
        if let Some(bucket) = locked(&self.buckets).get_mut(&who) {
            bucket.tokens = (bucket.tokens + 1.0).min(self.burst);
        }
    }
}

/// When the map is full, drops what no longer matters; if everything does, everything: a limit that starts afresh is
/// better than one that grows or locks people out.
fn make_room<K: Eq + Hash, V>(map: &mut HashMap<K, V>, is_stale: impl Fn(&V) -> bool) {
    if map.len() >= KEYS_MAX {
        map.retain(|_, value| !is_stale(value));
    }
    if map.len() >= KEYS_MAX {
        map.clear();
    }
}

fn too_many(wait_ms: i64) -> AppError {
    let retry_after_s = u64::try_from(wait_ms).unwrap_or(0).div_ceil(1000).max(1);
    AppError::TooMany { retry_after_s }
}

/// The map, also after a panic elsewhere: counts are never half written.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

unit_tests!("../../tests/unit/web/limits.rs");
