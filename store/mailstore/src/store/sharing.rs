//! Who shares what with whom: asked of the site's index, so that a list opens no account but one that has just changed.

use std::collections::{BTreeMap, HashMap};

use super::Store;
use crate::ObjectId;
use crate::account_id::AccountId;
use crate::acl::{AclEntry, Rights, Share, Visitor};
use crate::engine::SiteDatabase;
use crate::error::Result;
use crate::mailbox_name::MailboxName;

impl Store {
    /// Other accounts' mailboxes in which the visitor has any right, by owner and name. Rights that an administrator has everywhere
    /// alone show no mailbox here.
    pub fn shared_with(&self, visitor: &Visitor) -> Result<Vec<Share>> {
        for owner in self.site().unsettled()? {
            if let Ok(owner) = AccountId::new(&owner) {
                self.settle_shares(&owner, None)?;
            }
        }
        let mut lists: BTreeMap<(String, String), Vec<AclEntry>> = BTreeMap::new();
        for (owner, mailbox, identifier, rights) in self.site().shares_of(visitor.identifiers())? {
            lists.entry((owner, mailbox)).or_default().push(AclEntry { identifier, rights: Rights::parse(&rights)? });
        }
        let mut owners: HashMap<String, AccountId> = HashMap::new();
        let mut shares = Vec::new();
        for ((owner, mailbox), acl) in lists {
            let owner = match owners.get(&owner) {
                Some(known) => known.clone(),
                None => {
                    let id = AccountId::new(&owner)?;
                    owners.insert(owner, id.clone());
                    id
                }
            };
            if owner == *visitor.name() {
                continue;
            }
            let named = acl.iter().any(|entry| !entry.identifier.starts_with('-'));
            let rights = visitor.rights(&owner, &acl);
            if named && !rights.is_empty() {
                shares.push(Share { owner, name: MailboxName::stored(&mailbox), rights });
            }
        }
        Ok(shares)
    }

    /// Every entry of every list of the site: owner, mailbox, entry.
    pub fn all_shares(&self) -> Result<Vec<(AccountId, MailboxName, AclEntry)>> {
        let entries = self.site().all_shares()?.into_iter().map(|(owner, mailbox, identifier, rights)| {
            let entry = AclEntry { identifier, rights: Rights::parse(&rights)? };
            Ok((AccountId::new(&owner)?, MailboxName::stored(&mailbox), entry))
        });
        entries.collect()
    }

    /// Whether any list of the site names a group, so that it matters who is a member of which.
    pub fn shares_name_groups(&self) -> Result<bool> {
        self.site().names_groups()
    }

    /// Makes the index of an account's shares anew; needed only where the site's database was lost.
    pub fn index_shares(&self, owner: &AccountId) -> Result<()> {
        self.settle_shares(owner, None)
    }

    pub(crate) fn unsettle_shares(&self, owner: &AccountId) -> Result<ObjectId> {
        self.site().unsettle(owner.as_str())
    }

    pub(crate) fn settle_shares(&self, owner: &AccountId, mark: Option<ObjectId>) -> Result<()> {
        self.site().settle(owner.as_str(), mark, || match self.existing_account(owner)? {
            Some(account) => account.read(|reader| reader.shares()),
            None => Ok(Vec::new()),
        })
    }

    fn site(&self) -> &SiteDatabase {
        &self.inner.site
    }
}
