//! What processes that died left in the partitions' own folders.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Store;
use crate::error::{Result, StoreError};
use crate::layout;

impl Store {
    /// Removes messages on their way in whose process is gone, and deleted accounts that were not removed whole, when
    /// they did not change for so many seconds; says how many.
    pub fn remove_leftovers(&self, seconds: u64) -> Result<u64> {
        let mut count = 0;
        for partition in &self.inner.options.partitions {
            for path in entries(&partition.path.join(layout::INTAKE))? {
                let owner = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.split('-').next());
                // The number may belong to another process by now: then the file waits for that one.
                let alive = owner.is_some_and(|pid| Path::new("/proc").join(pid).exists());
                if !alive && is_older(&path, seconds) {
                    count += removed(fs::remove_file(&path), &path)?;
                }
            }
            for path in entries(&partition.path.join(layout::DELETED))? {
                if is_older(&path, seconds) {
                    count += removed(fs::remove_dir_all(&path), &path)?;
                }
            }
        }
        Ok(count)
    }
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    match fs::read_dir(dir) {
        Ok(entries) => Ok(entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(StoreError::io(format!("listing {}", dir.display()), error)),
    }
}

fn is_older(path: &Path, seconds: u64) -> bool {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age.as_secs() >= seconds))
}

fn removed(outcome: io::Result<()>, path: &Path) -> Result<u64> {
    match outcome {
        Ok(()) => Ok(1),
        // Somebody else was quicker.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(StoreError::io(format!("removing {}", path.display()), error)),
    }
}
