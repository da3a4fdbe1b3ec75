//! The THREAD engine: messages as trees (RFC 5256 §3), and how these are written.

mod name;
mod ordered_subject;
mod references;

use std::sync::Arc;

use imap_wire::print;
use imap_wire::sort::Algorithm;
use message::{casemap, message_id};

use crate::search::program::RowFacts;
use crate::sort::gathering::Gathered;
use crate::sort::{sent, subject};
use crate::view::View;
use name::Name;

/// What threading needs to know of a message.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    brief: Brief,
    /// Its own message ID.
    id: Name,
    /// Its ancestors' message IDs, the parent last.
    references: Box<[Name]>,
}

/// What threads are sorted and joined by.
#[derive(Debug, Clone, Copy, Default)]
struct Brief {
    /// Its sent date.
    sent: i64,
    /// Its internal date.
    arrival: i64,
    /// The base subject, folded; none where the algorithm does not look at it.
    subject: Name,
    /// The subject says that it is a reply or a forward.
    is_reply: bool,
}

impl Facts {
    /// Bytes in memory, about.
    pub(crate) fn size(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.references) + 32
    }
}

/// Ancestors of a message that are looked at, the nearest ones.
const MOST_REFERENCES: usize = 1000;

/// One message's facts, as far as the algorithm needs them.
pub(crate) fn facts(algorithm: Algorithm, row: &RowFacts<'_>) -> Facts {
    let envelope = row.digest.envelope();
    let mut brief = Brief { sent: sent(row), arrival: row.internal_date.seconds, ..Brief::default() };
    if algorithm != Algorithm::Refs {
        let base = subject::base(envelope.subject.unwrap_or_default());
        brief.subject = Name::of(casemap::fold(&base.text).as_bytes());
        brief.is_reply = base.is_reply;
    }
    if algorithm == Algorithm::OrderedSubject {
        return Facts { brief, ..Facts::default() };
    }
    let name = |id: Box<[u8]>| Name::of(&id);
    let id = envelope.message_id.and_then(|field| message_id::all(field).next()).map(name).unwrap_or_default();
    let mut references: Vec<Name> =
        row.digest.references().map(|field| message_id::all(field).map(name).collect()).unwrap_or_default();
    let beyond = references.len().saturating_sub(MOST_REFERENCES);
    references.drain(..beyond);
    if references.is_empty() {
        references.extend(envelope.in_reply_to.and_then(|field| message_id::all(field).next()).map(name));
    }
    Facts { brief, id, references: references.into() }
}

/// A place in a tree: a message by its position among the facts, or none for a message that is not there.
#[derive(Debug, Clone, Default)]
struct Node {
    message: Option<usize>,
    /// Nodes below, in order.
    children: Vec<usize>,
}

/// Threads of a view's messages.
#[derive(Debug)]
struct Forest {
    nodes: Vec<Node>,
    /// The nodes at the top, in order.
    roots: Vec<usize>,
}

/// Writes ` (1 2 (3)(4))(5)` for the messages, `number` giving what stands for an index of the view.
pub(crate) fn print(
    out: &mut Vec<u8>,
    algorithm: Algorithm,
    gathered: Gathered<Arc<Facts>>,
    number: impl Fn(&View, usize) -> u32,
) {
    let Gathered { view, messages } = gathered;
    let (places, facts): (Vec<usize>, Vec<Arc<Facts>>) =
        messages.into_iter().map(|(at, facts)| (at, facts.unwrap_or_default())).unzip();
    let briefs: Vec<Brief> = facts.iter().map(|facts| facts.brief).collect();
    let forest = match algorithm {
        Algorithm::OrderedSubject => ordered_subject::threads(&briefs),
        Algorithm::References | Algorithm::Refs => references::threads(algorithm, &facts, &briefs),
    };
    if forest.roots.is_empty() {
        return;
    }
    out.push(b' ');
    // What is still to be written, the next one last: a chain of replies may be as long as the mailbox.
    let mut left: Vec<Piece> = forest.roots.iter().rev().map(|root| Piece::Thread(*root)).collect();
    while let Some(piece) = left.pop() {
        let node = match piece {
            Piece::End => {
                out.push(b')');
                continue;
            }
            Piece::Thread(node) => {
                out.push(b'(');
                left.push(Piece::End);
                &forest.nodes[node]
            }
            Piece::Only(node) => {
                out.push(b' ');
                &forest.nodes[node]
            }
        };
        if let Some(message) = node.message {
            print::number(out, u64::from(number(&view, places[message])));
        }
        match node.children.as_slice() {
            [] => {}
            [only] if node.message.is_some() => left.push(Piece::Only(*only)),
            several => {
                if node.message.is_some() {
                    out.push(b' ');
                }
                left.extend(several.iter().rev().map(|child| Piece::Thread(*child)));
            }
        }
    }
}

/// What is left to write of a thread.
enum Piece {
    /// A thread in parentheses.
    Thread(usize),
    /// An only child, behind its parent.
    Only(usize),
    /// `)`
    End,
}
