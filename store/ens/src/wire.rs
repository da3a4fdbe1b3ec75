//! Reading and writing the lines of the broker's protocol (store/ens/PROTOCOL.md).

use std::io;

use bytes::Bytes;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

use crate::reference::{EventReference, LONGEST, ReferenceError};

/// The longest line in bytes, its end counted.
pub(crate) const LONGEST_LINE: usize = 2 * LONGEST;
/// The largest payload in bytes.
pub const LARGEST_PAYLOAD: usize = 1024 * 1024;
/// The version of the protocol, which the greeting names.
pub(crate) const VERSION: &str = "1";

/// What a client says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    Subscribe {
        id: u32,
        reference: EventReference,
    },
    Unsubscribe {
        id: u32,
    },
    Publish {
        reference: EventReference,
        payload: Bytes,
    },
    /// Events of this publisher were lost before they came here.
    Lost,
    Ping(String),
    Pong,
}

/// What the broker says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    Greeting,
    Subscribed { id: u32 },
    Event { ids: Vec<u32>, reference: EventReference, payload: Bytes },
    Lost,
    Ping(String),
    Pong,
    Refused(String),
}

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    #[error("the connection broke")]
    Io(#[from] io::Error),
    #[error("the line is longer than {LONGEST_LINE} bytes")]
    LongLine,
    #[error("the payload is larger than {LARGEST_PAYLOAD} bytes")]
    LargePayload,
    #[error("not understood: {0}")]
    Syntax(&'static str),
    #[error(transparent)]
    Reference(#[from] ReferenceError),
}

impl Request {
    /// The next request; `None` when the client has closed the connection.
    pub(crate) async fn read(reader: &mut (impl AsyncBufRead + Unpin)) -> Result<Option<Self>, WireError> {
        let Some(line) = read_line(reader).await? else { return Ok(None) };
        let (word, rest) = split_word(&line);
        Ok(Some(match word {
            "SUB" => {
                let (id, reference) = split_word(rest);
                Self::Subscribe { id: number(id)?, reference: EventReference::parse(reference)? }
            }
            "UNSUB" => Self::Unsubscribe { id: number(rest)? },
            "PUB" => {
                let (reference, length) = rest.rsplit_once(' ').ok_or(WireError::Syntax("PUB reference length"))?;
                let reference = EventReference::parse(reference)?;
                Self::Publish { reference, payload: read_payload(reader, length).await? }
            }
            "LOST" => Self::Lost,
            "PING" => Self::Ping(rest.to_owned()),
            "PONG" => Self::Pong,
            _ => return Err(WireError::Syntax("unknown word")),
        }))
    }

    /// Appends it as it is written.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Subscribe { id, reference } => put(out, format_args!("SUB {id} {reference}\r\n")),
            Self::Unsubscribe { id } => put(out, format_args!("UNSUB {id}\r\n")),
            Self::Publish { reference, payload } => {
                put(out, format_args!("PUB {reference} {}\r\n", payload.len()));
                out.extend_from_slice(payload);
                out.extend_from_slice(b"\r\n");
            }
            Self::Lost => put(out, format_args!("LOST\r\n")),
            Self::Ping(text) => put(out, format_args!("PING {text}\r\n")),
            Self::Pong => put(out, format_args!("PONG\r\n")),
        }
    }
}

impl Reply {
    /// The next reply; `None` when the broker has closed the connection.
    pub(crate) async fn read(reader: &mut (impl AsyncBufRead + Unpin)) -> Result<Option<Self>, WireError> {
        let Some(line) = read_line(reader).await? else { return Ok(None) };
        let (word, rest) = split_word(&line);
        Ok(Some(match word {
            "ENS" => match split_word(rest).0 {
                VERSION => Self::Greeting,
                _ => return Err(WireError::Syntax("another version of the protocol")),
            },
            "+OK" => match rest.strip_prefix("SUB ") {
                Some(id) => Self::Subscribed { id: number(id)? },
                None => return Err(WireError::Syntax("unknown word")),
            },
            "EVENT" => {
                let (ids, rest) = split_word(rest);
                let ids = ids.split(',').map(number).collect::<Result<_, _>>()?;
                let (reference, length) =
                    rest.rsplit_once(' ').ok_or(WireError::Syntax("EVENT ids reference length"))?;
                let reference = EventReference::parse(reference)?;
                Self::Event { ids, reference, payload: read_payload(reader, length).await? }
            }
            "LOST" => Self::Lost,
            "PING" => Self::Ping(rest.to_owned()),
            "PONG" => Self::Pong,
            "-ERR" => Self::Refused(rest.to_owned()),
            _ => return Err(WireError::Syntax("unknown word")),
        }))
    }

    /// Appends it as it is written; an event is written by [`write_event`].
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Greeting => put(out, format_args!("ENS {VERSION} heliograph\r\n")),
            Self::Subscribed { id } => put(out, format_args!("+OK SUB {id}\r\n")),
            Self::Event { ids, reference, payload } => write_event(out, ids, reference, payload),
            Self::Lost => put(out, format_args!("LOST\r\n")),
            Self::Ping(text) => put(out, format_args!("PING {text}\r\n")),
            Self::Pong => put(out, format_args!("PONG\r\n")),
            Self::Refused(text) => put(out, format_args!("-ERR {text}\r\n")),
        }
    }
}

/// Appends an event for the subscriptions `ids` of one connection.
pub(crate) fn write_event(out: &mut Vec<u8>, ids: &[u32], reference: &EventReference, payload: &[u8]) {
    out.extend_from_slice(b"EVENT ");
    for (at, id) in ids.iter().enumerate() {
        put(out, format_args!("{}{id}", if at == 0 { "" } else { "," }));
    }
    put(out, format_args!(" {reference} {}\r\n", payload.len()));
    out.extend_from_slice(payload);
    out.extend_from_slice(b"\r\n");
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    use std::io::Write;
    // Writing to a vector cannot fail.
    let _ = out.write_fmt(text);
}

fn split_word(line: &str) -> (&str, &str) {
    line.split_once(' ').unwrap_or((line, ""))
}

fn number(text: &str) -> Result<u32, WireError> {
    text.parse().map_err(|_| WireError::Syntax("a number was expected"))
}

/// A line without its end, which is LF or CRLF. `None` at the end of the stream; a line that it cuts off is dropped.
async fn read_line(reader: &mut (impl AsyncBufRead + Unpin)) -> Result<Option<String>, WireError> {
    let mut line = Vec::new();
    let mut bounded = reader.take(LONGEST_LINE as u64);
    bounded.read_until(b'\n', &mut line).await?;
    if line.pop_if(|end| *end == b'\n').is_none() {
        return if line.len() == LONGEST_LINE { Err(WireError::LongLine) } else { Ok(None) };
    }
    line.pop_if(|end| *end == b'\r');
    String::from_utf8(line).map(Some).map_err(|_| WireError::Syntax("a line is UTF-8"))
}

async fn read_payload(reader: &mut (impl AsyncBufRead + Unpin), length: &str) -> Result<Bytes, WireError> {
    let length: usize = length.parse().map_err(|_| WireError::Syntax("a length was expected"))?;
    if length > LARGEST_PAYLOAD {
        return Err(WireError::LargePayload);
    }
    let mut payload = vec![0; length];
    reader.read_exact(&mut payload).await?;
    match read_line(reader).await? {
        Some(rest) if rest.is_empty() => Ok(payload.into()),
        _ => Err(WireError::Syntax("a payload is followed by a line end")),
    }
}
