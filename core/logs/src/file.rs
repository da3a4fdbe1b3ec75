//! A log file: whole lines appended, also by several processes, and a new file begun by size and age.
//!
//! The current file is `<dir>/<log>`; a finished one is `<log>.<number>.<seconds since 1970>`, as the old server named them.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::PathBuf,
    time::{Duration, SystemTime},
};

use config::{LogFiles, LogName};
use nix::fcntl::{Flock, FlockArg};

use crate::{form::Stamp, retention};

/// See the module.
#[derive(Debug)]
pub(crate) struct LogFile {
    rules: LogFiles,
    name: &'static str,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    identity: (u64, u64),
    begun: SystemTime,
}

impl LogFile {
    pub(crate) fn new(log: LogName, rules: LogFiles) -> Self {
        Self { rules, name: log.as_str(), open: None }
    }

    fn path(&self) -> PathBuf {
        self.rules.dir.join(self.name)
    }

    /// Appends `lines`, whole ones, in one write. They go to the current file, whichever process began it.
    pub(crate) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        self.follow()?;
        if self.is_full(lines.len() as u64)? {
            self.finish()?;
        }
        let open = self.current()?;
        open.file.write_all(lines)
    }

    /// Removes what the rules allow no longer. False when the disk is too full to go on.
    pub(crate) fn tidy(&self) -> io::Result<bool> {
        if !self.rules.dir.exists() {
            return Ok(true);
        }
        let _lock = self.lock()?;
        retention::apply(&self.rules, self.name)
    }

    /// Another process may have begun a new file, or an administrator moved it away.
    fn follow(&mut self) -> io::Result<()> {
        if let Some(open) = &self.open {
            match fs::metadata(self.path()) {
                Ok(now) if (now.dev(), now.ino()) == open.identity => {}
                Ok(_) => self.open = None,
                Err(error) if error.kind() == io::ErrorKind::NotFound => self.open = None,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn current(&mut self) -> io::Result<&mut Open> {
        if self.open.is_none() {
            // Logs name users and addresses: they are for the server's own account only.
            fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.rules.dir)?;
            let file = OpenOptions::new().append(true).create(true).mode(0o600).open(self.path())?;
            let known = file.metadata()?;
            let begun = self.begun().or_else(|| known.created().ok()).unwrap_or_else(SystemTime::now);
            self.open = Some(Open { identity: (known.dev(), known.ino()), begun, file });
        }
        self.open.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// When the current file was begun: its first line says so, whatever was done with the file since.
    fn begun(&self) -> Option<SystemTime> {
        let mut first = String::new();
        let file = File::open(self.path()).ok()?;
        BufReader::new(io::Read::take(file, 256)).read_line(&mut first).ok()?;
        let seconds = u64::try_from(Stamp::of_line(&first)?).ok()?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
    }

    fn is_full(&mut self, more: u64) -> io::Result<bool> {
        let (most, rollover) = (self.rules.max_file_size, self.rules.rollover);
        let open = self.current()?;
        let size = open.file.metadata()?.len();
        let old = !rollover.is_zero() && open.begun.elapsed().is_ok_and(|age| age >= rollover);
        Ok(size > 0 && (old || size + more > most))
    }

    /// Puts the current file away. Whoever has the lock does it; the others find it done.
    fn finish(&mut self) -> io::Result<()> {
        let _lock = self.lock()?;
        self.follow()?;
        if self.open.is_none() {
            return Ok(());
        }
        let number = retention::finished(&self.rules.dir, self.name)?.last().map_or(1, |last| last.number + 1);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        fs::rename(self.path(), self.rules.dir.join(format!("{}.{number}.{now}", self.name)))?;
        self.open = None;
        retention::apply(&self.rules, self.name)?;
        Ok(())
    }

    fn lock(&self) -> io::Result<Flock<File>> {
        let path = self.rules.dir.join(format!(".{}.lock", self.name));
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, error)| error.into())
    }
}
