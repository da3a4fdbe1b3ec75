//! Who may do what in a folder, in words: roles for the usual sets of rights, and the sets as they are where they are others.

use backends::{AclEntry, Rights};

use super::person::visible;

/// A usual set of rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its rights (RFC 4314 §2.1): what a form says.
    pub rights: &'static str,
    /// Its name.
    pub label: &'static str,
    /// What it means.
    pub text: &'static str,
}

/// What everybody may be given by this page, the least first. `s` goes with reading: what somebody has read is their own.
pub const ROLES: [Role; 4] = [
    Role { rights: "lrs", label: "May read", text: "sees the folder and reads it" },
    Role { rights: "lrsw", label: "May read and mark", text: "also sets stars and other marks, which all see" },
    Role {
        rights: "lrswite",
        label: "May add and delete",
        text: "also puts messages in, moves them out and deletes them",
    },
    Role {
        rights: ALL,
        label: "May do all, and share",
        text: "also makes, renames and deletes folders, and decides who may do what",
    },
];

/// Every right.
pub const ALL: &str = "lrswipkxtea";

/// Words for rights in sets that have no name.
const WORDS: [(&str, &str); 9] = [
    ("l", "see the folder"),
    ("r", "read"),
    ("s", "keep track of what is read"),
    ("w", "mark"),
    ("i", "add"),
    ("te", "delete"),
    ("k", "make folders in it"),
    ("x", "rename and delete the folder"),
    ("a", "share"),
];

/// Whom a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// A person.
    Person,
    /// The members of a group.
    Group,
    /// Everybody here.
    Anyone,
}

/// One line of the list.
#[derive(Clone, Debug)]
pub struct Line {
    /// As the server has it: what a form says.
    pub identifier: String,
    /// Who, in words.
    pub name: String,
    /// Of which kind.
    pub whom: Whom,
    /// The rights as letters.
    pub letters: String,
    /// The role that these are.
    pub role: Option<Role>,
    /// What they are in words, where they are no role.
    pub words: String,
    /// What is taken away, whatever else is given.
    pub denied: bool,
    /// The owner, with all rights: nothing to change.
    pub owner: bool,
}

impl Line {
    /// Icon.
    pub fn icon(&self) -> &'static str {
        if self.whom == Whom::Person { "user" } else { "users" }
    }
}

/// The list in words. The owner stands first in it (RFC 4314 §3.3 leaves the order open; where another is first, nothing is hidden).
pub fn lines(acl: &[AclEntry], own: &str) -> Vec<Line> {
    acl.iter().map(|entry| line(entry, own)).collect()
}

fn line(entry: &AclEntry, own: &str) -> Line {
    let denied = entry.identifier.starts_with('-');
    let bare = entry.identifier.strip_prefix('-').unwrap_or(&entry.identifier);
    let lower = bare.to_lowercase();
    let (whom, name) = if lower == "anyone" {
        (Whom::Anyone, "Everybody".to_owned())
    } else if let Some(domain) = lower.strip_prefix("anyone@") {
        (Whom::Anyone, format!("Everybody of {}", visible(domain)))
    } else if lower.starts_with("group=") {
        (Whom::Group, visible(&bare["group=".len()..]))
    } else if bare == own {
        (Whom::Person, format!("{} (you)", visible(bare)))
    } else {
        (Whom::Person, visible(bare))
    };
    Line {
        name,
        whom,
        letters: entry.rights.letters().to_owned(),
        role: role_of(&entry.rights).filter(|_| !denied),
        words: words(&entry.rights),
        denied,
        owner: !denied && bare == own && entry.rights.letters() == ALL,
        identifier: entry.identifier.clone(),
    }
}

/// The role that a set of rights is.
pub fn role_of(rights: &Rights) -> Option<Role> {
    ROLES.into_iter().find(|role| role.rights == rights.letters())
}

/// A set of rights in words, with the letters behind them.
fn words(rights: &Rights) -> String {
    let named = WORDS.iter().filter(|(letters, _)| letters.chars().all(|letter| rights.has(letter)));
    let words: Vec<&str> = named.map(|(_, word)| *word).collect();
    match words.as_slice() {
        [] => format!("({})", rights.letters()),
        _ => format!("{} ({})", words.join(", "), rights.letters()),
    }
}
