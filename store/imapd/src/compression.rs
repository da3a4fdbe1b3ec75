//! COMPRESS=DEFLATE: the layer between responses and the connection (RFC 4978), which gives its memory back while a client idles.
//!
//! The compressor is made anew after a pause: what it has sent ends on a byte, and nothing in it needs what was sent before. The
//! decompressor is dropped between blocks; only what the client may still refer to is kept, no more than it has sent.

use std::io;

use miniz_oxide::deflate::core::{CompressorOxide, create_comp_flags_from_zip_params};
use miniz_oxide::deflate::stream::deflate;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{BlockBoundaryState, DecompressorOxide, decompress, inflate_flags};
use miniz_oxide::{MZError, MZFlush, MZStatus};

/// How hard the compressor tries, 1 to 9: most of what there is to win comes cheaply.
const LEVEL: i32 = 3;
/// How far back a client may refer.
const WINDOW: usize = 32 * 1024;
/// Octets decompressed at once: a few compressed ones may stand for very many.
const ROOM: usize = 32 * 1024;

/// Both directions of a compressed connection.
#[derive(Default)]
pub(crate) struct Compression {
    compressor: Option<Box<CompressorOxide>>,
    decompressor: Option<Box<DecompressorOxide>>,
    /// Where a dropped decompressor has stopped.
    between: Option<BlockBoundaryState>,
    /// The last octets that the client has sent, decompressed.
    window: Vec<u8>,
    /// Compressed octets that are not decompressed yet.
    pending: Vec<u8>,
}

impl Compression {
    /// Compresses `plain` onto the end of `out`, all of it: the client can read everything.
    pub(crate) fn compress(&mut self, plain: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        // No window bits: raw deflate without a header.
        let fresh = || Box::new(CompressorOxide::new(create_comp_flags_from_zip_params(LEVEL, -15, 0)));
        let compressor = self.compressor.get_or_insert_with(fresh);
        let mut rest = plain;
        let mut buffer = [0; 16 * 1024];
        loop {
            let done = deflate(compressor, rest, &mut buffer, MZFlush::Sync);
            out.extend_from_slice(&buffer[..done.bytes_written]);
            rest = rest.get(done.bytes_consumed..).unwrap_or_default();
            match done.status {
                // A full buffer may mean that there is more.
                Ok(MZStatus::Ok) if done.bytes_written == buffer.len() || !rest.is_empty() => {}
                Ok(_) | Err(MZError::Buf) => return Ok(()),
                Err(_) => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }

    /// Takes octets from the connection.
    pub(crate) fn feed(&mut self, compressed: &[u8]) {
        self.pending.extend_from_slice(compressed);
    }

    /// Hands out the next piece of what the client has said; `None` when more must come from the connection first.
    pub(crate) fn decompress(&mut self) -> io::Result<Option<Vec<u8>>> {
        const FLAGS: u32 = inflate_flags::TINFL_FLAG_HAS_MORE_INPUT
            | inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF
            | inflate_flags::TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY;
        while !self.pending.is_empty() {
            let between = self.between.take();
            let resumed = || {
                Box::new(between.map_or_else(Default::default, |at| DecompressorOxide::from_block_boundary_state(&at)))
            };
            let decompressor = self.decompressor.get_or_insert_with(resumed);
            let start = self.window.len();
            self.window.resize(start + ROOM, 0);
            let (status, consumed, produced) = decompress(decompressor, &self.pending, &mut self.window, start, FLAGS);
            self.pending.drain(..consumed);
            let piece = self.window.get(start..start + produced).unwrap_or_default().to_vec();
            self.window.truncate(start + produced);
            let excess = self.window.len().saturating_sub(WINDOW);
            self.window.drain(..excess);
            match status {
                TINFLStatus::BlockBoundary => {
                    if self.pending.is_empty() {
                        self.between = decompressor.block_boundary_state();
                        self.decompressor = None;
                    }
                }
                TINFLStatus::HasMoreOutput | TINFLStatus::NeedsMoreInput => {}
                // The client has ended its stream, or sends no such stream.
                _ => return Err(io::ErrorKind::InvalidData.into()),
            }
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
            if status == TINFLStatus::NeedsMoreInput {
                break;
            }
        }
        Ok(None)
    }

    /// True when something is held that [`Compression::release`] gives back.
    pub(crate) fn holds_much(&self) -> bool {
        self.compressor.is_some()
    }

    /// Gives back what can be made anew.
    pub(crate) fn release(&mut self) {
        self.compressor = None;
        self.pending.shrink_to_fit();
        self.window.shrink_to_fit();
    }
}
