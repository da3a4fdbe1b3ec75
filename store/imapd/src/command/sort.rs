//! SORT, UID SORT, THREAD and UID THREAD (RFC 5256; RFC 5267 §3 for RETURN; RFC 5957).

use std::collections::HashMap;

use imap_wire::command::Numbers;
use imap_wire::sort::{SortArgs, SortKey, ThreadArgs};
use mailstore::StoreError;

use super::search::{Found, find, keep_up_to_date, names_modseq, not_fuzzy, number, save, scores, tag_in_use};
use crate::context::Member;
use crate::reply::{Handled, Reply, store_failure};
use crate::search::program::RowFacts;
use crate::session::Session;
use crate::sort;
use crate::sort::gathering::{Gathered, Gathering};
use crate::sync::Expunges;
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
        Err(reply) => return Ok(reply),
    };
    let with_modseq = names_modseq(&key);
    let (view, found) = match find(session, numbers, &key, Some(&charset)).await? {
        Ok(found) => found,
        Err(reply) => {
            save(session, returns, |_| Vec::new());
            return Ok(reply);
        }
    };
    let scores = match (relevancy, session.selected.as_ref().map(|selected| selected.mailbox.clone())) {
        (true, Some(mailbox)) => match scores(session, &mailbox, (&key, Some(&charset)), &view, &found).await {
            Ok(scores) => scores,
            Err(reply) => return Ok(reply),
        },
        _ => HashMap::new(),
    };
    let keys: Vec<_> = criteria.iter().map(|criterion| criterion.key).collect();
    let gathered = match gather(session, view, found, move |row| sort::values(&keys, row)).await {
        Ok(mut gathered) => {
            sort::put_scores(&mut gathered, &criteria, &scores);
            gathered
        }
        Err(error) => return Ok(store_failure(&error)),
    };
    let updates = returns.is_some_and(|returns| returns.update);
    let by = criteria.clone();
    let sorted = session.deps.pool.run(move || {
        let values: HashMap<usize, Box<[sort::Value]>> = match updates {
            true => gathered.messages.iter().filter_map(|(at, values)| Some((*at, values.clone()?))).collect(),
            false => HashMap::new(),
        };
        (sort::sorted(gathered, &by), values)
    });
    let ((view, found), mut values) = sorted.await;
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
    if numbers == Numbers::Uid {
        session.sync(Expunges::Tell, numbers).await?;
    }
    Ok(Reply::ok("SORT completed"))
}

/// THREAD.
pub(super) async fn thread(session: &mut Session, numbers: Numbers, args: ThreadArgs) -> Handled {
    let ThreadArgs { algorithm, charset, key } = args;
    let key = match super::filter::expanded(session, key, Some(&charset)).await {
        Ok(key) => key,
        Err(reply) => return Ok(reply),
    };
    let (view, found) = match find(session, numbers, &key, Some(&charset)).await? {
        Ok(found) => found,
        Err(reply) => return Ok(reply),
    };
    let gathered = match gather(session, view, found, move |row| thread::facts(algorithm, row)).await {
        Ok(gathered) => gathered,
        Err(error) => return Ok(store_failure(&error)),
    };
    session.link.out.extend_from_slice(b"* THREAD");
    let mut out = std::mem::take(&mut session.link.out);
    let printed = session.deps.pool.run(move || {
        thread::print(&mut out, algorithm, gathered, |view, at| number(view, numbers, at));
        out
    });
    session.link.out = printed.await;
    session.link.out.extend_from_slice(b"\r\n");
    if numbers == Numbers::Uid {
        session.sync(Expunges::Tell, numbers).await?;
    }
    Ok(Reply::ok("THREAD completed"))
}

/// Takes a fact of each message on the blocking pool, by turns with others.
pub(super) async fn gather<T: Send + 'static>(
    session: &mut Session,
    view: View,
    found: Vec<usize>,
    take: impl Fn(&RowFacts<'_>) -> T + Send + 'static,
) -> Result<Gathered<T>, StoreError> {
    let Some(selected) = &session.selected else { return Ok(Gathered { view, messages: Vec::new() }) };
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
            Ok(false) => return Ok(next.into_gathered()),
            Err(error) => return Err(error),
        }
    }
}
