//! The bounded pool on which daemons call the blocking message store (`service.*.maxthreads`).

use std::sync::Arc;

use std::time::Instant;

use meters::PoolMeters;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task,
};

/// At most so many blocking calls at a time; the others wait in order. Clones share the bound.
#[derive(Debug, Clone)]
pub struct WorkPool {
    permits: Arc<Semaphore>,
    meters: Option<PoolMeters>,
}

impl WorkPool {
    /// A pool of `threads` (at least one).
    pub fn new(threads: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(threads.clamp(1, Semaphore::MAX_PERMITS))), meters: None }
    }

    /// The same, counted and timed as the pool of `service`.
    pub fn measured(self, service: &'static str) -> Self {
        Self { meters: Some(PoolMeters::new(service)), ..self }
    }

    /// Runs `work` on a blocking thread and returns its result. A panic in `work` continues in the caller, so that it
    /// ends one session and not the pool.
    ///
    /// When the caller is dropped the work still runs to its end: a commit is never left half done.
    pub async fn run<T, F>(&self, work: F) -> T
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        // The semaphore is never closed, so there always is a permit to come; without one we would only be unbounded.
        let asked = Instant::now();
        let permit = self.permit().await;
        let working = self.meters.clone();
        let task = task::spawn_blocking(move || {
            let busy = working.map(|meters| meters.works(asked.elapsed()));
            let result = work();
            drop(busy);
            drop(permit);
            result
        });
        match task.await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // Only a runtime that is shutting down cancels blocking work; nobody is left to answer.
                Err(_) => std::future::pending().await,
            },
        }
    }

    async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Some(permit);
        }
        let waiting = self.meters.as_ref().map(PoolMeters::waits);
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        drop(waiting);
        permit
    }
}
