//! The maildrop: an account's INBOX as it was at sign-in, held by one session, with what the session marks (RFC 1939 §5, §6).

use std::ops::ControlFlow;
use std::time::Duration;

use mailstore::{
    AccountId, AccountOptions, FlagChange, FlagOp, FlagSet, Flags, Mailbox, MailboxName, MaildropLock, Result, RowRef,
    Store, StoreError, Uid, UidSet,
};
use message::{DigestRef, Surrogate, downgrade};

/// What a session has marked about a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Marks {
    deleted: bool,
    retrieved: bool,
}

/// How many messages, and their octets as they go out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) messages: usize,
    pub(crate) octets: u64,
}

/// See the module. Messages are told by index here: their number less one.
pub(crate) struct Maildrop {
    mailbox: Mailbox,
    uids: Vec<Uid>,
    /// Octets of each message as RETR sends it in this session, without byte-stuffing.
    sizes: Vec<u64>,
    marks: Vec<Marks>,
    /// Of what is not deleted.
    totals: Totals,
    // Last field: the mailbox is let go of before the lock.
    _lock: MaildropLock,
}

/// What a client understands (RFC 6856 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Headers {
    /// It did not say UTF8: messages with UTF-8 headers go out as their surrogates.
    Ascii,
    /// Everything goes out as it is.
    Utf8,
}

/// Why a maildrop is not to be had.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Another session has it.
    InUse,
    /// The user was here too short a time ago.
    TooSoon,
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Whose maildrop, and by which rules.
pub(crate) struct Opening {
    pub(crate) store: Store,
    pub(crate) account: String,
    /// Partition of an account that is made at this sign-in.
    pub(crate) partition: Option<String>,
    pub(crate) login_delay: Duration,
    /// Seconds since 1970.
    pub(crate) now: i64,
    /// What the client understands.
    pub(crate) headers: Headers,
}

impl Opening {
    /// Locks the maildrop and lists it. Blocking.
    pub(crate) fn open(self) -> std::result::Result<Maildrop, Refused> {
        let options = AccountOptions { partition: self.partition, ..AccountOptions::default() };
        let account = self.store.account_with(&AccountId::new(&self.account)?, &options)?;
        let lock = account.lock_maildrop()?.ok_or(Refused::InUse)?;
        if !self.login_delay.is_zero() {
            let delay = i64::try_from(self.login_delay.as_secs()).unwrap_or(i64::MAX);
            // A mark from the future is a clock that was set back: no reason to keep somebody out.
            let waited = lock.marked()?.map(|mark| self.now.saturating_sub(mark)).filter(|waited| *waited >= 0);
            if waited.is_some_and(|waited| waited < delay) {
                return Err(Refused::TooSoon);
            }
            lock.mark(self.now)?;
        }
        let mailbox = account.open(&MailboxName::inbox())?;
        let mut maildrop = Maildrop {
            mailbox: mailbox.clone(),
            uids: Vec::new(),
            sizes: Vec::new(),
            marks: Vec::new(),
            totals: Totals::default(),
            _lock: lock,
        };
        let mut unreadable = None;
        mailbox.for_each(&UidSet::all(), |row| match size_on_the_wire(&row, self.headers) {
            Ok(size) => {
                maildrop.add(row.uid, size);
                ControlFlow::Continue(())
            }
            Err(error) => {
                unreadable = Some(error);
                ControlFlow::Break(())
            }
        })?;
        unreadable.map_or(Ok(maildrop), |error| Err(error.into()))
    }
}

/// Octets of a message once all its lines end with CRLF, from what was noted at delivery; only digests of an earlier version have their message's
/// headers read. An unreadable digest is no reason to hide a message.
fn size_on_the_wire(row: &RowRef<'_>, headers: Headers) -> Result<u64> {
    let Ok(digest) = DigestRef::decode(row.digest) else { return Ok(row.size) };
    Ok(match (headers, digest.surrogate()) {
        (Headers::Utf8, _) | (Headers::Ascii, Surrogate::NotNeeded) => digest.crlf_size(),
        (Headers::Ascii, Surrogate::Octets(size)) => size,
        (Headers::Ascii, Surrogate::Unknown) => {
            let body = row.body()?;
            downgrade::edited_size(&body, digest.crlf_size(), &downgrade::edits(&body, &digest))
        }
    })
}

impl Maildrop {
    fn add(&mut self, uid: Uid, size: u64) {
        self.uids.push(uid);
        self.sizes.push(size);
        self.marks.push(Marks::default());
        self.totals.messages += 1;
        self.totals.octets += size;
    }

    /// The index of a message by its number, unless it is deleted.
    pub(crate) fn index_of(&self, number: usize) -> Option<usize> {
        let index = number.checked_sub(1)?;
        self.marks.get(index).filter(|marks| !marks.deleted).map(|_| index)
    }

    /// What is not deleted.
    pub(crate) fn totals(&self) -> Totals {
        self.totals
    }

    /// Indices of all messages, the deleted ones included.
    pub(crate) fn indices(&self) -> std::ops::Range<usize> {
        0..self.uids.len()
    }

    pub(crate) fn size(&self, index: usize) -> u64 {
        self.sizes[index]
    }

    pub(crate) fn uid(&self, index: usize) -> Uid {
        self.uids[index]
    }

    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// DELE.
    pub(crate) fn delete(&mut self, index: usize) {
        let marks = &mut self.marks[index];
        if !std::mem::replace(&mut marks.deleted, true) {
            self.totals.messages -= 1;
            self.totals.octets -= self.sizes[index];
        }
    }

    /// RSET: nothing is deleted any more. What was retrieved stays so.
    pub(crate) fn reset(&mut self) {
        self.marks.iter_mut().for_each(|marks| marks.deleted = false);
        self.totals = Totals { messages: self.uids.len(), octets: self.sizes.iter().sum() };
    }

    /// RETR was answered in full.
    pub(crate) fn retrieved(&mut self, index: usize) {
        self.marks[index].retrieved = true;
    }

    /// How many messages were retrieved and are deleted, for the log.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let count = |wanted: fn(&Marks) -> bool| self.marks.iter().filter(|marks| wanted(marks)).count();
        (count(|marks| marks.retrieved), count(|marks| marks.deleted))
    }

    fn uids_with(&self, wanted: impl Fn(&Marks) -> bool) -> UidSet {
        self.uids.iter().zip(&self.marks).filter(|(_, marks)| wanted(marks)).map(|(uid, _)| *uid).collect()
    }

    /// The UPDATE state: removes what is deleted, all in one commit or nothing. Blocking. The lock is free when this returns. What IMAP has
    /// removed meanwhile is removed, as the client asked for.
    pub(crate) fn update(self) -> Result<()> {
        let seen = self.uids_with(|marks| marks.retrieved && !marks.deleted);
        if !seen.is_empty() {
            let flags = FlagSet::from(Flags::SEEN);
            let change = FlagChange { op: FlagOp::Add, flags, unchanged_since: None };
            if let Err(error) = self.mailbox.change_flags(&seen, &change) {
                // Not what the client waits for: deletions are.
                tracing::error!(error = &error as &dyn std::error::Error, "retrieved messages were not marked as seen");
            }
        }
        let deleted = self.uids_with(|marks| marks.deleted);
        if deleted.is_empty() { Ok(()) } else { self.mailbox.remove(&deleted).map(|_| ()) }
    }
}
