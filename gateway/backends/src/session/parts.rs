//! Parts, headers and sources as streams: windows of BODY.PEEK, constant memory, the lock free between windows.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::Stream;
use message::{TransferEncoding, transfer::Decoder};

use crate::{
    Error, MailSession, MailboxRef, Part,
    command::Command,
    fetch::Fetched,
    response::{Data, Name},
};

use super::{safely, select};

/// Bytes of a message asked for at once.
const WINDOW: u64 = 256 << 10;
/// The header block of a message that is shown is never larger.
const LARGEST_HEADER: u64 = 10 << 20;

/// What of a message is wanted.
#[derive(Clone, Debug)]
enum Section {
    /// The whole message.
    Source,
    /// A numbered part.
    Part(String),
    /// The header block of the message or of the message in this part.
    Header(Option<String>),
}

/// Bytes of a part as they are stored, window by window.
pub struct PartStream {
    windows: Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>,
}

impl Stream for PartStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.windows.as_mut().poll_next(cx)
    }
}

/// Bytes of a part after its transfer encoding was undone.
pub struct Decoded {
    raw: PartStream,
    /// `None` after the end.
    decoder: Option<Decoder>,
}

impl Decoded {
    /// Undoes `encoding` (the value of Content-Transfer-Encoding).
    pub fn new(raw: PartStream, encoding: &str) -> Self {
        Self { raw, decoder: Some(Decoder::new(TransferEncoding::from_name(encoding.as_bytes()))) }
    }
}

impl Stream for Decoded {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some(mut decoder) = self.decoder.take() else { return Poll::Ready(None) };
            let mut out = Vec::new();
            match self.raw.windows.as_mut().poll_next(cx) {
                Poll::Pending => {
                    self.decoder = Some(decoder);
                    return Poll::Pending;
                }
                Poll::Ready(Some(Ok(window))) => {
                    decoder.push(&window, &mut out);
                    self.decoder = Some(decoder);
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => decoder.finish(&mut out),
            }
            if !out.is_empty() {
                return Poll::Ready(Some(Ok(out.into())));
            }
        }
    }
}

/// A part read into memory up to a limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartBytes {
    /// Decoded content.
    pub bytes: Vec<u8>,
    /// Whether there was more than the limit.
    pub truncated: bool,
}

/// Where a stream is.
struct Position {
    session: MailSession,
    mailbox: String,
    uid_validity: u32,
    uid: u32,
    section: Section,
    /// `None` at the end.
    offset: Option<u64>,
}

impl MailSession {
    /// Part `section` of a message as it is stored. The first window is fetched before this returns, so that a part that is
    /// not there is an error here and not in the stream.
    pub async fn part<'m>(
        &self,
        mailbox: impl Into<MailboxRef<'m>>,
        uid: u32,
        section: &str,
    ) -> Result<PartStream, Error> {
        self.stream(mailbox.into(), uid, Section::Part(section.to_owned())).await
    }

    /// The same without its transfer encoding: what a download gives.
    pub async fn decoded<'m>(
        &self,
        mailbox: impl Into<MailboxRef<'m>>,
        uid: u32,
        part: &Part,
    ) -> Result<Decoded, Error> {
        Ok(Decoded::new(self.part(mailbox, uid, &part.section).await?, &part.encoding))
    }

    /// A part in memory, at most `limit` decoded bytes of it: text to be shown.
    pub async fn part_bytes<'m>(
        &self,
        mailbox: impl Into<MailboxRef<'m>>,
        uid: u32,
        part: &Part,
        limit: usize,
    ) -> Result<PartBytes, Error> {
        let mut stream = self.decoded(mailbox, uid, part).await?;
        let mut found = PartBytes::default();
        while let Some(window) = futures::StreamExt::next(&mut stream).await {
            found.bytes.extend_from_slice(&window?);
            if found.bytes.len() > limit {
                found.bytes.truncate(limit);
                found.truncated = true;
                break;
            }
        }
        Ok(found)
    }

    /// The whole message as it is stored.
    pub async fn source<'m>(&self, mailbox: impl Into<MailboxRef<'m>>, uid: u32) -> Result<PartStream, Error> {
        self.stream(mailbox.into(), uid, Section::Source).await
    }

    /// The header block of the message, or of the message inside part `section`.
    pub async fn header<'m>(
        &self,
        mailbox: impl Into<MailboxRef<'m>>,
        uid: u32,
        section: Option<&str>,
    ) -> Result<Bytes, Error> {
        let at = mailbox.into();
        let section = Section::Header(section.map(str::to_owned));
        let (header, _) = safely!(self, |using| {
            select(using.connection, at).await?;
            window(using.connection, uid, &section, 0, LARGEST_HEADER).await
        })?;
        Ok(header)
    }

    async fn stream(&self, at: MailboxRef<'_>, uid: u32, section: Section) -> Result<PartStream, Error> {
        let (first, uid_validity) = safely!(self, |using| {
            select(using.connection, at).await?;
            window(using.connection, uid, &section, 0, WINDOW).await
        })?;
        let position = Position {
            session: self.clone(),
            mailbox: at.name.to_owned(),
            uid_validity,
            uid,
            section,
            offset: (first.len() as u64 == WINDOW).then_some(WINDOW),
        };
        let rest = futures::stream::unfold(position, |mut position| async move {
            let offset = position.offset.take()?;
            let next = position.next(offset).await;
            if let Ok(bytes) = &next
                && bytes.len() as u64 == WINDOW
            {
                position.offset = Some(offset + WINDOW);
            }
            Some((next, position))
        });
        let windows = futures::StreamExt::chain(futures::stream::iter([Ok(first)]), rest);
        let windows = futures::StreamExt::filter(windows, |window| {
            // A body whose size is a multiple of the window ends in an empty one.
            std::future::ready(!matches!(window, Ok(bytes) if bytes.is_empty()))
        });
        Ok(PartStream { windows: Box::pin(windows) })
    }
}

impl Position {
    async fn next(&self, offset: u64) -> Result<Bytes, Error> {
        let at = MailboxRef { name: &self.mailbox, uid_validity: Some(self.uid_validity) };
        let (bytes, _) = safely!(self.session, |using| {
            select(using.connection, at).await?;
            window(using.connection, self.uid, &self.section, offset, WINDOW).await
        })?;
        Ok(bytes)
    }
}

/// One window of the selected mailbox, and the UIDVALIDITY it belongs to.
async fn window(
    connection: &mut crate::connection::Connection,
    uid: u32,
    section: &Section,
    offset: u64,
    length: u64,
) -> Result<(Bytes, u32), Error> {
    let command = Command::new("UID FETCH ").uids(&uid.into()).raw(" (UID BODY.PEEK[");
    let command = match section {
        Section::Source => command,
        Section::Part(section) => command.section(section)?,
        Section::Header(None) => command.raw("HEADER"),
        Section::Header(Some(section)) => command.section(section)?.raw(".HEADER"),
    };
    let command = command.raw("]<").number(offset).raw(".").number(length).raw(">)");
    let mut found: Option<Fetched> = None;
    let each = |data: &Data| {
        if data.name == Name::Fetch {
            let one = Fetched::read(data);
            if one.uid == uid && one.body.is_some() {
                found = Some(one);
            }
        }
    };
    connection.run(command, None, each).await?;
    let validity = connection.selected.as_ref().map_or(0, |selected| selected.uid_validity);
    match found.and_then(|found| found.body) {
        Some(Some(bytes)) => Ok((bytes, validity)),
        Some(None) => Err(Error::NoSuchPart(format!("{section:?}"))),
        None => Err(Error::NoSuchMessage { uid }),
    }
}
