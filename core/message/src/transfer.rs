//! Content-Transfer-Encoding in both directions, window by window (RFC 2045 §6).

mod base64;
mod quoted_printable;

pub use base64::{Base64Encoder, base64_encoded_len};
pub use quoted_printable::QuotedPrintableEncoder;

use base64::Base64Decoder;
use quoted_printable::QuotedPrintableDecoder;

/// The encodings that exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferEncoding {
    /// 7bit, 8bit, binary and anything unknown: the bytes are the content.
    Identity,
    /// base64
    Base64,
    /// quoted-printable
    QuotedPrintable,
}

impl TransferEncoding {
    /// By the name in the field, case and blanks around it aside.
    pub fn from_name(name: &[u8]) -> Self {
        match name.trim_ascii().to_ascii_lowercase().as_slice() {
            b"base64" => Self::Base64,
            b"quoted-printable" => Self::QuotedPrintable,
            _ => Self::Identity,
        }
    }
}

/// Decodes a body that comes in windows of any size. Nothing is an error: what cannot be decoded is
/// passed over (base64) or kept as it is (quoted-printable), as RFC 2045 §6.7 and §6.8 advise.
#[derive(Clone, Debug)]
pub struct Decoder {
    inner: Inner,
}

#[derive(Clone, Debug)]
enum Inner {
    Identity,
    Base64(Base64Decoder),
    QuotedPrintable(QuotedPrintableDecoder),
}

impl Decoder {
    /// A decoder at the start of a body.
    pub fn new(encoding: TransferEncoding) -> Self {
        let inner = match encoding {
            TransferEncoding::Identity => Inner::Identity,
            TransferEncoding::Base64 => Inner::Base64(Base64Decoder::default()),
            TransferEncoding::QuotedPrintable => Inner::QuotedPrintable(QuotedPrintableDecoder::default()),
        };
        Self { inner }
    }

    /// Decodes the next window onto the end of `out`.
    pub fn push(&mut self, window: &[u8], out: &mut Vec<u8>) {
        match &mut self.inner {
            Inner::Identity => out.extend_from_slice(window),
            Inner::Base64(decoder) => decoder.push(window, out),
            Inner::QuotedPrintable(decoder) => decoder.push(window, out),
        }
    }

    /// Writes what is still held back when the body has ended.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        match &mut self.inner {
            Inner::Identity => {}
            Inner::Base64(decoder) => decoder.finish(out),
            Inner::QuotedPrintable(decoder) => decoder.finish(out),
        }
    }
}

/// Decodes a whole body.
pub fn decode(encoding: TransferEncoding, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut decoder = Decoder::new(encoding);
    decoder.push(body, &mut out);
    decoder.finish(&mut out);
    out
}
