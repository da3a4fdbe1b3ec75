//! The folder column: roles first, in the order people expect, then the rest as a tree.

use std::collections::BTreeSet;

use backends::{Mailbox, Quota, Role};

use super::{person::visible, size, url};

/// The folder column.
#[derive(Clone, Debug, Default)]
pub struct Folders {
    /// INBOX and the folders that have a role.
    pub main: Vec<Folder>,
    /// All others.
    pub others: Vec<Folder>,
    /// Room used, where the server says.
    pub quota: Option<Room>,
}

/// One line.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Full name.
    pub name: String,
    /// Name shown.
    pub label: String,
    /// Where it leads; `None` for a name that only holds others.
    pub href: Option<String>,
    /// Icon.
    pub icon: &'static str,
    /// Class of the indentation.
    pub indent: &'static str,
    /// Number shown: unread messages, or all in Drafts.
    pub count: u32,
    /// Whether it is the open one.
    pub current: bool,
    /// What it is for.
    pub role: Option<Role>,
}

/// Used and allowed room.
#[derive(Clone, Debug)]
pub struct Room {
    /// `3.8 GB of 10 GB`
    pub text: String,
    /// 0 to 100.
    pub percent: u64,
}

impl Folders {
    /// Sorts the mailboxes of a user.
    pub fn new(mailboxes: &[Mailbox], current: Option<&str>, quota: Option<&Quota>) -> Self {
        let mut main: Vec<Folder> = Vec::new();
        let mut others: Vec<Folder> = Vec::new();
        for mailbox in mailboxes {
            let line = folder(mailbox, current);
            if line.role.is_some_and(|role| rank(role).is_some()) && mailbox.selectable {
                main.push(Folder {
                    label: mailbox.role.map_or(line.label, |role| label(role, mailbox)),
                    indent: "",
                    ..line
                });
            } else {
                others.push(line);
            }
        }
        others.extend(levels(mailboxes));
        main.sort_by_key(|line| line.role.and_then(rank));
        others.sort_by_key(|line| line.name.to_lowercase());
        Self { main, others, quota: quota.and_then(room) }
    }

    /// All that can be opened, for a choice of where to move.
    pub fn targets(&self) -> impl Iterator<Item = &Folder> {
        self.main.iter().chain(&self.others).filter(|line| line.href.is_some() && !line.current)
    }

    /// The folder with a role.
    pub fn with_role(&self, role: Role) -> Option<&Folder> {
        self.main.iter().find(|line| line.role == Some(role))
    }

    /// Unread messages in the open folder.
    pub fn unread(&self) -> u32 {
        self.main
            .iter()
            .chain(&self.others)
            .find(|line| line.current && line.role != Some(Role::Drafts))
            .map_or(0, |line| line.count)
    }
}

/// Names above mailboxes that the server does not list, as above other people's mailboxes: so that one sees whose they are.
fn levels(mailboxes: &[Mailbox]) -> Vec<Folder> {
    let listed: BTreeSet<&str> = mailboxes.iter().map(|mailbox| mailbox.name.as_str()).collect();
    let above = |mailbox: &Mailbox| {
        let ends: Vec<usize> = mailbox
            .delimiter
            .map(|delimiter| mailbox.name.match_indices(delimiter).map(|(at, _)| at).collect())
            .unwrap_or_default();
        ends.into_iter().map(|end| mailbox.name[..end].to_owned()).collect::<Vec<_>>()
    };
    let missing: BTreeSet<String> =
        mailboxes.iter().flat_map(above).filter(|name| !name.is_empty() && !listed.contains(name.as_str())).collect();
    let delimiter = mailboxes.iter().find_map(|mailbox| mailbox.delimiter).unwrap_or('/');
    let level = |name: String| Folder {
        label: visible(name.rsplit(delimiter).next().unwrap_or(&name)),
        href: None,
        icon: "folder",
        indent: ["", "d1", "d2", "d3"][name.matches(delimiter).count().min(3)],
        count: 0,
        current: false,
        role: None,
        name,
    };
    missing.into_iter().map(level).collect()
}

fn rank(role: Role) -> Option<u8> {
    Some(match role {
        Role::Inbox => 0,
        Role::Drafts => 1,
        Role::Sent => 2,
        Role::Archive => 3,
        Role::Junk => 4,
        Role::Trash => 5,
        Role::All | Role::Flagged => return None,
    })
}

fn label(role: Role, mailbox: &Mailbox) -> String {
    match role {
        Role::Inbox => "Inbox".to_owned(),
        _ => visible(mailbox.last_name()),
    }
}

/// What a mailbox is called on a page.
pub fn shown_name(mailbox: &str) -> String {
    if mailbox.eq_ignore_ascii_case("INBOX") { "Inbox".to_owned() } else { visible(mailbox) }
}

fn folder(mailbox: &Mailbox, current: Option<&str>) -> Folder {
    let icon = match mailbox.role {
        Some(Role::Inbox) => "inbox",
        Some(Role::Drafts) => "file",
        Some(Role::Sent) => "send",
        Some(Role::Archive | Role::All) => "archive",
        Some(Role::Junk) => "ban",
        Some(Role::Trash) => "trash",
        Some(Role::Flagged) => "star",
        None => "folder",
    };
    Folder {
        label: visible(mailbox.last_name()),
        href: mailbox.selectable.then(|| url::mailbox(&mailbox.name)),
        icon,
        indent: ["", "d1", "d2", "d3"][mailbox.depth().min(3)],
        count: if mailbox.role == Some(Role::Drafts) { mailbox.messages } else { mailbox.unseen },
        current: current == Some(mailbox.name.as_str()),
        role: mailbox.role,
        name: mailbox.name.clone(),
    }
}

fn room(quota: &Quota) -> Option<Room> {
    let (used, limit) = quota.storage.filter(|(_, limit)| *limit > 0)?;
    let percent = used.saturating_mul(100).div_ceil(limit).min(100);
    Some(Room { text: format!("{} of {}", size::short(used), size::short(limit)), percent })
}
