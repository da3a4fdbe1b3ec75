//! Taking a message in: in memory while it is small, streamed into the store once it is not.

use std::io::Write;

use daemon::WorkPool;
use mailstore::{ErrorKind, Incoming, StoreError};
use tracing::error;

use crate::data::{Fault, Inspector};
use crate::delivery::Target;
use crate::reply::{self, Reply};

/// Bytes held in memory per session. A larger message goes to the store in pieces of this size.
const HELD: usize = 256 * 1024;

/// A message on its way in.
pub(crate) struct Intake {
    /// Message bytes that have not gone to the store.
    pub(crate) held: Vec<u8>,
    /// Bytes of `held` that were inspected and counted.
    seen: usize,
    size: u64,
    limit: u64,
    inspector: Inspector,
    /// Why the message will not be taken; its bytes are thrown away from then on.
    refusal: Option<Reply>,
    /// The copy of the first recipient, delivery headers in front, once the message is large.
    stream: Option<Stream>,
    target: Target,
}

/// The first recipient's copy, and how long the headers in front of it are.
struct Stream {
    incoming: Incoming,
    headers: u64,
}

/// A message that has come in whole.
pub(crate) enum Taken {
    /// Without delivery headers.
    Held(Vec<u8>),
    /// The first recipient's copy, with that many bytes of headers in front.
    Streamed { incoming: Incoming, headers: u64 },
}

impl Intake {
    /// `target`: whose copy a large message becomes; `announced`: SIZE of MAIL, 0 if unknown.
    pub(crate) fn new(target: Target, limit: u64, announced: u64) -> Intake {
        let expected = usize::try_from(announced).map_or(HELD, |size| size.min(HELD));
        Intake {
            held: Vec::with_capacity(expected),
            seen: 0,
            size: 0,
            limit,
            inspector: Inspector::default(),
            refusal: None,
            stream: None,
            target,
        }
    }

    /// Called whenever bytes were added to `held`: checks them, and moves them to the store when there are many.
    pub(crate) async fn added(&mut self, pool: &WorkPool) {
        let fresh = &self.held[self.seen..];
        self.size += fresh.len() as u64;
        if self.refusal.is_none() {
            self.refusal = match self.inspector.look(fresh) {
                Some(Fault::BareLf) => Some(reply::BARE_LF),
                Some(Fault::Nul) => Some(reply::HAS_NUL),
                None if self.size > self.limit => Some(reply::TOO_LARGE),
                None => None,
            };
        } else if self.size > self.limit {
            // Of two faults the size is named: it is the one that the sender can do something about.
            self.refusal = Some(reply::TOO_LARGE);
        }
        self.seen = self.held.len();
        if self.refusal.is_some() {
            self.discard();
        } else if self.held.len() >= HELD {
            self.spill(pool).await;
        }
    }

    /// Why the message is refused, so far.
    pub(crate) fn refusal(&self) -> Option<Reply> {
        self.refusal
    }

    /// The end has come.
    pub(crate) async fn finish(mut self, pool: &WorkPool) -> Result<Taken, Reply> {
        if self.refusal.is_none() && self.stream.is_some() && !self.held.is_empty() {
            self.spill(pool).await;
        }
        match (self.refusal, self.stream) {
            (Some(refusal), _) => Err(refusal),
            (None, Some(Stream { incoming, headers })) => Ok(Taken::Streamed { incoming, headers }),
            (None, None) => Ok(Taken::Held(self.held)),
        }
    }

    fn discard(&mut self) {
        self.held.clear();
        self.seen = 0;
        // Dropping the store's half removes what was written there.
        self.stream = None;
    }

    async fn spill(&mut self, pool: &WorkPool) {
        let bytes = std::mem::replace(&mut self.held, Vec::with_capacity(HELD));
        self.seen = 0;
        let stream = self.stream.take();
        let target = self.target.clone();
        let done = pool.run(move || write(stream, &target, &bytes)).await;
        match done {
            Ok(stream) => self.stream = Some(stream),
            Err(error) => {
                self.refusal = Some(refusal(&error));
                self.discard();
            }
        }
    }
}

fn write(stream: Option<Stream>, target: &Target, bytes: &[u8]) -> Result<Stream, StoreError> {
    let failed = |source| StoreError::Io { what: "writing an incoming message".to_owned(), source };
    let mut stream = match stream {
        Some(stream) => stream,
        None => {
            let mut incoming = target.incoming()?;
            incoming.write_all(target.headers.as_bytes()).map_err(failed)?;
            Stream { incoming, headers: target.headers.len() as u64 }
        }
    };
    stream.incoming.write_all(bytes).map_err(failed)?;
    Ok(stream)
}

/// The reply for a failed store call, which is logged here.
pub(crate) fn refusal(error: &StoreError) -> Reply {
    if error.kind() == ErrorKind::TooLarge {
        return reply::TOO_LARGE;
    }
    error!("delivery failed: {}", Chain(error));
    match error {
        StoreError::Io { source, .. } if source.kind() == std::io::ErrorKind::FileTooLarge => reply::TOO_LARGE,
        StoreError::Io { source, .. }
            if matches!(source.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded) =>
        {
            reply::STORE_FULL
        }
        StoreError::Limit(_) => reply::STORE_FULL,
        _ => reply::TRY_LATER,
    }
}

/// An error with its causes, for the log.
struct Chain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            write!(out, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}
