//! New mail as it comes: server-sent events from the back end's IDLE.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use backends::Notice;
use futures::{Stream, StreamExt};
use http::{HeaderValue, header};

use crate::error::ScreenError;
use crate::request::Signed;
use crate::state::AppState;
use crate::views::url::MailboxName;

/// Changes that come together are told once.
const TOGETHER: Duration = Duration::from_millis(250);

/// `GET /mail/{mailbox}/events`
pub async fn stream(
    State(state): State<AppState>,
    Path(MailboxName(mailbox)): Path<MailboxName>,
    signed: Signed,
) -> Result<Response, ScreenError> {
    let watch = signed.mail.watch(mailbox.as_str()).await?;
    let ended = state.drain.started();
    let key = signed.who.key.clone();
    let events = told(Box::pin(watch), state, key).take_until(ended);
    let mut answer = Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(25))).into_response();
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // nginx in front must not collect what is to be told at once.
    answer.headers_mut().insert(http::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(answer)
}

/// One event for each burst of notices, until the session or the watch ends.
fn told(
    watch: impl Stream<Item = Notice> + Unpin,
    state: AppState,
    key: String,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let ends = state.sessions.ends();
    futures::stream::unfold((watch, state, key, ends), |(mut watch, state, key, mut ends)| async move {
        let mut check = tokio::time::interval(Duration::from_secs(30));
        let mut notice = loop {
            tokio::select! {
                notice = watch.next() => break notice?,
                // The store is as old as the service: its end is that of the stream.
                ended = ends.changed() => if ended.is_err() || !state.sessions.is_live(&key).await { return None },
                // Idle sessions end without a word.
                _ = check.tick() => if !state.sessions.is_live(&key).await { return None },
            }
        };
        let pause = tokio::time::sleep(TOGETHER);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => break,
                more = watch.next() => match more {
                    // The number of messages says more than a changed flag.
                    Some(more @ Notice::Messages(_)) => notice = more,
                    Some(_) => {}
                    None => break,
                },
            }
        }
        state.folders.forget(&key);
        let data = match notice {
            Notice::Messages(total) => total.to_string(),
            _ => String::new(),
        };
        Some((Ok(Event::default().event("mail").data(data)), (watch, state, key, ends)))
    })
}
