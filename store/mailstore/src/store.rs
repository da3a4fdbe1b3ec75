//! The store as a whole: which accounts there are, and which of their databases are open.

mod core;
mod leftovers;
mod moving;
mod open_accounts;
mod partitions;
mod sharing;
mod tending;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

pub(crate) use self::core::{AccountCore, row_of};
use self::open_accounts::OpenAccounts;
use self::partitions::Partitions;
use self::tending::Tender;
use crate::account::{Account, check_sizes};
use crate::account_id::AccountId;
use crate::annotation::{Annotation, AnnotationChange};
use crate::content::{Incoming, IntakeRules};
use crate::error::{ErrorKind, Result, StoreError};
use crate::event::{About, Counts, EventKind, SITE, StoreEvent};
use crate::options::{AccountOptions, Partition, StoreOptions};
use crate::{ObjectId, engine, layout};

/// A message store. Cheap to clone; one for the process.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<StoreInner>,
}

pub(crate) struct StoreInner {
    pub(crate) options: StoreOptions,
    accounts: Mutex<HashMap<AccountId, Weak<AccountCore>>>,
    open: OpenAccounts,
    partitions: Partitions,
    tender: Tender,
    site: engine::SiteDatabase,
}

impl Store {
    /// Opens the store; makes the folders of its partitions when they are missing. `Invalid` if there are none, or if one that
    /// was used is not what it was: its disk is not mounted.
    pub fn open(options: StoreOptions) -> Result<Self> {
        if options.partitions.is_empty() {
            return Err(StoreError::Invalid("a store has at least one partition".into()));
        }
        for partition in &options.partitions {
            layout::create_dir(&partition.path)?;
        }
        let inner = StoreInner {
            open: OpenAccounts::new(options.open_accounts),
            partitions: Partitions::open(&options.partitions)?,
            tender: Tender::start()?,
            accounts: Mutex::default(),
            // There is a first one: checked above.
            site: engine::SiteDatabase::new(&options.partitions[0].path),
            options,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The account, made with its default mailboxes at first use.
    pub fn account(&self, id: &AccountId) -> Result<Account> {
        self.account_with(id, &AccountOptions::default())
    }

    /// The account, with a partition for a new one, or with limits from the directory.
    pub fn account_with(&self, id: &AccountId, options: &AccountOptions) -> Result<Account> {
        if let Some(core) = self.known(id) {
            return Ok(Account::new(self.clone(), core, options.quota));
        }
        let dir = match self.find(id)? {
            Some(dir) => dir,
            None => {
                let dir = layout::account_dir(&self.partition(options.partition.as_deref())?.path, id);
                engine::create(&dir, id, &self.inner.options.default_mailboxes)?;
                dir
            }
        };
        Ok(Account::new(self.clone(), self.remember(id, dir), options.quota))
    }

    /// The account if it was ever used; nothing is made.
    pub fn existing_account(&self, id: &AccountId) -> Result<Option<Account>> {
        let core = match self.known(id) {
            None => self.find(id)?.map(|dir| self.remember(id, dir)),
            known => known,
        };
        Ok(core.map(|core| Account::new(self.clone(), core, None)))
    }

    /// Every account in the store, sorted.
    pub fn accounts(&self) -> Result<Vec<AccountId>> {
        let mut found = Vec::new();
        for partition in &self.inner.options.partitions {
            layout::accounts(&partition.path, engine::DATABASE, &mut found)?;
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// When an account's files last changed, in seconds since 1970; `None` if there is no such account.
    pub fn last_change(&self, id: &AccountId) -> Result<Option<i64>> {
        Ok(self.find(id)?.and_then(|dir| engine::changed(&dir)))
    }

    /// Deletes an account and all its mail. Handles of it answer `Gone` from then on, in other processes too.
    /// `NotFound`.
    pub fn delete_account(&self, id: &AccountId) -> Result<()> {
        let account = self.existing_account(id)?.ok_or_else(|| StoreError::NotFound(format!("account {id}")))?;
        for partition in &self.inner.options.partitions {
            // Left by a move that did not come to its end: it must not bring the account back.
            engine::forget_move(&layout::account_dir(&partition.path, id))?;
        }
        let shares = account.read(|reader| reader.has_acl())?;
        // First in the tables: another process that has the database open must not take mail for it any more.
        account.write(|writer| {
            writer.check_alive()?;
            writer.mark_gone()?;
            writer.announce(None, None, EventKind::AccountDeleted);
            Ok(())
        })?;
        let core = account.core();
        core.set_gone();
        core.database.try_close();
        self.put_away(core.database.dir())?;
        if shares { self.settle_shares(id, None) } else { Ok(()) }
    }

    /// Removes an account's folder, which is gone under its name at once and for good.
    fn put_away(&self, dir: &Path) -> Result<()> {
        let away = self.partition_of(dir)?.path.join(layout::DELETED);
        layout::create_dir(&away)?;
        let away = away.join(ObjectId::random().to_string());
        fs::rename(dir, &away).map_err(|error| StoreError::io(format!("moving {} away", dir.display()), error))?;
        if let Some(parent) = dir.parent() {
            layout::sync_dir(parent)?;
        }
        fs::remove_dir_all(&away).map_err(|error| StoreError::io(format!("removing {}", away.display()), error))
    }

    /// The partition and the folder of an account: where it is, or where it would be made.
    pub fn place(&self, id: &AccountId) -> Result<Place> {
        let dir = match self.find(id)? {
            Some(dir) => dir,
            None => layout::account_dir(&self.partition(None)?.path, id),
        };
        Ok(Place { partition: self.partition_of(&dir)?.name.clone(), folder: dir })
    }

    /// Takes in one message that may go to several accounts: like [`Account::incoming`], on the first partition.
    pub fn incoming(&self, size_hint: Option<u64>) -> Result<Incoming> {
        Incoming::new(self.intake(self.partition(None)?), size_hint)
    }

    /// Annotations of the whole site, which everybody sees; sorted by name.
    pub fn site_annotations(&self) -> Result<Vec<Annotation>> {
        self.inner.site.annotations()
    }

    /// Sets and removes annotations of the whole site: all of them or none. `TooLarge`, `Limit`.
    pub fn set_site_annotations(&self, changes: &[AnnotationChange]) -> Result<()> {
        check_sizes(changes)?;
        self.inner.site.set_annotations(changes)?;
        if let Ok(account) = AccountId::new(SITE) {
            self.inner.options.observer.committed(&StoreEvent {
                account,
                mailbox: None,
                name: None,
                uid_validity: 0,
                modseq: 0,
                kind: EventKind::AnnotationsChanged,
                counts: Counts::default(),
                about: About::default(),
            });
        }
        Ok(())
    }

    /// Closes every database that is not in use, for a drain; they open again by themselves.
    pub fn close_idle(&self) {
        self.inner.open.close_idle();
    }

    /// How many account databases are open.
    pub fn open_databases(&self) -> usize {
        self.inner.open.count()
    }

    pub(crate) fn intake(&self, partition: &Partition) -> IntakeRules {
        let StoreOptions { inline_limit, limits, .. } = &self.inner.options;
        IntakeRules {
            partition: partition.path.clone(),
            inline_limit: *inline_limit,
            message_bytes: limits.message_bytes,
            parse: limits.parse,
        }
    }

    /// The partition that a folder of an account is in.
    pub(crate) fn partition_of(&self, dir: &Path) -> Result<&Partition> {
        let partitions = &self.inner.options.partitions;
        partitions
            .iter()
            .filter(|partition| dir.starts_with(&partition.path))
            .max_by_key(|partition| partition.path.as_os_str().len())
            .ok_or_else(|| StoreError::Invalid(format!("{} is in no partition", dir.display())))
    }

    /// Says that a database is about to be used, and closes another one when too many are open.
    pub(crate) fn touch(&self, core: &Arc<AccountCore>) {
        self.inner.open.touch(core);
    }

    /// Has an account's log written back, and what was put aside removed, when there is something to do.
    pub(crate) fn tend(&self, core: &Arc<AccountCore>) {
        if core.database.take_untidy() {
            self.inner.tender.visit(core);
        }
    }

    fn partition(&self, name: Option<&str>) -> Result<&Partition> {
        let mut partitions = self.inner.options.partitions.iter();
        let found = match name {
            Some(name) => partitions.find(|partition| partition.name == name),
            None => partitions.next(),
        };
        found.ok_or_else(|| StoreError::Invalid(format!("there is no partition '{}'", name.unwrap_or_default())))
    }

    /// The folder of an account that exists. `Elsewhere`.
    fn find(&self, id: &AccountId) -> Result<Option<PathBuf>> {
        let mut dirs = self.inner.options.partitions.iter().map(|partition| layout::account_dir(&partition.path, id));
        let found = match &self.inner.options.partitions[..] {
            [_] => dirs.find(|dir| engine::exists(dir)),
            _ => self.find_among(id, dirs.collect()),
        };
        if found.is_none() {
            self.inner.partitions.check_not_elsewhere(id)?;
        }
        Ok(found)
    }

    fn known(&self, id: &AccountId) -> Option<Arc<AccountCore>> {
        let accounts = self.inner.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let known = accounts.get(id).and_then(Weak::upgrade).filter(|core| !core.is_gone())?;
        drop(accounts);
        // Another process may have deleted or moved it.
        if !known.database.is_in_place() {
            known.set_gone();
            return None;
        }
        Some(known)
    }

    fn remember(&self, id: &AccountId, dir: PathBuf) -> Arc<AccountCore> {
        let mut accounts = self.inner.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(core) = accounts.get(id).and_then(Weak::upgrade).filter(|core| !core.is_gone()) {
            return core;
        }
        if accounts.len() == accounts.capacity() {
            accounts.retain(|_, core| core.strong_count() > 0);
        }
        let core = Arc::new(AccountCore::new(id.clone(), dir, self.inner.options.keep_removed));
        accounts.insert(id.clone(), Arc::downgrade(&core));
        core
    }
}

/// Where an account is on disk; for administrators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The partition's name.
    pub partition: String,
    /// The account's folder.
    pub folder: PathBuf,
}

/// Whether a failure says that the account or mailbox is no more.
pub(crate) fn says_gone(error: &StoreError) -> bool {
    error.kind() == ErrorKind::Gone
}
