//! Copying and moving messages to another account: contents are copied, and stay the same to clients (RFC 8474 §5.1).

use std::io::Write;

use super::removal::REMOVAL;
use super::transfer::Needed;
use super::{Mailbox, row_of};
use crate::account::Account;
use crate::acl::Rights;
use crate::content::NewMessage;
use crate::error::{ErrorKind, Result, StoreError};
use crate::flags::FlagSet;
use crate::mailbox_name::MailboxName;
use crate::results::Copied;
use crate::uid_set::UidSet;

/// Octets of contents that wait for one commit.
const BATCH: u64 = 16 << 20;

impl Mailbox {
    /// Copies messages to a mailbox of another account, whose quota counts them: all or none. Errors as [`Mailbox::copy`], about the
    /// destination, and `Gone` as [`Mailbox::copy_every`].
    pub fn copy_across(&self, set: &UidSet, account: &Account, name: &MailboxName, needed: Needed) -> Result<Copied> {
        account.permit(name, Rights::INSERT)?;
        let snapshot = self.snapshot()?;
        let uids: Vec<_> = snapshot.uids().iter().copied().filter(|uid| set.contains(*uid)).collect();
        let rows = self.rows(&uids)?;
        needed.check(set, rows.len())?;
        let bytes = rows.iter().fold(0, |sum: u64, row| sum.saturating_add(row.size));
        account.quota()?.admit(bytes, rows.len() as u64)?;
        let first = account.append(name, Vec::new())?;
        let mut copied = Copied {
            uid_validity: first.uid_validity,
            source: Vec::with_capacity(rows.len()),
            destination: Vec::with_capacity(rows.len()),
            modseq: first.modseq,
        };
        let mut waiting = (Vec::new(), Vec::new(), 0);
        let outcome = rows.iter().try_for_each(|row| {
            let Some(at) = snapshot.index_of(row.uid) else { return Ok(()) };
            let body = match self.body(row.uid) {
                Ok(body) => body,
                // It went meanwhile: then it is not copied.
                Err(error) if error.kind() == ErrorKind::NotFound && needed == Needed::Present => return Ok(()),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    return Err(StoreError::Gone(format!("message {}", row.uid)));
                }
                Err(error) => return Err(error),
            };
            let mut incoming = account.incoming(Some(row.size))?;
            incoming.write_all(&body).map_err(|error| StoreError::io("copying a message", error))?;
            let flags = snapshot.flags()[at];
            let keywords = snapshot.keywords().names(flags).map(str::to_owned).collect();
            waiting.0.push(row.uid);
            waiting.1.push(NewMessage {
                content: incoming.finish()?.known_as(row.email_id, row.thread_id),
                flags: FlagSet { system: flags.system(), keywords },
                internal_date: Some(row.internal_date),
            });
            waiting.2 += row.size;
            if waiting.2 >= BATCH { append(account, name, &mut waiting, &mut copied) } else { Ok(()) }
        });
        match outcome.and_then(|()| append(account, name, &mut waiting, &mut copied)) {
            Ok(()) => Ok(copied),
            Err(error) => {
                take_back(account, name, &copied);
                Err(error)
            }
        }
    }

    /// Moves messages to a mailbox of another account: they are there before they leave here. Errors as [`Mailbox::copy_across`], and
    /// `NoPermission` here.
    pub fn move_across(&self, set: &UidSet, account: &Account, name: &MailboxName, needed: Needed) -> Result<Copied> {
        let pass = self.account.pass();
        self.account.read(|reader| pass.permit(reader, &row_of(reader, self.id)?, REMOVAL))?;
        let mut copied = self.copy_across(set, account, name, needed)?;
        let left = self.remove(&UidSet::from(copied.source.as_slice()))?;
        copied.modseq = left.modseq;
        Ok(copied)
    }
}

fn append(
    account: &Account,
    name: &MailboxName,
    (uids, messages, size): &mut (Vec<crate::Uid>, Vec<NewMessage>, u64),
    copied: &mut Copied,
) -> Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let appended = account.append(name, std::mem::take(messages))?;
    copied.source.append(uids);
    copied.destination.extend(appended.uids);
    copied.modseq = appended.modseq;
    *size = 0;
    Ok(())
}

/// A copy of which a part failed is none (RFC 3501 §6.4.7). The server itself takes it back: the visitor may not have the right.
fn take_back(account: &Account, name: &MailboxName, copied: &Copied) {
    let own = account.without_visitor();
    let taken = match copied.destination.is_empty() {
        true => Ok(()),
        false => {
            own.open(name).and_then(|mailbox| mailbox.remove(&UidSet::from(copied.destination.as_slice()))).map(|_| ())
        }
    };
    if let Err(error) = taken {
        tracing::error!(error = &error as &dyn std::error::Error, "half a copy stays");
    }
}
