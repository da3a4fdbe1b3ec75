//! One open mailbox: what it holds, and changes to it.

mod across;
mod flagging;
mod gists;
mod readers;
mod reading;
mod removal;
mod restoring;
mod runs;
mod seen_along;
mod transfer;
mod vanished;
mod walking;

use std::sync::Arc;

pub(crate) use self::flagging::permitted;
pub use self::gists::{Gists, Known};
pub(crate) use self::removal::{remove_all, remove_messages};
pub use self::transfer::Needed;
pub(crate) use self::transfer::{Looks, Transfer, transfer};
use crate::MailboxId;
use crate::account::{Account, MailboxStatus};
use crate::acl::{Rights, Visitor};
use crate::error::Result;
use crate::mailbox_name::MailboxName;
use crate::results::Recent;
use crate::snapshot::Snapshot;
use crate::store::row_of;

/// One mailbox. Cheap to clone. It stays the same mailbox when it is renamed; when it is deleted, calls answer `Gone`.
#[derive(Clone)]
pub struct Mailbox {
    account: Account,
    id: MailboxId,
    uid_validity: u32,
}

impl Mailbox {
    pub(crate) fn new(account: Account, id: MailboxId, uid_validity: u32) -> Self {
        Self { account, id, uid_validity }
    }

    /// The account it is in.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The same mailbox as a visitor has it: see [`Account::seen_by`].
    #[must_use]
    pub fn seen_by(mut self, visitor: Arc<Visitor>) -> Self {
        self.account = self.account.seen_by(visitor);
        self
    }

    /// Its identity inside the account.
    pub fn id(&self) -> MailboxId {
        self.id
    }

    /// UIDVALIDITY; it never changes for this mailbox.
    pub fn uid_validity(&self) -> u32 {
        self.uid_validity
    }

    /// Its name now.
    pub fn name(&self) -> Result<MailboxName> {
        self.account.glance(|reader| row_of(reader, self.id).map(|row| row.name))
    }

    /// Its counters now.
    pub fn status(&self) -> Result<MailboxStatus> {
        let pass = self.account.pass();
        self.account.read(|reader| MailboxStatus::for_visitor(reader, &row_of(reader, self.id)?, &pass))
    }

    /// What the visitor may do in it now.
    pub fn rights(&self) -> Result<Rights> {
        let pass = self.account.pass();
        self.account.read(|reader| pass.rights(reader, &row_of(reader, self.id)?))
    }

    /// What it holds now, other processes' commits included. The same `Arc` as before while nothing has changed.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>> {
        self.account.snapshot(self.id)
    }

    /// Gives this caller, and nobody else ever, the messages that no session has had as `\Recent`.
    pub fn claim_recent(&self) -> Result<Recent> {
        let row = self.account.glance(|reader| row_of(reader, self.id))?;
        // New mail is new to its owner until they have seen it, whoever else looks.
        if self.account.is_shared() || row.recent_from >= row.uid_next {
            return Ok(Recent::until(row.uid_next, row.uid_next));
        }
        let id = self.id;
        self.account.write(move |writer| {
            let mut row = row_of(writer, id)?;
            let claimed = Recent::until(row.recent_from, row.uid_next);
            row.recent_from = row.uid_next;
            row.recent = 0;
            writer.save_numbers(&row)?;
            Ok(claimed)
        })
    }
}
