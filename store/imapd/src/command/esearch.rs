//! ESEARCH: one search over several mailboxes (RFC 7377).

use std::collections::HashMap;

use imap_wire::command::Numbers;
use imap_wire::esearch::{EsearchArgs, Mailboxes};
use imap_wire::print;
use mailstore::{ErrorKind, Mailbox, MailboxInfo, MailboxName, Recent, StoreError};

use super::search::{
    Found, keep_up_to_date, names_modseq, not_fuzzy, number, run, save, scores, search_program, tag_in_use,
};
use crate::context::Member;
use crate::reply::{Handled, Reply, store_failure};
use crate::search::job::Job;
use crate::session::Session;
use crate::sync::Expunges;
use crate::view::{Access, Recency, View};

/// Mailboxes that are searched by one command; beyond them it is refused (RFC 7377 §2.4).
const MOST_MAILBOXES: usize = 10_000;

/// ESEARCH. UIDs only; EXPUNGE is told at the end.
pub(super) async fn esearch(session: &mut Session, args: EsearchArgs) -> Handled {
    let EsearchArgs { sources, search } = args;
    let returns = search.returns.unwrap_or_default();
    let selected_only = sources == [Mailboxes::Selected];
    if session.selected.is_none() && (sources.contains(&Mailboxes::Selected) || returns.update) {
        return Ok(Reply::bad("No mailbox selected"));
    }
    // RFC 7377 §2.2: changes are told of the selected mailbox only.
    if returns.update && !selected_only {
        return Ok(Reply::bad("UPDATE is for the selected mailbox only"));
    }
    if let Some(reply) = tag_in_use(session, search.returns) {
        return Ok(reply);
    }
    let charset = search.charset.as_deref();
    let key = match super::filter::expanded(session, search.key, charset).await {
        Ok(key) => key,
        Err(reply) => return Ok(reply),
    };
    if returns.relevancy && !key.is_fuzzy() {
        return Ok(not_fuzzy());
    }
    let with_modseq = names_modseq(&key);
    if with_modseq {
        super::select::enable_condstore(session);
    }
    session.sync(Expunges::Hold, Numbers::Uid).await?;
    let places = match places(session, &sources).await {
        Ok(places) if places.len() > MOST_MAILBOXES => return Ok(Reply::no("Too many mailboxes").code("LIMIT")),
        Ok(places) => places,
        Err(reply) => return Ok(reply),
    };
    for Place { name, mailbox, view } in places {
        let program = match search_program(&key, charset, &view) {
            Ok(program) => program,
            Err(reply) => return Ok(reply),
        };
        let validity = mailbox.uid_validity();
        let (view, found) = match run(session, Job::new(mailbox.clone(), view, program)).await {
            Ok(found) => found,
            // It went while others were searched.
            Err(error) if !selected_only && matches!(error.kind(), ErrorKind::Gone | ErrorKind::NotFound) => continue,
            Err(error) => return Ok(store_failure(&error)),
        };
        let scores = match returns.relevancy {
            true => match scores(session, &mailbox, (&key, charset), &view, &found).await {
                Ok(scores) => scores,
                Err(reply) => return Ok(reply),
            },
            false => HashMap::new(),
        };
        let found = Found { view: &view, numbers: Numbers::Uid, found: &found, with_modseq, scores: &scores };
        save(session, search.returns, |returns| found.saved(returns));
        // A mailbox without a match is not told of (RFC 7377 §2.1).
        if !found.found.is_empty() {
            let mut correlator = b" MAILBOX ".to_vec();
            print::mailbox_name(&mut correlator, &name, session.names());
            correlator.extend_from_slice(format!(" UIDVALIDITY {validity}").as_bytes());
            found.print_of(&mut session.link.out, &session.tag, &correlator, returns);
        }
        if returns.update {
            let uids = found.found.iter().map(|at| number(&view, Numbers::Uid, *at));
            let members = uids.map(|uid| Member { uid, values: Box::default() }).collect();
            keep_up_to_date(session, Numbers::Uid, (key.clone(), charset), Vec::new(), members, &view);
        }
        session.link.flush_full().await?;
    }
    session.sync(Expunges::Tell, Numbers::Uid).await?;
    Ok(Reply::ok("ESEARCH completed"))
}

/// A mailbox to search in.
struct Place {
    name: String,
    mailbox: Mailbox,
    view: View,
}

/// Every mailbox that the sources name, each once; those that are not there are passed over.
async fn places(session: &mut Session, sources: &[Mailboxes]) -> Result<Vec<Place>, Reply> {
    let mut places: Vec<Place> = Vec::new();
    let mut selected_id = None;
    let recency = if session.dialect.rev2 { Recency::Unknown } else { Recency::Told };
    if let Some(selected) = &session.selected {
        let (mailbox, view) = (selected.mailbox.clone(), selected.view.clone());
        selected_id = Some((mailbox.id(), view.clone()));
        if sources.contains(&Mailboxes::Selected) {
            let named = mailbox.clone();
            let name = session.deps.pool.run(move || named.name()).await.map_err(|error| store_failure(&error))?;
            places.push(Place { name: name.as_str().to_owned(), mailbox, view });
        }
    }
    let others: Vec<Mailboxes> = sources.iter().filter(|source| **source != Mailboxes::Selected).cloned().collect();
    if others.is_empty() {
        return Ok(places);
    }
    let opened = session.with_account(move |account| {
        account.give_threads()?;
        let mut opened = Vec::new();
        for info in account.mailboxes()?.into_iter().filter(|info| others.iter().any(|source| names(source, info))) {
            match account.open(&info.name).and_then(|mailbox| Ok((mailbox.snapshot()?, mailbox))) {
                Ok((snapshot, mailbox)) => opened.push((info.name, mailbox, snapshot)),
                Err(error) if matches!(error.kind(), ErrorKind::Gone | ErrorKind::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok::<_, StoreError>(opened)
    });
    for (name, mailbox, snapshot) in opened.await?.map_err(|error| store_failure(&error))? {
        if places.iter().any(|place| place.mailbox.id() == mailbox.id()) {
            continue;
        }
        // The selected mailbox as this session knows it, the others as they are.
        let view = match &selected_id {
            Some((id, view)) if *id == mailbox.id() => view.clone(),
            _ => {
                let recent = Recent { first: snapshot.recent_from(), end: u32::MAX };
                View::new(snapshot, recent, Access::ReadOnly, recency)
            }
        };
        places.push(Place { name: name.as_str().to_owned(), mailbox, view });
    }
    Ok(places)
}

/// Whether a specifier names a mailbox. Only what holds messages is meant.
pub(super) fn names(source: &Mailboxes, info: &MailboxInfo) -> bool {
    let is_one = |wanted: &String| MailboxName::new(wanted).is_ok_and(|wanted| wanted == info.name);
    let is_below = |wanted: &String| MailboxName::new(wanted).is_ok_and(|wanted| info.name.is_below(&wanted));
    info.selectable
        && match source {
            // The session's own, which the caller knows.
            Mailboxes::Selected | Mailboxes::SelectedDelayed => false,
            Mailboxes::Inboxes => info.name.is_inbox(),
            Mailboxes::Personal => true,
            Mailboxes::Subscribed => info.subscribed,
            Mailboxes::Subtree(wanted) => wanted.iter().any(|wanted| is_one(wanted) || is_below(wanted)),
            Mailboxes::SubtreeOne(wanted) => {
                let child = |wanted: &String| {
                    info.name
                        .parent()
                        .is_some_and(|parent| MailboxName::new(wanted).is_ok_and(|wanted| wanted == parent))
                };
                wanted.iter().any(|wanted| is_one(wanted) || child(wanted))
            }
            Mailboxes::Named(wanted) => wanted.iter().any(is_one),
        }
}
