//! Changing messages: flags, copy, move, delete, expunge (RFC 3501 §6.4, RFC 4315, RFC 6851).

use crate::{
    Error, Flag, FlagChange, MailSession, MailboxRef, Role, UidSet, command::Command, connection::Connection,
    response::Name,
};

use super::{list, once, safely, select};

/// What became of deleted messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// They are in this mailbox now.
    Moved(String),
    /// They are gone for good.
    Expunged,
}

impl MailSession {
    /// Sets or clears flags.
    pub async fn flag<'m>(
        &self,
        mailbox: impl Into<MailboxRef<'m>>,
        uids: &UidSet,
        change: FlagChange,
        flags: &[Flag],
    ) -> Result<(), Error> {
        let at = mailbox.into();
        if uids.is_empty() || flags.is_empty() {
            return Ok(());
        }
        safely!(self, |using| {
            select(using.connection, at).await?;
            store(using.connection, uids, change, flags).await
        })
    }

    /// Copies messages to another mailbox.
    pub async fn copy_to<'m>(
        &self,
        mailbox: impl Into<MailboxRef<'m>>,
        uids: &UidSet,
        target: &str,
    ) -> Result<(), Error> {
        let at = mailbox.into();
        if uids.is_empty() {
            return Ok(());
        }
        once!(self, |using| {
            select(using.connection, at).await?;
            copy(using.connection, uids, target).await
        })
    }

    /// Moves messages to another mailbox.
    pub async fn move_to<'m>(
        &self,
        mailbox: impl Into<MailboxRef<'m>>,
        uids: &UidSet,
        target: &str,
    ) -> Result<(), Error> {
        let at = mailbox.into();
        if uids.is_empty() || at.name == target {
            return Ok(());
        }
        once!(self, |using| {
            select(using.connection, at).await?;
            move_messages(using.connection, uids, target).await
        })
    }

    /// Deletes messages: to the Trash, or for good where they are in it already.
    pub async fn delete<'m>(&self, mailbox: impl Into<MailboxRef<'m>>, uids: &UidSet) -> Result<Deleted, Error> {
        let at = mailbox.into();
        if uids.is_empty() {
            return Ok(Deleted::Expunged);
        }
        once!(self, |using| {
            let trash = list::mailbox_for(&mut using, Role::Trash).await?;
            select(using.connection, at).await?;
            let in_trash = at
                .name
                .strip_prefix(trash.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']));
            if in_trash {
                expunge(using.connection, uids).await?;
                return Ok(Deleted::Expunged);
            }
            move_messages(using.connection, uids, &trash).await?;
            Ok(Deleted::Moved(trash))
        })
    }

    /// Deletes messages for good.
    pub async fn expunge<'m>(&self, mailbox: impl Into<MailboxRef<'m>>, uids: &UidSet) -> Result<(), Error> {
        let at = mailbox.into();
        if uids.is_empty() {
            return Ok(());
        }
        once!(self, |using| {
            select(using.connection, at).await?;
            expunge(using.connection, uids).await
        })
    }
}

async fn store(connection: &mut Connection, uids: &UidSet, change: FlagChange, flags: &[Flag]) -> Result<(), Error> {
    let verb = match change {
        FlagChange::Add => " +FLAGS.SILENT ",
        FlagChange::Remove => " -FLAGS.SILENT ",
    };
    let command = Command::new("UID STORE ").uids(uids).raw(verb).flags(flags)?;
    connection.simple(command, None).await.map(|_| ())
}

async fn copy(connection: &mut Connection, uids: &UidSet, target: &str) -> Result<(), Error> {
    let command = Command::new("UID COPY ").uids(uids).raw(" ").mailbox(target)?;
    connection.simple(command, Some(target)).await.map(|_| ())
}

pub(super) async fn move_messages(connection: &mut Connection, uids: &UidSet, target: &str) -> Result<(), Error> {
    if connection.has("MOVE") {
        let command = Command::new("UID MOVE ").uids(uids).raw(" ").mailbox(target)?;
        return connection.simple(command, Some(target)).await.map(|_| ());
    }
    copy(connection, uids, target).await?;
    expunge(connection, uids).await
}

/// Removes these messages and no others, also from servers whose EXPUNGE takes everything that is `\Deleted`.
pub(super) async fn expunge(connection: &mut Connection, uids: &UidSet) -> Result<(), Error> {
    let deleted = [Flag::Deleted];
    if connection.has("UIDPLUS") {
        store(connection, uids, FlagChange::Add, &deleted).await?;
        let command = Command::new("UID EXPUNGE ").uids(uids);
        return connection.simple(command, None).await.map(|_| ());
    }
    let mut others = Vec::new();
    let command = Command::new("UID SEARCH DELETED NOT UID ").uids(uids);
    connection
        .run(command, None, |data| {
            if data.name == Name::Search {
                others.extend(super::search::numbers(data));
            }
        })
        .await?;
    let others = UidSet::new(others);
    if !others.is_empty() {
        store(connection, &others, FlagChange::Remove, &deleted).await?;
    }
    store(connection, uids, FlagChange::Add, &deleted).await?;
    connection.simple(Command::new("EXPUNGE"), None).await?;
    if !others.is_empty() {
        store(connection, &others, FlagChange::Add, &deleted).await?;
    }
    Ok(())
}
