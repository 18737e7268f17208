//! Threads for what computes for long: off the async ones, few at once, with a bounded queue.
//!
//! Invariant: a job that panics costs the one who asked; the thread stays.

use crate::error::AppError;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, available_parallelism};
use tokio::sync::oneshot;

type Job<M> = Box<dyn FnOnce(&mut M) + Send>;

/// Some threads, each with memory of its own that is used again. They end with it.
pub(super) struct Workers<M>(SyncSender<Job<M>>);

impl<M: Default + 'static> Workers<M> {
    /// Starts `at_once_max` threads, or as many as there are cores, for which `waiting_max` jobs may wait.
    pub(super) fn start(name: &str, at_once_max: usize, waiting_max: usize) -> io::Result<Self> {
        let (jobs, queue) = sync_channel(waiting_max);
        let queue = Arc::new(Mutex::new(queue));
        let cores = available_parallelism().map_or(1, usize::from);
        for number in 0..cores.min(at_once_max) {
            let queue = queue.clone();
            thread::Builder::new().name(format!("{name} {number}")).spawn(move || work::<M>(&queue))?;
        }
        Ok(Self(jobs))
    }

    /// Runs `work` on one of the threads. `Busy` when too many jobs wait.
    pub(super) async fn run<T: Send + 'static>(
        &self, work: impl FnOnce(&mut M) -> T + Send + 'static,
    ) -> Result<T, AppError> {
        let (sender, receiver) = oneshot::channel();
        let job = move |memory: &mut M| {
            // Whoever asked may have gone.
            let _ = sender.send(work(memory));
        };
        if !self.leave(job) {
            return Err(AppError::Busy);
        }
        receiver.await.map_err(|_| AppError::Internal("a worker's job panicked".to_owned()))
    }

    /// Leaves `work` to one of the threads; tells whether there was room for it.
    pub(super) fn leave(&self, work: impl FnOnce(&mut M) + Send + 'static) -> bool {
        self.0.try_send(Box::new(work)).is_ok()
    }
}

fn work<M: Default>(queue: &Mutex<Receiver<Job<M>>>) {
    let mut memory = M::default();
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        let _ = catch_unwind(AssertUnwindSafe(|| job(&mut memory)));
    }
}
