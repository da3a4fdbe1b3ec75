//! The file in which the gists of a mailbox's messages are kept: what searches narrow their candidates with.
//!
//! It is derived data and nothing is synced. Every block has a checksum; behind the first one that is damaged or torn, and in a file of
//! another version, nothing is read, and the messages are simply looked at again. FORMAT.md has the layout.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use message::search::{Gist, GistRef};

use crate::error::{Result, StoreError};
use crate::uid_set::UidSet;
use crate::{MailboxId, ObjectId, Uid, layout};

/// `HELIGIST`.
const MAGIC: [u8; 8] = *b"HELIGIST";
/// Octets in front of the first block: the magic and what the gists depend on.
const HEADER: u64 = 16;
/// Octets in front of a block's records: `GBLK`, how many octets, how many records, their CRC-32.
const BLOCK_HEADER: usize = 16;
const BLOCK_MAGIC: [u8; 4] = *b"GBLK";
/// Octets of a record: UID, mark, and the binary logarithms of the two sets' octets.
const RECORD: usize = 16;
/// A block is written when it has so many octets.
pub(crate) const BLOCK: usize = 1 << 20;
/// The most that a block can have: one gist beyond the others.
const MOST_BLOCK: usize = BLOCK + (64 << 10);

/// What tells a message from any other that ever had its UID, also after an older database was put back.
pub(crate) fn mark(email_id: ObjectId, save_date: i64) -> u64 {
    let (first, second) = email_id.0.split_at(8);
    let number = |octets: &[u8]| octets.iter().fold(0, |number: u64, octet| number << 8 | u64::from(*octet));
    number(first) ^ number(second) ^ save_date.cast_unsigned().rotate_left(32)
}

/// A block that is being made.
#[derive(Default)]
pub(crate) struct NewBlock {
    records: Vec<u8>,
    sets: Vec<u8>,
}

impl NewBlock {
    pub(crate) fn push(&mut self, uid: Uid, mark: u64, gist: GistRef<'_>) {
        let (header, body) = gist.sets();
        self.records.extend_from_slice(&uid.to_le_bytes());
        self.records.extend_from_slice(&mark.to_le_bytes());
        let power = |set: &[u8]| set.len().trailing_zeros() as u8;
        self.records.extend_from_slice(&[power(header), power(body), 0, 0]);
        self.sets.extend_from_slice(header);
        self.sets.extend_from_slice(body);
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len() + self.sets.len()
    }

    /// The block's octets.
    fn finish(&self) -> Vec<u8> {
        let count = (self.records.len() / RECORD) as u32;
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(&count.to_le_bytes());
        checksum.update(&self.records);
        checksum.update(&self.sets);
        let mut block = Vec::with_capacity(BLOCK_HEADER + self.len());
        block.extend_from_slice(&BLOCK_MAGIC);
        block.extend_from_slice(&(self.len() as u32).to_le_bytes());
        block.extend_from_slice(&count.to_le_bytes());
        block.extend_from_slice(&checksum.finalize().to_le_bytes());
        block.extend_from_slice(&self.records);
        block.extend_from_slice(&self.sets);
        block
    }
}

/// One message of a block.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) uid: Uid,
    pub(crate) mark: u64,
    pub(crate) gist: GistRef<'a>,
}

/// Where a mailbox's file is.
#[derive(Debug, Clone)]
pub(crate) struct GistFile {
    folder: PathBuf,
    path: PathBuf,
}

/// Reads the sound blocks of a file from its beginning.
pub(crate) struct Blocks {
    file: File,
    /// Where the next block begins; all before is sound.
    at: u64,
    octets: Vec<u8>,
}

impl GistFile {
    pub(crate) fn new(account: &Path, mailbox: MailboxId, uid_validity: u32) -> Self {
        let folder = account.join(layout::SEARCH);
        let path = folder.join(format!("{}.{uid_validity}", mailbox.0));
        Self { folder, path }
    }

    /// Opens the file; `None` if there is none of this version.
    pub(crate) fn open(&self) -> Option<Blocks> {
        let file = layout::private_file().open(&self.path).ok()?;
        let mut header = [0; HEADER as usize];
        file.read_exact_at(&mut header, 0).ok()?;
        (header == file_header()).then(|| Blocks { file, at: HEADER, octets: Vec::new() })
    }

    /// Adds messages behind the sound blocks, but for those that others have added behind `read`, and answers with what is read then.
    /// Does nothing while somebody else writes.
    pub(crate) fn add(&self, read: Option<Blocks>, new: &[NewGist]) -> Result<Option<Blocks>> {
        let Some(_lock) = self.lock()? else { return Ok(read) };
        let mut blocks = match self.open() {
            Some(blocks) => blocks,
            None => {
                self.make(&self.path)?;
                let file = layout::private_file().open(&self.path).map_err(|error| self.failed(error))?;
                Blocks { file, at: HEADER, octets: Vec::new() }
            }
        };
        if let Some(read) = read
            && is_same(&read.file, &blocks.file)
        {
            blocks.at = read.at;
        }
        let mut others = Vec::new();
        while blocks.advance() {
            others.extend(blocks.records().map(|record| record.uid));
        }
        let end = blocks.at;
        // What is behind is the end of a writer that died, or damage.
        blocks.file.set_len(end).map_err(|error| self.failed(error))?;
        let mut at = end;
        for block in blocks_of(new, &others.into_iter().collect()) {
            let octets = block.finish();
            if let Err(error) = blocks.file.write_all_at(&octets, at) {
                // No room, perhaps: then what there was stays.
                let _ = blocks.file.set_len(end);
                return Err(self.failed(error));
            }
            at += octets.len() as u64;
        }
        blocks.at = at;
        Ok(Some(blocks))
    }

    /// Leaves only messages for which `keep` says so, each once. Does nothing while somebody else writes.
    pub(crate) fn retain(&self, keep: impl Fn(Uid) -> bool) -> Result<()> {
        let Some(_lock) = self.lock()? else { return Ok(()) };
        let Some(mut blocks) = self.open() else { return self.remove() };
        let making = self.folder.join(format!("{}.making", crate::ObjectId::random()));
        self.make(&making)?;
        let written = (|| -> io::Result<u64> {
            let file = layout::private_file().open(&making)?;
            let (mut at, mut block, mut known) = (HEADER, NewBlock::default(), std::collections::HashSet::new());
            let mut flush = |block: &mut NewBlock| {
                let octets = std::mem::take(block).finish();
                file.write_all_at(&octets, at)?;
                at += octets.len() as u64;
                io::Result::Ok(())
            };
            while blocks.advance() {
                for record in blocks.records().filter(|record| keep(record.uid)) {
                    if known.insert(record.uid) {
                        block.push(record.uid, record.mark, record.gist);
                    }
                    if block.len() >= BLOCK {
                        flush(&mut block)?;
                    }
                }
            }
            if block.len() > 0 {
                flush(&mut block)?;
            }
            Ok(known.len() as u64)
        })();
        let placed = match written {
            Ok(0) => fs::remove_file(&making).and_then(|()| fs::remove_file(&self.path)),
            Ok(_) => fs::rename(&making, &self.path),
            Err(error) => Err(error),
        };
        placed.map_err(|error| {
            let _ = fs::remove_file(&making);
            self.failed(error)
        })
    }

    /// Forgets all of it.
    pub(crate) fn remove(&self) -> Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Err(self.failed(error))
            }
            _ => Ok(()),
        }
    }

    /// An empty file, in the place of one of another version.
    fn make(&self, path: &Path) -> Result<()> {
        let file = layout::private_file().create(true).truncate(true).open(path);
        file.and_then(|file| file.write_all_at(&file_header(), 0)).map_err(|error| self.failed(error))
    }

    /// The folder's lock, which writers hold; `None` while another one does. The folder is made when it is missing, the account's is not.
    fn lock(&self) -> Result<Option<File>> {
        match fs::DirBuilder::new().private().create(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(self.failed(error)),
            _ => {}
        }
        let folder = File::open(&self.folder).map_err(|error| self.failed(error))?;
        match folder.try_lock() {
            Ok(()) => Ok(Some(folder)),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(self.failed(error)),
        }
    }

    fn failed(&self, error: io::Error) -> StoreError {
        StoreError::io(format!("keeping {}", self.path.display()), error)
    }
}

/// A folder for the server's own user only.
trait Private {
    fn private(&mut self) -> &mut Self;
}

impl Private for fs::DirBuilder {
    fn private(&mut self) -> &mut Self {
        std::os::unix::fs::DirBuilderExt::mode(self, 0o700)
    }
}

fn file_header() -> [u8; HEADER as usize] {
    let mut header = [0; HEADER as usize];
    header[..8].copy_from_slice(&MAGIC);
    header[8..].copy_from_slice(&message::search::version().to_le_bytes());
    header
}

fn is_same(one: &File, other: &File) -> bool {
    let identity = |file: &File| file.metadata().ok().map(|file| (file.dev(), file.ino()));
    identity(one).is_some() && identity(one) == identity(other)
}

impl Blocks {
    /// Reads the next block; false at the end and at the first one that is not sound.
    pub(crate) fn advance(&mut self) -> bool {
        match self.read() {
            Some(length) => {
                self.at += length;
                true
            }
            None => {
                self.octets.clear();
                false
            }
        }
    }

    fn read(&mut self) -> Option<u64> {
        let mut header = [0; BLOCK_HEADER];
        self.file.read_exact_at(&mut header, self.at).ok()?;
        let number = |at: usize| header.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
        let (length, count, checksum) = (number(4)? as usize, number(8)?, number(12)?);
        if !header.starts_with(&BLOCK_MAGIC) || length > MOST_BLOCK {
            return None;
        }
        self.octets.resize(BLOCK_HEADER + length, 0);
        self.octets.get_mut(..BLOCK_HEADER)?.copy_from_slice(&header);
        let payload = self.octets.get_mut(BLOCK_HEADER..)?;
        self.file.read_exact_at(payload, self.at + BLOCK_HEADER as u64).ok()?;
        let mut found = crc32fast::Hasher::new();
        found.update(&count.to_le_bytes());
        found.update(payload);
        (found.finalize() == checksum && count as usize * RECORD <= length).then_some((BLOCK_HEADER + length) as u64)
    }

    /// The messages of the block that was read last.
    pub(crate) fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let count = self.octets.get(8..12).and_then(|count| count.try_into().ok()).map_or(0, u32::from_le_bytes);
        let payload = self.octets.get(BLOCK_HEADER..).unwrap_or_default();
        let (records, mut sets) = payload.split_at_checked(count as usize * RECORD).unwrap_or_default();
        records.chunks_exact(RECORD).map_while(move |record| {
            let uid = record.get(..4)?.try_into().ok().map(u32::from_le_bytes)?;
            let mark = record.get(4..12)?.try_into().ok().map(u64::from_le_bytes)?;
            let mut set = |at: usize| {
                let length = 1_usize.checked_shl(u32::from(*record.get(at)?))?;
                let (set, rest) = sets.split_at_checked(length)?;
                sets = rest;
                Some(set)
            };
            let (header, body) = (set(12)?, set(13)?);
            Some(Record { uid, mark, gist: GistRef::new(header, body)? })
        })
    }
}

/// A file of an account's folder and, if its name says so, the mailbox and the UIDVALIDITY that it is of.
type Listed = (PathBuf, Option<(MailboxId, u32)>);

/// The files of an account, those too that processes left that died.
pub(crate) fn list(account: &Path) -> Result<Vec<Listed>> {
    let folder = account.join(layout::SEARCH);
    let failed = |error| StoreError::io(format!("listing {}", folder.display()), error);
    let entries = match fs::read_dir(&folder) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        entries => entries.map_err(failed)?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.split_once('.'));
        let of = name.and_then(|(id, uid_validity)| Some((MailboxId(id.parse().ok()?), uid_validity.parse().ok()?)));
        found.push((path, of));
    }
    Ok(found)
}

/// The gist of a message, to be kept.
pub(crate) struct NewGist {
    pub(crate) uid: Uid,
    pub(crate) mark: u64,
    pub(crate) gist: Gist,
}

/// Blocks of the gists that are not known, none larger than it may be.
fn blocks_of(new: &[NewGist], known: &UidSet) -> Vec<NewBlock> {
    let mut blocks = vec![NewBlock::default()];
    for NewGist { uid, mark, gist } in new.iter().filter(|new| !known.contains(new.uid)) {
        if blocks.last().is_none_or(|block| block.len() >= BLOCK) {
            blocks.push(NewBlock::default());
        }
        if let Some(block) = blocks.last_mut() {
            block.push(*uid, *mark, gist.view());
        }
    }
    blocks.retain(|block| block.len() > 0);
    blocks
}
