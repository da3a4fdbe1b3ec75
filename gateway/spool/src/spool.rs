//! The spool folder: a folder per session, and the sweep that removes what nobody came back for.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use sha2::{Digest, Sha256};

use crate::{SessionSpool, id::hex};

/// Where and how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolOptions {
    /// `service.http.spooldir`; made if it is missing.
    pub dir: PathBuf,
    /// Bytes that one session may have in the spool.
    pub session_bytes: u64,
}

/// All sessions' files. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Spool {
    options: Arc<SpoolOptions>,
    /// [`SpoolOptions::session_bytes`], which a refresh may change.
    session_bytes: Arc<AtomicU64>,
}

/// Folders of sessions start with this, so that a sweep never touches anything else in the folder.
const PREFIX: &str = "session-";

impl Spool {
    /// Makes the folder, for its owner only, if it is missing. Blocking: for the start of the daemon.
    pub fn open(options: SpoolOptions) -> io::Result<Self> {
        make_private(&options.dir, true)?;
        let session_bytes = Arc::new(AtomicU64::new(options.session_bytes));
        Ok(Self { options: Arc::new(options), session_bytes })
    }

    /// Another limit for what sessions put into the spool from now on.
    pub fn set_session_bytes(&self, bytes: u64) {
        self.session_bytes.store(bytes, Ordering::Relaxed);
    }

    /// The files of the browser session `key`. No I/O happens here.
    pub fn session(&self, key: &str) -> SessionSpool {
        self.session_of(&hex(&Sha256::digest(key.as_bytes())))
    }

    /// The same by the hash of its key: 64 hexadecimal digits of its SHA-256, which is what remains known of an ended session.
    pub fn session_of(&self, digest: &str) -> SessionSpool {
        let digits: String = digest.chars().filter(char::is_ascii_hexdigit).take(32).collect();
        let dir = self.options.dir.join(format!("{PREFIX}{digits}"));
        SessionSpool::new(dir, self.session_bytes.load(Ordering::Relaxed))
    }

    /// Removes the folders of sessions in which nothing was written for `older_than` (zero: all), and tells how many.
    /// Blocking: at the start of the daemon, and now and then from a blocking thread.
    pub fn sweep(&self, older_than: Duration) -> io::Result<usize> {
        let mut removed = 0;
        for entry in fs::read_dir(&self.options.dir)? {
            let entry = entry?;
            if !entry.file_name().to_string_lossy().starts_with(PREFIX) || !entry.file_type()?.is_dir() {
                continue;
            }
            let age = SystemTime::now().duration_since(newest(&entry.path())).unwrap_or_default();
            if age >= older_than {
                match fs::remove_dir_all(entry.path()) {
                    Ok(()) => removed += 1,
                    // Another process swept it first.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => tracing::warn!(%error, "cannot remove a stale spool folder"),
                }
            }
        }
        Ok(removed)
    }
}

/// When something in a session's folder was last written.
fn newest(dir: &Path) -> SystemTime {
    let files = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let times = files.chain([dir.to_owned()]).filter_map(|path| fs::metadata(path).ok()?.modified().ok());
    times.max().unwrap_or_else(SystemTime::now)
}

/// Makes a folder that only its owner can look into.
pub(crate) fn make_private(dir: &Path, parents: bool) -> io::Result<()> {
    match fs::DirBuilder::new().recursive(parents).mode(0o700).create(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => made?,
    }
    if fs::metadata(dir)?.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}
