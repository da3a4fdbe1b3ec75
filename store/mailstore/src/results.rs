//! What store calls answer with.

use std::cell::Cell;
use std::sync::Arc;

use crate::error::Result;
use crate::internal_date::InternalDate;
use crate::mailbox::Mailbox;
use crate::{Body, Flags, ModSeq, ObjectId, Uid};

/// Messages that were appended. All of one call, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The mailbox's UIDVALIDITY.
    pub uid_validity: u32,
    /// The new UIDs in the order of the messages: ascending and without a gap.
    pub uids: Vec<Uid>,
    /// Their MODSEQ.
    pub modseq: ModSeq,
}

/// Messages that were copied or moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// UIDVALIDITY of the destination.
    pub uid_validity: u32,
    /// UIDs in the source, ascending. UIDs of the set that are no longer there are left out.
    pub source: Vec<Uid>,
    /// UIDs in the destination, in the same order.
    pub destination: Vec<Uid>,
    /// The source's MODSEQ after a move; of the destination after a copy.
    pub modseq: ModSeq,
}

/// The outcome of a change of flags.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changed {
    /// Messages whose flags are other than before, ascending, with their new flags.
    pub changed: Vec<(Uid, Flags)>,
    /// Messages left alone because of `unchanged_since`, ascending.
    pub refused: Vec<Uid>,
    /// MODSEQ of the changed messages; 0 if there are none.
    pub modseq: ModSeq,
}

/// Messages that were removed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expunged {
    /// Ascending.
    pub uids: Vec<Uid>,
    /// MODSEQ of their removal; 0 if there are none.
    pub modseq: ModSeq,
}

/// The messages that are `\Recent` in one session: those with `first <= UID < end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recent {
    /// The first recent UID.
    pub first: Uid,
    /// One past the last; equal to or below `first` when there are none.
    pub end: Uid,
}

impl Recent {
    pub(crate) fn until(first: u64, end: u64) -> Self {
        let uid = |number| Uid::try_from(number).unwrap_or(Uid::MAX);
        Self { first: uid(first), end: uid(end) }
    }

    /// Whether `uid` is recent.
    pub fn contains(self, uid: Uid) -> bool {
        (self.first..self.end).contains(&uid)
    }
}

/// What never changes about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The message.
    pub uid: Uid,
    /// RFC822.SIZE.
    pub size: u64,
    /// INTERNALDATE.
    pub internal_date: InternalDate,
    /// When it came to this mailbox (RFC 8514 SAVEDATE), seconds since 1970.
    pub save_date: i64,
    /// EMAILID: the same for copies.
    pub email_id: ObjectId,
    /// THREADID; `None` before [`crate::Account::give_threads`] in an account of an earlier format.
    pub thread_id: Option<ObjectId>,
    /// `message::Digest::encode()` of the content.
    pub digest: Arc<[u8]>,
}

/// A [`Row`] borrowed for the time of one step of [`Mailbox::for_each`].
#[derive(Clone, Copy)]
pub struct RowRef<'a> {
    pub(crate) mailbox: &'a Mailbox,
    pub(crate) content: Option<&'a [u8]>,
    pub(crate) asked: &'a Cell<usize>,
    /// The message.
    pub uid: Uid,
    /// RFC822.SIZE.
    pub size: u64,
    /// INTERNALDATE.
    pub internal_date: InternalDate,
    /// SAVEDATE in seconds since 1970.
    pub save_date: i64,
    /// EMAILID.
    pub email_id: ObjectId,
    /// THREADID.
    pub thread_id: Option<ObjectId>,
    /// `message::Digest::encode()` of the content.
    pub digest: &'a [u8],
}

impl RowRef<'_> {
    /// The whole content, read only when asked for.
    pub fn body(&self) -> Result<Body> {
        self.asked.set(self.asked.get() + 1);
        match self.content {
            Some(octets) => Ok(Body::Inline(octets.to_vec())),
            None => self.mailbox.body(self.uid),
        }
    }
}
