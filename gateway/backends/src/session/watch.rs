//! News of a mailbox as it happens: IDLE on a second connection that lives only while somebody watches (RFC 2177).

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{Arc, PoisonError, Weak},
    task::{Context, Poll},
    time::Duration,
};

use futures::Stream;
use tokio::{sync::broadcast, task::AbortHandle};

use crate::{
    Account, Error, MailSession,
    command::Command,
    connection::Connection,
    pool::Shared,
    response::{Name, Response},
};

use super::select;

/// RFC 2177: servers may log an IDLE client out after half an hour.
const IDLE_TURN: Duration = Duration::from_secs(25 * 60);
/// Pauses before connecting again.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Something happened in the watched mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// It holds this many messages now: some came or went.
    Messages(u32),
    /// Flags changed.
    Flags,
    /// The connection had been lost, or the reader was slow: anything may have happened.
    Reconnected,
}

/// The task that watches one mailbox for all that want to know.
pub(crate) struct Watcher {
    notices: broadcast::Sender<Notice>,
    task: AbortHandle,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // Dropping the task closes its connection.
        self.task.abort();
    }
}

/// A stream of notices. The last one dropped for a mailbox closes the watching connection.
pub struct Watch {
    notices: Pin<Box<dyn Stream<Item = Notice> + Send>>,
}

impl Stream for Watch {
    type Item = Notice;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Notice>> {
        self.notices.as_mut().poll_next(cx)
    }
}

impl MailSession {
    /// Watches a mailbox. The stream ends only with the daemon; lost connections are made again.
    pub async fn watch(&self, mailbox: &str) -> Result<Watch, Error> {
        let running = self.watchers().get(mailbox).and_then(Weak::upgrade);
        let watcher = match running {
            Some(watcher) => watcher,
            None => {
                let mut connection = self.shared.open(&self.state.account).await?;
                select(&mut connection, mailbox.into()).await?;
                let (notices, _) = broadcast::channel(32);
                let task = tokio::spawn(keep_watching(
                    Arc::clone(&self.shared),
                    self.state.account.clone(),
                    mailbox.to_owned(),
                    connection,
                    notices.clone(),
                ));
                let watcher = Arc::new(Watcher { notices, task: task.abort_handle() });
                let mut watchers = self.watchers();
                watchers.retain(|_, watcher| watcher.strong_count() > 0);
                watchers.insert(mailbox.to_owned(), Arc::downgrade(&watcher));
                watcher
            }
        };
        let receiver = watcher.notices.subscribe();
        let notices = futures::stream::unfold((receiver, watcher), |(mut receiver, watcher)| async move {
            match receiver.recv().await {
                Ok(notice) => Some((notice, (receiver, watcher))),
                Err(broadcast::error::RecvError::Lagged(_)) => Some((Notice::Reconnected, (receiver, watcher))),
                Err(broadcast::error::RecvError::Closed) => None,
            }
        });
        Ok(Watch { notices: Box::pin(notices) })
    }

    fn watchers(&self) -> std::sync::MutexGuard<'_, HashMap<String, Weak<Watcher>>> {
        self.state.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn keep_watching(
    shared: Arc<Shared>,
    account: Account,
    mailbox: String,
    mut connection: Connection,
    notices: broadcast::Sender<Notice>,
) {
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match watch(&mut connection, &notices, shared.options.noop_pause).await {
            Err(error) => error,
            Ok(never) => match never {},
        };
        tracing::debug!(%error, mailbox, "a watching connection ended");
        connection = loop {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            let opened = async {
                let mut connection = shared.open(&account).await?;
                select(&mut connection, mailbox.as_str().into()).await?;
                Ok::<_, Error>(connection)
            };
            match opened.await {
                Ok(connection) => break connection,
                Err(error) => tracing::debug!(%error, mailbox, "cannot watch"),
            }
        };
        pause = FIRST_PAUSE;
        // Nobody listening is no reason to stop: this task ends with the last Watch.
        let _ = notices.send(Notice::Reconnected);
    }
}

/// Tells all that happens until the connection fails.
async fn watch(
    connection: &mut Connection,
    notices: &broadcast::Sender<Notice>,
    noop_pause: Duration,
) -> Result<std::convert::Infallible, Error> {
    let exists = |connection: &Connection| connection.selected.as_ref().map_or(0, |selected| selected.exists);
    let tell = |notice| {
        let _ = notices.send(notice);
    };
    if !connection.has("IDLE") {
        // Last resort for servers of before 1997: slow, and documented as such.
        loop {
            tokio::time::sleep(noop_pause).await;
            let before = exists(connection);
            let mut flags = false;
            connection.run(Command::new("NOOP"), None, |data| flags |= data.name == Name::Fetch).await?;
            if exists(connection) != before {
                tell(Notice::Messages(exists(connection)));
            } else if flags {
                tell(Notice::Flags);
            }
        }
    }
    loop {
        let tag = connection.start(Command::new("IDLE")).await?;
        let mut idling = true;
        loop {
            let response = match connection.next(Some(IDLE_TURN)).await {
                Err(Error::Unavailable { source: Some(source), .. })
                    if idling && source.kind() == std::io::ErrorKind::TimedOut =>
                {
                    // Nothing for a long time: end this turn and start another.
                    connection.write(b"DONE\r\n").await?;
                    idling = false;
                    continue;
                }
                other => other?,
            };
            match response {
                Response::Data(data) => match data.name {
                    Name::Exists | Name::Expunge => tell(Notice::Messages(exists(connection))),
                    Name::Fetch => tell(Notice::Flags),
                    _ => {}
                },
                Response::Tagged { tag: found, outcome } if found == tag => {
                    connection.end_idle();
                    connection.accept(outcome, None)?;
                    break;
                }
                _ => {}
            }
        }
    }
}
