//! Storing messages: APPEND from any source, in constant memory (RFC 3501 §6.3.11, RFC 4315).

use std::{io, sync::Arc};

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::{Error, Flag, command::Command, connection::Connection};

/// A message to be stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewMessage {
    /// Flags it gets.
    pub flags: Vec<Flag>,
    /// INTERNALDATE, seconds since 1970; `None` is now.
    pub received: Option<i64>,
    /// Exactly as many bytes as the source gives.
    pub size: u64,
}

/// Where it went, as far as the server says (UIDPLUS).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// UIDVALIDITY of the mailbox.
    pub uid_validity: Option<u32>,
    /// UID of the new message.
    pub uid: Option<u32>,
}

const CHUNK: usize = 64 << 10;

/// Sends the message. If the source ends early or fails, the connection is given up: a literal cannot be taken back.
pub(crate) async fn append(
    connection: &mut Connection,
    mailbox: &str,
    message: &NewMessage,
    source: &mut (impl AsyncRead + Unpin + Send),
) -> Result<Appended, Error> {
    let mut command = Command::new("APPEND ").mailbox(mailbox)?.raw(" ").flags(&message.flags)?.raw(" ");
    if let Some(received) = message.received {
        command = command.date_time(received)?.raw(" ");
    }
    // Always a synchronising literal: the server can say "too large" or "over quota" before the bytes come.
    let tag = connection.start(command.raw("{").number(message.size).raw("}")).await?;
    connection.go_ahead(tag).await.map_err(|error| name_it(error, mailbox))?;
    let mut chunk = vec![0; CHUNK];
    let mut left = message.size;
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        let read = source.read(&mut chunk[..most]).await.map_err(|source| Error::Source(Arc::new(source)))?;
        if read == 0 {
            return Err(Error::Source(Arc::new(io::ErrorKind::UnexpectedEof.into())));
        }
        connection.write(&chunk[..read]).await?;
        left -= read as u64;
    }
    connection.write(b"\r\n").await?;
    let outcome = connection.finish(tag, |_| {}).await?;
    let outcome = connection.accept(outcome, Some(mailbox))?;
    let mut numbers = outcome.numbers();
    Ok(if outcome.code == "APPENDUID" {
        Appended { uid_validity: numbers.next(), uid: numbers.next() }
    } else {
        Appended::default()
    })
}

fn name_it(error: Error, mailbox: &str) -> Error {
    match error {
        Error::NoSuchMailbox(_) => Error::NoSuchMailbox(mailbox.to_owned()),
        other => other,
    }
}
