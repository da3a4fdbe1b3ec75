//! When users last came and went (`local.enablelastaccess`): one line an event, shared by all processes of a site.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use nix::fcntl::{Flock, FlockArg};

/// Size at which what is outdated is thrown out.
const FULL: u64 = 4 << 20;

/// The file; clones share it, and so do processes.
#[derive(Debug, Clone)]
pub struct LastAccess {
    path: PathBuf,
}

impl LastAccess {
    /// The one of the site at `root`.
    pub fn of(root: &Path) -> Self {
        Self { path: root.join("run").join("lastaccess") }
    }

    /// Somebody came or went, now.
    pub(crate) fn note(&self, service: &str, user: &str) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
        if let Err(error) = self.append(&format!("{now} {service} {user}\n")) {
            tracing::warn!(%error, "the last access of a user was not noted");
        }
    }

    /// The last access by user and service, in seconds since 1970.
    pub fn read(&self) -> io::Result<BTreeMap<(String, String), u64>> {
        match fs::read_to_string(&self.path) {
            Ok(text) => Ok(latest(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(error),
        }
    }

    fn append(&self, line: &str) -> io::Result<()> {
        let mut file = self.locked(FlockArg::LockShared)?;
        file.write_all(line.as_bytes())?;
        if file.metadata()?.len() < FULL {
            return Ok(());
        }
        drop(file);
        self.shorten()
    }

    fn shorten(&self) -> io::Result<()> {
        let file = self.locked(FlockArg::LockExclusive)?;
        let known = latest(&fs::read_to_string(&self.path)?);
        let text: String = known.iter().map(|((user, service), at)| format!("{at} {service} {user}\n")).collect();
        // In place: others have the file open, and wait for the lock.
        file.set_len(0)?;
        (&*file).write_all(text.as_bytes())
    }

    fn locked(&self, how: FlockArg) -> io::Result<Flock<File>> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?;
        Flock::lock(file, how).map_err(|(_, error)| error.into())
    }
}

fn latest(text: &str) -> BTreeMap<(String, String), u64> {
    let mut found = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.splitn(3, ' ');
        let (Some(at), Some(service), Some(user)) = (words.next(), words.next(), words.next()) else { continue };
        let Ok(at) = at.parse() else { continue };
        found.insert((user.to_owned(), service.to_owned()), at);
    }
    found
}
