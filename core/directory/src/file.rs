//! Changing the directory file: under a lock, checked as a whole, replaced in one step.

use std::fs::{File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::index::Index;
use crate::{
    AccountStatus, Change, DirectoryError, DirectoryRules, Domain, Entry, HashCost, Ldif, NewDomain, NewUser, User,
    domain_edit, edit,
};

/// The directory file as the command line changes it. All methods block; several processes may edit at once.
#[derive(Clone, Debug)]
pub struct DirectoryFile {
    path: PathBuf,
    rules: DirectoryRules,
    /// What a new password's hash costs.
    pub hash_cost: HashCost,
}

impl DirectoryFile {
    /// The file at `path`; it need not be there yet. User names without a domain belong to `default_domain`.
    pub fn new(path: impl Into<PathBuf>, default_domain: impl Into<String>) -> DirectoryFile {
        DirectoryFile::with_rules(path, DirectoryRules::new(default_domain))
    }

    /// The file at `path`, read by `rules`.
    pub fn with_rules(path: impl Into<PathBuf>, rules: DirectoryRules) -> DirectoryFile {
        DirectoryFile { path: path.into(), rules, hash_cost: HashCost::default() }
    }

    /// Makes the file with one domain in it; an error if it is there.
    pub fn create(&self, domain: &NewDomain) -> Result<(), DirectoryError> {
        let _lock = self.lock()?;
        if self.path.exists() {
            return Err(DirectoryError::AlreadyExists(self.path.display().to_string()));
        }
        let mut ldif = Ldif::default();
        domain_edit::add(&mut ldif, domain, &[])?;
        self.replace(&ldif)
    }

    /// The content.
    pub fn read(&self) -> Result<Ldif, DirectoryError> {
        let text = std::fs::read(&self.path).map_err(|source| DirectoryError::io(&self.path, source))?;
        Ldif::parse(&text).map_err(|error| DirectoryError::Syntax {
            path: self.path.clone(),
            line: error.line,
            reason: error.reason.to_owned(),
        })
    }

    /// All users in file order.
    pub fn users(&self) -> Result<Vec<Arc<User>>, DirectoryError> {
        Ok(Index::build(self.read()?, &self.rules).users)
    }

    /// All domains in file order.
    pub fn domains(&self) -> Result<Vec<Arc<Domain>>, DirectoryError> {
        Ok(Index::build(self.read()?, &self.rules).domains)
    }

    /// Sets `mailDomainStatus` of the domain whose entry has this DN.
    pub fn set_domain_status(&self, dn: &str, status: AccountStatus) -> Result<(), DirectoryError> {
        self.edit(|ldif| {
            let entry = ldif.entries.iter_mut().find(|entry| entry.dn == dn);
            let entry = entry.ok_or_else(|| DirectoryError::NotFound(dn.to_owned()))?;
            entry.attributes.retain(|attribute| !attribute.name.eq_ignore_ascii_case("mailDomainStatus"));
            entry.push("mailDomainStatus", status.as_str());
            Ok(())
        })
    }

    /// The entry of a user (`uid` or `uid@domain`).
    pub fn entry(&self, user: &str) -> Result<Entry, DirectoryError> {
        let ldif = self.read()?;
        let at = edit::position(&ldif, user, &self.rules)?;
        Ok(ldif.entries[at].clone())
    }

    /// Adds a domain.
    pub fn add_domain(&self, domain: &NewDomain) -> Result<(), DirectoryError> {
        self.add_domain_with(domain, &[])
    }

    /// Adds a domain with changes of the entry that it gets otherwise.
    pub fn add_domain_with(&self, domain: &NewDomain, changes: &[Change]) -> Result<(), DirectoryError> {
        self.edit(|ldif| domain_edit::add(ldif, domain, changes))
    }

    /// The entry of a domain, by any of its names.
    pub fn domain_entry(&self, name: &str) -> Result<Entry, DirectoryError> {
        let ldif = self.read()?;
        let at = domain_edit::position(&ldif, name, &self.rules)?;
        Ok(ldif.entries[at].clone())
    }

    /// Changes attributes of a domain, all or none of them.
    pub fn change_domain(&self, name: &str, changes: &[Change]) -> Result<(), DirectoryError> {
        self.edit(|ldif| domain_edit::change(ldif, name, changes, &self.rules))
    }

    /// Removes a domain without users and groups.
    pub fn delete_domain(&self, name: &str) -> Result<(), DirectoryError> {
        self.edit(|ldif| domain_edit::remove(ldif, name, &self.rules))
    }

    /// Adds a user.
    pub fn add_user(&self, user: &NewUser) -> Result<(), DirectoryError> {
        self.edit(|ldif| edit::add_user(ldif, user, &self.rules, self.hash_cost))
    }

    /// Changes attributes of a user, all or none of them.
    pub fn change_user(&self, user: &str, changes: &[Change]) -> Result<(), DirectoryError> {
        self.edit(|ldif| edit::change_user(ldif, user, &self.rules, changes, self.hash_cost))
    }

    /// Sets a user's password.
    pub fn set_password(&self, user: &str, password: &str) -> Result<(), DirectoryError> {
        let hash = crate::hash_password(password, self.hash_cost)?;
        let verifier = crate::ScramVerifier::derive(password)?.to_auth_password();
        let replace = |attribute: &str, value| Change::Replace { attribute: attribute.to_owned(), values: vec![value] };
        self.change_user(user, &[replace("userPassword", hash), replace("authPassword", verifier)])
    }

    /// Removes a user's entry. The mail in the store is not touched.
    pub fn delete_user(&self, user: &str) -> Result<(), DirectoryError> {
        self.edit(|ldif| {
            let at = edit::position(ldif, user, &self.rules)?;
            ldif.entries.remove(at);
            Ok(())
        })
    }

    /// Any change: reads, lets `change` work on the content, refuses a result in which a name belongs to two users, and replaces the
    /// file. Nothing changes if an error comes back.
    pub fn edit<R>(&self, change: impl FnOnce(&mut Ldif) -> Result<R, DirectoryError>) -> Result<R, DirectoryError> {
        let _lock = self.lock()?;
        let before = self.read()?;
        let mut ldif = before.clone();
        let result = change(&mut ldif)?;
        if let Some(name) = Index::build(ldif.clone(), &self.rules).conflict() {
            // A file that was faulty already may still be changed: that is how it gets repaired.
            if Index::build(before.clone(), &self.rules).conflict().is_none() {
                return Err(DirectoryError::AlreadyExists(name));
            }
        }
        if ldif != before {
            self.replace(&ldif)?;
        }
        Ok(result)
    }

    /// Waits for other editors. The lock file stays: removing it would let two editors lock different files.
    fn lock(&self) -> Result<File, DirectoryError> {
        let path = beside(&self.path, ".lock");
        let open = || -> std::io::Result<File> {
            let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path)?;
            file.lock()?;
            Ok(file)
        };
        open().map_err(|source| DirectoryError::io(&path, source))
    }

    /// Writes beside the file, syncs, renames, syncs the folder: readers see the old or the new content, never a part.
    fn replace(&self, ldif: &Ldif) -> Result<(), DirectoryError> {
        let fresh = beside(&self.path, ".new");
        let write = || -> std::io::Result<()> {
            // Hashes are in it, so others don't read it unless the administrator let them.
            let mode = std::fs::metadata(&self.path).map_or(0o600, |metadata| metadata.mode() & 0o7777);
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
            file.write_all(&ldif.to_bytes())?;
            file.set_permissions(Permissions::from_mode(mode))?;
            file.sync_all()?;
            std::fs::rename(&fresh, &self.path)?;
            let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            File::open(folder)?.sync_all()
        };
        write().map_err(|source| DirectoryError::io(&self.path, source))
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
