//! Changing domains in LDAP, by the same rules as the embedded directory.

use ldap3::Scope;

use super::{LdapEditor, modifications};
use crate::{
    Change, Directory, DirectoryError, Domain, Entry, Filter, NewDomain, domain_edit,
    ldap::{operation::Operation, search::Question},
};

impl LdapEditor {
    /// Adds a domain below the base DN, with changes of the entry that it gets otherwise.
    pub async fn add_domain(&self, new: &NewDomain, changes: &[Change]) -> Result<(), DirectoryError> {
        let entries = domain_edit::entries(new, &self.directory.base_dn, changes)?;
        self.refuse_taken_names(&entries[0], None).await?;
        for entry in &entries {
            self.add(entry).await?;
        }
        Ok(())
    }

    /// The entry of a domain, by any of its names.
    pub async fn domain_entry(&self, name: &str) -> Result<Entry, DirectoryError> {
        let domain = self.domain(name).await?;
        let any = Filter::Present("objectClass".to_owned());
        let entry = self.directory.entry_at(&domain.dn, &any, &["*"]).await?;
        entry.ok_or_else(|| DirectoryError::NotFound(domain.dn.clone()))
    }

    /// Changes attributes of a domain, all or none of them.
    pub async fn change_domain(&self, name: &str, changes: &[Change]) -> Result<(), DirectoryError> {
        let mut entry = self.domain_entry(name).await?;
        domain_edit::apply(&mut entry, changes)?;
        self.refuse_taken_names(&entry, Some(&entry.dn)).await?;
        self.run(Operation::Modify { dn: &entry.dn, changes: modifications(changes) }).await
    }

    /// Removes a domain without users and groups.
    pub async fn delete_domain(&self, name: &str) -> Result<(), DirectoryError> {
        let dn = self.domain(name).await?.dn.clone();
        let people = format!("ou=People,{dn}");
        let any = Filter::Present("objectClass".to_owned());
        let question = Question { base: &dn, scope: Scope::Subtree, filter: &any, attributes: &["1.1"], limit: 3 };
        let below = self.directory.ask(&question).await?;
        let goes = |entry: &&Entry| [&dn, &people].iter().any(|own| entry.dn.eq_ignore_ascii_case(own));
        let (own, others): (Vec<&Entry>, Vec<&Entry>) = below.iter().partition(goes);
        if let Some(other) = others.first() {
            return Err(domain_edit::not_empty(name, &format!("{} is below it, for one", other.dn)));
        }
        if own.iter().any(|entry| entry.dn.eq_ignore_ascii_case(&people)) {
            self.run(Operation::Delete { dn: &people }).await?;
        }
        self.run(Operation::Delete { dn: &dn }).await
    }

    async fn domain(&self, name: &str) -> Result<std::sync::Arc<Domain>, DirectoryError> {
        let found = self.directory.find_domain(name).await?;
        let domain = found.ok_or_else(|| DirectoryError::NotFound(format!("domain {name}")))?;
        domain_edit::refuse_schema_1(&domain)?;
        Ok(domain)
    }

    /// A name belongs to one domain only; `own` is the one that may have it.
    async fn refuse_taken_names(&self, entry: &Entry, own: Option<&str>) -> Result<(), DirectoryError> {
        for name in domain_edit::names(entry) {
            let other = self.directory.find_domain(name).await?;
            if other.is_some_and(|other| !own.is_some_and(|own| own.eq_ignore_ascii_case(&other.dn))) {
                return Err(DirectoryError::AlreadyExists(name.to_owned()));
            }
        }
        Ok(())
    }
}
