//! Appending messages: contents first, then everything else in one commit.

use std::sync::Arc;

use super::{Account, Pass, admit, existing, selectable};
use crate::acl::Rights;
use crate::bodies::{Adopted, ContentFiles};
use crate::content::{NewMessage, Waiting};
use crate::engine::{Kept, MailboxRow, MessageRow, Writer, now};
use crate::error::{ErrorKind, Result, StoreError};
use crate::event::{About, Arrived, Cause, EventKind, Wants};
use crate::flags::{FlagSet, Flags};
use crate::internal_date::InternalDate;
use crate::mailbox::{Mailbox, permitted, remove_messages};
use crate::mailbox_name::MailboxName;
use crate::quota::QuotaLimits;
use crate::results::Appended;
use crate::uid_set::UidSet;
use crate::{MailboxId, Uid};

impl Account {
    /// Appends messages: all of them in one commit, or none. Flags that the visitor may not set are left out (RFC 4314 §4).
    /// `NotFound`, `NotSelectable`, `NoPermission`, `OverQuota`, `Limit`, `Invalid` (a keyword).
    pub fn append(&self, name: &MailboxName, messages: Vec<NewMessage>) -> Result<Appended> {
        self.append_and(name, messages, None, Cause::Client)
    }

    /// The same for mail that came in, which is told as such.
    pub fn deliver(&self, name: &MailboxName, messages: Vec<NewMessage>) -> Result<Appended> {
        self.append_and(name, messages, None, Cause::Delivery)
    }

    /// Appends messages and removes another one of this account, in one commit; only the difference counts for the quota.
    /// `NotFound` also when the message to remove is gone, otherwise as [`Account::append`].
    pub fn append_replacing(
        &self,
        name: &MailboxName,
        messages: Vec<NewMessage>,
        mailbox: &Mailbox,
        uid: Uid,
    ) -> Result<Appended> {
        self.append_and(name, messages, Some((mailbox.id(), uid)), Cause::Client)
    }

    fn append_and(
        &self,
        name: &MailboxName,
        messages: Vec<NewMessage>,
        replaced: Option<(MailboxId, Uid)>,
        cause: Cause,
    ) -> Result<Appended> {
        let about = About { cause, arrived: arrived(&messages, &self.wants())?, ..About::default() };
        let (adopted, names) = files_of(self.core.database.files(), messages.iter())?;
        let (name, limits, pass) = (name.clone(), self.limits, self.pass());
        let kept = self.store().inner.options.keep_removed > 0;
        let outcome = self.write(move |writer| {
            if let Some((mailbox, uid)) = replaced
                && remove_messages(writer, mailbox, &UidSet::from(uid..=uid), kept, &pass)?.uids.is_empty()
            {
                return Err(StoreError::NotFound(format!("message {uid}")));
            }
            append(writer, &name, limits, (&messages, &names), about, &pass)
        });
        // After a failure of the disk it is not known what a recovery will find: the files stay, orphans at worst.
        if outcome.as_ref().err().is_none_or(|error| error.kind() == ErrorKind::Io) {
            adopted.into_iter().flatten().for_each(Adopted::keep);
        }
        self.noting_refusal(outcome)
    }
}

/// What is told of messages that are about to come; they have no UID yet.
fn arrived(messages: &[NewMessage], wants: &Wants) -> Result<Vec<Arrived>> {
    if !wants.details {
        return Ok(Vec::new());
    }
    let mut found = Vec::with_capacity(messages.len());
    for (at, message) in messages.iter().enumerate() {
        let mut arrived = Arrived { size: message.content.size(), ..Arrived::default() };
        if wants.content() && at < Wants::MOST {
            match message.content.waiting() {
                Waiting::Memory(bytes) => arrived.look_at(bytes, wants),
                Waiting::File(_) => arrived.look_at(&message.content.body()?, wants),
            }
        } else {
            arrived.header = message.content.header_bytes();
        }
        if wants.flags {
            let FlagSet { system, keywords } = &message.flags;
            let mut words: Vec<&str> = system.system_names().collect();
            words.extend(keywords.iter().map(String::as_str));
            arrived.flags = Some(words.join(" "));
        }
        found.push(arrived);
    }
    Ok(found)
}

impl Arrived {
    /// Takes what is wanted out of the whole message.
    pub(crate) fn look_at(&mut self, message: &[u8], wants: &Wants) {
        let (header, body) = message.split_at(message::header::header_end(message));
        self.header = Some(header.len() as u64);
        self.head = [(header, wants.header_bytes), (body, wants.body_bytes)]
            .into_iter()
            .flat_map(|(bytes, most)| bytes.iter().take(most))
            .copied()
            .collect();
    }
}

/// Makes contents that wait in files durable under names of their own, before a row may name them.
#[allow(clippy::type_complexity)]
pub(super) fn files_of<'a>(
    files: &ContentFiles,
    messages: impl Iterator<Item = &'a NewMessage>,
) -> Result<(Vec<Option<Adopted>>, Vec<Option<String>>)> {
    let adopted = messages
        .map(|message| match message.content.waiting() {
            Waiting::Memory(_) => Ok(None),
            Waiting::File(path) => files.adopt(path).map(Some),
        })
        .collect::<Result<Vec<Option<Adopted>>>>()?;
    let names = adopted.iter().map(|file| file.as_ref().map(|file| file.name().to_owned())).collect();
    Ok((adopted, names))
}

/// Keeps a message's content and adds it to a mailbox. The row is not saved yet.
pub(super) fn insert(
    writer: &Writer<'_>,
    row: &mut MailboxRow,
    message: &NewMessage,
    file: Option<&str>,
    save_date: i64,
) -> Result<u32> {
    let flags = writer.flag_bits(row, &message.flags)?;
    let kept = match (message.content.waiting(), file) {
        (Waiting::Memory(bytes), None) => Kept::Inline(bytes),
        (_, Some(file)) => Kept::File(file),
        (Waiting::File(_), None) => return Err(StoreError::Invalid("a content without its file".into())),
    };
    let size = message.content.size();
    let body_id = writer.insert_body(&message.content, kept)?;
    let internal_date = message.internal_date.unwrap_or(save_date.into());
    add(writer, row, &Arrival { flags, size, internal_date, save_date, body_id })
}

fn append(
    writer: &Writer<'_>,
    name: &MailboxName,
    limits: Option<QuotaLimits>,
    (messages, files): (&[NewMessage], &[Option<String>]),
    mut about: About,
    pass: &Pass,
) -> Result<Appended> {
    let rights = pass.permit(writer, &existing(writer, name)?, Rights::INSERT)?;
    let mut row = selectable(writer, name)?;
    let bytes = messages.iter().fold(0, |sum: u64, message| sum.saturating_add(message.content.size()));
    admit(writer, limits, bytes, messages.len() as u64)?;
    row.highest_modseq += u64::from(!messages.is_empty());
    let now = now();
    let mut uids = Vec::with_capacity(messages.len());
    let mut seen = Vec::new();
    for (message, file) in messages.iter().zip(files) {
        let mut flags = permitted(&message.flags, rights);
        let is_seen = flags.system.contains(Flags::SEEN);
        if pass.reader().is_some() {
            flags.system = flags.system.without(Flags::SEEN);
        }
        let message = NewMessage { flags, ..message.clone() };
        let uid = insert(writer, &mut row, &message, file.as_deref(), now)?;
        seen.extend(is_seen.then_some(uid));
        uids.push(uid);
    }
    see(writer, &row, pass, &seen)?;
    writer.save_numbers(&row)?;
    if !uids.is_empty() {
        for (arrived, uid) in about.arrived.iter_mut().zip(&uids) {
            arrived.uid = *uid;
        }
        writer.announce_with(&row, EventKind::Appended { uids: Arc::from(&*uids) }, about);
    }
    Ok(Appended { uid_validity: row.uid_validity, uids, modseq: row.highest_modseq })
}

/// Notes that the visitor, if not the owner, has seen messages that have just come.
fn see(writer: &Writer<'_>, row: &MailboxRow, pass: &Pass, uids: &[Uid]) -> Result<()> {
    let Some(reader) = pass.reader().filter(|_| !uids.is_empty()) else { return Ok(()) };
    let before = writer.seen(row.id, reader)?;
    writer.set_seen(row.id, reader, &before, &before.union(&UidSet::from(uids)))
}

/// A message that comes to a mailbox.
pub(crate) struct Arrival {
    pub(crate) flags: Flags,
    pub(crate) size: u64,
    pub(crate) internal_date: InternalDate,
    pub(crate) save_date: i64,
    pub(crate) body_id: i64,
}

/// Gives a message the next UID and the mailbox's highest MODSEQ, and counts it. The row is not saved yet.
pub(crate) fn add(writer: &Writer<'_>, row: &mut MailboxRow, arrival: &Arrival) -> Result<u32> {
    let uid = row.take_uid()?;
    writer.insert_message(
        row.id,
        &MessageRow {
            uid,
            flags: arrival.flags,
            modseq: row.highest_modseq,
            size: arrival.size,
            internal_date: arrival.internal_date,
            save_date: arrival.save_date,
            body_id: arrival.body_id,
        },
    )?;
    row.messages += 1;
    row.recent += 1;
    row.size = row.size.saturating_add(arrival.size);
    row.unseen += u64::from(!arrival.flags.contains(Flags::SEEN));
    row.deleted += u64::from(arrival.flags.contains(Flags::DELETED));
    Ok(uid)
}
