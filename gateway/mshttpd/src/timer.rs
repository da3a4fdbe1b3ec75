//! The HTTP library's timers on the clock that idle times have.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

/// Timers on [`daemon::clock`].
#[derive(Clone, Copy, Debug)]
pub struct ClockTimer;

struct Until(Pin<Box<dyn Future<Output = ()> + Send + Sync>>);

impl Future for Until {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(context)
    }
}

impl Sleep for Until {}

impl Timer for ClockTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        Box::pin(Until(Box::pin(daemon::clock::sleep(duration))))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        // The deadline was counted from the system's clock.
        self.sleep(deadline.saturating_duration_since(Instant::now()))
    }
}
