//! Work that one process of a site does at a time: a lock that ends with its holder, also when that one is killed.

use std::{
    fs::{DirBuilder, File, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use anyhow::Context;

/// The lock, held.
#[derive(Debug)]
pub struct Alone {
    _file: File,
}

impl Alone {
    /// Takes the lock of that name in the site folder; `None` while another process has it.
    pub fn at(root: &Path, name: &str) -> anyhow::Result<Option<Self>> {
        let path = root.join("run").join(format!("{name}.lock"));
        let open = || -> io::Result<File> {
            DirBuilder::new().recursive(true).mode(0o700).create(root.join("run"))?;
            File::options().create(true).truncate(false).write(true).mode(0o600).open(&path)
        };
        let file = open().with_context(|| path.display().to_string())?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error).with_context(|| path.display().to_string()),
        }
    }
}
