//! UPDATE and CANCELUPDATE: results that are kept up to date (RFC 5267 §4.3).

use std::collections::HashMap;
use std::sync::Arc;

use imap_wire::command::Numbers;
use imap_wire::fetch::FetchItem;
use imap_wire::print;
use imap_wire::search::{Key, Returns};
use imap_wire::sort::{Criterion, SortKey};
use mailstore::{StoreError, Uid};

use super::{now, number, run};
use crate::context::{Asked, Member, TooMany};
use crate::reply::{Handled, Reply};
use crate::search::job::Job;
use crate::search::program::{Charset, compile};
use crate::session::Session;
use crate::sort::Value;
use crate::view::View;

/// A search whose changes are told is known by its tag, which must be its own (RFC 5267 §4.3).
pub(in crate::command) fn tag_in_use(session: &Session, returns: Option<Returns>) -> Option<Reply> {
    let updates = returns.is_some_and(|returns| returns.update);
    let known = session.selected.as_ref().is_some_and(|selected| selected.contexts.has(&session.tag));
    (updates && known).then(|| Reply::bad("Tag reuse"))
}

/// From now on the client is told how the result changes, or that it is not (RFC 5267 §4.3.1).
pub(in crate::command) fn keep_up_to_date(
    session: &mut Session,
    (numbers, correlator): (Numbers, &[u8]),
    (key, charset): (Key, Option<&str>),
    (criteria, fetch): (Vec<Criterion>, Vec<FetchItem>),
    members: Vec<Member>,
    view: &View,
) {
    let (Some(selected), Ok(charset)) = (&mut session.selected, Charset::find(charset)) else { return };
    let (tag, correlator) = (session.tag.clone(), correlator.into());
    let asked = Asked { tag, correlator, numbers, key, charset, criteria, fetch };
    // Relevancy is no property of one message, so such an order is not kept (RFC 5267 §4.3.1 leaves that open).
    let keeps = asked.criteria.iter().all(|criterion| criterion.key != SortKey::Relevancy);
    if !keeps || selected.contexts.add(asked, members, view) == Err(TooMany) {
        let mut code = b"NOUPDATE ".to_vec();
        print::string(&mut code, session.tag.as_bytes());
        let refusal = Reply::no("This result is not kept up to date").code(String::from_utf8_lossy(&code).into_owned());
        refusal.print(&mut session.link.out, session.dialect.language, None);
    }
}

/// CANCELUPDATE: all of the tags, or an error.
pub(in crate::command) fn cancel_update(session: &mut Session, tags: &[String]) -> Handled {
    let Some(selected) = &mut session.selected else { return Ok(Reply::bad("No mailbox selected")) };
    if !tags.iter().all(|tag| selected.contexts.has(tag)) {
        return Ok(Reply::no("Unknown tag"));
    }
    for tag in tags {
        selected.contexts.cancel(tag);
    }
    Ok(Reply::ok("CANCELUPDATE completed"))
}

/// Looks at what has changed since the last time, and tells what that means for the contexts (RFC 5267 §4.3.3, §4.3.4).
pub(crate) async fn update_contexts(session: &mut Session) {
    let Some(selected) = &mut session.selected else { return };
    let next = selected.contexts.seen_to();
    let changed = selected.contexts.take_changed(&selected.view);
    if !changed.is_empty() {
        // Boxed: sessions that wait do without the room for it.
        Box::pin(tell_changed(session, &changed, next)).await;
    }
}

/// The same for some messages of the view; UIDs from `next` on are new.
async fn tell_changed(session: &mut Session, changed: &[usize], next: Uid) {
    let Some(selected) = &session.selected else { return };
    let looked_at: Vec<Uid> = changed.iter().map(|at| number(&selected.view, Numbers::Uid, *at)).collect();
    let (view, count) = (selected.view.clone(), selected.contexts.list().len());
    for at in 0..count {
        match holding(session, at, &view, changed).await {
            Ok(holding) => {
                // RFC 5465 §7: messages that are new, before the result that they join is told.
                let new = holding.keys().copied().filter(|uid| *uid >= next);
                if let Some(context) = session.selected.as_ref().and_then(|selected| selected.contexts.list().get(at)) {
                    let (fetch, new) = (context.fetch.to_vec(), new.collect());
                    session.fetch_unasked(fetch, new).await;
                }
                let Some(selected) = &mut session.selected else { return };
                selected.contexts.update(at, &looked_at, holding, &view, &mut session.link.out);
            }
            Err(error) => {
                // What cannot be kept up to date must not look as if it were: the client sees no more of it.
                tracing::error!(error = &error as &dyn std::error::Error, "updating a search context failed");
            }
        }
        if session.selected.is_none() {
            return;
        }
    }
}

/// Which of some messages a context finds, with what they are sorted by.
async fn holding(
    session: &mut Session,
    at: usize,
    view: &View,
    messages: &[usize],
) -> Result<HashMap<Uid, Arc<[Value]>>, StoreError> {
    let Some(selected) = &session.selected else { return Ok(HashMap::new()) };
    let Some(context) = selected.contexts.list().get(at) else { return Ok(HashMap::new()) };
    let Ok(program) = compile(&context.key, &context.charset, view, now()) else { return Ok(HashMap::new()) };
    let keys: Vec<_> = context.criteria.iter().map(|criterion| criterion.key).collect();
    let mailbox = selected.mailbox.clone();
    let job = Job::among(mailbox, view.clone(), program, messages.iter().copied());
    let (view, found) = run(session, job).await?;
    if keys.is_empty() {
        return Ok(found.into_iter().map(|at| (number(&view, Numbers::Uid, at), Arc::default())).collect());
    }
    let take = move |row: &crate::search::program::RowFacts<'_>| crate::sort::values(&keys, row);
    let gathered = match crate::command::sort::gather(session, view, found, take).await {
        Ok(gathered) => gathered?,
        // The client is gone, which the next output finds out.
        Err(_) => return Ok(HashMap::new()),
    };
    let uid = |at: usize| number(&gathered.view, Numbers::Uid, at);
    Ok(gathered.messages.into_iter().filter_map(|(at, values)| Some((uid(at), values?))).collect())
}
