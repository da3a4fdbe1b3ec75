//! Mailboxes made, renamed, removed, subscribed; quota; storing messages (RFC 3501 §6.3, RFC 2087).

use tokio::io::AsyncRead;

use crate::{
    Appended, Error, MailSession, MailboxRef, NewMessage, Quota,
    append::append,
    command::Command,
    response::{Data, Name},
    token::Malformed,
};

use super::{changes, once, safely, select};

impl MailSession {
    /// Makes a mailbox and subscribes to it.
    pub async fn create(&self, name: &str) -> Result<(), Error> {
        once!(self, |using| {
            using.roles.clear();
            let made = using.connection.simple(Command::new("CREATE ").mailbox(name)?, Some(name)).await;
            made.map_err(|error| exists(error, name))?;
            using.connection.simple(Command::new("SUBSCRIBE ").mailbox(name)?, Some(name)).await.map(|_| ())
        })
    }

    /// Removes a mailbox with its messages.
    pub async fn delete_mailbox(&self, name: &str) -> Result<(), Error> {
        if name.eq_ignore_ascii_case("INBOX") {
            return Err(Error::NoPermission("INBOX stays".to_owned()));
        }
        once!(self, |using| {
            using.roles.clear();
            // Some servers keep what is selected.
            if using.connection.selected.as_ref().is_some_and(|selected| selected.mailbox == name) {
                select(using.connection, "INBOX".into()).await?;
            }
            using.connection.simple(Command::new("DELETE ").mailbox(name)?, Some(name)).await?;
            let unsubscribe = using.connection.simple(Command::new("UNSUBSCRIBE ").mailbox(name)?, None).await;
            match unsubscribe {
                Err(error @ Error::Unavailable { .. }) => Err(error),
                _ => Ok(()),
            }
        })
    }

    /// Gives a mailbox another name; what is below it goes along.
    pub async fn rename(&self, name: &str, new_name: &str) -> Result<(), Error> {
        once!(self, |using| {
            using.roles.clear();
            if using.connection.selected.as_ref().is_some_and(|selected| selected.mailbox == name) {
                select(using.connection, "INBOX".into()).await?;
            }
            let command = Command::new("RENAME ").mailbox(name)?.raw(" ").mailbox(new_name)?;
            using.connection.simple(command, Some(name)).await.map_err(|error| exists(error, new_name))?;
            // Subscriptions belong to names: move it along.
            for command in [Command::new("UNSUBSCRIBE ").mailbox(name)?, Command::new("SUBSCRIBE ").mailbox(new_name)?]
            {
                if let Err(error @ Error::Unavailable { .. }) = using.connection.simple(command, None).await {
                    return Err(error);
                }
            }
            Ok(())
        })
    }

    /// Subscribes to a mailbox.
    pub async fn subscribe(&self, name: &str) -> Result<(), Error> {
        safely!(self, |using| {
            using.connection.simple(Command::new("SUBSCRIBE ").mailbox(name)?, Some(name)).await.map(|_| ())
        })
    }

    /// Ends a subscription.
    pub async fn unsubscribe(&self, name: &str) -> Result<(), Error> {
        safely!(self, |using| {
            using.connection.simple(Command::new("UNSUBSCRIBE ").mailbox(name)?, Some(name)).await.map(|_| ())
        })
    }

    /// Room used and allowed for a mailbox; `None` where the server has no quota or the user no limit.
    pub async fn quota(&self, mailbox: &str) -> Result<Option<Quota>, Error> {
        safely!(self, |using| {
            if !using.connection.has("QUOTA") {
                return Ok(None);
            }
            let mut found = None;
            let each = |data: &Data| {
                if data.name == Name::Quota && found.is_none() {
                    found = quota(data).ok().filter(|quota| *quota != Quota::default());
                }
            };
            let command = Command::new("GETQUOTAROOT ").mailbox(mailbox)?;
            using.connection.run(command, Some(mailbox), each).await?;
            Ok(found)
        })
    }

    /// Stores a message of exactly `message.size` bytes from `source`.
    pub async fn append(
        &self,
        mailbox: &str,
        message: &NewMessage,
        mut source: impl AsyncRead + Unpin + Send,
    ) -> Result<Appended, Error> {
        once!(self, |using| append(using.connection, mailbox, message, &mut source).await)
    }

    /// Stores a draft, and only then removes the one it replaces.
    pub async fn replace_draft<'m>(
        &self,
        mailbox: impl Into<MailboxRef<'m>>,
        old: Option<u32>,
        message: &NewMessage,
        mut source: impl AsyncRead + Unpin + Send,
    ) -> Result<Appended, Error> {
        let at = mailbox.into();
        once!(self, |using| {
            let appended = append(using.connection, at.name, message, &mut source).await?;
            if let Some(old) = old {
                select(using.connection, at).await?;
                changes::expunge(using.connection, &old.into()).await?;
            }
            Ok(appended)
        })
    }
}

/// Servers without response codes refuse an existing name with words only.
fn exists(error: Error, name: &str) -> Error {
    match error {
        Error::No(words) if words.to_ascii_lowercase().contains("exist") => Error::AlreadyExists(name.to_owned()),
        other => other,
    }
}

/// Reads `root (STORAGE 10 512 MESSAGE 3 100)`; STORAGE counts units of 1024 bytes.
fn quota(data: &Data) -> Result<Quota, Malformed> {
    let mut tokens = data.tokens();
    let mut quota = Quota::default();
    tokens.string()?;
    tokens.space();
    tokens.expect(b'(')?;
    loop {
        tokens.space();
        if tokens.take(b')') {
            return Ok(quota);
        }
        let resource = tokens.atom();
        tokens.space();
        let used = tokens.number()?;
        tokens.space();
        let limit = tokens.number()?;
        if resource.eq_ignore_ascii_case(b"STORAGE") {
            quota.storage = Some((used.saturating_mul(1024), limit.saturating_mul(1024)));
        } else if resource.eq_ignore_ascii_case(b"MESSAGE") {
            quota.messages = Some((used, limit));
        }
    }
}
