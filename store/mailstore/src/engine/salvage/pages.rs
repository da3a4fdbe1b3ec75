//! The pages of a SQLite database as they lie on disk, log included: for a database that SQLite itself cannot read any more.
//!
//! After <https://www.sqlite.org/fileformat2.html>: §1.6 pages, §4 the log.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::error::{Result, StoreError};

/// The page size that every account has.
pub(super) const SIZE: usize = 4096;
const LOG_HEADER: u64 = 32;
const FRAME_HEADER: u64 = 24;

/// A database file with the committed pages of its log over it.
pub(super) struct Pages {
    file: File,
    log: Option<File>,
    /// Where in the log the newest copy of a page is.
    in_log: HashMap<u32, u64>,
    count: u32,
}

impl Pages {
    pub(super) fn open(database: &Path) -> Result<Self> {
        let failed = |error| StoreError::io(format!("reading {}", database.display()), error);
        let file = File::open(database).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let mut pages = Self {
            file,
            log: None,
            in_log: HashMap::new(),
            count: u32::try_from(length.div_ceil(SIZE as u64)).unwrap_or(u32::MAX),
        };
        let log = database.with_file_name(format!("{}-wal", super::super::DATABASE));
        if let Ok(log) = File::open(log) {
            pages.read_log(log);
        }
        Ok(pages)
    }

    /// How many pages there may be; they are numbered from 1.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// A page; `None` if it cannot be read.
    pub(super) fn read(&self, number: u32) -> Option<Vec<u8>> {
        let mut page = vec![0; SIZE];
        match (self.in_log.get(&number), &self.log) {
            (Some(at), Some(log)) => log.read_exact_at(&mut page, *at).ok()?,
            _ => {
                let at = u64::from(number.checked_sub(1)?) * SIZE as u64;
                let mut filled = 0;
                // The last page of a file that was cut short: what is there, and zeros.
                while filled < SIZE {
                    match self.file.read_at(page.get_mut(filled..)?, at + filled as u64) {
                        Ok(0) => break,
                        Ok(more) => filled += more,
                        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                        Err(_) => return None,
                    }
                }
                if filled == 0 {
                    return None;
                }
            }
        }
        Some(page)
    }

    /// Finds the committed frames: those whose salts and running checksums are right, up to the last commit.
    fn read_log(&mut self, log: File) {
        let mut header = [0; LOG_HEADER as usize];
        if log.read_exact_at(&mut header, 0).is_err() {
            return;
        }
        let magic = number(&header, 0);
        if magic & !1 != 0x377f_0682 || number(&header, 8) != SIZE as u32 {
            return;
        }
        let big_endian = magic & 1 == 1;
        let mut sum = checksum((0, 0), header.get(..24).unwrap_or_default(), big_endian);
        if sum != (number(&header, 24), number(&header, 28)) {
            return;
        }
        let salts = (number(&header, 16), number(&header, 20));
        let mut frame = vec![0; FRAME_HEADER as usize + SIZE];
        let (mut at, mut pending) = (LOG_HEADER, Vec::new());
        while log.read_exact_at(&mut frame, at).is_ok() {
            let (head, page) = frame.split_at(FRAME_HEADER as usize);
            sum = checksum(checksum(sum, head.get(..8).unwrap_or_default(), big_endian), page, big_endian);
            if (number(head, 8), number(head, 12)) != salts || sum != (number(head, 16), number(head, 20)) {
                break;
            }
            pending.push((number(head, 0), at + FRAME_HEADER));
            let committed_size = number(head, 4);
            if committed_size > 0 {
                self.in_log.extend(pending.drain(..));
                self.count = committed_size;
            }
            at += frame.len() as u64;
        }
        // Pages that a damaged log no longer counts are still looked at.
        let length = self.file.metadata().map_or(0, |metadata| metadata.len());
        self.count = self.count.max(u32::try_from(length.div_ceil(SIZE as u64)).unwrap_or(0));
        self.log = Some(log);
    }

    /// Pages that hold nothing any more, as far as their list can be read.
    pub(super) fn free(&self) -> HashSet<u32> {
        let mut free = HashSet::new();
        let mut trunk = self.read(1).map_or(0, |page| number(&page, 32));
        while trunk != 0 && trunk <= self.count && free.insert(trunk) {
            let Some(page) = self.read(trunk) else { break };
            let leaves = (number(&page, 4) as usize).min(SIZE / 4 - 2);
            free.extend((0..leaves).map(|leaf| number(&page, 8 + 4 * leaf)).filter(|leaf| *leaf <= self.count));
            trunk = number(&page, 0);
        }
        free.remove(&1);
        free
    }
}

/// A big-endian number; 0 behind the end.
pub(super) fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_be_bytes)
}

fn checksum(start: (u32, u32), bytes: &[u8], big_endian: bool) -> (u32, u32) {
    let word = |four: &[u8]| {
        let four: [u8; 4] = four.try_into().unwrap_or_default();
        if big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }
    };
    bytes.chunks_exact(8).fold(start, |(first, second), eight| {
        let (left, right) = eight.split_at(4);
        let first = first.wrapping_add(word(left)).wrapping_add(second);
        (first, second.wrapping_add(word(right)).wrapping_add(first))
    })
}
