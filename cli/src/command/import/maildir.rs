//! Reading a Maildir, with the subfolders that Maildir++ keeps as `.Name.Sub` inside it.

use std::{
    fs,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use anyhow::{Context, bail};
use mailstore::{FlagSet, Flags};

use super::Found;

/// Hands every message below `path` to `each`: folder by folder, oldest first.
pub fn read(path: &Path, each: &mut impl FnMut(Found<'_>) -> anyhow::Result<()>) -> anyhow::Result<()> {
    for (below, folder) in folders(path)? {
        for file in files(&folder)? {
            let name = file.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let bytes = match fs::read(&file.path) {
                Ok(bytes) => bytes,
                // A program that still uses the Maildir has renamed it: it will be there next time.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error).with_context(|| file.path.display().to_string()),
            };
            each(Found { below: &below, bytes: &bytes, flags: info_flags(&name), date: Some(file.seconds) })?;
        }
    }
    Ok(())
}

/// Bytes of all messages below `path`.
pub fn size(path: &Path) -> anyhow::Result<u64> {
    let mut size = 0;
    for (_, folder) in folders(path)? {
        size += files(&folder)?.iter().map(|file| file.bytes).sum::<u64>();
    }
    Ok(size)
}

/// The Maildir itself (with an empty name) and its subfolders, by mailbox name with `/`.
fn folders(path: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    if !path.join("cur").is_dir() {
        bail!("{} is not a Maildir: it has no folder 'cur'", path.display());
    }
    let mut folders = vec![(String::new(), path.to_owned())];
    for entry in fs::read_dir(path).with_context(|| path.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(name) = name.strip_prefix('.')
            && entry.path().join("cur").is_dir()
        {
            // Maildir++ writes names in modified UTF-7, as IMAP does.
            let name = utf7::decode(name.as_bytes()).unwrap_or_else(|| name.to_owned());
            folders.push((name.replace('.', "/"), entry.path()));
        }
    }
    folders.sort();
    Ok(folders)
}

struct MessageFile {
    path: PathBuf,
    seconds: i64,
    bytes: u64,
}

fn files(folder: &Path) -> anyhow::Result<Vec<MessageFile>> {
    let mut files = Vec::new();
    for sub in ["cur", "new"] {
        let sub = folder.join(sub);
        if !sub.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&sub).with_context(|| sub.display().to_string())? {
            let entry = entry?;
            let about = entry.metadata()?;
            if !about.is_file() || entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let seconds = about
                .modified()?
                .duration_since(UNIX_EPOCH)
                .ok()
                .and_then(|since| i64::try_from(since.as_secs()).ok())
                .unwrap_or(0);
            files.push(MessageFile { path: entry.path(), seconds, bytes: about.len() });
        }
    }
    files.sort_by(|a, b| (a.seconds, &a.path).cmp(&(b.seconds, &b.path)));
    Ok(files)
}

/// Flags from the `:2,FRS` at the end of a file name.
fn info_flags(name: &str) -> FlagSet {
    let letters = name.rsplit_once(":2,").map(|(_, letters)| letters).unwrap_or_default();
    let system = letters.chars().fold(Flags::NONE, |flags, letter| {
        flags.union(match letter {
            'S' => Flags::SEEN,
            'R' => Flags::ANSWERED,
            'F' => Flags::FLAGGED,
            'T' => Flags::DELETED,
            'D' => Flags::DRAFT,
            _ => Flags::NONE,
        })
    });
    FlagSet { system, ..FlagSet::default() }
}
