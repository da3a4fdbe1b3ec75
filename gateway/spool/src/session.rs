//! The files of one browser session. All state is on disk, so that worker processes share it; there is no lock to wedge.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{DraftId, FileId, NewFile, Note, SpoolError, SpoolFile, Writer};

/// One session's part of the spool. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SessionSpool {
    dir: PathBuf,
    session_bytes: u64,
}

/// Runs blocking file work on the pool that is meant for it.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SpoolError> + Send + 'static,
) -> Result<T, SpoolError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(lost) => Err(SpoolError::Io(io::Error::other(lost))),
    }
}

impl SessionSpool {
    pub(crate) fn new(dir: PathBuf, session_bytes: u64) -> Self {
        Self { dir, session_bytes }
    }

    /// Starts receiving a file. It exists for others once the writer is finished.
    pub async fn create(&self, new: NewFile<'_>) -> Result<Writer, SpoolError> {
        Writer::start(self.dir.clone(), self.session_bytes, &new).await
    }

    /// The files of a draft in the order they came.
    pub async fn files(&self, draft: &DraftId) -> Result<Vec<SpoolFile>, SpoolError> {
        let (dir, draft) = (self.dir.clone(), draft.clone());
        blocking(move || {
            let mut files = sidecars(&dir)?;
            files.retain(|file| file.draft == draft);
            Ok(files)
        })
        .await
    }

    /// One file.
    pub async fn get(&self, id: &FileId) -> Result<SpoolFile, SpoolError> {
        let path = sidecar(&self.dir, id);
        blocking(move || read_sidecar(&path)?.ok_or(SpoolError::NoSuchFile)).await
    }

    /// The content of a file.
    pub async fn open(&self, id: &FileId) -> Result<tokio::fs::File, SpoolError> {
        match tokio::fs::File::open(data(&self.dir, id)).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(SpoolError::NoSuchFile),
            opened => Ok(opened?),
        }
    }

    /// Removes a file; one that is gone already is no error.
    pub async fn remove(&self, id: &FileId) -> Result<(), SpoolError> {
        let (dir, id) = (self.dir.clone(), id.clone());
        blocking(move || remove(&dir, &id)).await
    }

    /// Removes all files of a draft: it was sent or given up.
    pub async fn remove_draft(&self, draft: &DraftId) -> Result<(), SpoolError> {
        let (dir, draft) = (self.dir.clone(), draft.clone());
        blocking(move || {
            for file in sidecars(&dir)?.iter().filter(|file| file.draft == draft) {
                remove(&dir, &file.id)?;
            }
            Ok(())
        })
        .await
    }

    /// The note about a draft, once nobody else has it; made if it is missing.
    pub async fn note(&self, draft: &DraftId) -> Result<Note, SpoolError> {
        // It was asked to make it.
        Note::hold(self.dir.clone(), draft, true).await?.ok_or(SpoolError::NoSuchFile)
    }

    /// The note about a draft if there is one, once nobody else has it.
    pub async fn known_note(&self, draft: &DraftId) -> Result<Option<Note>, SpoolError> {
        Note::hold(self.dir.clone(), draft, false).await
    }

    /// Removes everything: the session ends.
    pub async fn clear(&self) -> Result<(), SpoolError> {
        let dir = self.dir.clone();
        blocking(move || match fs::remove_dir_all(dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => Ok(done?),
        })
        .await
    }

    /// Bytes that the session has on disk, unfinished files too.
    pub async fn used(&self) -> Result<u64, SpoolError> {
        let dir = self.dir.clone();
        blocking(move || Ok(used(&dir)?)).await
    }
}

pub(crate) fn data(dir: &Path, id: &FileId) -> PathBuf {
    dir.join(format!("{id}.data"))
}

pub(crate) fn sidecar(dir: &Path, id: &FileId) -> PathBuf {
    dir.join(format!("{id}.json"))
}

fn read_sidecar(path: &Path) -> Result<Option<SpoolFile>, SpoolError> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => Ok(Some(serde_json::from_slice(&read?).map_err(io::Error::from)?)),
    }
}

/// All finished files, oldest first.
pub(crate) fn sidecars(dir: &Path) -> Result<Vec<SpoolFile>, SpoolError> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            files.extend(read_sidecar(&path)?);
        }
    }
    files.sort_by(|a, b| (a.received, a.id.as_str()).cmp(&(b.received, b.id.as_str())));
    Ok(files)
}

pub(crate) fn used(dir: &Path) -> io::Result<u64> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut sum = 0;
    for entry in entries {
        match entry?.metadata() {
            Ok(metadata) => sum += metadata.len(),
            // Removed in the meantime.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(sum)
}

fn remove(dir: &Path, id: &FileId) -> Result<(), SpoolError> {
    // The sidecar first: without it the file is not there for anybody.
    for path in [sidecar(dir, id), data(dir, id)] {
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            done => done?,
        }
    }
    Ok(())
}
