//! Which finished log files stay: number, total size, age, and the free space of the disk.

use std::{fs, io, path::Path, path::PathBuf, time::SystemTime};

use config::LogFiles;

/// A finished file.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) number: u64,
    path: PathBuf,
    /// When it was finished, in seconds since 1970.
    at: u64,
    size: u64,
}

/// The finished files of a log, oldest first.
pub(crate) fn finished(dir: &Path, name: &str) -> io::Result<Vec<Finished>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let file = entry.file_name();
        let Some((number, at)) = file
            .to_str()
            .and_then(|file| file.strip_prefix(name)?.strip_prefix('.')?.split_once('.'))
            .and_then(|(number, at)| Some((number.parse().ok()?, at.parse().ok()?)))
        else {
            continue;
        };
        match entry.metadata() {
            Ok(known) => found.push(Finished { number, at, size: known.len(), path: entry.path() }),
            // Gone meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    found.sort_by_key(|file| (file.number, file.at));
    Ok(found)
}

/// Removes the oldest files while a rule is broken. False when the disk lacks room and there is none left to remove.
pub(crate) fn apply(rules: &LogFiles, name: &str) -> io::Result<bool> {
    let mut files = finished(&rules.dir, name)?;
    let current = fs::metadata(rules.dir.join(name)).map_or(0, |known| known.len());
    let mut total = current + files.iter().map(|file| file.size).sum::<u64>();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut count = files.len() + 1;
    let mut kept = files.drain(..);
    loop {
        let short = rules.min_free > 0 && free(&rules.dir)? < rules.min_free;
        let Some(oldest) = kept.next() else { return Ok(!short) };
        let expired = !rules.expiry.is_zero() && now.saturating_sub(oldest.at) >= rules.expiry.as_secs();
        let broken = short
            || expired
            || (rules.max_files > 0 && count > rules.max_files)
            || (rules.max_size > 0 && total > rules.max_size);
        if !broken {
            return Ok(true);
        }
        fs::remove_file(&oldest.path)?;
        count -= 1;
        total = total.saturating_sub(oldest.size);
    }
}

/// Bytes of the disk that an unprivileged process may still use.
fn free(dir: &Path) -> io::Result<u64> {
    let disk = nix::sys::statvfs::statvfs(dir)?;
    Ok(disk.blocks_available().saturating_mul(disk.fragment_size()))
}
