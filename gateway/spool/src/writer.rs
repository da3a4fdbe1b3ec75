//! Receiving a file: to disk as it comes, hashed, and refused the moment a limit is passed.

use std::{
    fs,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use sha2::{Digest, Sha256};
use tokio::{fs::File, io::AsyncWriteExt};

use crate::{
    FileId, Limit, NewFile, SpoolError, SpoolFile,
    file::{tidy_name, tidy_type},
    id::hex,
    session::{blocking, data, sidecar, sidecars, used},
    spool::make_private,
};

/// Other uploads of the session are looked at again each time so many bytes have come.
const RECOUNT: u64 = 1 << 20;
/// Room for sidecars, which are no user's bytes.
const SIDECARS: u64 = 64 << 10;
/// Bytes written to the file at once.
const BUFFER: usize = 256 << 10;

/// A file being received. Dropped before [`Writer::finish`], it leaves nothing behind.
#[derive(Debug)]
pub struct Writer {
    dir: PathBuf,
    session_bytes: u64,
    limit: Limit,
    file: File,
    buffer: Vec<u8>,
    hash: Sha256,
    about: SpoolFile,
    /// Encoded size of the draft's other finished files with what surrounds them.
    others_encoded: u64,
    /// What other files of the session take on disk.
    others_bytes: u64,
    recount_at: u64,
    unfinished: Unfinished,
}

/// Removes the data file unless told to keep it.
#[derive(Debug)]
struct Unfinished(Option<PathBuf>);

impl Unfinished {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(path) = self.0.take()
            && let Err(error) = fs::remove_file(path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "cannot remove an unfinished spool file");
        }
    }
}

fn others(dir: &Path, about: &SpoolFile, limit: Limit, own: u64) -> Result<(u64, u64), SpoolError> {
    let files = sidecars(dir)?;
    let draft = files.iter().filter(|file| file.draft == about.draft).map(|file| file.size);
    Ok((limit.size(draft), used(dir)?.saturating_sub(own)))
}

impl Writer {
    pub(crate) async fn start(dir: PathBuf, session_bytes: u64, new: &NewFile<'_>) -> Result<Self, SpoolError> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let about = SpoolFile {
            id: FileId::random(),
            draft: new.draft.clone(),
            file_name: tidy_name(new.file_name),
            media_type: tidy_type(new.media_type),
            size: 0,
            sha256: String::new(),
            received: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
        };
        let limit = new.limit;
        let (file, about, unfinished, (others_encoded, others_bytes), dir) = blocking(move || {
            make_private(&dir, false)?;
            let counts = others(&dir, &about, limit, 0)?;
            let path = data(&dir, &about.id);
            let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            Ok((file, about, Unfinished(Some(path)), counts, dir))
        })
        .await?;
        let writer = Self {
            dir,
            session_bytes,
            limit,
            file: File::from_std(file),
            buffer: Vec::with_capacity(BUFFER),
            hash: Sha256::new(),
            about,
            others_encoded,
            others_bytes,
            recount_at: RECOUNT,
            unfinished,
        };
        writer.check()?;
        Ok(writer)
    }

    /// Bytes received so far.
    pub fn size(&self) -> u64 {
        self.about.size
    }

    fn check(&self) -> Result<(), SpoolError> {
        let size = self.others_encoded.saturating_add(Limit::message(0).size([self.about.size]));
        if size > self.limit.message_bytes {
            return Err(SpoolError::TooLarge { limit: self.limit.message_bytes, size });
        }
        if self.others_bytes.saturating_add(self.about.size) > self.session_bytes {
            return Err(SpoolError::SessionFull { limit: self.session_bytes });
        }
        Ok(())
    }

    /// Takes the next bytes. After an error the writer is of no use: drop it, and what it wrote is removed.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), SpoolError> {
        self.about.size = self.about.size.saturating_add(bytes.len() as u64);
        self.check()?;
        if self.about.size >= self.recount_at {
            let (dir, about, limit, own) = (self.dir.clone(), self.about.clone(), self.limit, self.about.size);
            let counts = blocking(move || others(&dir, &about, limit, own)).await?;
            (self.others_encoded, self.others_bytes) = counts;
            self.recount_at = self.about.size + RECOUNT;
            self.check()?;
        }
        self.hash.update(bytes);
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), SpoolError> {
        self.file.write_all(&self.buffer).await?;
        self.buffer.clear();
        Ok(())
    }

    /// Ends the file and makes it known.
    pub async fn finish(mut self) -> Result<SpoolFile, SpoolError> {
        self.flush().await?;
        self.file.flush().await?;
        let Self { dir, session_bytes, limit, mut about, hash, unfinished, .. } = self;
        about.sha256 = hex(&hash.finalize());
        blocking(move || {
            let json = serde_json::to_vec(&about).map_err(std::io::Error::from)?;
            // Written beside and renamed: nobody ever reads half a sidecar.
            let beside = dir.join(format!("{}.new", about.id));
            let written = Unfinished(Some(beside.clone()));
            let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
            std::io::Write::write_all(&mut file, &json)?;
            let known = Unfinished(Some(sidecar(&dir, &about.id)));
            fs::rename(&beside, sidecar(&dir, &about.id))?;
            written.keep();
            // Counted once more now that others can see it: of uploads that end at the same time, the last to be seen
            // sees all, so they cannot pass the limit together.
            let (size, bytes) = others(&dir, &about, limit, 0)?;
            if size > limit.message_bytes {
                return Err(SpoolError::TooLarge { limit: limit.message_bytes, size });
            }
            if bytes > session_bytes.saturating_add(SIDECARS) {
                return Err(SpoolError::SessionFull { limit: session_bytes });
            }
            known.keep();
            unfinished.keep();
            Ok(about)
        })
        .await
    }
}
