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

/// The hashing of passwords, bounded.
pub struct Passwords {
    places: Arc<Semaphore>,
    at_once: Arc<Semaphore>,
    /// What a password is checked against when nobody has the address.
    decoy: PasswordHash,
}

impl Passwords {
    /// Prepares hashing; hashes one password itself.
    ///
    /// # Errors
    /// When the hasher does not work at all.
    pub fn prepare() -> Result<Self, AppError> {
        let nobodys = Password::parse("a password that nobody has")?;
        let cores = available_parallelism().map_or(1, usize::from);
        Ok(Self {
            places: Arc::new(Semaphore::new(PLACES_MAX)),
            at_once: Arc::new(Semaphore::new(cores.min(AT_ONCE_MAX))),
            decoy: PasswordHash::of(&nobodys, &mut dice())?,
        })
    }

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
        let (is_known, hash) = (hash.is_some(), hash.unwrap_or_else(|| self.decoy.clone()));
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
