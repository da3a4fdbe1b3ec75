//! A search as it is run: flags as bits, strings folded, sets resolved; and its three-valued evaluation.

use std::sync::Arc;

use imap_wire::date::Day;
use imap_wire::search::{EnvelopeField, Key, Relation};
use imap_wire::sequence::contains;
use mailstore::{Flags, InternalDate, ObjectId};
use message::DigestRef;
use message::search::{GistRef, Needle, Texts, folded_addresses, folded_value};

use super::fuzzy;
use crate::sync::SYSTEM;
use crate::view::{Entry, View};

/// A condition.
#[derive(Debug)]
pub(crate) enum Node {
    All,
    Nothing,
    Has(Flags),
    Recent,
    Uids(Vec<(u32, u32)>),
    Numbers(Vec<(u32, u32)>),
    ModSeq(u64),
    Larger(u64),
    Smaller(u64),
    Internal(Relation, Day),
    Sent(Relation, Day),
    Saved(Relation, Day),
    EmailId(Vec<u8>),
    ThreadId(Vec<u8>),
    /// Internal date at or before this second.
    Until(i64),
    /// Internal date at or after this second.
    From(i64),
    Envelope(EnvelopeField, Needle),
    Header(Vec<u8>, Needle),
    Body(Needle),
    Text(Needle),
    Not(Box<Node>),
    Any(Vec<Node>),
    Every(Vec<Node>),
}

/// A search cannot be run: its charset is not known, or a string is not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnknownCharset;

/// How strings of the search become text.
#[derive(Debug, Clone)]
pub(crate) struct Charset(message::charset::Charset);

impl Charset {
    /// The charset named; `None` is US-ASCII, in which UTF-8 is taken too.
    pub(crate) fn find(name: Option<&str>) -> Result<Self, UnknownCharset> {
        match name {
            None => Ok(Self(message::charset::Charset::UTF_8)),
            Some(name) => message::charset::Charset::find(name.as_bytes()).map(Self).ok_or(UnknownCharset),
        }
    }

    fn needle(&self, octets: &[u8]) -> Result<Needle, UnknownCharset> {
        self.0.decode(octets).map(|text| Needle::new(&text)).ok_or(UnknownCharset)
    }
}

/// Prepares a search for a view. `now` in seconds since 1970.
pub(crate) fn compile(key: &Key, charset: &Charset, view: &View, now: i64) -> Result<Node, UnknownCharset> {
    let compile = |key: &Key| compile(key, charset, view, now);
    Ok(match key {
        Key::All => Node::All,
        Key::Has(flags) => Node::Has(system(*flags)),
        Key::HasNot(flags) => negated(Node::Has(system(*flags))),
        Key::Recent => Node::Recent,
        // A keyword that the mailbox does not know is on no message.
        Key::Keyword(keyword) => view.snapshot.keywords().flag(keyword).map_or(Node::Nothing, Node::Has),
        Key::Uid(set) | Key::Sequence(set) if set.is_saved() => {
            Node::Uids(view.saved.iter().map(|uid| (*uid, *uid)).collect())
        }
        Key::Uid(set) => Node::Uids(set.resolve(view.last_uid())),
        Key::Sequence(set) => {
            // A number that no message has holds for none: unlike FETCH, a search asks which messages there are.
            match u32::try_from(view.len()).unwrap_or(u32::MAX) {
                0 => Node::Nothing,
                last => Node::Numbers(set.resolve(last)),
            }
        }
        Key::ModSeq(modseq) => Node::ModSeq(*modseq),
        Key::Larger(octets) => Node::Larger(*octets),
        Key::Smaller(octets) => Node::Smaller(*octets),
        Key::Internal(relation, day) => Node::Internal(*relation, *day),
        Key::Sent(relation, day) => Node::Sent(*relation, *day),
        Key::Saved(relation, day) => Node::Saved(*relation, *day),
        Key::EmailId(id) => Node::EmailId(id.clone()),
        Key::ThreadId(id) => Node::ThreadId(id.clone()),
        // Filters are searches by the time one is prepared; an unknown one holds for nothing.
        Key::Filter(_) => Node::Nothing,
        Key::Fuzzy(_) => compile(&fuzzy::at_level(key, fuzzy::LOOSEST))?,
        Key::Older(seconds) => Node::Until(now - i64::from(*seconds)),
        Key::Younger(seconds) => Node::From(now - i64::from(*seconds)),
        Key::Envelope(field, string) => Node::Envelope(*field, charset.needle(string)?),
        Key::Header(name, string) => Node::Header(name.clone(), charset.needle(string)?),
        Key::Body(string) => Node::Body(charset.needle(string)?),
        Key::Text(string) => Node::Text(charset.needle(string)?),
        Key::Not(key) => negated(compile(key)?),
        Key::Or(one, other) => Node::Any(vec![compile(one)?, compile(other)?]),
        Key::And(keys) => Node::Every(keys.iter().map(compile).collect::<Result<_, _>>()?),
    })
}

fn negated(node: Node) -> Node {
    Node::Not(Box::new(node))
}

fn system(flags: imap_wire::flag::SystemFlags) -> Flags {
    SYSTEM.iter().filter(|(_, wire)| flags.has(*wire)).fold(Flags::NONE, |all, (store, _)| all | *store)
}

/// What is known about a message, more with each step.
pub(crate) struct Facts<'a> {
    pub(crate) number: u32,
    pub(crate) entry: Entry,
    pub(crate) recent: bool,
    pub(crate) row: Option<RowFacts<'a>>,
    /// The subject as it is compared, where it is kept: `None` inside for a message without one.
    pub(crate) subject: Option<Option<&'a [u8]>>,
    /// What is kept of its texts: it can only say what they do not hold.
    pub(crate) gist: Option<GistRef<'a>>,
    pub(crate) texts: Option<Texts<'a>>,
}

/// What the store keeps beside a message.
#[derive(Clone, Copy)]
pub(crate) struct RowFacts<'a> {
    pub(crate) size: u64,
    pub(crate) internal_date: InternalDate,
    pub(crate) save_date: i64,
    pub(crate) email_id: ObjectId,
    pub(crate) thread_id: Option<ObjectId>,
    pub(crate) digest: DigestRef<'a>,
}

impl Node {
    /// Whether the condition holds; `None` when the facts do not decide it.
    pub(crate) fn holds(&self, facts: &Facts<'_>) -> Option<bool> {
        match self {
            Self::All => Some(true),
            Self::Nothing => Some(false),
            Self::Has(flags) => Some(facts.entry.flags.contains(*flags)),
            Self::Recent => Some(facts.recent),
            Self::Uids(ranges) => Some(contains(ranges, facts.entry.uid)),
            Self::Numbers(ranges) => Some(contains(ranges, facts.number)),
            Self::ModSeq(modseq) => Some(facts.entry.modseq >= *modseq),
            Self::Not(node) => node.holds(facts).map(|holds| !holds),
            Self::Any(nodes) => decide(nodes, facts, true),
            Self::Every(nodes) => decide(nodes, facts, false),
            Self::Envelope(EnvelopeField::Subject, needle) if facts.subject.is_some() => {
                Some(facts.subject.flatten().is_some_and(|subject| needle.is_in_folded(subject)))
            }
            text if facts.gist.is_some_and(|gist| text.is_ruled_out(gist)) => Some(false),
            stored => stored.holds_stored(facts.row.as_ref()?, facts.texts.as_ref()),
        }
    }

    fn holds_stored(&self, row: &RowFacts<'_>, texts: Option<&Texts<'_>>) -> Option<bool> {
        match self {
            Self::Larger(octets) => Some(row.size > *octets),
            Self::Smaller(octets) => Some(row.size < *octets),
            Self::Internal(relation, day) => {
                Some(relation.holds(Day::of_seconds(row.internal_date.local_seconds()), *day))
            }
            Self::Sent(relation, day) => Some(row.digest.sent().is_some_and(|sent| {
                // Without regard to time and zone: the day on the sender's calendar.
                let (year, month, of_month) = sent.local_day();
                Day::of(i64::from(year), u32::from(month), u32::from(of_month))
                    .is_some_and(|sent| relation.holds(sent, *day))
            })),
            Self::Saved(relation, day) => Some(relation.holds(Day::of_seconds(row.save_date), *day)),
            Self::EmailId(id) => Some(row.email_id.to_string().as_bytes() == id.as_slice()),
            Self::ThreadId(id) => {
                Some(row.thread_id.is_some_and(|thread| thread.to_string().as_bytes() == id.as_slice()))
            }
            Self::Until(second) => Some(row.internal_date.seconds <= *second),
            Self::From(second) => Some(row.internal_date.seconds >= *second),
            Self::Envelope(field, needle) => Some(envelope_holds(&row.digest, *field, needle)),
            Self::Header(name, needle) => match name.as_slice() {
                // One field a message, and the digest has it as it stands.
                b"message-id" => Some(field_holds(row.digest.envelope().message_id, needle)),
                b"in-reply-to" => Some(field_holds(row.digest.envelope().in_reply_to, needle)),
                name => texts.map(|texts| texts.header_holds(name, needle)),
            },
            Self::Body(needle) => texts.map(|texts| texts.body_holds(needle)),
            Self::Text(needle) => texts.map(|texts| texts.text_holds(needle)),
            _ => None,
        }
    }

    /// Whether it looks for a text that a message with this gist cannot hold.
    fn is_ruled_out(&self, gist: GistRef<'_>) -> bool {
        match self {
            Self::Envelope(_, needle) | Self::Header(_, needle) => !gist.header_may_hold(needle.grams()),
            Self::Body(needle) => !gist.body_may_hold(needle.grams()),
            Self::Text(needle) => !gist.header_may_hold(needle.grams()) && !gist.body_may_hold(needle.grams()),
            _ => false,
        }
    }

    /// Whether it looks for a text about which gists can say anything.
    pub(crate) fn asks_gists(&self) -> bool {
        match self {
            Self::Envelope(_, needle) | Self::Header(_, needle) | Self::Body(needle) | Self::Text(needle) => {
                !needle.grams().is_empty()
            }
            Self::Not(node) => node.asks_gists(),
            Self::Any(nodes) | Self::Every(nodes) => nodes.iter().any(Self::asks_gists),
            _ => false,
        }
    }
}

/// The subject as it is compared.
pub(crate) fn folded_subject(row: &RowFacts<'_>) -> Option<Arc<[u8]>> {
    row.digest.envelope().subject.map(|value| folded_value(value).into())
}

impl Node {
    /// Whether subjects are looked at.
    pub(crate) fn names_subject(&self) -> bool {
        match self {
            Self::Envelope(EnvelopeField::Subject, _) => true,
            Self::Not(node) => node.names_subject(),
            Self::Any(nodes) | Self::Every(nodes) => nodes.iter().any(Self::names_subject),
            _ => false,
        }
    }
}

/// `Any` is decided by one that holds, `Every` by one that does not.
fn decide(nodes: &[Node], facts: &Facts<'_>, by: bool) -> Option<bool> {
    let mut open = false;
    for node in nodes {
        match node.holds(facts) {
            Some(holds) if holds == by => return Some(by),
            Some(_) => {}
            None => open = true,
        }
    }
    if open { None } else { Some(!by) }
}

fn field_holds(value: Option<&[u8]>, needle: &Needle) -> bool {
    value.is_some_and(|value| needle.is_in_folded(&folded_value(value)))
}

/// Addresses are looked at as a person would write them; a list without any holds nothing, not even the empty string.
fn envelope_holds(digest: &DigestRef<'_>, field: EnvelopeField, needle: &Needle) -> bool {
    let envelope = digest.envelope();
    let list = match field {
        EnvelopeField::Subject => return field_holds(envelope.subject, needle),
        EnvelopeField::From => envelope.from,
        EnvelopeField::To => envelope.to,
        EnvelopeField::Cc => envelope.cc,
        EnvelopeField::Bcc => envelope.bcc,
    };
    !list.is_empty() && needle.is_in_folded(&folded_addresses(list))
}
