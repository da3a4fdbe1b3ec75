//! Log lines: what becomes one (`subscriber`), their two forms (`form`), and where a writer thread puts them (`writer`).
//!
//! Everyone logs by `tracing`. Its levels are the old server's: `error!` Error (Critical with a field `critical`),
//! `warn!` Warning, `info!` Notice, `debug!` Information, `trace!` Debug. The log that a line belongs to and its category
//! come from the crate that wrote it, or from the fields `service` and `category`. User text inside a message is written
//! by [`Quoted`]; whatever else comes in has its control characters escaped before it is a line.

mod close;
mod event;
mod file;
mod form;
mod quoted;
mod retention;
mod source;
mod subscriber;
mod syslog;
mod writer;

use std::sync::Arc;

use tracing::subscriber::set_global_default;

pub use close::Close;
pub use form::{Category, Stamp};
pub use quoted::Quoted;

use subscriber::{Shared, Subscriber};
use writer::Writer;

/// The logs of this process. Dropping it writes what still waits in memory.
#[derive(Debug)]
pub struct Logs {
    shared: Arc<Shared>,
    writer: Option<Writer>,
}

/// Logging could not be started.
#[derive(Debug, thiserror::Error)]
#[error("the log writer could not be started: {0}")]
pub struct StartError(#[from] std::io::Error);

impl Logs {
    /// Starts logging. Call it before there are other threads: that is the only time at which the system tells its time zone.
    pub fn start(log: &config::Log) -> Result<Self, StartError> {
        let writer = Writer::start(log)?;
        let shared = Arc::new(Shared::new(log, writer.queue(), Stamp::zone()));
        // Only a program that starts its logs twice gets an error here, and the first ones stay.
        let _ = set_global_default(Subscriber::new(Arc::clone(&shared)));
        log_panics();
        Ok(Self { shared, writer: Some(writer) })
    }

    /// Goes on by other settings.
    pub fn refresh(&self, log: &config::Log) {
        if let Some(writer) = &self.writer {
            writer.configure(log);
        }
        self.shared.configure(log);
        tracing::callsite::rebuild_interest_cache();
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            writer.stop();
        }
    }
}

/// A panic is a fault of ours that an administrator must find in the log.
fn log_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(critical = true, place, "the program has a fault: {}", Quoted(panic_text(panic)));
        usual(panic);
    }));
}

fn panic_text<'a>(panic: &'a std::panic::PanicHookInfo<'_>) -> &'a str {
    panic.payload_as_str().unwrap_or("panic")
}
