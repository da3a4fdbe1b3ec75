//! What the client of long work is told meanwhile (RFC 9585). Work whose client is gone ends at the next word: it cannot be told.

use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

use imap_wire::print;
use tokio::time::sleep;

use crate::reply::{Hangup, Reply};
use crate::session::Session;

/// Work in steps.
pub(crate) struct Progressing {
    told: Instant,
}

impl Progressing {
    pub(crate) fn new() -> Self {
        Self { told: Instant::now() }
    }

    /// Whether it is time for a word.
    pub(crate) fn is_due(&self, session: &Session) -> bool {
        self.told.elapsed() >= session.deps.config.progress_interval
    }

    /// `* OK [INPROGRESS ("tag" done all)]`, when it is time for it again.
    pub(crate) async fn tell(&mut self, session: &mut Session, steps: Option<(usize, usize)>) -> Result<(), Hangup> {
        if !self.is_due(session) {
            return Ok(());
        }
        self.told = Instant::now();
        say(session, steps);
        session.link.flush().await
    }
}

/// The word itself. What cannot be counted has neither number (RFC 9585 §4).
pub(crate) fn say(session: &mut Session, steps: Option<(usize, usize)>) {
    let mut code = b"INPROGRESS (".to_vec();
    print::string(&mut code, session.tag.as_bytes());
    match steps {
        Some((done, all)) => code.extend_from_slice(format!(" {} {all})", done.min(all)).as_bytes()),
        None => code.extend_from_slice(b" NIL NIL)"),
    }
    let word = Reply::ok("Still at it").code(String::from_utf8_lossy(&code).into_owned());
    word.print(&mut session.link.out, session.dialect.language, None);
}

impl Session {
    /// Waits for work that is done in one piece, and says now and then that it goes on. It goes on to its end also when its client
    /// is gone: nothing is done by halves.
    pub(crate) async fn working<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Hangup> {
        let mut work = pin!(work);
        let interval = self.deps.config.progress_interval;
        if interval.is_zero() {
            say(self, None);
            self.link.flush().await?;
        }
        let interval = interval.max(Duration::from_secs(1));
        loop {
            tokio::select! {
                biased;
                done = &mut work => return Ok(done),
                () = sleep(interval) => {
                    say(self, None);
                    self.link.flush().await?;
                }
            }
        }
    }
}
