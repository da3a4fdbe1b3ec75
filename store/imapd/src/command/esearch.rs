//! ESEARCH: one search over several mailboxes (RFC 7377).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use imap_wire::command::Numbers;
use imap_wire::esearch::{EsearchArgs, Mailboxes};
use imap_wire::print;
use mailstore::{Account, ErrorKind, Mailbox, MailboxName, Recent, Rights, StoreError};

use super::search::{
    Found, expunges, give_threads_of, keep_up_to_date, names_modseq, names_thread, not_fuzzy, number, run_telling,
    save, scores, search_program, tag_in_use, unsaved,
};
use crate::context::Member;
use crate::reply::{Handled, Reply, store_failure};
use crate::search::job::Job;
use crate::session::Session;
use crate::sharing::Whose;
use crate::view::{Access, Recency, View};

/// Mailboxes that are searched by one command; beyond them it is refused (RFC 7377 §2.4).
const MOST_MAILBOXES: usize = 10_000;

/// ESEARCH. UIDs only.
pub(super) async fn esearch(session: &mut Session, args: EsearchArgs) -> Handled {
    let EsearchArgs { sources, search } = args;
    let returns = search.returns.unwrap_or_default();
    let selected_only = sources == [Mailboxes::Selected];
    if session.dialect.utf8 && search.charset.is_some() {
        // RFC 6855 §3, as in SEARCH.
        return Ok(Reply::bad("Strings are UTF-8, a charset cannot be named"));
    }
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
        Err(reply) => return Ok(unsaved(session, search.returns, reply)),
    };
    if returns.relevancy && !key.is_fuzzy() {
        return Ok(not_fuzzy());
    }
    let with_modseq = names_modseq(&key);
    if with_modseq {
        super::select::enable_condstore(session);
    }
    session.sync(expunges(Numbers::Uid, &key), Numbers::Uid).await?;
    let places = match places(session, &sources).await {
        Ok(places) if places.len() > MOST_MAILBOXES => return Ok(Reply::no("Too many mailboxes").code("LIMIT")),
        Ok(places) => places,
        Err(reply) => return Ok(reply),
    };
    for Place { name, mailbox, view } in places {
        let program = match search_program(&key, charset, &view) {
            Ok(program) => program,
            Err(reply) => return Ok(unsaved(session, search.returns, reply)),
        };
        let validity = mailbox.uid_validity();
        if names_thread(&key)
            && let Err(reply) = give_threads_of(session, &mailbox).await
        {
            return Ok(unsaved(session, search.returns, reply));
        }
        let (view, found) = match run_telling(session, Job::new(mailbox.clone(), view, program)).await? {
            Ok(found) => found,
            // It went while others were searched.
            Err(error) if !selected_only && matches!(error.kind(), ErrorKind::Gone | ErrorKind::NotFound) => continue,
            Err(error) => return Ok(unsaved(session, search.returns, store_failure(&error))),
        };
        let scores = match returns.relevancy {
            true => match scores(session, &mailbox, (&key, charset), &view, &found).await {
                Ok(scores) => scores,
                Err(reply) => return Ok(unsaved(session, search.returns, reply)),
            },
            false => HashMap::new(),
        };
        let found = Found { view: &view, numbers: Numbers::Uid, found: &found, with_modseq, scores: &scores };
        save(session, search.returns, |returns| found.saved(returns));
        // A mailbox without a match is not told of (RFC 7377 §2.1).
        let mut correlator = b" MAILBOX ".to_vec();
        print::mailbox_name(&mut correlator, &name, session.names());
        correlator.extend_from_slice(format!(" UIDVALIDITY {validity}").as_bytes());
        if !found.found.is_empty() {
            found.print_of(&mut session.link.out, &session.tag, &correlator, returns);
        }
        if returns.update {
            let uids = found.found.iter().map(|at| number(&view, Numbers::Uid, *at));
            let members = uids.map(|uid| Member { uid, values: Arc::default() }).collect();
            let fetch = search.fetch.clone();
            keep_up_to_date(
                session,
                (Numbers::Uid, &correlator),
                (key.clone(), charset),
                (Vec::new(), fetch),
                members,
                &view,
            );
        }
        session.link.flush_full().await?;
    }
    session.sync(expunges(Numbers::Uid, &key), Numbers::Uid).await?;
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
        selected_id = Some((mailbox.account().id().clone(), mailbox.id(), view.clone()));
        if sources.contains(&Mailboxes::Selected) {
            let named = mailbox.clone();
            let name = session.deps.pool.run(move || named.name()).await.map_err(|error| store_failure(&error))?;
            let shown = session.sharing().map(|sharing| sharing.shown(mailbox.account().id(), &name));
            places.push(Place { name: shown.unwrap_or_default(), mailbox, view });
        }
    }
    let others: Vec<Mailboxes> = sources.iter().filter(|source| **source != Mailboxes::Selected).cloned().collect();
    if others.is_empty() {
        return Ok(places);
    }
    let shares = match others.iter().all(|source| matches!(source, Mailboxes::Inboxes | Mailboxes::Personal)) {
        true => Vec::new(),
        false => session.shares().await?,
    };
    let (visitor, sharing) = (session.visitor().await?, session.sharing());
    let own =
        move |name: &MailboxName| sharing.as_ref().is_some_and(|sharing| matches!(sharing.whose(name), Whose::Own(_)));
    let opened = session.with_account(move |account| {
        let mut opened = Vec::new();
        let mut open = |account: &Account, name: &MailboxName, shown: MailboxName| {
            let opened_now = account.open(name).and_then(|mailbox| Ok((mailbox.snapshot()?, mailbox)));
            match opened_now {
                Ok((snapshot, mailbox)) => opened.push((shown, mailbox, snapshot)),
                Err(error) if is_not_there(&error) => {}
                Err(error) => return Err(error),
            }
            Ok(())
        };
        account.give_threads()?;
        for info in account.mailboxes()?.into_iter().filter(|info| info.selectable && own(&info.name)) {
            if others.iter().any(|source| names(source, &info.name, Known { own: true, subscribed: info.subscribed })) {
                open(account, &info.name, info.name.clone())?;
            }
        }
        if shares.is_empty() {
            return Ok(opened);
        }
        let subscribed: HashSet<MailboxName> = account.subscriptions()?.into_iter().collect();
        // What is not listed is not searched either, whatever names it.
        let open_to = Rights::LOOKUP.union(Rights::READ);
        for (shown, share) in shares.into_iter().filter(|(_, share)| share.rights.contains(open_to)) {
            let known = Known { own: false, subscribed: subscribed.contains(&shown) };
            if others.iter().any(|source| names(source, &shown, known))
                && let Some(account) = account.store().existing_account(&share.owner)?
            {
                account.give_threads()?;
                open(&account.seen_by(Arc::clone(&visitor)), &share.name, shown)?;
            }
        }
        Ok::<_, StoreError>(opened)
    });
    for (name, mailbox, snapshot) in opened.await?.map_err(|error| store_failure(&error))? {
        let same = |place: &Place| {
            place.mailbox.id() == mailbox.id() && place.mailbox.account().id() == mailbox.account().id()
        };
        if places.iter().any(same) {
            continue;
        }
        // The selected mailbox as this session knows it, the others as they are.
        let view = match &selected_id {
            Some((owner, id, view)) if *id == mailbox.id() && owner == mailbox.account().id() => view.clone(),
            _ => {
                let recent = Recent { first: snapshot.recent_from(), end: u32::MAX };
                View::new(snapshot, recent, Access::ReadOnly, recency)
            }
        };
        places.push(Place { name: name.as_str().to_owned(), mailbox, view });
    }
    Ok(places)
}

fn is_not_there(error: &StoreError) -> bool {
    matches!(error.kind(), ErrorKind::Gone | ErrorKind::NotFound | ErrorKind::NoPermission)
}

/// What a specifier asks of a mailbox beside its name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    /// Of the personal namespace.
    pub(crate) own: bool,
    pub(crate) subscribed: bool,
}

/// Whether a specifier names a mailbox, by the name under which the user knows it.
pub(crate) fn names(source: &Mailboxes, name: &MailboxName, known: Known) -> bool {
    let is_one = |wanted: &String| MailboxName::new(wanted).is_ok_and(|wanted| wanted == *name);
    let is_below = |wanted: &String| MailboxName::new(wanted).is_ok_and(|wanted| name.is_below(&wanted));
    let is_child = |wanted: &String| {
        name.parent().is_some_and(|parent| MailboxName::new(wanted).is_ok_and(|wanted| wanted == parent))
    };
    match source {
        // The session's own, which the caller knows.
        Mailboxes::Selected | Mailboxes::SelectedDelayed => false,
        Mailboxes::Inboxes => known.own && name.is_inbox(),
        Mailboxes::Personal => known.own,
        Mailboxes::Subscribed => known.subscribed,
        Mailboxes::Subtree(wanted) => wanted.iter().any(|wanted| is_one(wanted) || is_below(wanted)),
        Mailboxes::SubtreeOne(wanted) => wanted.iter().any(|wanted| is_one(wanted) || is_child(wanted)),
        Mailboxes::Named(wanted) => wanted.iter().any(is_one),
    }
}
