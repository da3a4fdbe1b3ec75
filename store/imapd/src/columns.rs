//! What searches, sorts and threads have once found out about the messages of large mailboxes, kept for the next one.
//!
//! A message never changes, and a UID is never used again in a mailbox of the same UIDVALIDITY: what is kept is always right, and what
//! is missing is looked up. The oldest columns go when there is no more room.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

use imap_wire::sort::{Algorithm, Criterion, SortKey};
use mailstore::{AccountId, Mailbox, MailboxId, Uid};

/// All columns of a process together, in bytes.
const ROOM: usize = 64 << 20;
/// Fewer messages than these are looked up each time.
pub(crate) const WORTHWHILE: usize = 500;

/// What is kept of each message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// The subject as SEARCH compares it.
    Subject,
    /// What SORT compares.
    Sort(Vec<SortKey>),
    /// The place in the order of these criteria among all that have one.
    Rank(Vec<Criterion>),
    /// What THREAD goes by.
    Thread(Algorithm),
}

/// Facts about messages by ascending UID.
#[derive(Debug)]
pub(crate) struct Column<T> {
    uids: Vec<Uid>,
    facts: Vec<T>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    account: AccountId,
    mailbox: MailboxId,
    uid_validity: u32,
    what: What,
}

struct Kept {
    key: Key,
    column: Arc<dyn Any + Send + Sync>,
    bytes: usize,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Columns {
    /// The one used last at the end.
    kept: Mutex<Vec<Kept>>,
}

impl<T> Default for Column<T> {
    fn default() -> Self {
        Self { uids: Vec::new(), facts: Vec::new() }
    }
}

/// A way through a column beside messages in the order of their UIDs, or nearly so.
pub(crate) struct Walk<'a, T> {
    column: &'a Column<T>,
    /// Where the next message is, most often.
    next: usize,
}

impl<'a, T> Walk<'a, T> {
    /// The fact about a message.
    pub(crate) fn get(&mut self, uid: Uid) -> Option<&'a T> {
        if self.column.uids.get(self.next) != Some(&uid) {
            self.next = self.column.uids.binary_search(&uid).ok()?;
        }
        let fact = self.column.facts.get(self.next);
        self.next += 1;
        fact
    }
}

impl<T: Clone> Column<T> {
    /// From facts by ascending UID.
    pub(crate) fn new(uids: Vec<Uid>, facts: Vec<T>) -> Self {
        Self { uids, facts }
    }

    /// The messages, ascending.
    pub(crate) fn uids(&self) -> &[Uid] {
        &self.uids
    }

    /// The facts, by the same index.
    pub(crate) fn facts(&self) -> &[T] {
        &self.facts
    }

    /// Goes through it from its beginning.
    pub(crate) fn walk(&self) -> Walk<'_, T> {
        Walk { column: self, next: 0 }
    }

    /// Bytes in memory, about.
    pub(crate) fn bytes(&self, size: impl Fn(&T) -> usize) -> usize {
        self.facts.iter().map(size).sum::<usize>() + self.uids.len() * (size_of::<Uid>() + size_of::<T>())
    }

    /// The same column with more facts, ascending.
    pub(crate) fn with(&self, more: Vec<(Uid, T)>) -> Self {
        let count = self.uids.len() + more.len();
        let mut joined = Self { uids: Vec::with_capacity(count), facts: Vec::with_capacity(count) };
        let mut more = more.into_iter().peekable();
        for (uid, fact) in self.uids.iter().zip(&self.facts) {
            while let Some((new, fact)) = more.next_if(|(new, _)| new < uid) {
                joined.uids.push(new);
                joined.facts.push(fact);
            }
            joined.uids.push(*uid);
            joined.facts.push(fact.clone());
        }
        for (uid, fact) in more {
            joined.uids.push(uid);
            joined.facts.push(fact);
        }
        joined
    }
}

impl Columns {
    /// What is kept of a mailbox; an empty column where nothing is.
    pub(crate) fn get<T: Send + Sync + 'static>(&self, mailbox: &Mailbox, what: &What) -> Arc<Column<T>> {
        let key = Key::of(mailbox, what);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(at) = kept.iter().position(|kept| kept.key == key) else { return Arc::default() };
        let found = kept.remove(at);
        let column = Arc::clone(&found.column).downcast();
        kept.push(found);
        column.unwrap_or_default()
    }

    /// Keeps a column of about so many bytes in the place of the one that was.
    pub(crate) fn put<T: Send + Sync + 'static>(
        &self,
        mailbox: &Mailbox,
        what: &What,
        column: Arc<Column<T>>,
        bytes: usize,
    ) {
        let key = Key::of(mailbox, what);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|kept| kept.key != key);
        kept.push(Kept { key, column, bytes });
        let mut all: usize = kept.iter().map(|kept| kept.bytes).sum();
        while all > ROOM && !kept.is_empty() {
            all -= kept.remove(0).bytes;
        }
    }
}

impl Key {
    fn of(mailbox: &Mailbox, what: &What) -> Self {
        Self {
            account: mailbox.account().id().clone(),
            mailbox: mailbox.id(),
            uid_validity: mailbox.uid_validity(),
            what: what.clone(),
        }
    }
}
