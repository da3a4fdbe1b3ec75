//! SORT, UID SORT, THREAD and UID THREAD (RFC 5256; RFC 5267 §3 for RETURN; RFC 5957).

use std::collections::HashMap;
use std::sync::Arc;

use imap_wire::command::Numbers;
use imap_wire::sort::{SortArgs, SortKey, ThreadArgs};
use mailstore::StoreError;

use super::search::{
    Found, expunges, find, finish, keep_up_to_date, names_modseq, not_fuzzy, number, save, scores, tag_in_use, unsaved,
};
use crate::columns::{WORTHWHILE, What};
use crate::context::Member;
use crate::progress::Progressing;
use crate::reply::{Handled, Hangup, Reply, store_failure};
use crate::search::program::RowFacts;
use crate::session::Session;
use crate::sort;
use crate::sort::gathering::{Gathered, Gathering};
use crate::thread;
use crate::view::View;

/// SORT. As SEARCH, EXPUNGE is told by the UID form only.
pub(super) async fn sort(session: &mut Session, numbers: Numbers, args: SortArgs) -> Handled {
    let SortArgs { returns, fetch, criteria, charset, key } = args;
    if let Some(reply) = tag_in_use(session, returns) {
        return Ok(reply);
    }
    let by_relevancy = criteria.iter().any(|criterion| criterion.key == SortKey::Relevancy);
    let relevancy = by_relevancy || returns.is_some_and(|returns| returns.relevancy);
    if relevancy && !key.is_fuzzy() {
        return Ok(not_fuzzy());
    }
    let key = match super::filter::expanded(session, key, Some(&charset)).await {
        Ok(key) => key,
        Err(reply) => return Ok(unsaved(session, returns, reply)),
    };
    let with_modseq = names_modseq(&key);
    let may_expunge = expunges(numbers, &key);
    let (view, found) = match find(session, numbers, &key, Some(&charset)).await? {
        Ok(found) => found,
        Err(reply) => return Ok(unsaved(session, returns, reply)),
    };
    let scores = match (relevancy, session.selected.as_ref().map(|selected| selected.mailbox.clone())) {
        (true, Some(mailbox)) => match scores(session, &mailbox, (&key, Some(&charset)), &view, &found).await {
            Ok(scores) => scores,
            Err(reply) => return Ok(unsaved(session, returns, reply)),
        },
        _ => HashMap::new(),
    };
    let keys: Vec<_> = criteria.iter().map(|criterion| criterion.key).collect();
    let what = What::Sort(keys.clone());
    let gathered = match gather_kept(
        session,
        (view, found),
        what,
        Measured { take: move |row: &RowFacts<'_>| sort::values(&keys, row), size: sort::size },
    )
    .await?
    {
        Ok(mut gathered) => {
            sort::put_scores(&mut gathered, &criteria, &scores);
            gathered
        }
        Err(error) => return Ok(unsaved(session, returns, store_failure(&error))),
    };
    let updates = returns.is_some_and(|returns| returns.update);
    let by = criteria.clone();
    let pool = session.deps.pool.clone();
    let sorted = pool.run(move || {
        let values: HashMap<usize, Arc<[sort::Value]>> = match updates {
            true => gathered.messages.iter().filter_map(|(at, values)| Some((*at, values.clone()?))).collect(),
            false => HashMap::new(),
        };
        (sort::sorted(gathered, &by), values)
    });
    let ((view, found), mut values) = session.working(sorted).await?;
    let found = Found { view: &view, numbers, found: &found, with_modseq, scores: &scores };
    save(session, returns, |returns| found.saved(returns));
    match returns {
        Some(returns) => found.print_extended(&mut session.link.out, &session.tag, returns),
        None => found.print(&mut session.link.out, "SORT"),
    }
    if updates {
        let uid = |at: &usize| number(&view, Numbers::Uid, *at);
        let members = found.found.iter().filter_map(|at| Some(Member { uid: uid(at), values: values.remove(at)? }));
        keep_up_to_date(session, numbers, (key, Some(&charset)), (criteria, fetch), members.collect(), &view);
    }
    finish(session, numbers, may_expunge, Reply::ok("SORT completed")).await
}

/// THREAD.
pub(super) async fn thread(session: &mut Session, numbers: Numbers, args: ThreadArgs) -> Handled {
    let ThreadArgs { algorithm, charset, key } = args;
    let key = match super::filter::expanded(session, key, Some(&charset)).await {
        Ok(key) => key,
        Err(reply) => return Ok(reply),
    };
    let may_expunge = expunges(numbers, &key);
    let (view, found) = match find(session, numbers, &key, Some(&charset)).await? {
        Ok(found) => found,
        Err(reply) => return Ok(reply),
    };
    let gathered = match gather_kept(
        session,
        (view, found),
        What::Thread(algorithm),
        Measured {
            take: move |row: &RowFacts<'_>| Arc::new(thread::facts(algorithm, row)),
            size: |facts: &Arc<thread::Facts>| facts.size(),
        },
    )
    .await?
    {
        Ok(gathered) => gathered,
        Err(error) => return Ok(store_failure(&error)),
    };
    let pool = session.deps.pool.clone();
    let printed = pool.run(move || {
        let mut out = b"* THREAD".to_vec();
        thread::print(&mut out, algorithm, gathered, |view, at| number(view, numbers, at));
        out.extend_from_slice(b"\r\n");
        out
    });
    let printed = session.working(printed).await?;
    session.link.out.extend_from_slice(&printed);
    finish(session, numbers, may_expunge, Reply::ok("THREAD completed")).await
}

/// A fact of a message, and how many bytes it takes.
pub(super) struct Measured<F, S> {
    pub(super) take: F,
    pub(super) size: S,
}

/// Facts of each message: those that are kept, and the others taken and kept.
pub(super) async fn gather_kept<T, F, S>(
    session: &mut Session,
    (view, found): (View, Vec<usize>),
    what: What,
    Measured { take, size }: Measured<F, S>,
) -> Result<Result<Gathered<T>, StoreError>, Hangup>
where
    T: Clone + Send + Sync + 'static,
    F: Fn(&RowFacts<'_>) -> T + Send + 'static,
    S: Fn(&T) -> usize,
{
    let mailbox = session.selected.as_ref().map(|selected| selected.mailbox.clone());
    let Some(mailbox) = mailbox.filter(|_| found.len() >= WORTHWHILE) else {
        return gather(session, view, found, take).await;
    };
    let uid = |view: &View, at: usize| number(view, Numbers::Uid, at);
    let mut column = session.columns.get::<T>(&mailbox, &what);
    let missing: Vec<usize> = found.iter().copied().filter(|at| column.get(uid(&view, *at)).is_none()).collect();
    let mut view = view;
    if !missing.is_empty() {
        let gathered = match gather(session, view, missing, take).await? {
            Ok(gathered) => gathered,
            Err(error) => return Ok(Err(error)),
        };
        view = gathered.view;
        let more = gathered.messages.into_iter().filter_map(|(at, fact)| Some((uid(&view, at), fact?))).collect();
        column = Arc::new(column.with(more));
        session.columns.put(&mailbox, &what, Arc::clone(&column), column.bytes(size));
    }
    let messages = found.into_iter().map(|at| (at, column.get(uid(&view, at)).cloned())).collect();
    Ok(Ok(Gathered { view, messages }))
}

/// Takes a fact of each message on the blocking pool, by turns with others.
pub(super) async fn gather<T: Send + 'static>(
    session: &mut Session,
    view: View,
    found: Vec<usize>,
    take: impl Fn(&RowFacts<'_>) -> T + Send + 'static,
) -> Result<Result<Gathered<T>, StoreError>, Hangup> {
    let Some(selected) = &session.selected else { return Ok(Ok(Gathered { view, messages: Vec::new() })) };
    let mut progress = Progressing::new();
    let mut gathering = Gathering::new(selected.mailbox.clone(), view, found, Box::new(take));
    loop {
        let (next, more) = session
            .deps
            .pool
            .run(move || {
                let more = gathering.step();
                (gathering, more)
            })
            .await;
        match more {
            Ok(true) => gathering = next,
            Ok(false) => return Ok(Ok(next.into_gathered())),
            Err(error) => return Ok(Err(error)),
        }
        progress.tell(session, Some(gathering.progress())).await?;
    }
}
