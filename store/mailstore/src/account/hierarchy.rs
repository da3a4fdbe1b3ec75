//! Creating, deleting and renaming mailboxes (RFC 3501 §6.3.3–6.3.5).

use super::{Account, CreateOptions, MailboxInfo, existing, listing::info_of};
use crate::acl::Rights;
use crate::engine::Writer;
use crate::error::{Result, StoreError};
use crate::event::EventKind;
use crate::mailbox::{Looks, Needed, Transfer, remove_all, transfer};
use crate::mailbox_name::MailboxName;
use crate::special_use::SpecialUse;
use crate::uid_set::UidSet;

impl Account {
    /// Makes a mailbox, and `\Noselect` names for those missing above it; each has the access control list of the one above (RFC 4314
    /// §4). A `\Noselect` name becomes a mailbox. `AlreadyExists`; `Limit` when there are too many; `NoPermission`.
    pub fn create(&self, name: &MailboxName, options: CreateOptions) -> Result<MailboxInfo> {
        let (name, most, pass) = (name.clone(), self.store().inner.options.limits.mailboxes, self.pass());
        self.write_shares(false, move |writer| {
            writer.check_alive()?;
            // Before anything that would tell what is there.
            pass.permit_creation(writer, &name)?;
            if let Some(row) = writer.mailbox_named(&name)? {
                if row.selectable {
                    return Err(StoreError::AlreadyExists(format!("mailbox {name}")));
                }
                writer.delete_mailbox(row.id)?;
            }
            make_parents(writer, &name, most)?;
            make(writer, &name, options.special_use, most)?;
            info_of(writer, &existing(writer, &name)?)
        })
    }

    /// Deletes a mailbox and its messages. With mailboxes below it, its name stays as `\Noselect`.
    /// `NotFound`; `HasChildren` for a `\Noselect` name with mailboxes below it; `Invalid` for INBOX; `NoPermission`.
    pub fn delete(&self, name: &MailboxName) -> Result<()> {
        if name.is_inbox() {
            return Err(StoreError::Invalid("INBOX cannot be deleted".into()));
        }
        let (name, pass) = (name.clone(), self.pass());
        let (id, uid_validity) = self.write_shares(false, move |writer| {
            let row = existing(writer, &name)?;
            pass.permit(writer, &row, Rights::DELETE)?;
            let has_children = writer.has_children(&name)?;
            if has_children && !row.selectable {
                return Err(StoreError::HasChildren(format!("mailbox {name}")));
            }
            remove_all(writer, row.id)?;
            writer.delete_mailbox(row.id)?;
            if has_children {
                // A new row: whoever has the mailbox open finds it gone, and a mailbox made here later is another one.
                writer.insert_mailbox(&name, false, None)?;
            }
            writer.announce_in(&row, EventKind::Deleted);
            drop_empty_parents(writer, &name)?;
            Ok((row.id, row.uid_validity))
        })?;
        self.forget_gists(id, uid_validity);
        self.note_room_again();
        Ok(())
    }

    /// Renames a mailbox and all below it; missing names above the new name are made. INBOX stays: its messages
    /// move to a new mailbox, and what is below it stays too. Subscriptions are names and stay as they are.
    /// `NotFound`, `AlreadyExists`, `Invalid` (below itself, a name below becomes too long, or somebody else's INBOX), `Limit`,
    /// `NoPermission`.
    pub fn rename(&self, from: &MailboxName, to: &MailboxName) -> Result<()> {
        let (from, to, most) = (from.clone(), to.clone(), self.store().inner.options.limits.mailboxes);
        let pass = self.pass();
        self.write_shares(false, move |writer| {
            let row = existing(writer, &from)?;
            pass.permit(writer, &row, Rights::DELETE)?;
            pass.permit_creation(writer, &to)?;
            if writer.mailbox_named(&to)?.is_some() {
                return Err(StoreError::AlreadyExists(format!("mailbox {to}")));
            }
            if from.is_inbox() {
                if pass.reader().is_some() {
                    return Err(StoreError::Invalid("only its owner renames INBOX".into()));
                }
                make_parents(writer, &to, most)?;
                make(writer, &to, None, most)?;
                let destination = existing(writer, &to)?;
                // RFC 5464 §4.1: INBOX keeps its annotations, and the new mailbox has them too.
                writer.copy_annotations(row.id, destination.id)?;
                let how = Transfer::Move(Needed::Present);
                transfer(writer, row.id, &UidSet::all(), destination, how, Looks::default(), None)?;
                return Ok(());
            }
            if to.is_below(&from) {
                return Err(StoreError::Invalid(format!("{from} cannot move below itself")));
            }
            let below = writer.mailboxes_below(&from)?;
            let moved = below.iter().map(|row| row.name.moved(&from, &to)).collect::<Result<Vec<_>>>()?;
            make_parents(writer, &to, most)?;
            let names = std::iter::once((row, to)).chain(below.into_iter().zip(moved));
            for (mut row, name) in names {
                writer.set_name(row.id, &name)?;
                let from = std::mem::replace(&mut row.name, name);
                writer.announce_in(&row, EventKind::Renamed { from });
            }
            drop_empty_parents(writer, &from)
        })
    }

    /// Sets or clears what a mailbox is for. `NotFound`.
    pub fn set_special_use(&self, name: &MailboxName, special_use: Option<SpecialUse>) -> Result<()> {
        let name = name.clone();
        self.write(move |writer| writer.set_special_use(existing(writer, &name)?.id, special_use))
    }
}

/// Makes the names that are missing above a name. RFC 3501 §6.3.3 asks for names, and nobody has asked for mailboxes: they are
/// `\Noselect` until somebody creates them. So every name but the top ones always has its parent in the table.
fn make_parents(writer: &Writer<'_>, name: &MailboxName, most: u32) -> Result<()> {
    let above: Vec<_> = std::iter::successors(name.parent(), MailboxName::parent).collect();
    for parent in above.into_iter().rev() {
        if writer.mailbox_named(&parent)?.is_none() {
            make_row(writer, &parent, None, (false, most))?;
        }
    }
    Ok(())
}

/// Takes the names away that are above a name which is gone, that were never mailboxes, and that have nothing below them any more.
fn drop_empty_parents(writer: &Writer<'_>, name: &MailboxName) -> Result<()> {
    for parent in std::iter::successors(name.parent(), MailboxName::parent) {
        match writer.mailbox_named(&parent)? {
            Some(row) if !row.selectable && !writer.has_children(&parent)? => {
                writer.delete_mailbox(row.id)?;
                writer.announce_in(&row, EventKind::Deleted);
            }
            _ => break,
        }
    }
    Ok(())
}

fn make(writer: &Writer<'_>, name: &MailboxName, special_use: Option<SpecialUse>, most: u32) -> Result<()> {
    make_row(writer, name, special_use, (true, most))
}

fn make_row(
    writer: &Writer<'_>,
    name: &MailboxName,
    special_use: Option<SpecialUse>,
    (selectable, most): (bool, u32),
) -> Result<()> {
    if writer.count_mailboxes()? >= most {
        return Err(StoreError::Limit(format!("an account has at most {most} mailboxes")));
    }
    let row = writer.insert_mailbox(name, selectable, special_use)?;
    if let Some(parent) = name.parent()
        && let Some(above) = writer.mailbox_named(&parent)?
    {
        writer.inherit_acl(above.id, row.id)?;
    }
    writer.announce_in(&row, EventKind::Created);
    Ok(())
}
