//! The bytes of a composed message, read in constant memory.

use std::io;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use spool::{FileId, SessionSpool, encoded_size};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::io::StreamReader;

/// A stretch of the message.
#[derive(Clone, Debug)]
pub(super) enum Segment {
    /// As it is.
    Bytes(Bytes),
    /// A spool file in base64.
    File {
        /// Which.
        id: FileId,
        /// Its size when it was attached.
        size: u64,
    },
}

impl Segment {
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { size, .. } => encoded_size(*size),
        }
    }
}

/// Bytes in a line of 76 base64 characters.
const LINE: usize = 57;
/// Bytes of a file read at once: whole lines.
const CHUNK: usize = LINE * 1024;

pub(super) fn reader(
    first: Vec<u8>,
    segments: Vec<Segment>,
    spool: SessionSpool,
) -> impl AsyncRead + Send + Unpin + 'static {
    let first = stream::iter([Ok(Bytes::from(first))]);
    let rest = stream::iter(segments).flat_map(move |segment| match segment {
        Segment::Bytes(bytes) => stream::iter([Ok(bytes)]).boxed(),
        Segment::File { id, size } => file(spool.clone(), id, size).boxed(),
    });
    StreamReader::new(first.chain(rest).boxed())
}

/// A file in base64 lines. Exactly `size` bytes of it are taken: the size of the message has been announced.
fn file(spool: SessionSpool, id: FileId, size: u64) -> impl stream::Stream<Item = io::Result<Bytes>> + Send {
    let opened = async move {
        let file = spool.open(&id).await.map_err(io::Error::other)?;
        Ok::<_, io::Error>(stream::try_unfold((file, size), |(mut file, left)| async move {
            if left == 0 {
                return Ok(None);
            }
            let length = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
            let mut chunk = vec![0; length];
            file.read_exact(&mut chunk).await?;
            Ok(Some((lines(&chunk), (file, left - length as u64))))
        }))
    };
    stream::once(opened).try_flatten()
}

fn lines(bytes: &[u8]) -> Bytes {
    let mut text = String::with_capacity(bytes.len() / LINE * 78 + 80);
    for line in bytes.chunks(LINE) {
        STANDARD.encode_string(line, &mut text);
        text.push_str("\r\n");
    }
    text.into()
}
