//! Changing users in LDAP with the site's own credentials, by the same rules as the embedded directory (RFC 4511 §4.6–4.8).

mod domains;

use std::collections::HashSet;

use async_trait::async_trait;
use ldap3::{Mod, Scope};

use super::operation::Operation;
use super::search::Question;
use super::{LdapDirectory, LdapOptions};
use crate::{
    AccountStatus, Change, Directory, DirectoryError, Domain, Entry, Filter, HashCost, NewUser, ScramVerifier,
    StatusEditor, User, dn, edit, password, prepared, schema, status_editor,
};

/// Users of an LDAP site as the command line changes them. The configured DN must have the rights for it.
pub struct LdapEditor {
    directory: LdapDirectory,
    default_domain: String,
}

/// What became of the SCRAM verifier of a new password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verifier {
    /// It is in the entry.
    Written,
    /// The server did not take it, for this reason; the password itself holds.
    NotTaken(String),
}

impl LdapEditor {
    /// An editor over these servers. Edits go to the first that answers; it must be one that takes them.
    pub fn new(options: &LdapOptions) -> Result<LdapEditor, DirectoryError> {
        // Fresh questions: an edit must not be checked against something remembered.
        Ok(LdapEditor { directory: LdapDirectory::new(options)?, default_domain: options.rules.default_domain.clone() })
    }

    async fn user(&self, name: &str) -> Result<std::sync::Arc<User>, DirectoryError> {
        let (uid, domain) = name.rsplit_once('@').unwrap_or((name, &self.default_domain));
        let found = self.directory.find_uid(uid, Some(domain).filter(|domain| !domain.is_empty())).await?;
        found.ok_or_else(|| DirectoryError::NotFound(name.to_owned()))
    }

    /// All users, in the server's order.
    pub async fn users(&self) -> Result<Vec<std::sync::Arc<User>>, DirectoryError> {
        let mut users = Vec::new();
        for entry in self.directory.entries(&schema::user_filter(), &schema::USER_ATTRIBUTES).await? {
            users.extend(self.directory.user(&entry).await?);
        }
        Ok(users)
    }

    /// All domains.
    pub async fn domains(&self) -> Result<Vec<std::sync::Arc<Domain>>, DirectoryError> {
        self.directory.domains().await
    }

    /// Sets `mailDomainStatus` of the domain whose entry has this DN.
    pub async fn set_domain_status(&self, dn: &str, status: AccountStatus) -> Result<(), DirectoryError> {
        let value = HashSet::from([status.as_str().as_bytes().to_vec()]);
        let changes = vec![Mod::Replace(b"mailDomainStatus".to_vec(), value)];
        self.run(Operation::Modify { dn, changes }).await
    }

    /// The entry of a user (`uid` or `uid@domain`) with all its attributes.
    pub async fn entry(&self, user: &str) -> Result<Entry, DirectoryError> {
        let user = self.user(user).await?;
        let any = Filter::Present("objectClass".to_owned());
        let entry = self.directory.entry_at(&user.dn, &any, &["*"]).await?;
        entry.ok_or_else(|| DirectoryError::NotFound(user.dn.clone()))
    }

    /// Adds a user, below `ou=People` of the domain where there is one. The password as by [`LdapEditor::set_password`].
    pub async fn add_user(&self, new: &NewUser) -> Result<Verifier, DirectoryError> {
        let name = new.domain.as_deref().unwrap_or(&self.default_domain);
        let domain = self.directory.domain_named(name).await?;
        let domain = domain.ok_or_else(|| DirectoryError::NotFound(format!("domain {name}")))?;
        if self.directory.find_uid(&new.uid, Some(&domain.name)).await?.is_some() {
            return Err(DirectoryError::AlreadyExists(new.uid.clone()));
        }
        let people = format!("ou=People,{}", domain.base_dn);
        let any = Filter::Present("objectClass".to_owned());
        let above = match self.directory.entry_at(&people, &any, &["1.1"]).await? {
            Some(_) => people,
            None => domain.base_dn.clone(),
        };
        // The server hashes the password, after the entry is there.
        let without = NewUser { password: None, ..new.clone() };
        let entry = edit::user_entry(&without, &domain, &above, HashCost::default())?;
        refuse_letters(&entry)?;
        self.refuse_taken_addresses(&entry, None).await?;
        self.add(&entry).await?;
        match &new.password {
            Some(password) => {
                self.replace_password(&entry.dn, password).await?;
                self.add_verifier(&entry.dn, password).await
            }
            None => Ok(Verifier::Written),
        }
    }

    /// Changes attributes of a user, all or none of them.
    pub async fn change_user(&self, user: &str, changes: &[Change]) -> Result<(), DirectoryError> {
        let before = self.entry(user).await?;
        let mut after = before.clone();
        for change in changes {
            let (Change::Replace { attribute, .. } | Change::Add { attribute, .. } | Change::Remove { attribute, .. }) =
                change;
            if ["userPassword", "authPassword"].iter().any(|secret| secret.eq_ignore_ascii_case(attribute)) {
                return Err(DirectoryError::Invalid(
                    "passwords are set by the server: use 'heliograph user passwd'".to_owned(),
                ));
            }
            edit::apply(&mut after, change, HashCost::default())?;
        }
        refuse_letters(&after)?;
        self.refuse_taken_addresses(&after, Some(&before.dn)).await?;
        self.run(Operation::Modify { dn: &before.dn, changes: modifications(changes) }).await
    }

    /// Sets a user's password by RFC 3062: the server hashes it and applies its policies. The SCRAM verifier of the password goes
    /// into `authPassword`, and the old one out; where the server takes none the reason comes back, and the user has none.
    pub async fn set_password(&self, user: &str, password: &str) -> Result<Verifier, DirectoryError> {
        let entry = self.entry(user).await?;
        self.replace_password(&entry.dn, password).await?;
        // A verifier of the old password must not go on letting people in, whatever becomes of the new one.
        let is_verifier =
            |value: &[u8]| std::str::from_utf8(value).is_ok_and(|value| ScramVerifier::parse(value).is_some());
        let stale: HashSet<Vec<u8>> = entry
            .attributes
            .iter()
            .filter(|row| row.name.eq_ignore_ascii_case("authPassword") && is_verifier(&row.value))
            .map(|row| row.value.clone())
            .collect();
        if !stale.is_empty() {
            let mods = vec![Mod::Delete(b"authPassword".to_vec(), stale)];
            self.run(Operation::Modify { dn: &entry.dn, changes: mods }).await?;
        }
        self.add_verifier(&entry.dn, password).await
    }

    async fn add_verifier(&self, dn: &str, password: &str) -> Result<Verifier, DirectoryError> {
        let password = password.to_owned();
        let verifier = tokio::task::spawn_blocking(move || ScramVerifier::derive(&password));
        let verifier = verifier.await.map_err(|error| DirectoryError::Invalid(error.to_string()))??;
        let value = HashSet::from([verifier.to_auth_password().into_bytes()]);
        let mods = vec![Mod::Add(b"authPassword".to_vec(), value)];
        Ok(match self.run(Operation::Modify { dn, changes: mods }).await {
            Ok(()) => Verifier::Written,
            // No such attribute in its schema, or no right to write it.
            Err(error) => Verifier::NotTaken(error.to_string()),
        })
    }

    async fn replace_password(&self, dn: &str, password: &str) -> Result<(), DirectoryError> {
        let password = prepared(password).map_err(|error| DirectoryError::Invalid(error.to_string()))?;
        password::refuse_empty(&password)?;
        self.run(Operation::Password { dn, password: &password }).await
    }

    /// Removes a user's entry. The mail in the store is not touched.
    pub async fn delete_user(&self, user: &str) -> Result<(), DirectoryError> {
        let user = self.user(user).await?;
        self.run(Operation::Delete { dn: &user.dn }).await
    }

    async fn add(&self, entry: &Entry) -> Result<(), DirectoryError> {
        let mut rows: Vec<(Vec<u8>, HashSet<Vec<u8>>)> = Vec::new();
        for row in &entry.attributes {
            match rows.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(row.name.as_bytes())) {
                Some((_, values)) => {
                    values.insert(row.value.clone());
                }
                None => rows.push((row.name.clone().into_bytes(), HashSet::from([row.value.clone()]))),
            }
        }
        self.run(Operation::Add { dn: &entry.dn, rows }).await
    }

    async fn run(&self, operation: Operation<'_>) -> Result<(), DirectoryError> {
        self.directory.pool.run(&operation).await.map(drop)
    }

    /// An address belongs to one user only.
    async fn refuse_taken_addresses(&self, entry: &Entry, own: Option<&str>) -> Result<(), DirectoryError> {
        let own = own.map(dn::normalized);
        let names = edit::ADDRESSES;
        for address in names.iter().flat_map(|name| entry.values(name)) {
            let filter = Filter::Or(names.iter().map(|name| Filter::equal(name, address)).collect());
            let question = Question {
                base: &self.directory.base_dn,
                scope: Scope::Subtree,
                filter: &filter,
                attributes: &["1.1"],
                limit: 2,
            };
            let others = self.directory.ask(&question).await?;
            if others.iter().any(|other| own.as_ref() != Some(&dn::normalized(&other.dn))) {
                return Err(DirectoryError::AlreadyExists(address.to_owned()));
            }
        }
        Ok(())
    }
}

/// Changes as the server takes them.
fn modifications(changes: &[Change]) -> Vec<Mod<Vec<u8>>> {
    let one = |value: &String| HashSet::from([value.clone().into_bytes()]);
    let name = |attribute: &str| schema::canonical_name(attribute).as_bytes().to_vec();
    let modification = |change: &Change| match change {
        Change::Replace { attribute, values } => {
            Mod::Replace(name(attribute), values.iter().map(|value| value.clone().into_bytes()).collect())
        }
        Change::Add { attribute, value } => Mod::Add(name(attribute), one(value)),
        Change::Remove { attribute, value } => Mod::Delete(name(attribute), one(value)),
    };
    changes.iter().map(modification).collect()
}

/// Mail addresses in LDAP are ASCII (RFC 4524 §2.16: IA5 String), whatever a user ID is.
fn refuse_letters(entry: &Entry) -> Result<(), DirectoryError> {
    for name in edit::ADDRESSES {
        if let Some(address) = entry.values(name).find(|address| !address.is_ascii()) {
            return Err(DirectoryError::Invalid(format!(
                "{name}: '{address}' has letters that a mail address in LDAP cannot have; give one in ASCII, {name}=NAME@DOMAIN"
            )));
        }
    }
    Ok(())
}

#[async_trait]
impl StatusEditor for LdapEditor {
    async fn set_over_quota(&self, user: &User, over: bool) -> Result<(), DirectoryError> {
        let any = Filter::Present("objectClass".to_owned());
        let entry = self.directory.entry_at(&user.dn, &any, &["mailUserStatus"]).await?;
        let entry = entry.ok_or_else(|| DirectoryError::NotFound(user.dn.clone()))?;
        let Some(status) = status_editor::wanted(&entry, over) else { return Ok(()) };
        let value = HashSet::from([status.as_str().as_bytes().to_vec()]);
        let changes = vec![Mod::Replace(b"mailUserStatus".to_vec(), value)];
        self.run(Operation::Modify { dn: &user.dn, changes }).await
    }
}
