//! The mail of one browser session: one kept connection behind a fair lock.
//!
//! A lease is the right to use the connection. Whoever drops it in the middle of a command (a cancelled request) leaves
//! the connection closed, never half-read; the next one opens a new one.

mod changes;
mod list;
mod manage;
mod page;
mod parts;
mod search;
mod sharing;
mod watch;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{Mutex as FairMutex, OwnedMutexGuard};

pub use changes::Deleted;
pub use list::Counts;
pub use parts::{Decoded, PartBytes, PartStream};
pub use watch::{Notice, Watch};

use crate::{
    Account, Error, MailboxRef, Role,
    command::Command,
    connection::{Connection, Selected, refusal},
    pool::Shared,
    response::{Name, Response, Status},
};

/// A connection unused for so long is asked with NOOP before something is done that must not be done twice.
const DOUBTFUL: Duration = Duration::from_secs(15);

/// What belongs to one browser session.
pub(crate) struct State {
    pub(crate) account: Account,
    slot: Arc<FairMutex<Slot>>,
    last_used: Mutex<Instant>,
    watchers: Mutex<HashMap<String, std::sync::Weak<watch::Watcher>>>,
}

/// What the lock protects.
#[derive(Default)]
struct Slot {
    connection: Option<Connection>,
    /// Pages whose envelopes have been fetched once: (mailbox, UIDVALIDITY, page number, rows a page).
    seen_pages: HashSet<(String, u32, u32, u32)>,
    /// Names of the mailboxes with a role; empty until they were listed.
    roles: HashMap<Role, String>,
    /// Prefix of the user's own mailboxes (`INBOX.` on some servers).
    prefix: String,
}

impl State {
    pub(crate) fn new(account: Account) -> Self {
        Self { account, slot: Arc::default(), last_used: Mutex::new(Instant::now()), watchers: Mutex::default() }
    }

    fn touch(&self) {
        *self.last_used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn idle(&self) -> Duration {
        self.last_used.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Ends the connection; a request in progress is waited for.
    pub(crate) async fn close(&self) {
        let connection = self.slot.lock().await.connection.take();
        if let Some(connection) = connection {
            connection.log_out().await;
        }
    }

    /// Ends the connection if it has been idle for `limit`. Whether there is nothing left to keep.
    pub(crate) async fn close_idle(&self, limit: Duration) -> bool {
        let Ok(mut slot) = self.slot.try_lock() else { return false };
        if self.idle() < limit {
            return false;
        }
        let connection = slot.connection.take();
        drop(slot);
        if let Some(connection) = connection {
            connection.log_out().await;
        }
        true
    }
}

/// The mail of one user, for one browser session. Cheap to clone; all clones share one connection.
#[derive(Clone)]
pub struct MailSession {
    shared: Arc<Shared>,
    state: Arc<State>,
}

/// The right to use the connection until dropped.
struct Lease {
    slot: OwnedMutexGuard<Slot>,
    /// Whether the connection was kept from before: only then a failure may mean that it had gone stale. It may never have been used: other
    /// processes serve the same browser.
    reused: bool,
    host: Arc<str>,
}

impl Lease {
    /// The connection and what else the lock protects.
    fn parts(&mut self) -> Result<Using<'_>, Error> {
        let Slot { connection, seen_pages, roles, prefix } = &mut *self.slot;
        match connection {
            Some(connection) => Ok(Using { connection, seen_pages, roles, prefix }),
            None => Err(Error::Unavailable { host: self.host.to_string(), what: "no connection", source: None }),
        }
    }
}

/// The parts of a [`Slot`] while its connection is open.
struct Using<'a> {
    connection: &'a mut Connection,
    seen_pages: &'a mut HashSet<(String, u32, u32, u32)>,
    roles: &'a mut HashMap<Role, String>,
    prefix: &'a mut String,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.slot.connection.as_ref().is_some_and(|connection| !connection.is_whole()) {
            self.slot.connection = None;
        }
    }
}

/// Does something that may be done twice: once more on a new connection if the kept one turns out to be dead.
macro_rules! safely {
    ($session:expr, |$using:ident| $work:expr) => {{
        let mut again = true;
        loop {
            let mut lease = $session.lease().await?;
            let reused = lease.reused;
            #[allow(unused_mut)]
            let mut $using = lease.parts()?;
            let result: Result<_, $crate::Error> = async { $work }.await;
            match result {
                Err($crate::Error::Unavailable { .. }) if reused && again => again = false,
                other => break other,
            }
        }
    }};
}

/// Does something that must not be done twice: a connection in doubt is tried with NOOP first.
macro_rules! once {
    ($session:expr, |$using:ident| $work:expr) => {{
        let mut lease = $session.sure_lease().await?;
        #[allow(unused_mut)]
        let mut $using = lease.parts()?;
        let result: Result<_, $crate::Error> = async { $work }.await;
        result
    }};
}

pub(crate) use {once, safely};

impl MailSession {
    pub(crate) fn new(shared: Arc<Shared>, state: Arc<State>) -> Self {
        Self { shared, state }
    }

    /// Whose mail it is.
    pub fn account(&self) -> &Account {
        &self.state.account
    }

    /// Connects and signs in if there is no connection: tells early whether the back end can be used.
    pub async fn open(&self) -> Result<(), Error> {
        self.lease().await.map(|_| ())
    }

    /// Closes the connection; the next use opens another one.
    pub async fn close(&self) {
        self.state.close().await;
    }

    async fn lease(&self) -> Result<Lease, Error> {
        self.state.touch();
        let mut slot = Arc::clone(&self.state.slot).lock_owned().await;
        let kept = slot.connection.take().filter(Connection::is_whole);
        let reused = kept.is_some();
        let connection = match kept {
            Some(connection) => connection,
            None => self.shared.open(&self.state.account).await?,
        };
        let host = Arc::clone(&connection.host);
        slot.connection = Some(connection);
        Ok(Lease { slot, reused, host })
    }

    async fn sure_lease(&self) -> Result<Lease, Error> {
        let mut lease = self.lease().await?;
        let in_doubt = lease.reused && lease.parts()?.connection.last_used.elapsed() > DOUBTFUL;
        if in_doubt && lease.parts()?.connection.simple(Command::new("NOOP"), None).await.is_err() {
            drop(lease);
            return self.lease().await;
        }
        Ok(lease)
    }
}

/// Whether [`select`] had to send a command: then the counts are fresh.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Selection {
    Fresh,
    Kept,
}

/// Makes `at` the selected mailbox and checks its UIDVALIDITY.
async fn select(connection: &mut Connection, at: MailboxRef<'_>) -> Result<Selection, Error> {
    let name = if at.name.eq_ignore_ascii_case("INBOX") { "INBOX" } else { at.name };
    let mut selection = Selection::Kept;
    if connection.selected.as_ref().is_none_or(|selected| selected.mailbox != name) {
        let command = Command::new("SELECT ").mailbox(name)?;
        connection.selected = None;
        let mut selected = Selected { mailbox: name.to_owned(), uid_validity: 1, ..Selected::default() };
        let tag = connection.start(command).await?;
        let outcome = connection
            .finish(tag, |response| match response {
                Response::Data(data) if data.name == Name::Exists => selected.exists = data.number,
                Response::Status(outcome) => match (outcome.code.as_str(), outcome.numbers().next()) {
                    ("UIDVALIDITY", Some(number)) => selected.uid_validity = number,
                    ("UIDNEXT", Some(number)) => selected.uid_next = number,
                    _ => {}
                },
                _ => {}
            })
            .await?;
        if outcome.status == Status::No {
            return Err(match refusal(&outcome, Some(name)) {
                // Without a code, what SELECT refuses is a name.
                Error::No(words) if outcome.code.is_empty() => {
                    tracing::debug!(words, "SELECT refused");
                    Error::NoSuchMailbox(name.to_owned())
                }
                other => other,
            });
        }
        connection.accept(outcome, Some(name))?;
        connection.selected = Some(selected);
        selection = Selection::Fresh;
    }
    let found = connection.selected.as_ref().map_or(0, |selected| selected.uid_validity);
    match at.uid_validity {
        Some(expected) if expected != found => Err(Error::Gone { mailbox: at.name.to_owned(), expected, found }),
        _ => Ok(selection),
    }
}
