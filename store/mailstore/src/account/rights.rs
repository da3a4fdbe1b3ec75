//! Access control lists of mailboxes (RFC 4314), and what they allow a visitor.
//!
//! A handle without a visitor is the server's own and may do everything: delivery, POP, the tools. With one
//! ([`Account::seen_by`]) every call asks the list, in the transaction that does the work, so that a right that was taken away
//! is gone at once.

use std::sync::Arc;

use super::{Account, existing};
use crate::account_id::AccountId;
use crate::acl::{AclChange, AclEntry, Rights, Visitor};
use crate::engine::{MailboxRow, Reader, Writer};
use crate::error::{Result, StoreError};
use crate::event::EventKind;
use crate::mailbox_name::MailboxName;

/// The longest identifier in bytes.
const LONGEST: usize = 255;
/// Entries of one list.
const MOST: usize = 1000;

/// Who asks, and whose the account is: what a write takes along to ask for rights.
#[derive(Debug, Clone)]
pub(crate) struct Pass {
    owner: AccountId,
    visitor: Option<Arc<Visitor>>,
}

impl Pass {
    /// What the visitor may do in a mailbox.
    pub(crate) fn rights(&self, reader: &Reader<'_>, row: &MailboxRow) -> Result<Rights> {
        match &self.visitor {
            None => Ok(Rights::ALL),
            Some(visitor) => Ok(visitor.rights(&self.owner, &reader.acl(row.id)?)),
        }
    }

    /// The visitor's rights, when they hold all of `needed`. A mailbox that one may not know of does not exist (RFC 4314 §6).
    pub(crate) fn permit(&self, reader: &Reader<'_>, row: &MailboxRow, needed: Rights) -> Result<Rights> {
        let rights = self.rights(reader, row)?;
        if rights.contains(needed) { Ok(rights) } else { Err(refusal(&row.name, rights)) }
    }

    /// Refuses to make a mailbox where the visitor may not: `k` on the nearest mailbox above (RFC 4314 §4). At the top the owner
    /// and administrators may.
    pub(crate) fn permit_creation(&self, reader: &Reader<'_>, name: &MailboxName) -> Result<()> {
        let Some(visitor) = &self.visitor else { return Ok(()) };
        let mut above = name.parent();
        while let Some(parent) = above {
            if let Some(row) = reader.mailbox_named(&parent)? {
                let rights = self.rights(reader, &row)?;
                return if rights.contains(Rights::CREATE) { Ok(()) } else { Err(no_permission(name)) };
            }
            above = parent.parent();
        }
        let may = visitor.is_administrator() || *visitor.name() == self.owner;
        if may { Ok(()) } else { Err(no_permission(name)) }
    }

    /// Whose `\\Seen` counts, when it is not the owner's, which is with the messages.
    pub(crate) fn reader(&self) -> Option<&str> {
        self.visitor.as_deref().map(Visitor::name).filter(|name| **name != self.owner).map(AccountId::as_str)
    }
}

fn refusal(name: &MailboxName, rights: Rights) -> StoreError {
    match rights.contains(Rights::LOOKUP) {
        true => no_permission(name),
        false => StoreError::NotFound(format!("mailbox {name}")),
    }
}

fn no_permission(name: &MailboxName) -> StoreError {
    StoreError::NoPermission(format!("mailbox {name}"))
}

impl Account {
    /// The same account as a visitor has it: calls through this handle, and through mailboxes opened by it, obey the lists, and
    /// answer `NoPermission`, or `NotFound` about what the visitor may not even know of. Somebody else than the owner has a `\\Seen`
    /// of their own and no `\\Recent`.
    #[must_use]
    pub fn seen_by(mut self, visitor: Arc<Visitor>) -> Self {
        self.visitor = Some(visitor);
        self
    }

    /// Who uses this handle; `None` is the server itself.
    pub fn visitor(&self) -> Option<&Arc<Visitor>> {
        self.visitor.as_ref()
    }

    /// The server's own handle.
    pub(crate) fn without_visitor(&self) -> Self {
        Self { visitor: None, ..self.clone() }
    }

    /// Whether the visitor is somebody else than the owner.
    pub fn is_shared(&self) -> bool {
        self.pass().reader().is_some()
    }

    /// The visitor's name, where that is somebody else than the owner.
    pub fn reader(&self) -> Option<String> {
        self.pass().reader().map(str::to_owned)
    }

    pub(crate) fn pass(&self) -> Pass {
        Pass { owner: self.core.id.clone(), visitor: self.visitor.clone() }
    }

    /// What the visitor may do in a mailbox, when that holds all of `needed`. `NotFound`, `NoPermission`.
    pub fn permit(&self, name: &MailboxName, needed: Rights) -> Result<Rights> {
        let pass = self.pass();
        self.read(|reader| pass.permit(reader, &existing(reader, name)?, needed))
    }

    /// What the visitor may do in a mailbox (MYRIGHTS). `NotFound`, also without any right that lets one know of it.
    pub fn rights(&self, name: &MailboxName) -> Result<Rights> {
        let pass = self.pass();
        self.read(|reader| {
            let rights = pass.rights(reader, &existing(reader, name)?)?;
            let telling = Rights::KEPT.union(Rights::READ).union(Rights::INSERT);
            if rights.intersects(telling) { Ok(rights) } else { Err(refusal(name, Rights::NONE)) }
        })
    }

    /// A mailbox's access control list as set, sorted by identifier. The owner's own rights are implied where no entry says
    /// otherwise. `NotFound`, `NoPermission`.
    pub fn acl(&self, name: &MailboxName) -> Result<Vec<AclEntry>> {
        let pass = self.pass();
        self.read(|reader| {
            let row = existing(reader, name)?;
            pass.permit(reader, &row, Rights::ADMINISTER)?;
            reader.acl(row.id)
        })
    }

    /// Sets an identifier's rights; with none, its entry goes away. `NotFound`, `NoPermission`, `Invalid`, `Limit`.
    pub fn set_acl(&self, name: &MailboxName, identifier: &str, rights: Rights) -> Result<()> {
        self.change_acl(name, identifier, AclChange::Set(rights))
    }

    /// Changes an identifier's rights; when none are left, its entry goes away. The owner keeps [`Rights::KEPT`]. As
    /// [`Account::set_acl`].
    pub fn change_acl(&self, name: &MailboxName, identifier: &str, change: AclChange) -> Result<()> {
        let bare = identifier.strip_prefix('-').unwrap_or(identifier);
        if bare.is_empty() || identifier.len() > LONGEST || identifier.chars().any(char::is_control) {
            return Err(StoreError::Invalid("an identifier has 1 to 255 bytes and no control character".into()));
        }
        let (name, identifier, pass) = (name.clone(), identifier.to_owned(), self.pass());
        self.write_shares(true, move |writer| {
            let row = existing(writer, &name)?;
            pass.permit(writer, &row, Rights::ADMINISTER)?;
            let acl = writer.acl(row.id)?;
            let entry = acl.iter().find(|entry| entry.identifier == identifier).map(|entry| entry.rights);
            let is_owner = identifier == pass.owner.as_str();
            let before = entry.unwrap_or(if is_owner { Rights::ALL } else { Rights::NONE });
            let kept = if is_owner { Rights::KEPT } else { Rights::NONE };
            let rights = change.of(before).union(kept);
            if entry.is_none() && !rights.is_empty() && acl.len() >= MOST {
                return Err(StoreError::Limit(format!("a list has at most {MOST} entries")));
            }
            set(writer, &row, &identifier, rights)
        })
    }

    /// Removes an identifier's entry; nothing happens if there is none. The owner then has all rights again. `NotFound`,
    /// `NoPermission`.
    pub fn delete_acl(&self, name: &MailboxName, identifier: &str) -> Result<()> {
        let (name, identifier, pass) = (name.clone(), identifier.to_owned(), self.pass());
        self.write_shares(true, move |writer| {
            let row = existing(writer, &name)?;
            pass.permit(writer, &row, Rights::ADMINISTER)?;
            set(writer, &row, &identifier, Rights::NONE)
        })
    }
}

fn set(writer: &Writer<'_>, row: &MailboxRow, identifier: &str, rights: Rights) -> Result<()> {
    writer.set_acl(row.id, identifier, rights)?;
    writer.announce_in(row, EventKind::AclChanged);
    Ok(())
}
