//! A FETCH in progress: renders up to a buffer full at a time on the blocking pool, and waits there for nobody.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use imap_wire::fetch::FetchItem;
use imap_wire::print;
use mailstore::{Body, ErrorKind, InternalDate, Mailbox, ObjectId, RowRef, StoreError, Uid, UidSet};
use message::{Digest, DigestRef, Limits};

use super::binary::Decoding;
use super::message::{Rendered, Source, slice};
use super::plan::Plan;
use crate::link::FULL;
use crate::sync::{Dialect, open_fetch};
use crate::view::{Selection, View};

/// Messages larger than this are sent window by window; smaller ones are rendered whole.
const LARGE: u64 = 128 * 1024;

/// See the module.
pub(crate) struct Job {
    mailbox: Mailbox,
    view: View,
    plan: Arc<Plan>,
    /// Messages to tell the flags of because this FETCH has set `\Seen`; UIDs ascending.
    marked: Arc<[Uid]>,
    /// What is left, as indices of the view.
    ranges: Vec<(usize, usize)>,
    /// Where in the first range we are.
    next: usize,
    large: Option<Large>,
    /// Messages that are gone were asked for.
    pub(crate) skipped: bool,
    /// A part in an unknown transfer encoding was asked for: its item was left out.
    pub(crate) unknown_cte: bool,
}

/// A large message half sent.
struct Large {
    head: Head,
    body: Body,
    digest: Vec<u8>,
    at: usize,
    item: usize,
    window: Range<u64>,
    decoding: Option<Box<Decoding>>,
    /// The response is begun.
    opened: bool,
}

/// What of a large message is not in its digest.
struct Head {
    size: u64,
    internal_date: InternalDate,
    save_date: i64,
    email_id: ObjectId,
    thread_id: Option<ObjectId>,
}

/// Whether there is more to render.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    More,
    Done,
}

impl Job {
    pub(crate) fn new(mailbox: Mailbox, view: View, plan: Plan, selection: &Selection, marked: Arc<[Uid]>) -> Self {
        let mut ranges = selection.ranges().to_vec();
        ranges.reverse();
        let next = ranges.last().map_or(0, |(from, _)| *from);
        Self {
            mailbox,
            view,
            plan: Arc::new(plan),
            marked,
            ranges,
            next,
            large: None,
            skipped: false,
            unknown_cte: false,
        }
    }

    /// How many messages are left, between two responses; `None` in the middle of one.
    pub(crate) fn left(&self) -> Option<usize> {
        let first = self.ranges.last().map_or(0, |(_, to)| to.saturating_sub(self.next));
        let others = self.ranges.iter().rev().skip(1).map(|(from, to)| to - from).sum::<usize>();
        self.large.is_none().then_some(first + others)
    }

    /// Appends responses to `out` until it is full or everything is said.
    pub(crate) fn step(&mut self, out: &mut Vec<u8>) -> Result<Progress, StoreError> {
        loop {
            if self.large.is_some() {
                self.step_large(out);
                if out.len() >= FULL {
                    return Ok(Progress::More);
                }
                continue;
            }
            if self.ranges.is_empty() {
                return Ok(Progress::Done);
            }
            if self.plan.view_only {
                self.step_view(out);
            } else {
                self.step_rows(out)?;
            }
            if out.len() >= FULL {
                return Ok(Progress::More);
            }
        }
    }

    /// The first index that is left, taken.
    fn take(&mut self) -> Option<usize> {
        let (_, to) = *self.ranges.last()?;
        let at = self.next;
        self.set_next(at + 1, to);
        Some(at)
    }

    fn set_next(&mut self, next: usize, end: usize) {
        self.next = next;
        if next >= end {
            self.ranges.pop();
            self.next = self.ranges.last().map_or(0, |(from, _)| *from);
        }
    }

    fn step_view(&mut self, out: &mut Vec<u8>) {
        while out.len() < FULL {
            let Some(at) = self.take() else { return };
            self.open(out, at);
            for (position, item) in self.plan.items.iter().enumerate() {
                if position > 0 {
                    out.push(b' ');
                }
                self.view_item(out, at, item);
            }
            self.close(out, at);
        }
    }

    /// Messages from the store, in UID order, which is the order of the view.
    fn step_rows(&mut self, out: &mut Vec<u8>) -> Result<(), StoreError> {
        let Some(&(_, to)) = self.ranges.last() else { return Ok(()) };
        let from = self.next;
        // The view's UIDs between two of its messages are all that the store has there: UIDs only grow.
        let (Some(first), Some(last)) = (self.view.entry(from), self.view.entry(to - 1)) else {
            self.set_next(to, to);
            return Ok(());
        };
        let uids = UidSet::from(first.uid..=last.uid);
        let mailbox = self.mailbox.clone();
        let mut expected = from;
        let mut failure = None;
        let mut stopped = false;
        mailbox.for_each(&uids, |row| {
            let Some(at) = self.view.index_of(row.uid) else { return ControlFlow::Continue(()) };
            // A gap: the message was removed since the view last moved, or is a ghost of the view.
            self.skipped |= at != expected;
            expected = at + 1;
            match self.row(out, at, &row) {
                Ok(ControlFlow::Continue(())) if out.len() < FULL => ControlFlow::Continue(()),
                Ok(_) => {
                    stopped = true;
                    ControlFlow::Break(())
                }
                // Removed since its row was read.
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    self.skipped = true;
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    failure = Some(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        if let Some(error) = failure {
            return Err(error);
        }
        if !stopped {
            self.skipped |= expected != to;
            expected = to;
        }
        self.set_next(expected, to);
        Ok(())
    }

    /// One message. Breaks when it is large and goes on by itself.
    fn row(&mut self, out: &mut Vec<u8>, at: usize, row: &RowRef<'_>) -> Result<ControlFlow<()>, StoreError> {
        let body = if self.plan.content { Some(row.body()?) } else { None };
        let renewed = renew(row.digest, || match &body {
            Some(body) => Ok(Digest::of(body, &Limits::default())),
            None => row.body().map(|body| Digest::of(&body, &Limits::default())),
        })?;
        let digest = renewed.as_deref().unwrap_or(row.digest);
        let body = match body {
            Some(body) if row.size > LARGE => {
                let RowRef { size, internal_date, save_date, email_id, thread_id, .. } = *row;
                let owned = Head { size, internal_date, save_date, email_id, thread_id };
                let digest = digest.to_vec();
                let (item, window, decoding, opened) = (0, 0..0, None, false);
                self.large = Some(Large { head: owned, body, digest, at, item, window, decoding, opened });
                return Ok(ControlFlow::Break(()));
            }
            body => body,
        };
        let Ok(digest) = DigestRef::decode(digest) else {
            self.skipped = true;
            return Ok(ControlFlow::Continue(()));
        };
        let body = body.as_deref().unwrap_or_default();
        let RowRef { size, internal_date, save_date, email_id, thread_id, .. } = *row;
        let source = Source { size, internal_date, save_date, email_id, thread_id, digest, body };
        let mut opened = false;
        for item in &self.plan.items {
            let before = out.len();
            self.begin(out, at, opened);
            if !self.view_item(out, at, item) {
                match source.item(out, item) {
                    Rendered::Whole => {}
                    Rendered::Octets(range) => push_octets(out, body, &range),
                    Rendered::Decoded(mut decoding) => while !decoding.push(body, out, usize::MAX) {},
                    Rendered::UnknownCte => {
                        out.truncate(before);
                        self.unknown_cte = true;
                        continue;
                    }
                }
            }
            opened = true;
        }
        if opened {
            self.close(out, at);
        }
        Ok(ControlFlow::Continue(()))
    }

    fn step_large(&mut self, out: &mut Vec<u8>) {
        let Some(mut large) = self.large.take() else { return };
        let Ok(digest) = DigestRef::decode(&large.digest) else {
            // A message without a digest has nothing more to say; a response that was begun is ended.
            if large.opened {
                self.close(out, large.at);
            }
            return;
        };
        let Head { size, internal_date, save_date, email_id, thread_id } = large.head;
        let source = Source { size, internal_date, save_date, email_id, thread_id, digest, body: &large.body };
        loop {
            let left = large.window.end - large.window.start;
            let room = FULL.saturating_sub(out.len()) as u64;
            let count = left.min(room);
            if left > 0 {
                let window = large.window.start..large.window.start + count;
                push_octets(out, &large.body, &window);
                large.window.start = window.end;
            }
            if out.len() >= FULL {
                break;
            }
            if let Some(decoding) = &mut large.decoding {
                if !decoding.push(&large.body, out, FULL) {
                    break;
                }
                large.decoding = None;
                continue;
            }
            let Some(item) = self.plan.items.get(large.item) else {
                if large.opened {
                    self.close(out, large.at);
                }
                return;
            };
            let before = out.len();
            self.begin(out, large.at, large.opened);
            large.item += 1;
            if !self.view_item(out, large.at, item) {
                match source.item(out, item) {
                    Rendered::Whole => {}
                    Rendered::Octets(range) => large.window = range,
                    Rendered::Decoded(decoding) => large.decoding = Some(decoding),
                    Rendered::UnknownCte => {
                        out.truncate(before);
                        self.unknown_cte = true;
                        continue;
                    }
                }
            }
            large.opened = true;
        }
        self.large = Some(large);
    }

    /// What stands before an item.
    fn begin(&self, out: &mut Vec<u8>, at: usize, opened: bool) {
        if opened { out.push(b' ') } else { self.open(out, at) }
    }

    fn open(&self, out: &mut Vec<u8>, at: usize) {
        let uid = self.view.entry(at).map_or(0, |entry| entry.uid);
        open_fetch(out, at, uid, self.plan.dialect);
    }

    /// Ends a response, with the flags if this FETCH has changed them and they were not asked for.
    fn close(&self, out: &mut Vec<u8>, at: usize) {
        if !self.marked.is_empty()
            && self.view.entry(at).is_some_and(|entry| self.marked.binary_search(&entry.uid).is_ok())
        {
            // RFC 7162 §3.2.4: UID and MODSEQ belong to every change that the client did not ask to be told of.
            let Dialect { condstore, uid_only, .. } = self.plan.dialect;
            for (item, wanted) in
                [(FetchItem::Flags, true), (FetchItem::ModSeq, condstore), (FetchItem::Uid, condstore && !uid_only)]
            {
                if wanted && !self.plan.items.contains(&item) {
                    out.push(b' ');
                    self.view_item(out, at, &item);
                }
            }
        }
        out.extend_from_slice(b")\r\n");
    }

    /// Writes an item that the view answers. False when it is another's.
    fn view_item(&self, out: &mut Vec<u8>, at: usize, item: &FetchItem) -> bool {
        let Some(entry) = self.view.entry(at) else { return false };
        match item {
            FetchItem::Uid => {
                out.extend_from_slice(b"UID ");
                print::number(out, u64::from(entry.uid));
            }
            FetchItem::Flags => {
                out.extend_from_slice(b"FLAGS ");
                self.view.print_message_flags(out, entry.uid, entry.flags);
            }
            FetchItem::ModSeq => {
                out.extend_from_slice(b"MODSEQ (");
                print::number(out, entry.modseq);
                out.push(b')');
            }
            _ => return false,
        }
        true
    }
}

/// A digest written by another version of the reader is made anew.
fn renew(stored: &[u8], make: impl FnOnce() -> Result<Digest, StoreError>) -> Result<Option<Vec<u8>>, StoreError> {
    match DigestRef::decode(stored) {
        Ok(_) => Ok(None),
        Err(_) => make().map(|digest| Some(digest.into_bytes())),
    }
}

/// Exactly as many octets as the literal's head has promised, whatever the content holds.
fn push_octets(out: &mut Vec<u8>, body: &[u8], range: &Range<u64>) {
    let start = out.len();
    out.extend_from_slice(slice(body, range));
    let promised = usize::try_from(range.end - range.start).unwrap_or(0);
    out.resize(start + promised, b' ');
    print::mask_nul(&mut out[start..]);
}
