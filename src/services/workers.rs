//! Work that computes, or waits for the disk, for long: off the async threads, few at once, with a bound on those that wait.
//!
//! Invariant: a job that panics costs the one who asked, and no other.

use crate::error::{AppError, Result};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::available_parallelism;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// `AT_ONCE` turns to work, or as many as there are cores, each with memory that is used again; `WAITING` jobs may wait for one.
pub(super) struct Workers<M, const AT_ONCE: usize, const WAITING: usize> {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    memories: Arc<Mutex<Vec<M>>>,
}

impl<M, const AT_ONCE: usize, const WAITING: usize> Default for Workers<M, AT_ONCE, WAITING> {
    fn default() -> Self {
        let turns = available_parallelism().map_or(1, usize::from).min(AT_ONCE);
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        Self { places: semaphore(turns + WAITING), turns: semaphore(turns), memories: Arc::default() }
    }
}

impl<M: Default + Send + 'static, const AT_ONCE: usize, const WAITING: usize> Workers<M, AT_ONCE, WAITING> {
    /// Runs `work` when it is its turn. `Busy` when too many jobs wait.
    pub(super) async fn run<T: Send + 'static>(&self, work: impl FnOnce(&mut M) -> T + Send + 'static) -> Result<T> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| AppError::Busy)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| AppError::Busy)?;
        let memories = self.memories.clone();
        let job = spawn_blocking(move || {
            // Held until it is done, also when whoever asked has gone.
            let _held = (place, turn);
            let memories = || memories.lock().unwrap_or_else(PoisonError::into_inner);
            let mut memory = memories().pop().unwrap_or_default();
            let done = work(&mut memory);
            memories().push(memory);
            done
        });
        job.await.map_err(|_| AppError::Internal("a worker's job panicked".to_owned()))
    }
}
