//! The tables of one account, and the only place that knows SQL. FORMAT.md describes what it keeps.
//!
//! Above this module the store speaks of reading ([`Database::read`]) and of write jobs ([`Database::write`]); both
//! hand out a [`Reader`] or a [`Writer`] whose methods are in mail words. An engine for another database has
//! to offer these and nothing more.

mod annotations;
mod changes;
mod check;
mod contents;
mod database;
mod failure;
mod mailboxes;
mod messages;
mod moving;
mod open;
mod queue;
mod readers;
mod rebuild;
mod removed;
mod repair;
mod restoring;
mod salvage;
mod schema;
mod seen;
mod site;
mod tables;
mod threads;
mod url_keys;

use std::cell::{Cell, RefCell};
use std::ops::Deref;

use rusqlite::Connection;

pub(crate) use contents::Kept;
pub(crate) use database::{Database, Tidiness};
pub(crate) use mailboxes::MailboxRow;
pub(crate) use messages::{Batch, BatchRow, MessageRow, Room};
pub(crate) use moving::{finish_move, forget_move, is_arriving, is_left};
pub(crate) use open::{DATABASE, changed, create, exists, now};
pub(crate) use repair::Repair;
pub(crate) use site::SiteDatabase;

use crate::event::{About, Counts, EventKind};
use crate::{MailboxId, MailboxName, ModSeq, Uid};

/// The version of everything on disk, as FORMAT.md has it.
pub(crate) const FORMAT: u32 = 1 + schema::STEPS.len() as u32;

/// Sees the tables at one commit.
pub(crate) struct Reader<'a> {
    db: &'a Connection,
}

/// Changes the tables inside one transaction. What it is told to announce is announced when the
/// transaction is durable.
pub(crate) struct Writer<'a> {
    reader: Reader<'a>,
    announced: RefCell<Vec<Announcement>>,
    unlinked: RefCell<Vec<String>>,
    put_aside: Cell<bool>,
}

/// A change to be told of once it is durable.
#[derive(Debug, Clone)]
pub(crate) struct Announcement {
    pub(crate) mailbox: Option<MailboxId>,
    pub(crate) name: Option<MailboxName>,
    pub(crate) uid_validity: u32,
    pub(crate) modseq: ModSeq,
    pub(crate) kind: EventKind,
    pub(crate) counts: Counts,
    pub(crate) about: About,
}

impl<'a> Writer<'a> {
    fn new(db: &'a Connection) -> Self {
        Self {
            reader: Reader { db },
            announced: RefCell::default(),
            unlinked: RefCell::default(),
            put_aside: Cell::new(false),
        }
    }

    /// Announces a change of the account or of a name.
    pub(crate) fn announce(&self, mailbox: Option<MailboxId>, name: Option<MailboxName>, kind: EventKind) {
        self.announced.borrow_mut().push(Announcement {
            mailbox,
            name,
            uid_validity: 0,
            modseq: 0,
            kind,
            counts: Counts::default(),
            about: About::default(),
        });
    }

    /// Announces a change of a mailbox, with its numbers as they are in `row` now.
    pub(crate) fn announce_in(&self, row: &MailboxRow, kind: EventKind) {
        self.announce_with(row, kind, About::default());
    }

    /// The same with what else is known.
    pub(crate) fn announce_with(&self, row: &MailboxRow, kind: EventKind, about: About) {
        self.announced.borrow_mut().push(Announcement {
            mailbox: Some(row.id),
            name: Some(row.name.clone()),
            uid_validity: row.uid_validity,
            modseq: row.highest_modseq,
            kind,
            counts: Counts {
                messages: row.messages,
                unseen: row.unseen,
                deleted: row.deleted,
                last_uid: Uid::try_from(row.uid_next.saturating_sub(1)).unwrap_or(Uid::MAX),
            },
            about,
        });
    }
}

impl<'a> Deref for Writer<'a> {
    type Target = Reader<'a>;
    fn deref(&self) -> &Reader<'a> {
        &self.reader
    }
}
