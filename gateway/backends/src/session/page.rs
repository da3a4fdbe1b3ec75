//! Pages and messages: one FETCH by sequence range, O(page) at any mailbox size.

use std::{collections::HashMap, sync::Arc};

use crate::{
    Account, Error, Flags, MailSession, MailboxRef, Message, Page, Row, Summary, UidSet,
    cache::{MailboxKey, SummaryCache},
    command::Command,
    connection::Connection,
    fetch::Fetched,
    response::{Name, Response, Status},
};

use super::{Selection, Using, safely, select};

/// Rows a page never has more of.
const MOST_ROWS: u32 = 500;
/// Pages remembered as seen.
const MOST_SEEN: usize = 1000;

impl MailSession {
    /// Page `number` (from 1; past the end means the last one) in arrival order, newest first.
    pub async fn page<'m>(
        &self,
        mailbox: impl Into<MailboxRef<'m>>,
        number: u32,
        per_page: u32,
    ) -> Result<Page, Error> {
        let at = mailbox.into();
        let per_page = per_page.clamp(1, MOST_ROWS);
        safely!(self, |using| page(&mut using, &self.shared.cache, &self.state.account, at, number, per_page).await)
    }

    /// One message without its text; it stays unread until the flag is set.
    pub async fn message<'m>(&self, mailbox: impl Into<MailboxRef<'m>>, uid: u32) -> Result<Message, Error> {
        let at = mailbox.into();
        safely!(self, |using| message(using.connection, &self.shared.cache, &self.state.account, at, uid).await)
    }

    /// These messages as rows, newest first; those that are gone are left out.
    pub async fn rows<'m>(&self, mailbox: impl Into<MailboxRef<'m>>, uids: &[u32]) -> Result<Vec<Row>, Error> {
        let at = mailbox.into();
        safely!(self, |using| {
            select(using.connection, at).await?;
            rows(using.connection, &self.shared.cache, &self.state.account, uids).await
        })
    }
}

/// The items of a list row, all of them or only what may have changed.
fn items(connection: &Connection, whole: bool) -> &'static str {
    match (whole, connection.has("PREVIEW")) {
        (false, _) => " (UID FLAGS)",
        (true, false) => " (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)",
        (true, true) => " (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE PREVIEW)",
    }
}

/// Sequence numbers of a page, and its number if the wanted one is past the end.
fn range(exists: u32, number: u32, per_page: u32) -> (u32, u32, u32) {
    let pages = exists.div_ceil(per_page).max(1);
    let number = number.clamp(1, pages);
    let last = exists - (number - 1) * per_page;
    (last.saturating_sub(per_page - 1).max(1), last, number)
}

async fn page(
    using: &mut Using<'_>,
    cache: &SummaryCache,
    account: &Account,
    at: MailboxRef<'_>,
    number: u32,
    per_page: u32,
) -> Result<Page, Error> {
    let connection = &mut *using.connection;
    let mut fresh = select(connection, at).await? == Selection::Fresh;
    // Another session may change the mailbox between two answers: then the range is another one. Three times is enough;
    // after that, what was found is shown.
    for attempt in 0..3 {
        let Some(selected) = &connection.selected else { return Err(connection.odd("nothing is selected")) };
        let (validity, exists, moves) = (selected.uid_validity, selected.exists, selected.moves);
        let (from, to, shown) = range(exists, number, per_page);
        let seen = (at.name.to_owned(), validity, shown, per_page);
        let whole = !using.seen_pages.contains(&seen);
        let noop = if fresh { None } else { Some(connection.start(Command::new("NOOP")).await?) };
        let fetch = match exists {
            0 => None,
            _ => Some(connection.start(Command::new("FETCH ").range(from, to).raw(items(connection, whole))).await?),
        };
        let tags: Vec<u32> = noop.into_iter().chain(fetch).collect();
        let mut found = Vec::with_capacity(per_page as usize);
        let outcomes = connection.finish_all(&tags, collect(&mut found)).await?;
        let moved = connection.selected.as_ref().is_some_and(|selected| selected.moves != moves);
        // A range that no longer fits is BAD for some servers; NO means that some of it was expunged.
        if let Some(bad) = outcomes.into_iter().find(|outcome| outcome.status == Status::Bad && !moved) {
            connection.accept(bad, Some(at.name))?;
        }
        fresh = true;
        if moved && attempt < 2 {
            continue;
        }
        let rows = complete(connection, cache, account, found).await?;
        if whole {
            if using.seen_pages.len() >= MOST_SEEN {
                using.seen_pages.clear();
            }
            using.seen_pages.insert(seen);
        }
        return Ok(Page {
            mailbox: at.name.to_owned(),
            uid_validity: validity,
            total: exists,
            number: shown,
            pages: exists.div_ceil(per_page).max(1),
            per_page,
            rows,
        });
    }
    Err(connection.odd("the mailbox does not stand still"))
}

/// Gathers FETCH answers that carry a UID; unsolicited flag changes have none.
fn collect(found: &mut Vec<Fetched>) -> impl FnMut(&Response) + Send {
    |response| {
        if let Response::Data(data) = response
            && data.name == Name::Fetch
        {
            let one = Fetched::read(data);
            if one.uid != 0 {
                found.push(one);
            }
        }
    }
}

/// Rows from FETCH answers, newest first; summaries that are neither in the answers nor in memory are fetched.
async fn complete(
    connection: &mut Connection,
    cache: &SummaryCache,
    account: &Account,
    found: Vec<Fetched>,
) -> Result<Vec<Row>, Error> {
    let Some(selected) = &connection.selected else { return Ok(Vec::new()) };
    let key = MailboxKey::new(account, &selected.mailbox, selected.uid_validity);
    let mut known: HashMap<u32, Arc<Summary>> = HashMap::with_capacity(found.len());
    let mut flags: Vec<(u32, Flags)> = Vec::with_capacity(found.len());
    let mut missing = Vec::new();
    let mut take = |mut one: Fetched, missing: Option<&mut Vec<u32>>| -> Option<Flags> {
        match (one.take_summary(), missing) {
            (Some(summary), _) => {
                let summary = Arc::new(summary);
                cache.put(&key, one.uid, &summary);
                known.insert(one.uid, summary);
            }
            (None, Some(missing)) => match cache.get(&key, one.uid) {
                Some(summary) => {
                    known.insert(one.uid, summary);
                }
                None => missing.push(one.uid),
            },
            (None, None) => {}
        }
        one.flags
    };
    for one in found {
        let uid = one.uid;
        if let Some(now) = take(one, Some(&mut missing)) {
            flags.push((uid, now));
        }
    }
    if !missing.is_empty() {
        let mut more = Vec::with_capacity(missing.len());
        let command = Command::new("UID FETCH ").uids(&UidSet::new(missing)).raw(items(connection, true));
        let tag = connection.start(command).await?;
        let outcome = connection.finish(tag, collect(&mut more)).await?;
        if outcome.status == Status::Bad {
            connection.accept(outcome, None)?;
        }
        for one in more {
            take(one, None);
        }
    }
    flags.sort_unstable_by_key(|(uid, _)| std::cmp::Reverse(*uid));
    flags.dedup_by_key(|(uid, _)| *uid);
    let row = |(uid, flags)| known.get(&uid).map(|summary| Row { uid, flags, summary: Arc::clone(summary) });
    Ok(flags.into_iter().filter_map(row).collect())
}

/// Rows of these UIDs in the selected mailbox.
pub(super) async fn rows(
    connection: &mut Connection,
    cache: &SummaryCache,
    account: &Account,
    uids: &[u32],
) -> Result<Vec<Row>, Error> {
    let Some(selected) = &connection.selected else { return Ok(Vec::new()) };
    if uids.is_empty() {
        return Ok(Vec::new());
    }
    let key = MailboxKey::new(account, &selected.mailbox, selected.uid_validity);
    let whole = uids.iter().filter(|uid| cache.get(&key, **uid).is_none()).count() * 2 > uids.len();
    let mut found = Vec::with_capacity(uids.len());
    let command = Command::new("UID FETCH ").uids(&UidSet::from(uids)).raw(items(connection, whole));
    let tag = connection.start(command).await?;
    let outcome = connection.finish(tag, collect(&mut found)).await?;
    if outcome.status == Status::Bad {
        connection.accept(outcome, None)?;
    }
    complete(connection, cache, account, found).await
}

async fn message(
    connection: &mut Connection,
    cache: &SummaryCache,
    account: &Account,
    at: MailboxRef<'_>,
    uid: u32,
) -> Result<Message, Error> {
    select(connection, at).await?;
    let Some(selected) = &connection.selected else { return Err(connection.odd("nothing is selected")) };
    let (validity, mailbox) = (selected.uid_validity, selected.mailbox.clone());
    let key = MailboxKey::new(account, &mailbox, validity);
    let whole = cache.get(&key, uid).is_none();
    let mut found = Vec::new();
    let command = Command::new("UID FETCH ").uids(&uid.into()).raw(items(connection, whole));
    let tag = connection.start(command).await?;
    let outcome = connection.finish(tag, collect(&mut found)).await?;
    connection.accept(outcome, None)?;
    found.retain(|one| one.uid == uid);
    let Some(sequence) = found.first().map(|one| one.sequence) else { return Err(Error::NoSuchMessage { uid }) };
    let mut rows = complete(connection, cache, account, found).await?;
    let Some(row) = rows.pop() else { return Err(Error::NoSuchMessage { uid }) };

    let exists = connection.selected.as_ref().map_or(0, |selected| selected.exists);
    let (from, to) = (sequence.saturating_sub(1).max(1), sequence.saturating_add(1).min(exists.max(sequence)));
    let mut near = Vec::new();
    let tag = connection.start(Command::new("FETCH ").range(from, to).raw(" (UID)")).await?;
    connection.finish(tag, collect(&mut near)).await?;
    let uids = near.iter().map(|one| one.uid);
    Ok(Message {
        mailbox: at.name.to_owned(),
        uid_validity: validity,
        uid,
        flags: row.flags,
        summary: row.summary,
        newer: uids.clone().filter(|other| *other > uid).min(),
        older: uids.filter(|other| *other < uid).max(),
    })
}
