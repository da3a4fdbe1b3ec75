//! Message contents: where large ones are kept and how all are read. The only door to content files.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::ops::{Deref, Range};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Result, StoreError};
use crate::layout;
use crate::{ObjectId, Uid};

/// A message's whole content: in memory if it is small, mapped from its file if it is large.
#[derive(Debug)]
pub enum Body {
    /// From the database.
    Inline(Vec<u8>),
    /// From a content file, which never changes.
    Mapped(memmap2::Mmap),
}

impl Deref for Body {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Self::Inline(bytes) => bytes,
            Self::Mapped(map) => map,
        }
    }
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

/// Where a content is, as the tables say it.
#[derive(Debug)]
pub(crate) enum Stored {
    /// The whole content.
    Inline(Vec<u8>),
    /// The name of a content file.
    File(String),
}

/// The content files of one account.
#[derive(Debug, Clone)]
pub(crate) struct ContentFiles {
    dir: PathBuf,
}

/// A content file that no committed row names yet: removed again unless it is kept.
#[derive(Debug)]
pub(crate) struct Adopted {
    path: PathBuf,
    name: String,
    kept: bool,
}

impl Adopted {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The row is committed.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Adopted {
    fn drop(&mut self) {
        if !self.kept {
            // What stays behind here is an orphan, which a check of the store finds.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl ContentFiles {
    pub(crate) fn new(account: &Path) -> Self {
        Self { dir: account.join(layout::CONTENT) }
    }

    /// Takes over a synced file under a name of its own, durable when this returns: by a hard link, or on another
    /// file system by a copy.
    pub(crate) fn adopt(&self, synced: &Path) -> Result<Adopted> {
        layout::create_dir(&self.dir)?;
        let name = ObjectId::random().to_string();
        let adopted = Adopted { path: self.dir.join(&name), name, kept: false };
        let failed = |error| StoreError::io(format!("keeping {}", adopted.path.display()), error);
        if fs::hard_link(synced, &adopted.path).is_err() {
            let mut from = File::open(synced).map_err(failed)?;
            let mut to = layout::private_file().create_new(true).open(&adopted.path).map_err(failed)?;
            io::copy(&mut from, &mut to).and_then(|_| to.sync_data()).map_err(failed)?;
        }
        layout::sync_dir(&self.dir)?;
        Ok(adopted)
    }

    /// Brings the files of another folder to what this one has: by hard links, or on another file system by synced
    /// copies. Files that are there already are taken for complete.
    pub(crate) fn mirror_to(&self, to: &Path) -> Result<()> {
        let (mine, theirs) = (self.list()?, ContentFiles { dir: to.to_owned() }.list()?);
        layout::create_dir(to)?;
        for name in mine.keys().filter(|name| !theirs.contains_key(*name)) {
            let (source, copy) = (self.dir.join(name), to.join(name));
            let failed = |error| StoreError::io(format!("copying {}", source.display()), error);
            if fs::hard_link(&source, &copy).is_ok() {
                continue;
            }
            match File::open(&source) {
                // Its message was removed meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                opened => {
                    let mut from = opened.map_err(failed)?;
                    let mut into = layout::private_file().create_new(true).open(&copy).map_err(failed)?;
                    io::copy(&mut from, &mut into).and_then(|_| into.sync_data()).map_err(failed)?;
                }
            }
        }
        ContentFiles { dir: to.to_owned() }
            .remove(&theirs.into_keys().filter(|name| !mine.contains_key(name)).collect::<Vec<_>>());
        layout::sync_dir(to)
    }

    /// Removes files that no row names any more. What cannot be removed is an orphan, no failure.
    pub(crate) fn remove(&self, names: &[String]) {
        for name in names {
            if let Err(error) = fs::remove_file(self.dir.join(name)) {
                tracing::warn!(file = %self.dir.join(name).display(), %error, "a content file could not be removed");
            }
        }
    }

    /// The checksum of a file, for a look over the whole account.
    pub(crate) fn checksum(&self, name: &str) -> Result<u32> {
        let path = self.dir.join(name);
        let failed = |error| StoreError::io(format!("reading {}", path.display()), error);
        let file = File::open(&path).map_err(failed)?;
        Ok(crc32fast::hash(&map_file(&file, &path)?))
    }

    /// A whole file, whatever its size; for a repair.
    pub(crate) fn map_whole(&self, name: &str) -> Result<memmap2::Mmap> {
        let path = self.dir.join(name);
        let file = File::open(&path).map_err(|error| StoreError::io(format!("opening {}", path.display()), error))?;
        map_file(&file, &path)
    }

    /// The names of files that were not changed in the last so many seconds.
    pub(crate) fn older_than(&self, seconds: u64) -> Result<Vec<String>> {
        let age =
            |name: &String| fs::metadata(self.dir.join(name)).and_then(|file| file.modified()).ok()?.elapsed().ok();
        let mut names: Vec<String> = self.list()?.into_keys().collect();
        names.retain(|name| seconds == 0 || age(name).is_some_and(|age| age.as_secs() >= seconds));
        names.sort_unstable();
        Ok(names)
    }

    /// Gives a file that no row names a second name, durable when this returns, and takes the first one away once
    /// nobody can be about to name it; `None` if it is gone.
    pub(crate) fn rename_orphan(&self, name: &str) -> Result<Option<String>> {
        /// Nobody takes an hour from a file to its row.
        const SETTLED: u64 = 3600;
        let second = ObjectId::random().to_string();
        match fs::hard_link(self.dir.join(name), self.dir.join(&second)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io(format!("keeping {}", self.dir.join(name).display()), error)),
        }
        if self.older_than(SETTLED)?.iter().any(|old| old == name) {
            self.remove(&[name.to_owned()]);
        }
        layout::sync_dir(&self.dir)?;
        Ok(Some(second))
    }

    /// Every content file with its size.
    pub(crate) fn list(&self) -> Result<HashMap<String, u64>> {
        let failed = |error| StoreError::io(format!("listing {}", self.dir.display()), error);
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(HashMap::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut files = HashMap::new();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            // A file that goes while it is listed was on its way out.
            if let Ok(metadata) = entry.metadata() {
                files.insert(entry.file_name().to_string_lossy().into_owned(), metadata.len());
            }
        }
        Ok(files)
    }

    /// Files that did not change for so long.
    pub(crate) fn older(&self, age: Duration) -> Result<Vec<String>> {
        let is_older = |name: &String| {
            let modified = fs::metadata(self.dir.join(name)).and_then(|metadata| metadata.modified());
            modified.is_ok_and(|time| time.elapsed().is_ok_and(|found| found >= age))
        };
        Ok(self.list()?.into_keys().filter(is_older).collect())
    }

    /// Octets `range` of a file that must have `size` octets.
    pub(crate) fn read(&self, uid: Uid, name: &str, size: u64, range: Range<u64>) -> Result<Vec<u8>> {
        let file = self.open(uid, name, size)?;
        let end = range.end.min(size);
        let start = range.start.min(end);
        let length = usize::try_from(end - start).map_err(|_| StoreError::TooLarge { limit: usize::MAX as u64 })?;
        let mut bytes = vec![0; length];
        file.read_exact_at(&mut bytes, start)
            .map_err(|error| StoreError::io(format!("reading {}", self.dir.join(name).display()), error))?;
        Ok(bytes)
    }

    /// A whole file that must have `size` octets.
    pub(crate) fn map(&self, uid: Uid, name: &str, size: u64) -> Result<Body> {
        let file = self.open(uid, name, size)?;
        map_file(&file, &self.dir.join(name)).map(Body::Mapped)
    }

    fn open(&self, uid: Uid, name: &str, size: u64) -> Result<File> {
        let path = self.dir.join(name);
        let damaged = |what: &str| StoreError::CorruptMessage { uid, what: format!("content file {name} {what}") };
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(damaged("is missing")),
            Err(error) => return Err(StoreError::io(format!("opening {}", path.display()), error)),
        };
        let found =
            file.metadata().map_err(|error| StoreError::io(format!("reading {}", path.display()), error))?.len();
        if found != size { Err(damaged("has another size")) } else { Ok(file) }
    }
}

/// Maps a finished content file.
#[allow(unsafe_code)]
pub(crate) fn map_file(file: &File, path: &Path) -> Result<memmap2::Mmap> {
    // SAFETY: a finished content file is never written or truncated again, only unlinked, and its pages stay
    // valid while the mapping lives.
    unsafe { memmap2::Mmap::map(file) }.map_err(|error| StoreError::io(format!("mapping {}", path.display()), error))
}
