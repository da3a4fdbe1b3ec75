//! The message list: rows under day headings, pager, what the bar says.

use backends::{Flag, Page, Role, Row, Summary};

use super::access::Access;
use super::date::{self, Now};
use super::person::{Person, cut, visible};
use super::url;

/// The list pane.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// Name of the folder.
    pub title: String,
    /// Its whole name.
    pub name: String,
    /// What may be done in it.
    pub access: Access,
    /// `12 unread`, `3 found`; empty where there is nothing to say.
    pub note: String,
    /// Where the list's form is sent.
    pub action: String,
    /// UIDVALIDITY that the UIDs belong to.
    pub uid_validity: u32,
    /// The search that made the list.
    pub query: Option<String>,
    /// Rows, newest first.
    pub rows: Vec<Line>,
    /// Number of this page.
    pub page: u32,
    /// `1–50 of 1,234`
    pub range: String,
    /// The page before this one.
    pub newer: Option<String>,
    /// The page after this one.
    pub older: Option<String>,
    /// What stands there when there are no rows.
    pub empty: Empty,
    /// What the folder is for.
    pub role: Option<Role>,
}

/// An empty list explains itself.
#[derive(Clone, Debug, Default)]
pub struct Empty {
    /// Icon.
    pub icon: &'static str,
    /// What there is not.
    pub title: String,
    /// What to do about it.
    pub text: &'static str,
}

/// One row.
#[derive(Clone, Debug)]
pub struct Line {
    /// UID.
    pub uid: u32,
    /// Day heading above this row, where a new day begins.
    pub day: Option<String>,
    /// Where it opens.
    pub href: String,
    /// Sender; in Sent and Drafts the recipients.
    pub who: String,
    /// Subject.
    pub subject: String,
    /// First words of the text.
    pub snippet: String,
    /// Date, short.
    pub date: String,
    /// Date for machines.
    pub datetime: String,
    /// Not read yet.
    pub unread: bool,
    /// Marked with the star.
    pub flagged: bool,
    /// Answered.
    pub answered: bool,
    /// Forwarded.
    pub forwarded: bool,
    /// Has attachments.
    pub attachments: bool,
    /// Opened beside the list.
    pub current: bool,
}

/// How a list is shown.
#[derive(Clone, Debug)]
pub struct ListOptions<'a> {
    /// What the folder is for.
    pub role: Option<Role>,
    /// The search that made the page.
    pub query: Option<&'a str>,
    /// UID of the open message.
    pub open: Option<u32>,
    /// Name of the folder, short.
    pub title: &'a str,
    /// What may be done in it.
    pub access: Access,
    /// From where dates are seen.
    pub now: Now,
    /// Unread messages in the folder.
    pub unread: u32,
}

impl List {
    /// A page of a mailbox or of a search.
    pub fn new(page: &Page, options: &ListOptions<'_>) -> Self {
        let name = &page.mailbox;
        let mut day = String::new();
        let rows = page.rows.iter().map(|row| line(row, page, options, &mut day)).collect();
        let first = (page.number - 1) * page.per_page + 1;
        let last = (first - 1 + u32::try_from(page.rows.len()).unwrap_or(0)).min(page.total);
        let range = if page.total == 0 {
            String::new()
        } else {
            format!("{}–{} of {}", grouped(first), grouped(last), grouped(page.total))
        };
        let note = match options.query {
            Some(_) => format!("{} found", grouped(page.total)),
            None => unread_note(options.role, options.unread),
        };
        Self {
            title: options.title.to_owned(),
            name: name.clone(),
            access: options.access,
            note,
            action: url::mailbox(name),
            uid_validity: page.uid_validity,
            query: options.query.map(str::to_owned),
            rows,
            page: page.number,
            range,
            newer: (page.number > 1).then(|| url::page(name, page.number - 1, options.query)),
            older: (page.number < page.pages).then(|| url::page(name, page.number + 1, options.query)),
            empty: empty(options),
            role: options.role,
        }
    }

    /// Its own address.
    pub fn href(&self) -> String {
        let mark = |first: bool| if first { '?' } else { '&' };
        let mut href = self.action.clone();
        if let Some(query) = &self.query {
            href = format!("{href}{}q={}", mark(true), url::encoded(query));
        }
        if self.page > 1 {
            href = format!("{href}{}page={}", mark(self.query.is_none()), self.page);
        }
        href
    }

    /// Whether moving to the archive makes sense here.
    pub fn can_archive(&self) -> bool {
        self.access.remove && !matches!(self.role, Some(Role::Archive | Role::Drafts))
    }

    /// Whether deleting is for good here.
    pub fn is_trash(&self) -> bool {
        self.role == Some(Role::Trash)
    }

    /// Whether the messages here were called junk.
    pub fn is_junk(&self) -> bool {
        self.role == Some(Role::Junk)
    }
}

/// `12 unread`, where that matters.
pub fn unread_note(role: Option<Role>, unread: u32) -> String {
    match (role, unread) {
        (Some(Role::Drafts | Role::Sent), _) | (_, 0) => String::new(),
        (_, unread) => format!("{} unread", grouped(unread)),
    }
}

fn line(row: &Row, page: &Page, options: &ListOptions<'_>, day: &mut String) -> Line {
    let envelope = &row.summary.envelope;
    let received = row.summary.received;
    let heading = options.now.day(received);
    let changed = heading != *day;
    day.clone_from(&heading);
    let outgoing = matches!(options.role, Some(Role::Sent | Role::Drafts));
    Line {
        uid: row.uid,
        day: changed.then_some(heading),
        href: url::message(&page.mailbox, row.uid, page.number, options.query),
        who: cut(&if outgoing { recipients(&row.summary) } else { sender(&row.summary) }, LONGEST),
        subject: cut(&subject(&envelope.subject), LONGEST),
        snippet: row.summary.preview.as_deref().map(|text| cut(&visible(text), LONGEST)).unwrap_or_default(),
        date: options.now.short(received),
        datetime: date::machine(received),
        unread: !row.flags.seen && !matches!(options.role, Some(Role::Drafts)),
        flagged: row.flags.flagged,
        answered: row.flags.answered,
        forwarded: row.flags.forwarded,
        attachments: row.summary.structure.walk().any(|part| part.is_attachment()),
        current: options.open == Some(row.uid),
    }
}

/// Characters of a text in a row: more than fits on any screen.
const LONGEST: usize = 300;
/// Characters of a subject above its message.
const LONGEST_SUBJECT: usize = 1000;

/// A subject as shown.
pub fn subject(text: &str) -> String {
    let shown = cut(&visible(text), LONGEST_SUBJECT);
    if shown.trim().is_empty() { "(no subject)".to_owned() } else { shown }
}

fn sender(summary: &Summary) -> String {
    summary.envelope.from.first().map_or_else(|| "(unknown sender)".to_owned(), |address| Person::from(address).name)
}

fn recipients(summary: &Summary) -> String {
    let people: Vec<String> = summary.envelope.to.iter().take(3).map(|address| Person::from(address).name).collect();
    if people.is_empty() { "(no recipient yet)".to_owned() } else { format!("To {}", people.join(", ")) }
}

fn empty(options: &ListOptions<'_>) -> Empty {
    let (icon, title, text) = match (options.query, options.role) {
        (Some(query), _) => (
            "search",
            format!("Nothing found for “{query}”"),
            "Try fewer or shorter words. The search looks at subjects, people and text of this folder.",
        ),
        (None, Some(Role::Inbox)) => ("inbox", "All done".to_owned(), "New mail appears here by itself."),
        (None, Some(Role::Drafts)) => {
            ("file", "No drafts".to_owned(), "What you write is saved here while you write it.")
        }
        (None, Some(Role::Sent)) => {
            ("send", "Nothing sent yet".to_owned(), "A copy of each message you send is kept here.")
        }
        (None, Some(Role::Junk)) => ("ban", "No junk".to_owned(), "Messages you mark as junk come here."),
        (None, Some(Role::Trash)) => ("trash", "Trash is empty".to_owned(), "Messages you delete come here first."),
        (None, _) => ("folder", "This folder is empty".to_owned(), "Move messages here to keep them together."),
    };
    Empty { icon, title, text }
}

/// `12345` as `12,345`.
pub fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The flag that a word of a form names.
pub fn flag_of(word: &str) -> Option<Flag> {
    Some(match word {
        "read" | "unread" => Flag::Seen,
        "flag" | "unflag" => Flag::Flagged,
        _ => return None,
    })
}
