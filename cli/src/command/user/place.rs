//! Where users are kept: one door to the embedded file and to LDAP.

use std::sync::Arc;

use anyhow::Context;
use config::Settings;
use directory::{
    AccountStatus, Change, DirectoryError, DirectoryFile, Domain, Entry, LdapEditor, NewDomain, NewUser, User, Verifier,
};
use tokio::runtime::Runtime;

use crate::services::{directory_rules, ldap_options};

/// The users of a site, to be changed.
pub enum Users {
    File(DirectoryFile),
    Ldap(Box<LdapEditor>, Runtime),
}

impl Users {
    pub fn open(settings: &Settings) -> anyhow::Result<Self> {
        let config = config::Directory::read(settings);
        match ldap_options(&config)? {
            Some(options) => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                Ok(Self::Ldap(Box::new(LdapEditor::new(&options)?), runtime.context("starting the runtime")?))
            }
            None => Ok(Self::File(DirectoryFile::with_rules(&config.file, directory_rules(&config)?))),
        }
    }

    pub fn all(&self) -> Result<Vec<Arc<User>>, DirectoryError> {
        match self {
            Self::File(file) => file.users(),
            Self::Ldap(editor, runtime) => runtime.block_on(editor.users()),
        }
    }

    pub fn domains(&self) -> Result<Vec<Arc<Domain>>, DirectoryError> {
        match self {
            Self::File(file) => file.domains(),
            Self::Ldap(editor, runtime) => runtime.block_on(editor.domains()),
        }
    }

    pub fn set_domain_status(&self, dn: &str, status: AccountStatus) -> Result<(), DirectoryError> {
        match self {
            Self::File(file) => file.set_domain_status(dn, status),
            Self::Ldap(editor, runtime) => runtime.block_on(editor.set_domain_status(dn, status)),
        }
    }

    pub fn domain_entry(&self, name: &str) -> Result<Entry, DirectoryError> {
        match self {
            Self::File(file) => file.domain_entry(name),
            Self::Ldap(editor, runtime) => runtime.block_on(editor.domain_entry(name)),
        }
    }

    pub fn add_domain(&self, new: &NewDomain, changes: &[Change]) -> Result<(), DirectoryError> {
        match self {
            Self::File(file) => file.add_domain_with(new, changes),
            Self::Ldap(editor, runtime) => runtime.block_on(editor.add_domain(new, changes)),
        }
    }

    pub fn change_domain(&self, name: &str, changes: &[Change]) -> Result<(), DirectoryError> {
        match self {
            Self::File(file) => file.change_domain(name, changes),
            Self::Ldap(editor, runtime) => runtime.block_on(editor.change_domain(name, changes)),
        }
    }

    pub fn delete_domain(&self, name: &str) -> Result<(), DirectoryError> {
        match self {
            Self::File(file) => file.delete_domain(name),
            Self::Ldap(editor, runtime) => runtime.block_on(editor.delete_domain(name)),
        }
    }

    pub fn entry(&self, user: &str) -> Result<Entry, DirectoryError> {
        match self {
            Self::File(file) => file.entry(user),
            Self::Ldap(editor, runtime) => runtime.block_on(editor.entry(user)),
        }
    }

    pub fn add_user(&self, user: &NewUser) -> Result<Verifier, DirectoryError> {
        match self {
            Self::File(file) => file.add_user(user).map(|()| Verifier::Written),
            Self::Ldap(editor, runtime) => runtime.block_on(editor.add_user(user)),
        }
    }

    pub fn change_user(&self, user: &str, changes: &[Change]) -> Result<(), DirectoryError> {
        match self {
            Self::File(file) => file.change_user(user, changes),
            Self::Ldap(editor, runtime) => runtime.block_on(editor.change_user(user, changes)),
        }
    }

    pub fn set_password(&self, user: &str, password: &str) -> Result<Verifier, DirectoryError> {
        match self {
            Self::File(file) => file.set_password(user, password).map(|()| Verifier::Written),
            Self::Ldap(editor, runtime) => runtime.block_on(editor.set_password(user, password)),
        }
    }

    pub fn delete_user(&self, user: &str) -> Result<(), DirectoryError> {
        match self {
            Self::File(file) => file.delete_user(user),
            Self::Ldap(editor, runtime) => runtime.block_on(editor.delete_user(user)),
        }
    }
}
