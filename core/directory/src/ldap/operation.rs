//! What is asked of a server, and what it answers (RFC 4511 §4).

use std::collections::HashSet;
use std::fmt;

use ldap3::exop::PasswordModify;
use ldap3::{Ldap, Mod};

use super::search::{Found, Question, search, search_all};
use super::server::{Fault, Purpose, success};
use crate::Entry;

/// One operation. Its text form is for the log and holds no secrets.
pub(super) enum Operation<'a> {
    /// As many entries as the question's limit says.
    Search(&'a Question<'a>),
    /// All entries, page by page.
    SearchAll(&'a Question<'a>),
    /// Whether a password is somebody's.
    Bind {
        dn: &'a str,
        password: &'a str,
    },
    Add {
        dn: &'a str,
        rows: Vec<(Vec<u8>, HashSet<Vec<u8>>)>,
    },
    Modify {
        dn: &'a str,
        changes: Vec<Mod<Vec<u8>>>,
    },
    /// A new password, hashed by the server (RFC 3062).
    Password {
        dn: &'a str,
        password: &'a str,
    },
    Delete {
        dn: &'a str,
    },
}

/// What an operation brings.
pub(super) enum Answer {
    Found(Found),
    Done,
    /// The password is not the user's.
    WrongPassword,
}

impl Answer {
    pub(super) fn entries(self) -> Vec<Entry> {
        match self {
            Answer::Found(found) => found.entries,
            Answer::Done | Answer::WrongPassword => Vec::new(),
        }
    }
}

impl Operation<'_> {
    pub(super) fn purpose(&self) -> Purpose {
        match self {
            Operation::Bind { .. } => Purpose::Bind,
            _ => Purpose::Search,
        }
    }

    pub(super) async fn run(&self, ldap: &mut Ldap) -> Result<Answer, Fault> {
        let result = match self {
            Operation::Search(question) => return search(ldap, question).await.map(Answer::Found),
            Operation::SearchAll(question) => return search_all(ldap, question).await.map(Answer::Found),
            Operation::Bind { dn, password } => {
                let result = ldap.simple_bind(dn, password).await?;
                // constraintViolation, noSuchObject, inappropriateAuthentication, invalidCredentials, unwillingToPerform:
                // locked out, gone, without a password, wrong.
                if matches!(result.rc, 19 | 32 | 48 | 49 | 53) {
                    return Ok(Answer::WrongPassword);
                }
                result
            }
            Operation::Add { dn, rows } => ldap.add(dn, rows.clone()).await?,
            Operation::Modify { dn, changes } => ldap.modify(dn, changes.clone()).await?,
            Operation::Password { dn, password } => {
                let request = PasswordModify { user_id: Some(dn), old_pass: None, new_pass: Some(password) };
                ldap.extended(request).await?.1
            }
            Operation::Delete { dn } => ldap.delete(dn).await?,
        };
        success(&result).map(|()| Answer::Done)
    }
}

impl fmt::Display for Operation<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Search(question) | Operation::SearchAll(question) => {
                write!(out, "search {:?} {:?} {}", question.base, question.scope, question.filter)
            }
            Operation::Bind { dn, .. } => write!(out, "bind {dn:?}"),
            Operation::Add { dn, .. } => write!(out, "add {dn:?}"),
            Operation::Modify { dn, .. } => write!(out, "modify {dn:?}"),
            Operation::Password { dn, .. } => write!(out, "password {dn:?}"),
            Operation::Delete { dn } => write!(out, "delete {dn:?}"),
        }
    }
}
