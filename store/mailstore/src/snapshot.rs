//! What one mailbox held at one moment, compact and shared between its sessions.

use std::sync::Arc;

use crate::engine::MailboxRow;
use crate::uid_set::UidSet;
use crate::{Flags, KeywordNames, ModSeq, Uid};

/// The messages of a mailbox at one commit: UIDs ascending, with flags and MODSEQ beside them at the same
/// index. 20 bytes a message; sessions hold it as an `Arc`, so that it costs a pointer each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    pub(crate) uids: Vec<Uid>,
    pub(crate) flags: Vec<Flags>,
    pub(crate) modseqs: Vec<ModSeq>,
    pub(crate) keywords: Arc<KeywordNames>,
    pub(crate) keyword_version: u64,
    pub(crate) uid_validity: u32,
    pub(crate) uid_next: u64,
    pub(crate) highest_modseq: ModSeq,
    pub(crate) recent_from: u64,
}

impl Snapshot {
    /// How many messages.
    pub fn len(&self) -> usize {
        self.uids.len()
    }

    /// Whether there is no message.
    pub fn is_empty(&self) -> bool {
        self.uids.is_empty()
    }

    /// UIDs, ascending. The message with sequence number `n` is at index `n - 1`.
    pub fn uids(&self) -> &[Uid] {
        &self.uids
    }

    /// Flags, by the same index.
    pub fn flags(&self) -> &[Flags] {
        &self.flags
    }

    /// MODSEQs, by the same index.
    pub fn modseqs(&self) -> &[ModSeq] {
        &self.modseqs
    }

    /// Index of a UID.
    pub fn index_of(&self, uid: Uid) -> Option<usize> {
        self.uids.binary_search(&uid).ok()
    }

    /// Names of the keyword bits.
    pub fn keywords(&self) -> &Arc<KeywordNames> {
        &self.keywords
    }

    /// UIDVALIDITY.
    pub fn uid_validity(&self) -> u32 {
        self.uid_validity
    }

    /// The UID that the next message will get. `u32::MAX` in a mailbox that can take no more messages.
    pub fn uid_next(&self) -> Uid {
        Uid::try_from(self.uid_next).unwrap_or(Uid::MAX)
    }

    /// MODSEQ of the latest change.
    pub fn highest_modseq(&self) -> ModSeq {
        self.highest_modseq
    }

    /// The first UID that no session has been given as `\Recent` yet. For EXAMINE: UIDs from here on are recent
    /// without being claimed.
    pub fn recent_from(&self) -> Uid {
        Uid::try_from(self.recent_from).unwrap_or(Uid::MAX)
    }
}

impl Snapshot {
    /// Adds a message after all others.
    pub(crate) fn push(&mut self, uid: Uid, flags: Flags, modseq: ModSeq) {
        self.uids.push(uid);
        self.flags.push(flags);
        self.modseqs.push(modseq);
    }

    /// Takes messages out.
    pub(crate) fn remove(&mut self, set: &UidSet) {
        // Ranges come in order, so each removal works on what lies behind the one before.
        for range in set.ranges().iter().rev() {
            let from = self.uids.partition_point(|uid| uid < range.start());
            let to = self.uids.partition_point(|uid| uid <= range.end());
            if from < to {
                self.uids.drain(from..to);
                self.flags.drain(from..to);
                self.modseqs.drain(from..to);
            }
        }
    }

    /// The same mailbox as a reader has it who has seen `seen` and gets nothing as `\Recent`.
    pub(crate) fn as_read(&self, seen: &UidSet) -> Self {
        let mut own = self.clone();
        let mut ranges = seen.ranges().iter().peekable();
        for (uid, flags) in own.uids.iter().zip(&mut own.flags) {
            while ranges.next_if(|range| range.end() < uid).is_some() {}
            let is_seen = ranges.peek().is_some_and(|range| range.contains(uid));
            *flags = if is_seen { *flags | Flags::SEEN } else { flags.without(Flags::SEEN) };
        }
        // Beyond all messages.
        own.recent_from = u64::from(Uid::MAX);
        own
    }

    /// Whether it was made of `base`.
    pub(crate) fn is_of(&self, base: &Self) -> bool {
        self.highest_modseq == base.highest_modseq
            && self.uid_next == base.uid_next
            && self.keyword_version == base.keyword_version
            && self.uid_validity == base.uid_validity
    }

    /// Takes over the mailbox's numbers.
    pub(crate) fn stamp(&mut self, row: &MailboxRow) {
        self.uid_validity = row.uid_validity;
        self.uid_next = row.uid_next;
        self.highest_modseq = row.highest_modseq;
        self.recent_from = row.recent_from;
        self.keyword_version = row.keyword_version;
    }

    /// Whether it is what `row` says.
    pub(crate) fn is_current(&self, row: &MailboxRow) -> bool {
        self.highest_modseq == row.highest_modseq
            && self.uid_next == row.uid_next
            && self.recent_from == row.recent_from
            && self.keyword_version == row.keyword_version
            && self.uid_validity == row.uid_validity
    }
}
