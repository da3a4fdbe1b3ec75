//! Putting messages of a backup back, with the numbers they had where that is allowed.

use std::sync::Arc;

use super::append::{files_of, insert};
use super::{Account, CreateOptions, MailboxInfo, existing, selectable};
use crate::bodies::Adopted;
use crate::content::NewMessage;
use crate::engine::now;
use crate::error::{ErrorKind, Result};
use crate::event::EventKind;
use crate::internal_date::InternalDate;
use crate::mailbox::Mailbox;
use crate::mailbox_name::MailboxName;
use crate::store::row_of;
use crate::{ModSeq, Uid};

/// A message of a backup.
#[derive(Debug, Clone)]
pub struct Restored {
    /// What it is.
    pub message: NewMessage,
    /// Its UID, kept if that is above all UIDs that the mailbox ever gave.
    pub uid: Uid,
    /// Its MODSEQ, kept with the UID.
    pub modseq: ModSeq,
    /// SAVEDATE in seconds since 1970; `None` is now.
    pub save_date: Option<i64>,
}

/// What tells messages of a mailbox apart without reading them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint {
    /// Bytes.
    pub size: u64,
    /// CRC-32 of the content.
    pub checksum: u32,
    /// INTERNALDATE.
    pub internal_date: InternalDate,
}

/// The checksum of a content, as in [`Fingerprint`].
pub fn checksum(content: &[u8]) -> u32 {
    crc32fast::hash(content)
}

impl Account {
    /// Makes a mailbox that a backup knows, with its UIDVALIDITY if that is free in this account: no mailbox has it, and
    /// none made later will. `AlreadyExists`, `Limit`.
    pub fn recreate(&self, name: &MailboxName, options: CreateOptions, uid_validity: u32) -> Result<MailboxInfo> {
        self.create(name, options)?;
        self.adopt_uid_validity(name, uid_validity)?;
        self.mailbox(name)
    }

    /// Gives a mailbox that never had a message a UIDVALIDITY, unless another mailbox has that. `NotFound`.
    pub fn adopt_uid_validity(&self, name: &MailboxName, uid_validity: u32) -> Result<()> {
        let name = name.clone();
        self.write(move |writer| writer.claim_uid_validity(existing(writer, &name)?.id, uid_validity))
    }

    /// Puts messages of a backup into a mailbox, in the order of their UIDs: all in one commit, or none. Answers with
    /// the UIDs that they got. No quota holds. `NotFound`, `NotSelectable`, `Limit`.
    pub fn restore(&self, name: &MailboxName, messages: Vec<Restored>) -> Result<Vec<Uid>> {
        let (adopted, names) = files_of(self.core.database.files(), messages.iter().map(|restored| &restored.message))?;
        let name = name.clone();
        let outcome = self.write(move |writer| {
            let mut row = selectable(writer, &name)?;
            row.highest_modseq += 1;
            let mut uids = Vec::with_capacity(messages.len());
            for (restored, file) in messages.iter().zip(&names) {
                let keeps = u64::from(restored.uid) >= row.uid_next && restored.uid < Uid::MAX;
                if keeps {
                    row.uid_next = u64::from(restored.uid);
                }
                let save_date = restored.save_date.unwrap_or_else(now);
                let uid = insert(writer, &mut row, &restored.message, file.as_deref(), save_date)?;
                if keeps && restored.modseq > 0 {
                    writer.set_modseq(row.id, uid, restored.modseq)?;
                    row.highest_modseq = row.highest_modseq.max(restored.modseq);
                }
                uids.push(uid);
            }
            // Nobody was told of these messages' changes: whoever has the mailbox open reads it again as a whole.
            row.changed_floor = row.highest_modseq;
            writer.save_numbers(&row)?;
            writer.announce_in(&row, EventKind::Appended { uids: Arc::from(&*uids) });
            Ok(uids)
        });
        if outcome.as_ref().err().is_none_or(|error| error.kind() == ErrorKind::Io) {
            adopted.into_iter().flatten().for_each(Adopted::keep);
        }
        outcome
    }
}

impl Mailbox {
    /// What tells the messages apart, by UID.
    pub fn fingerprints(&self) -> Result<Vec<(Uid, Fingerprint)>> {
        let id = self.id();
        self.account().read(|reader| {
            row_of(reader, id)?;
            reader.fingerprints(id)
        })
    }

    /// Raises UIDNEXT and HIGHESTMODSEQ to at least these: numbers below them may have been given to messages that a
    /// backup does not know.
    pub fn leave_room(&self, uid_next: Uid, highest_modseq: ModSeq) -> Result<()> {
        let id = self.id();
        self.account().write(move |writer| {
            let mut row = row_of(writer, id)?;
            row.uid_next = row.uid_next.max(u64::from(uid_next));
            row.highest_modseq = row.highest_modseq.max(highest_modseq);
            (row.changed_floor, row.expunged_floor) = (row.highest_modseq, row.highest_modseq);
            writer.save_numbers(&row)
        })
    }
}
