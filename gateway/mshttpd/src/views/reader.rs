//! The reading pane: who, when, to whom, notices, body, files.

use backends::{Address, Message, Part, Role};

use super::access::Access;
use super::date::{self, Now};
use super::list::subject;
use super::person::{Person, visible};
use super::safe_html::SafeHtml;
use super::{size, url};

/// What the third pane holds.
#[derive(Debug, Default)]
pub enum Pane {
    /// Nothing selected.
    #[default]
    Nothing,
    /// A message.
    Message(Box<Reader>),
    /// What went wrong, and what to do next.
    Trouble(Trouble),
}

/// An error as a page says it.
#[derive(Clone, Debug, Default)]
pub struct Trouble {
    /// Heading.
    pub title: String,
    /// What to do next.
    pub text: String,
    /// The link that does it.
    pub next: Option<(String, String)>,
}

/// A message as shown.
#[derive(Debug, Default)]
pub struct Reader {
    /// Its own address.
    pub href: String,
    /// The list it was opened from.
    pub back: String,
    /// UID.
    pub uid: u32,
    /// UIDVALIDITY that the UID belongs to.
    pub uid_validity: u32,
    /// Folder.
    pub mailbox: String,
    /// `mailbox/uid`, encoded: what replies refer to.
    pub reference: String,
    /// Subject.
    pub subject: String,
    /// Sender.
    pub from: Person,
    /// `me, Ines Carvalho and 2 others`
    pub to_summary: String,
    /// Date in words.
    pub date: String,
    /// Date for machines.
    pub datetime: String,
    /// From, To, Cc … with everybody in them.
    pub heads: Vec<(&'static str, Vec<Person>)>,
    /// Recipients left out of `heads`.
    pub more_people: usize,
    /// Not read yet.
    pub unread: bool,
    /// Marked with the star.
    pub flagged: bool,
    /// A draft: it is continued, not answered.
    pub draft: bool,
    /// What the folder is for.
    pub role: Option<Role>,
    /// What may be done in the folder.
    pub access: Access,
    /// Whether there are several recipients to answer to.
    pub many: bool,
    /// Size in words.
    pub size: String,
    /// The next newer message.
    pub newer: Option<String>,
    /// The next older message.
    pub older: Option<String>,
    /// The text.
    pub body: Body,
    /// Remote images were left out: where they are shown.
    pub show_images: Option<String>,
    /// The same message as plain text or as HTML.
    pub other_view: Option<(&'static str, String)>,
    /// Files.
    pub files: Vec<File>,
}

/// The body as it goes into the page.
#[derive(Debug, Default)]
pub enum Body {
    /// No text at all.
    #[default]
    Empty,
    /// Plain text, escaped and linked.
    Text(SafeHtml),
    /// HTML, in a document of its own.
    Frame(String),
    /// Too large to show.
    TooLarge(String),
}

/// An attachment.
#[derive(Clone, Debug)]
pub struct File {
    /// Name shown.
    pub name: String,
    /// Up to four letters for the tile.
    pub kind: String,
    /// Size in words.
    pub size: String,
    /// Download.
    pub href: String,
    /// Show in the browser.
    pub preview: Option<String>,
}

/// How a message is shown.
#[derive(Clone, Debug)]
pub struct ReaderOptions<'a> {
    /// Page of the list it was opened from.
    pub page: u32,
    /// Search it was opened from.
    pub query: Option<&'a str>,
    /// The reader's own addresses.
    pub own: &'a [String],
    /// From where dates are seen.
    pub now: Now,
    /// What the folder is for.
    pub role: Option<Role>,
    /// What may be done in the folder.
    pub access: Access,
}

/// Recipients shown before "and more" (security model §2.1).
const PEOPLE: usize = 200;

impl Reader {
    /// Everything but body and files.
    pub fn new(message: &Message, options: &ReaderOptions<'_>) -> Self {
        let envelope = &message.summary.envelope;
        let when = envelope.date.unwrap_or(message.summary.received);
        let mut left = PEOPLE;
        let mut hidden = envelope.left_out;
        let mut heads = Vec::new();
        let reply_to: &[Address] = if envelope.reply_to == envelope.from { &[] } else { &envelope.reply_to };
        let lists: [(&'static str, &[Address]); 5] = [
            ("From", &envelope.from),
            ("Reply to", reply_to),
            ("To", &envelope.to),
            ("Cc", &envelope.cc),
            ("Bcc", &envelope.bcc),
        ];
        for (label, list) in lists {
            let shown: Vec<Person> = list.iter().take(left).map(Person::from).collect();
            left -= shown.len();
            hidden += list.len() - shown.len();
            if !shown.is_empty() {
                heads.push((label, shown));
            }
        }
        let name = message.mailbox.as_str();
        Self {
            href: url::message(name, message.uid, options.page, options.query),
            back: url::page(name, options.page, options.query),
            uid: message.uid,
            uid_validity: message.uid_validity,
            mailbox: message.mailbox.clone(),
            reference: url::encoded(&format!("{name}/{}", message.uid)),
            subject: subject(&envelope.subject),
            from: envelope.from.first().map_or_else(|| Person::new("(unknown sender)", ""), Person::from),
            to_summary: to_summary(envelope.to.iter().chain(&envelope.cc), options.own),
            date: options.now.long(when),
            datetime: date::machine(when),
            heads,
            more_people: hidden,
            unread: !message.flags.seen,
            flagged: message.flags.flagged,
            draft: message.flags.draft || options.role == Some(Role::Drafts),
            role: options.role,
            access: options.access,
            many: envelope.to.len() + envelope.cc.len() > 1,
            size: size::short(message.summary.size),
            newer: message.newer.map(|uid| url::message(name, uid, options.page, options.query)),
            older: message.older.map(|uid| url::message(name, uid, options.page, options.query)),
            ..Self::default()
        }
    }

    /// Path without the query: what actions and parts hang below.
    pub fn base(&self) -> String {
        url::message(&self.mailbox, self.uid, 1, None)
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

impl File {
    /// A part as a tile; `base` is the message's path.
    pub fn new(part: &Part, base: &str) -> Self {
        let name = file_name(part);
        let href = format!("{base}/part/{}", url::encoded(&part.section));
        Self {
            kind: kind(&name, part),
            size: size::short(part.decoded_size()),
            preview: crate::screens::attachment::shown_inline(part).map(|_| format!("{href}?view=1")),
            name,
            href,
        }
    }
}

/// A file name fit for pages and headers: no path, no control or direction characters (security model §2.1.8).
pub fn file_name(part: &Part) -> String {
    let given = part.file_name().or(part.description.as_deref()).unwrap_or_default();
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = visible(last).trim().trim_matches('.').chars().take(150).collect();
    if !clean.is_empty() {
        return clean;
    }
    if let Some(envelope) = &part.envelope {
        return format!(
            "{}.eml",
            visible(&subject(&envelope.subject)).replace(['/', '\\'], "_").chars().take(100).collect::<String>()
        );
    }
    let extension = match (part.kind.as_str(), part.subtype.as_str()) {
        ("text", "plain") => "txt",
        ("text", "html") => "html",
        ("text", "calendar") => "ics",
        ("image", "jpeg") => "jpg",
        ("image", "png" | "gif" | "webp") => part.subtype.as_str(),
        ("message", _) => "eml",
        ("application", "pdf") => "pdf",
        _ => "bin",
    };
    format!("part-{}.{extension}", part.section)
}

fn kind(name: &str, part: &Part) -> String {
    let extension = name
        .rsplit_once('.')
        .map(|(_, e)| e)
        .filter(|e| (1..=4).contains(&e.len()) && e.chars().all(|c| c.is_ascii_alphanumeric()));
    extension
        .unwrap_or(match part.kind.as_str() {
            "image" => "IMG",
            "text" => "TXT",
            "message" => "EML",
            _ => "FILE",
        })
        .to_ascii_uppercase()
}

fn to_summary<'a>(people: impl Iterator<Item = &'a Address>, own: &[String]) -> String {
    let names: Vec<String> = people
        .map(|address| {
            if own.iter().any(|mail| mail.eq_ignore_ascii_case(&address.email)) {
                "me".to_owned()
            } else {
                Person::from(address).name
            }
        })
        .collect();
    match names.as_slice() {
        [] => "no recipients named".to_owned(),
        [one] => format!("to {one}"),
        [one, two] => format!("to {one} and {two}"),
        [one, two, three] => format!("to {one}, {two} and {three}"),
        [one, two, rest @ ..] => format!("to {one}, {two} and {} others", rest.len()),
    }
}
