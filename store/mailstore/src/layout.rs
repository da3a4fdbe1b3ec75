//! Where accounts are on disk: `<partition>/=user/<hash>/<hash>/=<account>/`, as FORMAT.md describes.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::account_id::AccountId;
use crate::error::{Result, StoreError};

/// The folder of a partition that holds accounts.
pub(crate) const ACCOUNTS: &str = "=user";
/// The folder of a partition that holds messages on their way in.
pub(crate) const INTAKE: &str = "=intake";
/// The folder of the first partition that holds the locks of accounts that moved.
pub(crate) const MOVING: &str = "=moving";
/// The folder of a partition that holds deleted accounts on their way out.
pub(crate) const DELETED: &str = "=deleted";
/// The file of the first partition that lists every partition the store was used with.
pub(crate) const PARTITIONS: &str = "=partitions";
/// The file of a partition that tells it from an empty folder at its place.
pub(crate) const MARK: &str = "=partition";
/// The folder of an account that holds large contents.
pub(crate) const CONTENT: &str = "content";
/// The folder of an account that holds what searches need not read again.
pub(crate) const SEARCH: &str = "search";

/// An account's folder in a partition.
pub(crate) fn account_dir(partition: &Path, id: &AccountId) -> PathBuf {
    let [.., first, second] = hash(id.as_str()).to_be_bytes();
    partition
        .join(ACCOUNTS)
        .join(format!("{first:02x}"))
        .join(format!("{second:02x}"))
        .join(format!("={}", escape(id.as_str())))
}

/// FNV-1a, 32 bits: spreads accounts over folders and must never change.
fn hash(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// A name as a file name: capitals as `+` and the small letter (two accounts that differ in case stay apart on a
/// file system that does not tell them apart), everything but small letters, digits and `-_.@` as `%` and two digits.
pub(crate) fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' => escaped.extend(['+', char::from(byte.to_ascii_lowercase())]),
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'@' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02x}")),
        }
    }
    escaped
}

/// The name that [`escape`] made; `None` for a file that is not ours.
fn unescape(escaped: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => rest.next()?.to_ascii_uppercase(),
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// Every account of a partition that has a database.
pub(crate) fn accounts(partition: &Path, database: &str, found: &mut Vec<AccountId>) -> Result<()> {
    for first in folders(&partition.join(ACCOUNTS))? {
        for second in folders(&first)? {
            for account in folders(&second)? {
                let name = account.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix('='));
                let Some(id) = name.and_then(unescape).and_then(|name| AccountId::new(&name).ok()) else { continue };
                if account.join(database).exists() {
                    found.push(id);
                }
            }
        }
    }
    Ok(())
}

fn folders(dir: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error| StoreError::io(format!("listing {}", dir.display()), error);
    match fs::read_dir(dir) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>().map_err(failed),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(error) => Err(failed(error)),
    }
}

/// Options that make a file for the server's own user only, whatever the umask allows others.
pub(crate) fn private_file() -> OpenOptions {
    let mut options = File::options();
    options.read(true).write(true).mode(0o600);
    options
}

/// Makes a folder and the missing ones above it, for the server's own user only, each durable in its parent.
pub(crate) fn create_dir(dir: &Path) -> Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    if let Some(parent) = dir.parent() {
        create_dir(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => dir.parent().map_or(Ok(()), sync_dir),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::io(format!("making {}", dir.display()), error)),
    }
}

/// Makes the names in a folder durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<()> {
    let dir_or_here = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    File::open(dir_or_here)
        .and_then(|open| open.sync_all())
        .map_err(|error| StoreError::io(format!("syncing {}", dir.display()), error))
}
