//! Waiting for a condition with a deadline.

use std::{
    thread,
    time::{Duration, Instant},
};

/// How long anything may take before a test gives up. Generous: it only matters when something is broken.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Asks `condition` again and again until it gives a value, and returns that; panics with `what` at the deadline.
#[track_caller]
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    match within(DEADLINE, &mut condition) {
        Some(value) => value,
        None => panic!("waited {} s for {what}", DEADLINE.as_secs()),
    }
}

/// Like [`wait_for`] with a limit of its own; `None` when the time is over.
pub fn within<T>(limit: Duration, condition: &mut dyn FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(2);
    loop {
        if let Some(value) = condition() {
            return Some(value);
        }
        if start.elapsed() > limit {
            return None;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}
