//! What a session believes its mailbox holds: the one place where sequence numbers exist (RFC 3501 §2.3.1.2, §7.4.1).
//!
//! A view is a snapshot, shared with other sessions, and the ghosts: messages that are gone from the store but whose EXPUNGE the client has
//! not been told, so that they still have sequence numbers. Views move only in `sync.rs`.

use std::sync::Arc;

use mailstore::{Flags, ModSeq, Recent, Rights, Snapshot, Uid};

/// A message that is gone from the store and not yet from the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ghost {
    /// Its index in the view: sequence number less one.
    pub(crate) at: usize,
    pub(crate) uid: Uid,
    pub(crate) flags: Flags,
    pub(crate) modseq: ModSeq,
}

/// See the module. Cheap to clone: that is how blocking work takes it along.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) snapshot: Arc<Snapshot>,
    /// Ascending by index, and so by UID.
    pub(crate) ghosts: Arc<[Ghost]>,
    /// UIDs that are `\Recent` in this session.
    pub(crate) recent: Arc<[Recent]>,
    /// How many of them the client has been told.
    pub(crate) recent_told: usize,
    pub(crate) access: Access,
    /// What the session's user may do in the mailbox, as far as is known here.
    pub(crate) rights: Rights,
    /// Whether `\Recent` is known to this client.
    pub(crate) recency: Recency,
    /// `$`: UIDs that a search has saved, ascending (RFC 5182). Those without a message any more are passed over.
    pub(crate) saved: Arc<[Uid]>,
    /// The MODSEQ up to which the client has been told everything, EXPUNGE too.
    pub(crate) settled: ModSeq,
}

/// Whether the client knows `\Recent`: IMAP4rev2 has it no more (RFC 9051 appendix E).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recency {
    Told,
    Unknown,
}

/// How the mailbox was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// SELECT
    ReadWrite,
    /// EXAMINE
    ReadOnly,
}

/// One message as the view has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) uid: Uid,
    pub(crate) flags: Flags,
    pub(crate) modseq: ModSeq,
    /// Gone from the store.
    pub(crate) ghost: bool,
}

impl View {
    pub(crate) fn new(snapshot: Arc<Snapshot>, recent: Recent, access: Access, recency: Recency) -> Self {
        let told = recency == Recency::Told && recent.first < recent.end;
        let recent: Arc<[Recent]> = if told { [recent].into() } else { [].into() };
        let settled = snapshot.highest_modseq();
        let rights = Rights::ALL;
        let (ghosts, saved) = ([].into(), [].into());
        let mut view = Self { snapshot, ghosts, recent, recent_told: 0, access, rights, recency, saved, settled };
        view.recent_told = view.recent_count();
        view
    }

    /// The same for somebody with these rights.
    pub(crate) fn with_rights(mut self, rights: Rights) -> Self {
        self.rights = rights;
        self
    }

    /// The flags that this session may change for good (RFC 4314 §5.1.1).
    pub(crate) fn permanent_flags(&self) -> Flags {
        if self.access == Access::ReadOnly { Flags::NONE } else { self.rights.flags() }
    }

    /// EXISTS.
    pub(crate) fn len(&self) -> usize {
        self.snapshot.len() + self.ghosts.len()
    }

    /// The message with sequence number `at + 1`.
    pub(crate) fn entry(&self, at: usize) -> Option<Entry> {
        let before = self.ghosts.partition_point(|ghost| ghost.at < at);
        if let Some(ghost) = self.ghosts.get(before).filter(|ghost| ghost.at == at) {
            return Some(Entry { uid: ghost.uid, flags: ghost.flags, modseq: ghost.modseq, ghost: true });
        }
        let index = at - before;
        Some(Entry {
            uid: *self.snapshot.uids().get(index)?,
            flags: *self.snapshot.flags().get(index)?,
            modseq: *self.snapshot.modseqs().get(index)?,
            ghost: false,
        })
    }

    /// How many messages of the view have a smaller UID: where `uid` is, or would be.
    pub(crate) fn rank(&self, uid: Uid) -> usize {
        let stored = self.snapshot.uids().partition_point(|stored| *stored < uid);
        stored + self.ghosts.partition_point(|ghost| ghost.uid < uid)
    }

    /// The index of a message that is in the store.
    pub(crate) fn index_of(&self, uid: Uid) -> Option<usize> {
        let stored = self.snapshot.index_of(uid)?;
        Some(stored + self.ghosts.partition_point(|ghost| ghost.uid < uid))
    }

    /// The largest UID, 0 when there is none.
    pub(crate) fn last_uid(&self) -> Uid {
        let stored = self.snapshot.uids().last().copied().unwrap_or(0);
        stored.max(self.ghosts.last().map_or(0, |ghost| ghost.uid))
    }

    pub(crate) fn is_recent(&self, uid: Uid) -> bool {
        self.recent.iter().any(|recent| recent.contains(uid))
    }

    /// RECENT.
    pub(crate) fn recent_count(&self) -> usize {
        let in_range = |recent: &Recent| self.rank(recent.end).saturating_sub(self.rank(recent.first));
        self.recent.iter().map(in_range).sum()
    }

    /// Sequence number of the first message without `\Seen`.
    pub(crate) fn first_unseen(&self) -> Option<usize> {
        (0..self.len())
            .find(|at| self.entry(*at).is_some_and(|entry| !entry.flags.contains(Flags::SEEN)))
            .map(|at| at + 1)
    }

    /// Sequence numbers as ranges of indices, ascending. `None` when one is beyond the last message, which is the client's error
    /// (RFC 3501 §6.4: sequence numbers are checked), or when `*` is asked of an empty mailbox.
    pub(crate) fn by_sequence(&self, set: &imap_wire::SequenceSet) -> Option<Selection> {
        if set.is_saved() {
            return Some(self.of_saved());
        }
        let last = u32::try_from(self.len()).unwrap_or(u32::MAX);
        if last == 0 || set.largest() > last {
            return None;
        }
        let ranges = set.resolve(last).into_iter().map(|(first, last)| (first as usize - 1, last as usize)).collect();
        Some(Selection { ranges })
    }

    /// The same for a search, which asks which messages there are: numbers beyond the last message stand for none.
    pub(crate) fn numbered(&self, set: &imap_wire::SequenceSet) -> Selection {
        match u32::try_from(self.len()).unwrap_or(u32::MAX) {
            0 => Selection::default(),
            last => {
                let ranges = set.resolve(last).into_iter().filter(|(first, _)| *first <= last);
                Selection { ranges: ranges.map(|(first, end)| (first as usize - 1, end.min(last) as usize)).collect() }
            }
        }
    }

    /// UIDs as ranges of indices; those without a message are passed over (RFC 3501 §6.4.8).
    pub(crate) fn by_uid(&self, set: &imap_wire::SequenceSet) -> Selection {
        if set.is_saved() {
            return self.of_saved();
        }
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        let last = self.last_uid();
        if last > 0 {
            for (first, last) in set.resolve(last) {
                let from = self.rank(first);
                let to = last.checked_add(1).map_or(self.len(), |next| self.rank(next));
                match ranges.last_mut() {
                    _ if from >= to => {}
                    Some(joined) if joined.1 == from => joined.1 = to,
                    _ => ranges.push((from, to)),
                }
            }
        }
        Selection { ranges }
    }

    /// The messages that a search has saved.
    fn of_saved(&self) -> Selection {
        let there = |at: &usize, uid: Uid| self.entry(*at).is_some_and(|entry| entry.uid == uid);
        Selection::of(self.saved.iter().filter_map(|uid| Some(self.rank(*uid)).filter(|at| there(at, *uid))))
    }
}

/// Messages of a view: ascending half-open ranges of indices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    ranges: Vec<(usize, usize)>,
}

impl Selection {
    /// From ascending indices.
    pub(crate) fn of(indices: impl Iterator<Item = usize>) -> Self {
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        for at in indices {
            match ranges.last_mut() {
                Some((_, end)) if *end == at => *end = at + 1,
                _ => ranges.push((at, at + 1)),
            }
        }
        Self { ranges }
    }

    pub(crate) fn ranges(&self) -> &[(usize, usize)] {
        &self.ranges
    }

    /// Every index, ascending.
    pub(crate) fn indices(&self) -> impl Iterator<Item = usize> + '_ {
        self.ranges.iter().flat_map(|(from, to)| *from..*to)
    }

    /// UIDs of those that are in the store, ascending.
    pub(crate) fn stored<'a>(&'a self, view: &'a View) -> impl Iterator<Item = Uid> + 'a {
        self.indices().filter_map(|at| view.entry(at)).filter(|entry| !entry.ghost).map(|entry| entry.uid)
    }

    /// True when one of them is gone from the store.
    pub(crate) fn has_ghost(&self, view: &View) -> bool {
        view.ghosts.iter().any(|ghost| self.ranges.iter().any(|(from, to)| (*from..*to).contains(&ghost.at)))
    }
}
