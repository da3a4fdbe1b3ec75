//! The folder column: roles first, in the order people expect, then the rest as a tree.

use std::collections::BTreeSet;

use backends::{Mailbox, Quota, Role};

use super::{access::Access, person::visible, size, url};

/// Icon of those whose folders are below it.
const OWNER: &str = "user";

/// The folder column.
#[derive(Clone, Debug, Default)]
pub struct Folders {
    /// INBOX and the folders that have a role.
    pub main: Vec<Folder>,
    /// All others, under a heading each: the user's own, then those that are shared.
    pub sections: Vec<Section>,
    /// Room used, where the server says.
    pub quota: Option<Room>,
    delimiter: char,
}

/// A heading and the tree below it.
#[derive(Clone, Debug)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// Whether what is below it is other people's.
    pub shared: bool,
    /// Its lines.
    pub folders: Vec<Folder>,
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
    /// What may be done in it.
    pub access: Access,
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
                main.push(Folder { label: mailbox.role.map_or(line.label, |role| label(role, mailbox)), ..line });
            } else {
                others.push(line);
            }
        }
        main.sort_by_key(|line| line.role.and_then(rank));
        let delimiter = mailboxes.iter().find_map(|mailbox| mailbox.delimiter).unwrap_or('/');
        Self { main, sections: sections(others, &levels(mailboxes), delimiter), quota: quota.and_then(room), delimiter }
    }

    fn others(&self) -> impl Iterator<Item = &Folder> {
        self.sections.iter().flat_map(|section| &section.folders)
    }

    /// All that messages can be put into, for a choice of where to move.
    pub fn targets(&self) -> impl Iterator<Item = &Folder> {
        self.main.iter().chain(self.others()).filter(|line| line.href.is_some() && !line.current && line.access.add)
    }

    /// The folder with a role.
    pub fn with_role(&self, role: Role) -> Option<&Folder> {
        self.main.iter().find(|line| line.role == Some(role))
    }

    /// What may be done in a folder.
    pub fn access(&self, mailbox: &str) -> Access {
        let mut lines = self.main.iter().chain(self.others());
        lines.find(|line| line.name == mailbox).map_or_else(Access::default, |line| line.access)
    }

    /// What a folder is called where there is little room: of one that is shared its own name and its owner's, since its full name begins with
    /// what all of them begin with.
    pub fn short_name(&self, mailbox: &str) -> String {
        let found = self.sections.iter().filter(|section| section.shared).find_map(|section| {
            let line = section.folders.iter().find(|line| line.name == mailbox)?;
            let mut owners = section.folders.iter().filter(|line| line.icon == OWNER);
            Some((line, owners.find(|owner| is_below(mailbox, &owner.name, self.delimiter))))
        });
        match found {
            Some((line, Some(owner))) => format!("{} · {}", line.label, owner.label),
            Some((line, None)) => line.label.clone(),
            None => shown_name(mailbox),
        }
    }

    /// Unread messages in the open folder.
    pub fn unread(&self) -> u32 {
        self.main
            .iter()
            .chain(self.others())
            .find(|line| line.current && line.role != Some(Role::Drafts))
            .map_or(0, |line| line.count)
    }
}

/// See [`levels`].
struct Levels {
    names: BTreeSet<String>,
    /// Those that stand for other users, where the server says which do.
    owners: BTreeSet<String>,
}

/// Names above mailboxes that the server does not list, as above other people's mailboxes: so that one sees whose they are.
fn levels(mailboxes: &[Mailbox]) -> Levels {
    let listed: BTreeSet<&str> = mailboxes.iter().map(|mailbox| mailbox.name.as_str()).collect();
    let above = |mailbox: &Mailbox| {
        let ends: Vec<usize> = mailbox
            .delimiter
            .map(|delimiter| mailbox.name.match_indices(delimiter).map(|(at, _)| at).collect())
            .unwrap_or_default();
        ends.into_iter().map(|end| mailbox.name[..end].to_owned()).collect::<Vec<_>>()
    };
    let names = mailboxes.iter().flat_map(above).filter(|name| !name.is_empty() && !listed.contains(name.as_str()));
    Levels { names: names.collect(), owners: mailboxes.iter().filter_map(|mailbox| mailbox.owner.clone()).collect() }
}

fn is_below(name: &str, above: &str, delimiter: char) -> bool {
    name.strip_prefix(above).is_some_and(|rest| rest.starts_with(delimiter))
}

/// The user's own folders, and for each top name that the server does not list a section of its own: what lies there is
/// not the user's (RFC 2342).
fn sections(own: Vec<Folder>, Levels { names: levels, owners }: &Levels, delimiter: char) -> Vec<Section> {
    let below = |name: &str, above: &str| is_below(name, above, delimiter);
    let tops: Vec<String> = levels.iter().filter(|name| !name.contains(delimiter)).cloned().collect();
    let listed: BTreeSet<String> = own.iter().map(|line| line.name.clone()).collect();
    // A name that leads only to names like itself, as between the heading and the owners, says nothing.
    let leads_on = |name: &String| {
        let child =
            |other: &String| below(other, name) && !other[name.len() + delimiter.len_utf8()..].contains(delimiter);
        !levels.iter().any(child) || listed.iter().any(child) || owners.contains(name)
    };
    let level = |name: &String| Folder {
        label: visible(name.rsplit(delimiter).next().unwrap_or(name)),
        href: None,
        icon: "folder",
        indent: "",
        count: 0,
        current: false,
        role: None,
        access: Access::default(),
        name: name.clone(),
    };
    let shown: Vec<Folder> = levels.iter().filter(|name| !tops.contains(name) && leads_on(name)).map(level).collect();
    let (mut rest, mut found) = (own, Vec::new());
    rest.extend(shown);
    for top in tops {
        let (folders, others) = rest.into_iter().partition(|line: &Folder| below(&line.name, &top));
        let mut folders = tree(folders, delimiter);
        let stands_for_one = |line: &Folder| match owners.is_empty() {
            true => line.href.is_none() && line.indent.is_empty(),
            false => owners.contains(&line.name),
        };
        for owner in folders.iter_mut().filter(|line| stands_for_one(line)) {
            owner.icon = OWNER;
        }
        found.push(Section { title: visible(&top), shared: true, folders });
        rest = others;
    }
    if !rest.is_empty() {
        found.insert(0, Section { title: "Folders".to_owned(), shared: false, folders: tree(rest, delimiter) });
    }
    found
}

/// In the order of a tree, each line indented by the lines that it is below.
fn tree(mut folders: Vec<Folder>, delimiter: char) -> Vec<Folder> {
    // The delimiter sorts before all else, so that what is below a name follows it at once.
    folders.sort_by_cached_key(|line| line.name.to_lowercase().replace(delimiter, "\0"));
    let mut above: Vec<String> = Vec::new();
    for line in &mut folders {
        above.retain(|name| line.name.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with(delimiter)));
        line.indent = ["", "d1", "d2", "d3", "d4", "d5"][above.len().min(5)];
        above.push(line.name.clone());
    }
    folders
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
        indent: "",
        count: if mailbox.role == Some(Role::Drafts) { mailbox.messages } else { mailbox.unseen },
        current: current == Some(mailbox.name.as_str()),
        role: mailbox.role,
        access: Access::of(Some(mailbox)),
        name: mailbox.name.clone(),
    }
}

fn room(quota: &Quota) -> Option<Room> {
    let (used, limit) = quota.storage.filter(|(_, limit)| *limit > 0)?;
    let percent = used.saturating_mul(100).div_ceil(limit).min(100);
    Some(Room { text: format!("{} of {}", size::short(used), size::short(limit)), percent })
}
