//! Simple search: UID SEARCH, newest first, a page of rows at a time (RFC 3501 §6.4.4).

use crate::{
    Error, MailSession, MailboxRef, Page, Search, SearchIn,
    command::Command,
    connection::Connection,
    response::{Data, Name},
};

use super::{page, safely, select};

impl MailSession {
    /// Page `number` (from 1) of the messages that fit, newest first; `total` counts all that fit.
    pub async fn search<'m>(
        &self,
        mailbox: impl Into<MailboxRef<'m>>,
        search: &Search,
        number: u32,
        per_page: u32,
    ) -> Result<Page, Error> {
        let at = mailbox.into();
        let per_page = per_page.clamp(1, 500);
        safely!(self, |using| {
            select(using.connection, at).await?;
            let mut uids = find(using.connection, search).await?;
            uids.sort_unstable_by(|a, b| b.cmp(a));
            let total = u32::try_from(uids.len()).unwrap_or(u32::MAX);
            let pages = total.div_ceil(per_page).max(1);
            let number = number.clamp(1, pages);
            let first = ((number - 1) * per_page) as usize;
            let shown: Vec<u32> = uids.into_iter().skip(first).take(per_page as usize).collect();
            let rows = page::rows(using.connection, &self.shared.cache, &self.state.account, &shown).await?;
            let uid_validity = using.connection.selected.as_ref().map_or(0, |selected| selected.uid_validity);
            Ok(Page { mailbox: at.name.to_owned(), uid_validity, total, number, pages, per_page, rows })
        })
    }

    /// All UIDs that fit, oldest first: for "select all that were found".
    pub async fn search_uids<'m>(
        &self,
        mailbox: impl Into<MailboxRef<'m>>,
        search: &Search,
    ) -> Result<Vec<u32>, Error> {
        let at = mailbox.into();
        safely!(self, |using| {
            select(using.connection, at).await?;
            let mut uids = find(using.connection, search).await?;
            uids.sort_unstable();
            Ok(uids)
        })
    }
}

async fn find(connection: &mut Connection, search: &Search) -> Result<Vec<u32>, Error> {
    let text = search.text.trim();
    // Servers without charset support still find plain words.
    let mut command = Command::new(if text.is_ascii() { "UID SEARCH" } else { "UID SEARCH CHARSET UTF-8" });
    let fields: &[&'static str] = match (text.is_empty(), search.place) {
        (true, _) => &[],
        (_, SearchIn::Headers) => &[" SUBJECT ", " FROM ", " TO "],
        (_, SearchIn::Subject) => &[" SUBJECT "],
        (_, SearchIn::From) => &[" FROM "],
        (_, SearchIn::To) => &[" TO ", " CC "],
        (_, SearchIn::Everything) => &[" SUBJECT ", " FROM ", " TO ", " BODY "],
    };
    for _ in 1..fields.len() {
        command = command.raw(" OR");
    }
    for field in fields {
        command = command.raw(field).string(text)?;
    }
    for (flag, negate) in [(&search.with, false), (&search.without, true)] {
        if let Some(flag) = flag {
            command = command.raw(if negate { " NOT" } else { "" }).flag_key(flag)?;
        }
    }
    if fields.is_empty() && search.with.is_none() && search.without.is_none() {
        command = command.raw(" ALL");
    }
    let mut uids = Vec::new();
    connection
        .run(command, None, |data| {
            if data.name == Name::Search {
                uids.extend(numbers(data));
            }
        })
        .await?;
    Ok(uids)
}

/// The numbers of a SEARCH answer.
pub(super) fn numbers(data: &Data) -> Vec<u32> {
    let mut tokens = data.tokens();
    let mut numbers = Vec::new();
    tokens.space();
    while let Ok(number) = tokens.number32() {
        numbers.push(number);
        tokens.space();
    }
    numbers
}
