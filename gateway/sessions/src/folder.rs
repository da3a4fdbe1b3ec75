//! The folder: for its owner only, with the key that signs links and lasts longer than any process.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use nix::fcntl::{Flock, FlockArg};
use rand::RngCore;

/// Where everything is that the processes share.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes it if it is missing.
    pub fn open(path: &Path) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        }
        Ok(Self { path: path.to_owned() })
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// One process at a time makes what is missing.
    pub(crate) fn lock(&self) -> io::Result<Flock<File>> {
        let file = self.private("lock")?;
        Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, error)| error.into())
    }

    /// A file for the owner only.
    pub(crate) fn private(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(self.file(name))
    }

    /// The key that signs links, made once.
    pub fn link_key(&self) -> io::Result<[u8; 32]> {
        let _lock = self.lock()?;
        let mut file = self.private("link.key")?;
        let mut known = Vec::new();
        file.read_to_end(&mut known)?;
        if let Ok(key) = known.try_into() {
            return Ok(key);
        }
        let mut key = [0; 32];
        rand::rng().fill_bytes(&mut key);
        file.set_len(0)?;
        io::Seek::rewind(&mut file)?;
        file.write_all(&key)?;
        file.sync_all()?;
        Ok(key)
    }
}
