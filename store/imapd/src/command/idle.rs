//! IDLE (RFC 2177): changes are told as they happen, until DONE.

use std::time::Instant;

use daemon::clock;
use imap_wire::command::Numbers;
use imap_wire::frame::Event;

use super::notify::{News, news};
use crate::reply::{Handled, Hangup, Reply};
use crate::selected::telling;
use crate::session::Session;
use crate::sync::Expunges;

/// IDLE. What a session needs while it waits here is what ten thousand of them need.
pub(super) async fn idle(session: &mut Session) -> Handled {
    if !session.deps.reach.is_configured() {
        // Nothing would ever be told (Guide §5.6.1): the client polls instead.
        return Ok(Reply::bad("IDLE is not offered here"));
    }
    session.link.out.extend_from_slice(b"+ idling\r\n");
    // What happened before this command is told at once.
    Box::pin(session.sync(Expunges::Tell, Numbers::Sequence)).await?;
    super::search::update_contexts(session).await;
    let deadline = clock::now() + session.deps.config.service.idle_timeout;
    loop {
        session.link.flush().await?;
        match session.link.splitter.advance() {
            Event::Command => {
                let done = session.link.splitter.text().eq_ignore_ascii_case(b"DONE");
                session.link.splitter.finish();
                return Ok(if done { Reply::ok("IDLE completed") } else { Reply::bad("Expected DONE") });
            }
            Event::Literal(_) => {
                session.link.splitter.refuse_literal();
                return Ok(Reply::bad("Expected DONE"));
            }
            Event::TooLong => return Ok(Reply::bad("Expected DONE")),
            Event::More | Event::Streaming => {}
        }
        session.link.release_all();
        match wait(session, deadline).await? {
            Woken::Input => {}
            Woken::Regroup => Box::pin(session.tell_groups(Expunges::Tell)).await?,
            // EXPUNGE may be told here, also when it waits for a command (RFC 5465 §6.1.2).
            Woken::News(news) => Box::pin(session.tell_news(news, Expunges::Tell)).await?,
            Woken::Change => {
                let telling = telling(Expunges::Tell, Numbers::Sequence, session.dialect);
                if let Some(selected) = &mut session.selected {
                    Box::pin(selected.sync(&session.deps.pool, telling, &mut session.link.out)).await?;
                }
                super::search::update_contexts(session).await;
            }
        }
    }
}

enum Woken {
    Input,
    /// The selected mailbox, for a client that never said NOTIFY.
    Change,
    News(News),
    /// The user's groups may be other ones.
    Regroup,
}

async fn wait(session: &mut Session, deadline: Instant) -> Result<Woken, Hangup> {
    let regroups = session.regroups_at().filter(|at| *at < deadline);
    let (selected, watching) = (&session.selected, &session.watching);
    let changed = async {
        match selected {
            // RFC 5465 §4: after NOTIFY, what that asks for and nothing else.
            Some(selected) if watching.is_none() => selected.changes.changed().await,
            _ => std::future::pending().await,
        }
    };
    tokio::select! {
        read = session.link.read() => read.map(|()| Woken::Input),
        () = changed => Ok(Woken::Change),
        news = news(watching.as_deref(), selected.as_deref()) => Ok(Woken::News(news)),
        () = session.drain.started() => Err(Hangup::Bye(session.drain.farewell())),
        () = clock::sleep_until(regroups.unwrap_or(deadline)) => match regroups {
            Some(_) => Ok(Woken::Regroup),
            None => Err(Hangup::Bye("Idle for too long")),
        },
    }
}
