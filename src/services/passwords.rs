//! Hashing and checking passwords without holding up anything else.
//!
//! Invariants: never on an async thread; at most two at once; a check takes as long for an unknown address as for a wrong password.

use super::dice;
use super::workers::Workers;
use crate::domain::{HashMemory, Password, PasswordHash};
use crate::error::Result;

/// Hashes under way at once, each in 19 MiB that are kept: eighty sign-ins a second, for 38 MiB at most.
const AT_ONCE_MAX: usize = 2;
/// Hashes that may wait: past about five seconds' worth, nobody is helped by waiting.
const WAITING_MAX: usize = 64;

/// What a password is checked against when nobody has the address: a hash of the same cost, of a password that nobody has.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$er58XI7K1h6voLn7COeKDw$bYNI3p3F3ieSgPBnD04q6Ly4oEnNCXFfd0fzxSj3ACI";

/// The hashing of passwords, bounded.
#[derive(Default)]
pub struct Passwords(Workers<HashMemory, AT_ONCE_MAX, WAITING_MAX>);

impl Passwords {
    /// Hashes a new password; `Busy` when too many wait.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash> {
        self.0.run(move |memory| PasswordHash::of(&password, &mut dice(), memory)).await?
    }

    /// Whether `password` is the one behind `hash`; no hash, no match, after the same time. `Busy` when too many wait.
    pub async fn verify(&self, password: String, hash: Option<PasswordHash>) -> Result<bool> {
        let is_known = hash.is_some();
        let hash = hash.unwrap_or_else(|| PasswordHash::stored(DECOY.to_owned()));
        let matches = self.0.run(move |memory| hash.verify(password.as_bytes(), memory)).await?;
        Ok(matches && is_known)
    }
}

unit_tests!("../../tests/unit/services/passwords.rs");
