//! Access control lists of mailboxes (RFC 4314): the table; who may do what is enforced by who asks.

use super::{Account, existing};
use crate::acl::{AclEntry, Rights};
use crate::error::{Result, StoreError};
use crate::event::EventKind;
use crate::mailbox_name::MailboxName;

/// The longest identifier in bytes.
const LONGEST: usize = 255;

impl Account {
    /// A mailbox's access control list as set, sorted by identifier. The owner's own rights are implied. `NotFound`.
    pub fn acl(&self, name: &MailboxName) -> Result<Vec<AclEntry>> {
        self.read(|reader| reader.acl(existing(reader, name)?.id))
    }

    /// Sets an identifier's rights; with none, its entry goes away. `NotFound`, `Invalid`.
    pub fn set_acl(&self, name: &MailboxName, identifier: &str, rights: Rights) -> Result<()> {
        if identifier.is_empty() || identifier.len() > LONGEST || identifier.chars().any(char::is_control) {
            return Err(StoreError::Invalid("an identifier has 1 to 255 bytes and no control character".into()));
        }
        let (name, identifier) = (name.clone(), identifier.to_owned());
        self.write(move |writer| {
            let row = existing(writer, &name)?;
            writer.set_acl(row.id, &identifier, rights)?;
            writer.announce_in(&row, EventKind::AclChanged);
            Ok(())
        })
    }

    /// Removes an identifier's entry; nothing happens if there is none. `NotFound`.
    pub fn delete_acl(&self, name: &MailboxName, identifier: &str) -> Result<()> {
        self.set_acl(name, identifier, Rights::NONE)
    }
}
