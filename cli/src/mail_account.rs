//! A user's account in the store, for tools that work on it directly.

use std::sync::Arc;

use anyhow::{Context, bail};
use config::{Settings, Site, Store as StoreConfig};
use directory::{Directory, DirectoryFile, LdapEditor, QuotaPolicy, StatusEditor, User};
use mailstore::{Account, AccountId, AccountOptions, QuotaLimits, Store};

use crate::services::{directory_rules, ldap_options, open_directory, quota_policy};

/// Whether the directory's quota holds for what a tool does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quota {
    Enforce,
    Ignore,
}

/// Finds users and opens their accounts.
pub struct MailAccounts {
    runtime: tokio::runtime::Runtime,
    directory: Arc<dyn Directory>,
    default_domain: String,
    policy: QuotaPolicy,
}

impl MailAccounts {
    pub fn open(settings: &Settings) -> anyhow::Result<Self> {
        let site = Site::read(settings);
        Ok(Self {
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .context("starting the runtime")?,
            directory: open_directory(settings)?,
            default_domain: site.default_domain,
            policy: quota_policy(&StoreConfig::read(settings)),
        })
    }

    /// The user called `name`: a user ID, a user ID@domain or an address.
    pub fn user(&self, name: &str) -> anyhow::Result<Arc<User>> {
        let address = if name.contains('@') { name.to_owned() } else { format!("{name}@{}", self.default_domain) };
        let (uid, domain) = address.rsplit_once('@').unwrap_or((name, ""));
        let found = self.runtime.block_on(async {
            match self.directory.find_uid(uid, Some(domain).filter(|domain| !domain.is_empty())).await? {
                Some(user) => Ok(Some(user)),
                None => self.directory.find_address(&address).await,
            }
        })?;
        match found {
            Some(user) => Ok(user),
            None => bail!("no user '{name}' in the directory"),
        }
    }

    /// The domain of users without one in their account's name.
    pub fn default_domain(&self) -> &str {
        &self.default_domain
    }

    /// The user whose account this is; `None` if the directory has no such user.
    pub fn owner(&self, id: &AccountId) -> anyhow::Result<Option<Arc<User>>> {
        let (uid, domain) = match id.as_str().rsplit_once('@') {
            Some((uid, domain)) => (uid, Some(domain)),
            None => (id.as_str(), Some(self.default_domain.as_str()).filter(|domain| !domain.is_empty())),
        };
        let found = self.runtime.block_on(self.directory.find_uid(uid, domain))?;
        Ok(found.filter(|user| user.store_id == id.as_str()))
    }

    /// Tells the directory that a user is over quota, or no more.
    pub fn set_over_quota(&self, settings: &Settings, user: &User, over: bool) -> anyhow::Result<()> {
        let config = config::Directory::read(settings);
        match ldap_options(&config)? {
            Some(options) => {
                self.runtime.block_on(async { LdapEditor::new(&options)?.set_over_quota(user, over).await })?;
            }
            None => {
                let file = DirectoryFile::with_rules(&config.file, directory_rules(&config)?);
                self.runtime.block_on(file.set_over_quota(user, over))?;
            }
        }
        Ok(())
    }

    /// What a user may hold by the directory and the store's defaults, whether or not that is enforced.
    pub fn limits(&self, user: &User) -> QuotaLimits {
        let (bytes, messages) = QuotaPolicy { enforce: true, ..self.policy }.limits(user);
        QuotaLimits { bytes, messages, overdraft: false }
    }

    /// An account by its name, made if it was never used, in its user's partition; no quota holds.
    pub fn account_of(&self, store: &Store, id: &AccountId) -> anyhow::Result<Account> {
        let partition = self.owner(id)?.and_then(|user| user.partition.clone());
        let options = AccountOptions { partition, quota: Some(QuotaLimits::default()) };
        Ok(store.account_with(id, &options)?)
    }

    /// The account of `user` in `store`, made if it was never used.
    pub fn account(&self, store: &Store, user: &User, quota: Quota) -> anyhow::Result<Account> {
        let (bytes, messages) = self.policy.limits(user);
        let limits = match quota {
            Quota::Enforce => QuotaLimits { bytes, messages, overdraft: self.policy.overdraft },
            Quota::Ignore => QuotaLimits::default(),
        };
        let options = AccountOptions { partition: user.partition.clone(), quota: Some(limits) };
        Ok(store.account_with(&AccountId::new(&user.store_id)?, &options)?)
    }
}
