//! What is kept of the messages' texts so that a search need not read them all.
//!
//! Gists are made of messages that are read anyway, by whoever looks for text first, and kept without a sync: no delivery waits for them.
//! They only ever say that a message cannot hold a string. Whatever is not kept is read.

use super::Mailbox;
use crate::gists::{Blocks, GistFile, NewGist, mark};
use crate::results::RowRef;
use crate::uid_set::UidSet;
use crate::{Uid, error::Result};
use message::DigestRef;
use message::search::{GistMaker, GistRef, Texts};

/// Mailboxes of fewer messages are read each time.
const WORTHWHILE: usize = 200;
/// Octets of gists that wait to be kept.
const WAITING: usize = 4 << 20;

/// The gists of a mailbox, as one search goes through them and adds to them.
pub struct Gists {
    file: GistFile,
    blocks: Option<Blocks>,
    /// The greatest UID that the reader knows, with its mark.
    last: Option<(Uid, u64)>,
    /// Messages that the reader does not know: gone, most likely.
    strange: usize,
    count: usize,
    maker: GistMaker,
    new: Vec<NewGist>,
    waiting: usize,
}

/// Whether the reader of gists knows a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It is in the mailbox, as far as the reader knows.
    Yes,
    /// It is not.
    No,
}

impl Mailbox {
    /// The gists of its messages, from the first on; `None` where none are kept: the mailbox is small, or the store is opened without.
    pub fn gists(&self, messages: usize) -> Option<Gists> {
        let wanted = self.account.store().inner.options.search_index && messages >= WORTHWHILE;
        wanted.then(|| Gists::of(self))
    }

    pub(crate) fn gist_file(&self) -> GistFile {
        GistFile::new(self.account.core().database.dir(), self.id, self.uid_validity)
    }
}

impl Gists {
    pub(crate) fn of(mailbox: &Mailbox) -> Self {
        let file = mailbox.gist_file();
        Self {
            blocks: file.open(),
            file,
            last: None,
            strange: 0,
            count: 0,
            maker: GistMaker::default(),
            new: Vec::new(),
            waiting: 0,
        }
    }

    /// Shows some more gists; false at the end. A message may come twice.
    pub fn next(&mut self, mut each: impl FnMut(Uid, GistRef<'_>) -> Known) -> bool {
        let Some(blocks) = self.blocks.as_mut() else { return false };
        if !blocks.advance() {
            return false;
        }
        for record in blocks.records() {
            self.count += 1;
            if each(record.uid, record.gist) == Known::No {
                self.strange += 1;
            } else if self.last.is_none_or(|(last, _)| record.uid > last) {
                self.last = Some((record.uid, record.mark));
            }
        }
        true
    }

    /// Whether what was shown is of these messages. UIDs are given in order: where the greatest one is the same message as the gists are
    /// of, so are all before it. Not so after an older database was put back; then all gists are forgotten.
    pub fn confirm(&mut self, mailbox: &Mailbox) -> Result<bool> {
        let Some((uid, kept)) = self.last else { return Ok(true) };
        match mailbox.rows(&[uid])?.first() {
            Some(row) if mark(row.email_id, row.save_date) == kept => Ok(true),
            // Removed just now: whatever the gists say is not used this time.
            None => Ok(false),
            Some(_) => {
                self.blocks = None;
                self.file.remove()?;
                Ok(false)
            }
        }
    }

    /// Makes the gist of a message that has been read and was not shown.
    pub fn add(&mut self, row: &RowRef<'_>, digest: DigestRef<'_>, octets: &[u8]) {
        let gist = self.maker.make(&Texts { octets, digest });
        self.waiting += gist.header().len() + gist.body().len();
        self.new.push(NewGist { uid: row.uid, mark: mark(row.email_id, row.save_date), gist });
        if self.waiting >= WAITING {
            self.keep();
        }
    }

    /// Keeps what was added. It is no failure if that cannot be: nothing depends on it.
    pub fn keep(&mut self) {
        if self.new.is_empty() {
            return;
        }
        let new: Vec<NewGist> = std::mem::take(&mut self.new);
        self.waiting = 0;
        match self.file.add(self.blocks.take(), &new) {
            Ok(blocks) => self.blocks = blocks,
            Err(error) => tracing::warn!(%error, "what searches need not read again could not be kept"),
        }
    }

    /// Ends a search: when most of what is kept is of messages that are gone, that is left away.
    pub fn finish(mut self, is_there: impl Fn(Uid) -> bool) {
        self.keep();
        if self.strange > WORTHWHILE
            && self.strange * 2 > self.count
            && let Err(error) = self.file.retain(is_there)
        {
            tracing::warn!(%error, "what is kept for searches could not be made smaller");
        }
    }

    /// Makes the gists of all messages that have none, and leaves those of messages away that are gone.
    pub(crate) fn catch_up(mut self, mailbox: &Mailbox) -> Result<()> {
        let snapshot = mailbox.snapshot()?;
        if snapshot.len() < WORTHWHILE {
            return self.file.remove();
        }
        let mut kept = Vec::new();
        while self.next(|uid, _| match snapshot.index_of(uid) {
            Some(_) => {
                kept.push(uid);
                Known::Yes
            }
            None => Known::No,
        }) {}
        let repeated = kept.len();
        let mut known: UidSet = kept.into_iter().collect();
        let distinct: usize = known.ranges().iter().map(|range| (range.end() - range.start()) as usize + 1).sum();
        if !self.confirm(mailbox)? {
            known = UidSet::default();
        }
        let missing = UidSet::from(snapshot.uids()).difference(&known);
        mailbox.for_each(&missing, |row| {
            // What cannot be read is told when somebody reads it.
            if let (Ok(digest), Ok(octets)) = (DigestRef::decode(row.digest), row.body()) {
                self.add(&row, digest, &octets);
            }
            std::ops::ControlFlow::Continue(())
        })?;
        self.keep();
        if self.strange > 0 || repeated > distinct {
            self.file.retain(|uid| snapshot.index_of(uid).is_some())?;
        }
        Ok(())
    }
}
