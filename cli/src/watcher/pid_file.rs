//! `run/watcher.pid`: who the watcher is. Its lock says whether the file is stale, whatever process has the number now.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::{Context, bail};
use nix::{
    errno::Errno,
    fcntl::{Flock, FlockArg},
};

use super::run_folder;

const NAME: &str = "watcher.pid";

/// The pid file of this process; the lock goes with it.
pub struct PidFile {
    lock: Flock<File>,
}

impl PidFile {
    /// Writes it, unless a watcher is running.
    pub fn take(root: &Path) -> anyhow::Result<Self> {
        let path = run_folder(root)?.join(NAME);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = file.with_context(|| path.display().to_string())?;
        let mut lock = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => lock,
            Err((mut file, Errno::EWOULDBLOCK)) => bail!("the watcher is already running: {}", pid_in(&mut file)?),
            Err((_, error)) => return Err(error).with_context(|| path.display().to_string()),
        };
        lock.set_len(0)?;
        lock.rewind()?;
        writeln!(lock, "{}", std::process::id())?;
        Ok(Self { lock })
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        // A number that is left over does no harm: the lock is what counts.
        let _ = self.lock.set_len(0);
    }
}

/// The process id of the running watcher. A file that nobody holds is left over from one that was killed.
pub fn running(root: &Path) -> io::Result<Option<u32>> {
    let path = root.join("run").join(NAME);
    let file = match OpenOptions::new().read(true).write(true).open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    match Flock::lock(file, FlockArg::LockSharedNonblock) {
        Ok(_) => Ok(None),
        Err((mut file, Errno::EWOULDBLOCK)) => pid_in(&mut file).map(Some),
        Err((_, error)) => Err(error.into()),
    }
}

fn pid_in(file: &mut File) -> io::Result<u32> {
    let mut text = String::new();
    file.rewind()?;
    file.read_to_string(&mut text)?;
    // Between its lock and its number a watcher has no name yet.
    Ok(text.trim().parse().unwrap_or(0))
}
