//! Hashing and checking passwords without holding up anything else.
//!
//! Invariants: never on an async thread; at most as many at once as there are cores to spare; a check takes as long for
//! an address nobody has as for a wrong password.

use super::dice;
use crate::domain::secrets::PasswordHash;
use crate::domain::text::Password;
use crate::error::AppError;
use std::sync::Arc;
use std::thread::available_parallelism;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

/// Hashes under way at once: each takes 19 MiB and a core for tens of milliseconds.
const AT_ONCE_MAX: usize = 4;
/// Hashes under way or waiting: past about ten seconds' worth, nobody is helped by waiting.
const PLACES_MAX: usize = 128;

/// What a password is checked against when nobody has the address: a hash of the same cost, of a password that nobody has.
const DECOY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$er58XI7K1h6voLn7COeKDw$bYNI3p3F3ieSgPBnD04q6Ly4oEnNCXFfd0fzxSj3ACI";

/// The hashing of passwords, bounded.
pub struct Passwords {
    places: Arc<Semaphore>,
    at_once: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Self {
            places: Arc::new(Semaphore::new(PLACES_MAX)),
            at_once: Arc::new(Semaphore::new(cores.min(AT_ONCE_MAX))),
        }
    }
}

impl Passwords {
    /// Hashes a new password.
    ///
    /// # Errors
    /// `Busy` when too many wait.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, AppError> {
        let permits = self.permits().await?;
        let hashed = spawn_blocking(move || {
            let _permits = permits;
            PasswordHash::of(&password, &mut dice())
        });
        Ok(hashed.await.map_err(|error| AppError::Internal(error.to_string()))??)
    }

    /// Whether `password` is the one behind `hash`; no hash, no match, after the same time.
    ///
    /// # Errors
    /// `Busy` when too many wait.
    pub async fn verify(&self, password: String, hash: Option<PasswordHash>) -> Result<bool, AppError> {
        let permits = self.permits().await?;
        let (is_known, hash) =
            (hash.is_some(), hash.unwrap_or_else(|| PasswordHash::stored(DECOY.to_owned())));
        let verified = spawn_blocking(move || {
            let _permits = permits;
            hash.verify(password.as_bytes())
        });
        let matches = verified.await.map_err(|error| AppError::Internal(error.to_string()))?;
        Ok(matches && is_known)
    }

    async fn permits(&self) -> Result<[OwnedSemaphorePermit; 2], AppError> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| AppError::Busy)?;
        let turn = self.at_once.clone().acquire_owned().await.map_err(|_| AppError::Busy)?;
        Ok([place, turn])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decoy_costs_as_much_as_a_real_hash() {
        let real = PasswordHash::of(&Password::parse("anything at all").unwrap(), &mut dice()).unwrap();
        let cost = |phc: &str| phc.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(cost(DECOY), cost(real.as_str()));
        assert_eq!(DECOY.len(), real.as_str().len());
        // It must be a hash that is really computed, not one that is refused at once.
        assert!(PasswordHash::stored(DECOY.to_owned()).verify(b"a password that nobody has"));
    }
}
