//! One account: its mailboxes, subscriptions, quota and access control lists.

mod annotations;
mod append;
mod check;
mod gists;
mod hierarchy;
mod listing;
mod maildrop;
mod over_quota;
mod pruning;
mod repair;
mod restoring;
mod rights;
mod sharing;
mod url_keys;

use std::sync::Arc;

pub(crate) use self::annotations::check_sizes;
pub(crate) use self::append::{Arrival, add};
pub use self::check::Findings;
pub use self::listing::{MailboxInfo, MailboxStatus};
pub use self::maildrop::MaildropLock;
pub use self::repair::RepairOptions;
pub use self::restoring::{Fingerprint, Restored, checksum};
pub(crate) use self::rights::Pass;
pub use self::url_keys::UrlKey;
use crate::MailboxId;
use crate::account_id::AccountId;
use crate::acl::{Rights, Visitor};
use crate::content::Incoming;
use crate::engine::{Announcement, MailboxRow, Reader, Tidiness, Writer};
use crate::error::{Result, StoreError};
use crate::event::{About, Counts, EventKind, StoreEvent, Wants};
use crate::mailbox::Mailbox;
use crate::mailbox_name::MailboxName;
use crate::quota::{Quota, QuotaLimits};
use crate::snapshot::Snapshot;
use crate::special_use::SpecialUse;
use crate::store::{AccountCore, Store, says_gone};

/// One account. Cheap to clone; holds no file open by itself.
#[derive(Clone)]
pub struct Account {
    store: Store,
    core: Arc<AccountCore>,
    limits: Option<QuotaLimits>,
    /// Whose rights count; `None` is the server itself.
    visitor: Option<Arc<Visitor>>,
}

/// How a mailbox is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CreateOptions {
    /// What it is for.
    pub special_use: Option<SpecialUse>,
}

impl Account {
    pub(crate) fn new(store: Store, core: Arc<AccountCore>, limits: Option<QuotaLimits>) -> Self {
        Self { store, core, limits, visitor: None }
    }

    /// The account's name.
    pub fn id(&self) -> &AccountId {
        &self.core.id
    }

    /// The store it is in.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The same account with limits that hold for what is done through this handle (and mailboxes opened through
    /// it), over the stored ones: how a directory's quota is enforced without writing it down.
    #[must_use]
    pub fn with_limits(mut self, limits: QuotaLimits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Opens a mailbox. `NotFound`, `NotSelectable`, `NoPermission`.
    pub fn open(&self, name: &MailboxName) -> Result<Mailbox> {
        let pass = self.pass();
        let row = self.read(|reader| {
            let row = existing(reader, name)?;
            pass.permit(reader, &row, Rights::READ)?;
            if row.selectable { Ok(row) } else { Err(not_selectable(name)) }
        })?;
        Ok(Mailbox::new(self.clone(), row.id, row.uid_validity))
    }

    /// Takes in a message: write it into the answer, then [`Incoming::finish`]. `size_hint` in bytes, if known,
    /// decides at once whether it goes to memory or to a file. `TooLarge`.
    pub fn incoming(&self, size_hint: Option<u64>) -> Result<Incoming> {
        let partition = self.store.partition_of(self.core.database.dir())?;
        Incoming::new(self.store.intake(partition), size_hint)
    }

    /// The limits in force (an administrator's, else this handle's, else the stored ones) and the use.
    pub fn quota(&self) -> Result<Quota> {
        self.read(|reader| {
            reader.check_alive()?;
            reader.quota(limits_in_force(reader, self.limits)?)
        })
    }

    /// Stores limits.
    pub fn set_quota(&self, limits: QuotaLimits) -> Result<()> {
        self.write(move |writer| {
            writer.check_alive()?;
            if writer.quota_limits()? != limits {
                writer.set_quota(limits)?;
                writer.announce(None, None, EventKind::QuotaChanged);
            }
            Ok(())
        })?;
        self.note_limits()
    }

    /// Sets limits of an administrator, which go before the directory's; `None` takes them back.
    pub fn override_quota(&self, limits: Option<QuotaLimits>) -> Result<()> {
        self.write(move |writer| {
            writer.check_alive()?;
            if writer.quota_override()? != limits {
                writer.set_quota_override(limits)?;
                writer.announce(None, None, EventKind::QuotaChanged);
            }
            Ok(())
        })?;
        self.note_limits()
    }

    /// What a mailbox holds now.
    pub(crate) fn snapshot(&self, mailbox: MailboxId) -> Result<Arc<Snapshot>> {
        self.store.touch(&self.core);
        self.noticing_gone(match self.pass().reader() {
            None => self.core.snapshot(mailbox),
            Some(reader) => self.core.snapshot_for(mailbox, reader),
        })
    }

    /// Does now what is otherwise done soon, between writes: removes contents that no message has any more, writes
    /// the database's log back.
    pub fn tidy(&self) -> Result<()> {
        while self.core.database.tidy()? == Tidiness::MoreToDo {}
        // Behind whoever else was at it.
        self.write(|_| Ok(()))
    }

    pub(crate) fn core(&self) -> &Arc<AccountCore> {
        &self.core
    }

    pub(crate) fn handle_limits(&self) -> Option<QuotaLimits> {
        self.limits
    }

    /// Reads the tables at one commit.
    pub(crate) fn read<T>(&self, job: impl FnMut(&Reader<'_>) -> Result<T>) -> Result<T> {
        self.store.touch(&self.core);
        self.noticing_gone(self.core.database.read(job))
    }

    /// Reads with one statement.
    pub(crate) fn glance<T>(&self, job: impl FnMut(&Reader<'_>) -> Result<T>) -> Result<T> {
        self.store.touch(&self.core);
        self.noticing_gone(self.core.database.glance(job))
    }

    /// Changes the tables; durable and told when this returns.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Writer<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.store.touch(&self.core);
        let outcome = self.core.database.write(&|announcement| self.tell(announcement), job);
        self.store.tend(&self.core);
        self.noticing_gone(outcome)
    }

    /// What the observer wants to know.
    pub(crate) fn wants(&self) -> Wants {
        self.store.inner.options.observer.wants()
    }

    /// Tells of something that is no commit of one mailbox.
    fn tell_of(&self, kind: EventKind, about: About) {
        let (uid_validity, modseq, counts) = (0, 0, Counts::default());
        self.tell(Announcement { mailbox: None, name: None, uid_validity, modseq, kind, counts, about });
    }

    fn tell(&self, announcement: Announcement) {
        let Announcement { mailbox, name, uid_validity, modseq, kind, counts, about } = announcement;
        let account = self.core.id.clone();
        let event = StoreEvent { account, mailbox, name, uid_validity, modseq, kind, counts, about };
        self.store.inner.options.observer.committed(&event);
    }

    /// A mailbox or name that is not there may mean that the whole account was deleted meanwhile, by another process
    /// too; then this handle is at its end and new ones start afresh.
    fn noticing_gone<T>(&self, outcome: Result<T>) -> Result<T> {
        let missing = matches!(&outcome, Err(error) if says_gone(error) || matches!(error, StoreError::NotFound(_)));
        if missing && let Err(error) = self.core.database.read(|reader| reader.check_alive()) {
            if says_gone(&error) {
                self.core.set_gone();
            }
            return Err(error);
        }
        outcome
    }
}

/// An administrator's limits over the handle's over the stored ones.
pub(crate) fn limits_in_force(reader: &Reader<'_>, handle: Option<QuotaLimits>) -> Result<QuotaLimits> {
    match (reader.quota_override()?, handle) {
        (Some(limits), _) | (None, Some(limits)) => Ok(limits),
        (None, None) => reader.quota_limits(),
    }
}

/// Refuses to add what would pass a limit.
pub(crate) fn admit(reader: &Reader<'_>, handle: Option<QuotaLimits>, bytes: u64, messages: u64) -> Result<()> {
    let limits = limits_in_force(reader, handle)?;
    if limits == QuotaLimits::default() { Ok(()) } else { reader.quota(limits)?.admit(bytes, messages) }
}

/// The row of a mailbox by name.
pub(crate) fn existing(reader: &Reader<'_>, name: &MailboxName) -> Result<MailboxRow> {
    reader.mailbox_named(name)?.ok_or_else(|| StoreError::NotFound(format!("mailbox {name}")))
}

/// The row of a mailbox that can hold messages.
pub(crate) fn selectable(reader: &Reader<'_>, name: &MailboxName) -> Result<MailboxRow> {
    let row = existing(reader, name)?;
    if row.selectable { Ok(row) } else { Err(not_selectable(name)) }
}

fn not_selectable(name: &MailboxName) -> StoreError {
    StoreError::NotSelectable(format!("mailbox {name}"))
}
