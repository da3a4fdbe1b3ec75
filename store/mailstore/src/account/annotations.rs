//! Annotations of mailboxes and of the account.

use super::{Account, Pass, existing};
use crate::MailboxId;
use crate::acl::Rights;
use crate::annotation::{Annotation, AnnotationChange, AnnotationScope, OwnedAnnotation};
use crate::engine::Reader;
use crate::error::{Result, StoreError};
use crate::event::EventKind;
use crate::mailbox_name::MailboxName;
use crate::special_use::SpecialUse;

/// The place of annotations that belong to no mailbox.
const ACCOUNT: MailboxId = MailboxId(0);
/// What a mailbox is for is its owner's private annotation of this name (RFC 6154 §4).
const SPECIAL_USE: &str = "/specialuse";

impl Account {
    /// The shared annotations of a mailbox, or with `None` of the account, and those that `reader` has set for itself; sorted by
    /// name. `NotFound`.
    pub fn annotations(&self, mailbox: Option<&MailboxName>, reader: &str) -> Result<Vec<Annotation>> {
        let pass = self.pass();
        self.read(|tables| {
            tables.check_alive()?;
            let mut found = tables.annotations(place(tables, mailbox, &pass)?, reader)?;
            let Some(name) = mailbox else { return Ok(found) };
            let is_use = |entry: &str, scope| entry == SPECIAL_USE && scope == AnnotationScope::Private;
            found.retain(|annotation| !is_use(&annotation.entry, annotation.scope));
            if pass.reader().is_none()
                && let Some(special_use) = existing(tables, name)?.special_use
            {
                let value = special_use.attribute().as_bytes().to_vec();
                found.push(Annotation { entry: SPECIAL_USE.to_owned(), scope: AnnotationScope::Private, value });
                found.sort_by(|one, other| one.entry.cmp(&other.entry));
            }
            Ok(found)
        })
    }

    /// Everybody's annotations of a mailbox, or with `None` of the account, for backups; sorted by name. `NotFound`.
    pub fn annotations_of_all(&self, mailbox: Option<&MailboxName>) -> Result<Vec<OwnedAnnotation>> {
        let pass = self.pass();
        self.read(|tables| {
            tables.check_alive()?;
            let mut found = tables.annotations_of_all(place(tables, mailbox, &pass)?)?;
            found.retain(|annotation| {
                mailbox.is_none() || annotation.owner.is_none() || annotation.entry != SPECIAL_USE
            });
            Ok(found)
        })
    }

    /// Sets and removes annotations of a mailbox, or with `None` of the account: all of them or none. A mailbox gets a new MODSEQ
    /// (RFC 7162 §3.2). The owner's private `/specialuse` is what a mailbox is for. `NotFound`; `TooLarge` for a value; `Limit` when
    /// there are too many; `Invalid` for a special use that is none, or of somebody else's mailbox.
    pub fn set_annotations(
        &self,
        mailbox: Option<&MailboxName>,
        owner: &str,
        changes: Vec<AnnotationChange>,
    ) -> Result<()> {
        check_sizes(&changes)?;
        let (mailbox, owner, pass) = (mailbox.cloned(), owner.to_owned(), self.pass());
        self.write(move |tables| {
            tables.check_alive()?;
            let place = place(tables, mailbox.as_ref(), &pass)?;
            for change in &changes {
                if let Some(name) = mailbox.as_ref().filter(|_| is_special_use(change)) {
                    if pass.reader().is_some() {
                        return Err(StoreError::Invalid("what a mailbox is for, it is for its owner".into()));
                    }
                    tables.set_special_use(existing(tables, name)?.id, special_use(change)?)?;
                    continue;
                }
                let owner = if change.scope == AnnotationScope::Shared { "" } else { owner.as_str() };
                tables.set_annotation(place, &change.entry, owner, change.value.as_deref())?;
                if change.value.is_some() && tables.count_annotations(place, owner)? > Annotation::MOST {
                    return Err(StoreError::Limit(format!("there are {} annotations already", Annotation::MOST)));
                }
            }
            if let Some(name) = &mailbox {
                let mut row = existing(tables, name)?;
                row.highest_modseq += 1;
                tables.save_numbers(&row)?;
                tables.announce_in(&row, EventKind::AnnotationsChanged);
            } else {
                tables.announce(None, None, EventKind::AnnotationsChanged);
            }
            Ok(())
        })
    }
}

fn is_special_use(change: &AnnotationChange) -> bool {
    change.entry == SPECIAL_USE && change.scope == AnnotationScope::Private
}

/// The special use that a value names; none for an empty one.
fn special_use(change: &AnnotationChange) -> Result<Option<SpecialUse>> {
    let value = change.value.as_deref().unwrap_or_default().trim_ascii();
    if value.is_empty() {
        return Ok(None);
    }
    let known = std::str::from_utf8(value).ok().and_then(SpecialUse::from_attribute);
    known.map(Some).ok_or_else(|| StoreError::Invalid("there is no such special use".into()))
}

/// Refuses values that are too long.
pub(crate) fn check_sizes(changes: &[AnnotationChange]) -> Result<()> {
    let long = |change: &AnnotationChange| change.value.as_ref().is_some_and(|value| value.len() > Annotation::LONGEST);
    if changes.iter().any(long) { Err(StoreError::TooLarge { limit: Annotation::LONGEST as u64 }) } else { Ok(()) }
}

/// Where annotations are. Those of a mailbox are for who may know of it and may read or change something in it (RFC 5464 §3.3).
fn place(reader: &Reader<'_>, mailbox: Option<&MailboxName>, pass: &Pass) -> Result<MailboxId> {
    let Some(name) = mailbox else { return Ok(ACCOUNT) };
    let row = existing(reader, name)?;
    let rights = pass.permit(reader, &row, Rights::LOOKUP)?;
    let any = [Rights::READ, Rights::SEEN, Rights::WRITE, Rights::INSERT, Rights::POST];
    if any.into_iter().any(|right| rights.contains(right)) {
        Ok(row.id)
    } else {
        Err(StoreError::NoPermission(format!("mailbox {name}")))
    }
}
