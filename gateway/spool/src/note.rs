//! A note about a draft that outlives its files, as long as the session lasts; who writes it keeps the others waiting, in other processes too.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use nix::fcntl::{Flock, FlockArg};

use crate::{DraftId, SpoolError, session::blocking, spool::make_private};

/// A note that is held; dropping it lets the next one have it, as does the end of the process.
#[derive(Debug)]
pub struct Note {
    file: Flock<File>,
    text: Vec<u8>,
}

impl Note {
    /// Waits until nobody else has it. Without `make` a note that is not there is none.
    pub(crate) async fn hold(dir: PathBuf, draft: &DraftId, make: bool) -> Result<Option<Self>, SpoolError> {
        let path = dir.join(format!("{draft}.note"));
        blocking(move || {
            if make {
                make_private(&dir, false)?;
            }
            let Some(file) = open(&path, make)? else { return Ok(None) };
            let mut file = Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, error)| io::Error::from(error))?;
            let mut text = Vec::new();
            file.read_to_end(&mut text)?;
            Ok(Some(Self { file, text }))
        })
        .await
    }

    /// What stands there; empty when nothing was noted yet.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Writes it anew.
    pub async fn write(mut self, text: Vec<u8>) -> Result<(), SpoolError> {
        blocking(move || {
            self.file.set_len(0)?;
            self.file.rewind()?;
            self.file.write_all(&text)?;
            Ok(())
        })
        .await
    }
}

fn open(path: &Path, make: bool) -> io::Result<Option<File>> {
    match OpenOptions::new().read(true).write(true).create(make).truncate(false).mode(0o600).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !make => Ok(None),
        file => file.map(Some),
    }
}
