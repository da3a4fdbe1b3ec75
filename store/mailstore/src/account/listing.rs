//! Lists of mailboxes and their counters.

use std::collections::HashSet;

use super::{Account, Pass, existing};
use crate::acl::Rights;
use crate::engine::{MailboxRow, Reader};
use crate::error::Result;
use crate::event::EventKind;
use crate::mailbox_name::MailboxName;
use crate::special_use::SpecialUse;
use crate::{MailboxId, ModSeq, ObjectId, Uid};

/// A mailbox as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxInfo {
    /// Its identity inside the account.
    pub id: MailboxId,
    /// Its name.
    pub name: MailboxName,
    /// False for `\Noselect`: it is only there because of the mailboxes below it.
    pub selectable: bool,
    /// What it is for.
    pub special_use: Option<SpecialUse>,
    /// Whether its name is subscribed.
    pub subscribed: bool,
    /// Whether there are mailboxes below it.
    pub has_children: bool,
    /// Its counters; zeros for `\Noselect`.
    pub status: MailboxStatus,
}

/// A mailbox's counters (STATUS, RFC 3501 §6.3.10 and its extensions). Exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailboxStatus {
    /// UIDVALIDITY.
    pub uid_validity: u32,
    /// UIDNEXT.
    pub uid_next: Uid,
    /// HIGHESTMODSEQ.
    pub highest_modseq: ModSeq,
    /// MESSAGES.
    pub messages: u64,
    /// UNSEEN: how many messages are not `\Seen`.
    pub unseen: u64,
    /// DELETED: how many messages are `\Deleted`.
    pub deleted: u64,
    /// RECENT: how many messages no session has claimed yet.
    pub recent: u64,
    /// SIZE in bytes.
    pub size: u64,
    /// MAILBOXID.
    pub object_id: ObjectId,
}

impl MailboxStatus {
    pub(crate) fn of(row: &MailboxRow) -> Self {
        Self {
            uid_validity: row.uid_validity,
            uid_next: Uid::try_from(row.uid_next).unwrap_or(Uid::MAX),
            highest_modseq: row.highest_modseq,
            messages: row.messages,
            unseen: row.unseen,
            deleted: row.deleted,
            recent: row.recent,
            size: row.size,
            object_id: row.object_id,
        }
    }

    /// As the visitor counts.
    pub(crate) fn for_visitor(reader: &Reader<'_>, row: &MailboxRow, pass: &Pass) -> Result<Self> {
        let status = Self::of(row);
        let Some(visitor) = pass.reader() else { return Ok(status) };
        let unseen = row.messages.saturating_sub(reader.count_seen(row.id, visitor)?);
        Ok(Self { unseen, recent: 0, ..status })
    }
}

impl Account {
    /// Every mailbox with its counters that the visitor may know of, sorted by name, INBOX first.
    pub fn mailboxes(&self) -> Result<Vec<MailboxInfo>> {
        let pass = self.pass();
        self.read(|reader| {
            reader.check_alive()?;
            let subscribed: HashSet<MailboxName> = reader.subscriptions()?.into_iter().collect();
            let mut rows = reader.mailboxes()?;
            if pass.reader().is_some() {
                let mut visible = Vec::new();
                for row in rows {
                    if pass.rights(reader, &row)?.contains(Rights::LOOKUP) {
                        visible.push(row);
                    }
                }
                rows = visible;
            }
            let parents: HashSet<MailboxName> = rows.iter().filter_map(|row| row.name.parent()).collect();
            let mut infos: Vec<_> =
                rows.iter().map(|row| info(row, subscribed.contains(&row.name), parents.contains(&row.name))).collect();
            if pass.reader().is_some() {
                for (info, row) in infos.iter_mut().zip(&rows) {
                    info.status = MailboxStatus::for_visitor(reader, row, &pass)?;
                }
            }
            infos.sort_by(|a, b| (!a.name.is_inbox(), &a.name).cmp(&(!b.name.is_inbox(), &b.name)));
            Ok(infos)
        })
    }

    /// One mailbox with its counters. `NotFound`.
    pub fn mailbox(&self, name: &MailboxName) -> Result<MailboxInfo> {
        let pass = self.pass();
        self.read(|reader| {
            let row = existing(reader, name)?;
            let status = MailboxStatus::for_visitor(reader, &row, &pass)?;
            Ok(MailboxInfo { status, ..info_of(reader, &row)? })
        })
    }

    /// What the visitor may do in each mailbox, by name.
    pub fn all_rights(&self) -> Result<Vec<(MailboxName, Rights)>> {
        let pass = self.pass();
        self.read(|reader| {
            let rows = reader.mailboxes()?;
            rows.into_iter().map(|row| Ok((row.name.clone(), pass.rights(reader, &row)?))).collect()
        })
    }

    /// A mailbox's counters. `NotFound`.
    pub fn status(&self, name: &MailboxName) -> Result<MailboxStatus> {
        self.glance(|reader| existing(reader, name).map(|row| MailboxStatus::of(&row)))
    }

    /// Gives every message its thread that came before there were threads. Needed before threads are read, and does nothing from
    /// the second time on.
    pub fn give_threads(&self) -> Result<()> {
        if !self.glance(|reader| reader.has_unthreaded())? {
            return Ok(());
        }
        while self.write(|writer| writer.thread_some())? {}
        Ok(())
    }

    /// Bytes of a mailbox's `\Deleted` messages: what EXPUNGE would free at most. `NotFound`.
    pub fn deleted_size(&self, name: &MailboxName) -> Result<u64> {
        self.read(|reader| reader.deleted_size(existing(reader, name)?.id))
    }

    /// Subscribes a name; it need not exist.
    pub fn subscribe(&self, name: &MailboxName) -> Result<()> {
        let name = name.clone();
        self.write(move |writer| {
            writer.check_alive()?;
            if writer.subscribe(&name)? {
                let mailbox = writer.mailbox_named(&name)?.map(|row| row.id);
                writer.announce(mailbox, Some(name), EventKind::Subscribed);
            }
            Ok(())
        })
    }

    /// Unsubscribes a name; nothing happens if it was not subscribed.
    pub fn unsubscribe(&self, name: &MailboxName) -> Result<()> {
        let name = name.clone();
        self.write(move |writer| {
            writer.check_alive()?;
            if writer.unsubscribe(&name)? {
                let mailbox = writer.mailbox_named(&name)?.map(|row| row.id);
                writer.announce(mailbox, Some(name), EventKind::Unsubscribed);
            }
            Ok(())
        })
    }

    /// Subscribed names, sorted; a deleted mailbox's name stays (RFC 3501 §6.3.6).
    pub fn subscriptions(&self) -> Result<Vec<MailboxName>> {
        self.read(|reader| {
            reader.check_alive()?;
            reader.subscriptions()
        })
    }
}

pub(super) fn info_of(reader: &Reader<'_>, row: &MailboxRow) -> Result<MailboxInfo> {
    Ok(info(row, reader.is_subscribed(&row.name)?, reader.has_children(&row.name)?))
}

fn info(row: &MailboxRow, subscribed: bool, has_children: bool) -> MailboxInfo {
    MailboxInfo {
        id: row.id,
        name: row.name.clone(),
        selectable: row.selectable,
        special_use: row.special_use,
        subscribed,
        has_children,
        status: MailboxStatus::of(row),
    }
}
