//! BINARY: parts without their transfer encoding, decoded window by window (RFC 3516 §4.2, §4.3).

use std::ops::Range;

use imap_wire::fetch::Partial;
use message::transfer::{Decoder, TransferEncoding};
use message::{DigestRef, PartKind};

use super::message::slice;

/// Encoded octets that are decoded at once.
const WINDOW: u64 = 48 * 1024;

/// A part is in a transfer encoding that nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnknownCte;

/// Where a part lies and how it is encoded.
#[derive(Debug, Clone)]
pub(crate) struct Part8 {
    range: Range<u64>,
    encoding: TransferEncoding,
}

impl Part8 {
    /// Whether decoding changes anything.
    pub(crate) fn is_encoded(&self) -> bool {
        self.encoding != TransferEncoding::Identity
    }

    /// The part with these numbers; without any it is the message itself, which has no encoding. `None` when there is no such part.
    pub(crate) fn find(digest: &DigestRef<'_>, path: &[u32]) -> Result<Option<Self>, UnknownCte> {
        if path.is_empty() {
            return Ok(Some(Self { range: 0..digest.size(), encoding: TransferEncoding::Identity }));
        }
        let Some(part) = digest.part(path) else { return Ok(None) };
        let encoding = match (part.kind, TransferEncoding::from_name(part.encoding)) {
            // RFC 2045 §6.4: these cannot be encoded themselves.
            (PartKind::Multipart | PartKind::Message, _) => TransferEncoding::Identity,
            (_, TransferEncoding::Identity) => match part.encoding.trim_ascii().to_ascii_lowercase().as_slice() {
                b"7bit" | b"8bit" | b"binary" => TransferEncoding::Identity,
                _ => return Err(UnknownCte),
            },
            (_, encoding) => encoding,
        };
        Ok(Some(Self { range: part.body_range(), encoding }))
    }

    /// Goes through the part once, to know how many octets there will be and whether a NUL is among them.
    pub(crate) fn measure(self, message: &[u8], partial: Option<Partial>) -> Decoding {
        let (skip, most) = partial.map_or((0, u64::MAX), |partial| (partial.origin, partial.count));
        let mut decoding = Decoding {
            decoder: Decoder::new(self.encoding),
            encoded: self.range.clone(),
            skip,
            left: most,
            octets: 0,
            nul: false,
            high: false,
            scratch: Vec::new(),
        };
        let mut found = Vec::new();
        let (mut octets, mut nul, mut high) = (0, false, false);
        let mut all = false;
        while !all {
            all = decoding.push(message, &mut found, 0);
            octets += found.len() as u64;
            nul |= memchr::memchr(0, &found).is_some();
            high |= !found.is_ascii();
            found.clear();
        }
        Decoding {
            decoder: Decoder::new(self.encoding),
            encoded: self.range,
            skip,
            left: octets,
            octets,
            nul,
            high,
            scratch: Vec::new(),
        }
    }
}

/// A part on its way out.
#[derive(Debug)]
pub(crate) struct Decoding {
    decoder: Decoder,
    /// Octets of the message that are not decoded yet.
    encoded: Range<u64>,
    /// Decoded octets that are passed over.
    skip: u64,
    /// Decoded octets that are wanted after them.
    left: u64,
    octets: u64,
    nul: bool,
    high: bool,
    scratch: Vec<u8>,
}

impl Decoding {
    /// How many octets come.
    pub(crate) fn octets(&self) -> u64 {
        self.octets
    }

    /// Whether one of them is NUL.
    pub(crate) fn has_nul(&self) -> bool {
        self.nul
    }

    /// What the octets need a connection to carry, as a transfer encoding without encoding (RFC 2045 §6.2).
    pub(crate) fn domain(&self) -> &'static [u8] {
        match (self.nul, self.high) {
            (true, _) => b"binary",
            (false, true) => b"8bit",
            (false, false) => b"7bit",
        }
    }

    /// Appends a window at least, and more until `out` has `full` octets. True when everything is there.
    pub(crate) fn push(&mut self, message: &[u8], out: &mut Vec<u8>, full: usize) -> bool {
        while self.left > 0 {
            self.scratch.clear();
            let ended = self.encoded.is_empty();
            if ended {
                self.decoder.finish(&mut self.scratch);
            } else {
                let end = self.encoded.end.min(self.encoded.start + WINDOW);
                self.decoder.push(slice(message, &(self.encoded.start..end)), &mut self.scratch);
                self.encoded.start = end;
            }
            let passed = self.skip.min(self.scratch.len() as u64);
            self.skip -= passed;
            let wanted = &self.scratch[passed as usize..];
            let taken = usize::try_from(self.left).map_or(wanted.len(), |left| left.min(wanted.len()));
            out.extend_from_slice(&wanted[..taken]);
            self.left -= taken as u64;
            if ended {
                break;
            }
            if out.len() >= full {
                return self.left == 0;
            }
        }
        true
    }
}
