//! SORT, UID SORT, THREAD and UID THREAD (RFC 5256; RFC 5267 §3 for RETURN; RFC 5957).

use std::collections::HashMap;
use std::sync::Arc;

use imap_wire::command::Numbers;
use imap_wire::sort::{Criterion, SortArgs, SortKey, ThreadArgs};
use mailstore::{Mailbox, StoreError};

use super::search::{
    Found, expunges, find, finish, keep_up_to_date, names_modseq, not_fuzzy, number, save, scores, tag_in_use, unsaved,
};
use crate::columns::{Column, WORTHWHILE, What};
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
    let updates = returns.is_some_and(|returns| returns.update);
    let sorted = match (relevancy || updates, session.selected.as_ref().map(|selected| selected.mailbox.clone())) {
        (false, Some(mailbox)) if found.len() >= WORTHWHILE => {
            ranked(session, mailbox, (view, found), &criteria).await?
        }
        _ => compared(session, (view, found), &criteria, &scores, updates).await?,
    };
    let Sorted { view, found, mut values } = match sorted {
        Ok(sorted) => sorted,
        Err(error) => return Ok(unsaved(session, returns, store_failure(&error))),
    };
    let found = Found { view: &view, numbers, found: &found, with_modseq, scores: &scores };
    save(session, returns, |returns| found.saved(returns));
    match returns {
        Some(returns) => found.print_extended(&mut session.link.out, &session.tag, returns),
        None => found.print(&mut session.link.out, "SORT"),
    }
    if updates {
        let uid = |at: &usize| number(&view, Numbers::Uid, *at);
        let members = found.found.iter().filter_map(|at| Some(Member { uid: uid(at), values: values.remove(at)? }));
        keep_up_to_date(session, (numbers, b""), (key, Some(&charset)), (criteria, fetch), members.collect(), &view);
    }
    finish(session, numbers, may_expunge, Reply::ok("SORT completed")).await
}

/// Messages in their order.
struct Sorted {
    view: View,
    found: Vec<usize>,
    /// What they were compared by, where that is asked for.
    values: HashMap<usize, Values>,
}

type Values = Arc<[sort::Value]>;

/// What messages are compared by is kept under this name.
fn compared_by(criteria: &[Criterion]) -> What {
    What::Sort(criteria.iter().map(|criterion| criterion.key).collect())
}

/// How it is had from a message.
fn values_of(criteria: &[Criterion]) -> impl Fn(&RowFacts<'_>) -> Values + Send + 'static {
    let keys: Vec<_> = criteria.iter().map(|criterion| criterion.key).collect();
    move |row: &RowFacts<'_>| sort::values(&keys, row)
}

/// Sorts many messages of a mailbox by their places in the order of all of it, which is kept: it changes by new messages only.
async fn ranked(
    session: &mut Session,
    mailbox: Mailbox,
    (view, found): (View, Vec<usize>),
    criteria: &[Criterion],
) -> Result<Result<Sorted, StoreError>, Hangup> {
    let what = What::Rank(criteria.to_vec());
    let mut ranks = session.columns.get::<u32>(&mailbox, &what);
    let known = {
        let mut walk = ranks.walk();
        found.iter().all(|at| walk.get(number(&view, Numbers::Uid, *at)).is_some())
    };
    let mut view = view;
    if !known {
        let (of, measured) = (compared_by(criteria), Measured { take: values_of(criteria), size: sort::size });
        let (same, column) = match kept_column(session, mailbox.clone(), (view, &found), &of, measured).await? {
            Ok(kept) => kept,
            Err(error) => return Ok(Err(error)),
        };
        view = same;
        if found.len() * 2 < column.uids().len() {
            // Few of them: their own order is found sooner than that of all.
            let messages = beside(&view, found, &column);
            let by = criteria.to_vec();
            let pool = session.deps.pool.clone();
            let sorted = pool.run(move || sort::sorted(Gathered { view, messages }, &by));
            let (view, found) = session.working(sorted).await?;
            return Ok(Ok(Sorted { view, found, values: HashMap::new() }));
        }
        let by = criteria.to_vec();
        let pool = session.deps.pool.clone();
        let ranked = pool.run(move || Arc::new(sort::ranks(&column, &by)));
        ranks = session.working(ranked).await?;
        session.columns.put(&mailbox, &what, Arc::clone(&ranks), ranks.bytes(|_| 0));
    }
    let mut walk = ranks.walk();
    let found = sort::by_rank(found.into_iter().map(|at| (at, walk.get(number(&view, Numbers::Uid, at)).copied())));
    Ok(Ok(Sorted { view, found, values: HashMap::new() }))
}

/// Sorts messages by what they are compared by.
async fn compared(
    session: &mut Session,
    (view, found): (View, Vec<usize>),
    criteria: &[Criterion],
    scores: &HashMap<usize, u8>,
    updates: bool,
) -> Result<Result<Sorted, StoreError>, Hangup> {
    let (what, measured) = (compared_by(criteria), Measured { take: values_of(criteria), size: sort::size });
    let mut gathered = match gather_kept(session, (view, found), what, measured).await? {
        Ok(gathered) => gathered,
        Err(error) => return Ok(Err(error)),
    };
    sort::put_scores(&mut gathered, criteria, scores);
    let by = criteria.to_vec();
    let pool = session.deps.pool.clone();
    let sorted = pool.run(move || {
        let values = match updates {
            true => gathered.messages.iter().filter_map(|(at, values)| Some((*at, values.clone()?))).collect(),
            false => HashMap::new(),
        };
        let (view, found) = sort::sorted(gathered, &by);
        Sorted { view, found, values }
    });
    Ok(Ok(session.working(sorted).await?))
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
    let (view, column) = match kept_column(session, mailbox, (view, &found), &what, Measured { take, size }).await? {
        Ok(kept) => kept,
        Err(error) => return Ok(Err(error)),
    };
    let messages = beside(&view, found, &column);
    Ok(Ok(Gathered { view, messages }))
}

/// Messages with what a column has of them.
fn beside<T: Clone>(view: &View, found: Vec<usize>, column: &Column<T>) -> Vec<(usize, Option<T>)> {
    let mut facts = column.walk();
    found.into_iter().map(|at| (at, facts.get(number(view, Numbers::Uid, at)).cloned())).collect()
}

/// What is kept of a mailbox, with the facts of all these messages that are there.
pub(super) async fn kept_column<T, F, S>(
    session: &mut Session,
    mailbox: Mailbox,
    (view, found): (View, &[usize]),
    what: &What,
    Measured { take, size }: Measured<F, S>,
) -> Result<Result<(View, Arc<Column<T>>), StoreError>, Hangup>
where
    T: Clone + Send + Sync + 'static,
    F: Fn(&RowFacts<'_>) -> T + Send + 'static,
    S: Fn(&T) -> usize,
{
    let uid = |view: &View, at: usize| number(view, Numbers::Uid, at);
    let column = session.columns.get::<T>(&mailbox, what);
    let mut facts = column.walk();
    let missing: Vec<usize> = found.iter().copied().filter(|at| facts.get(uid(&view, *at)).is_none()).collect();
    if missing.is_empty() {
        return Ok(Ok((view, column)));
    }
    let Gathered { view, messages } = match gather(session, view, missing, take).await? {
        Ok(gathered) => gathered,
        Err(error) => return Ok(Err(error)),
    };
    let more = messages.into_iter().filter_map(|(at, fact)| Some((uid(&view, at), fact?))).collect();
    let column = Arc::new(column.with(more));
    session.columns.put(&mailbox, what, Arc::clone(&column), column.bytes(size));
    Ok(Ok((view, column)))
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
