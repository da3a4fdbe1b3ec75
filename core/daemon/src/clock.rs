//! The clock of idle and session times.
//!
//! Everything that ends because nothing happened for minutes or hours reads this one, so that tests move it instead of waiting. That is possible
//! in a debug build only (`Order::Advance` on the control socket): a release build has the system's clock and no way to move it.

use std::{
    future::Future,
    time::{Duration, Instant, SystemTime},
};

use tokio::time::error::Elapsed;

#[cfg(debug_assertions)]
mod moved {
    use std::{sync::LazyLock, time::Duration};

    use tokio::sync::watch;

    /// How far tests have moved the clock.
    pub(super) static MOVED: LazyLock<watch::Sender<Duration>> = LazyLock::new(|| watch::Sender::new(Duration::ZERO));
}

/// Moves the clock forward; everything that is due by then happens at once.
#[cfg(debug_assertions)]
pub fn advance(by: Duration) {
    moved::MOVED.send_modify(|moved| *moved += by);
}

#[cfg(debug_assertions)]
fn offset() -> Duration {
    *moved::MOVED.borrow()
}

#[cfg(not(debug_assertions))]
fn offset() -> Duration {
    Duration::ZERO
}

/// Now, for measuring.
pub fn now() -> Instant {
    Instant::now() + offset()
}

/// Now, in seconds since 1970.
pub fn seconds() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    (since + offset()).as_secs()
}

/// Returns at `deadline` of this clock. Cancel-safe.
#[cfg(debug_assertions)]
pub async fn sleep_until(deadline: Instant) {
    let mut moved = moved::MOVED.subscribe();
    loop {
        let left = deadline.saturating_duration_since(now());
        if left.is_zero() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(left) => {}
            // The sender is never dropped.
            _ = moved.changed() => {}
        }
    }
}

/// Returns at `deadline` of this clock. Cancel-safe.
#[cfg(not(debug_assertions))]
pub async fn sleep_until(deadline: Instant) {
    tokio::time::sleep_until(deadline.into()).await;
}

/// Returns after `duration` of this clock. Cancel-safe.
pub fn sleep(duration: Duration) -> impl Future<Output = ()> + Send + Sync {
    sleep_until(now() + duration)
}

/// The result of `work`, unless that takes longer than `limit` of this clock.
pub async fn timeout<F: Future>(limit: Duration, work: F) -> Result<F::Output, Elapsed> {
    tokio::select! {
        biased;
        output = work => Ok(output),
        () = sleep(limit) => Err(elapsed().await),
    }
}

/// The error of a time limit, which cannot be made by hand.
async fn elapsed() -> Elapsed {
    loop {
        if let Err(elapsed) = tokio::time::timeout(Duration::ZERO, std::future::pending::<()>()).await {
            return elapsed;
        }
    }
}
