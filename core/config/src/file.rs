//! `msg.conf`: reading and writing its `name = value` lines.
//!
//! A change keeps comments and order, and replaces the file in one step, so that a reader never sees half of it.

use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use crate::{error::ConfigError, keys};

/// One line of the file.
#[derive(Debug, Clone)]
pub(crate) enum Line {
    /// Blank or comment, kept as it is.
    Other(String),
    /// An override.
    Set { name: String, value: String },
    /// A line that is not understood, as it came, with its number from 1.
    Bad { text: Vec<u8>, mistake: Mistake },
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> ConfigError {
    let path = path.to_owned();
    move |cause| ConfigError::Io { path, cause }
}

/// The lines of `path`; a missing file is an empty one. Every name and value is checked.
pub(crate) fn read(path: &Path) -> Result<Vec<Line>, ConfigError> {
    let lines = read_all(path)?;
    match lines.iter().find_map(Line::mistake) {
        Some(mistake) => {
            Err(ConfigError::Line { path: path.to_owned(), line: mistake.line, reason: mistake.reason.clone() })
        }
        None => Ok(lines),
    }
}

/// As [`read`], with the lines that are not understood among the others.
pub(crate) fn read_all(path: &Path) -> Result<Vec<Line>, ConfigError> {
    match fs::read(path) {
        Ok(text) => Ok(parse(&text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(io(path)(error)),
    }
}

fn parse(text: &[u8]) -> Vec<Line> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    if text.is_empty() {
        return Vec::new();
    }
    text.split(|byte| *byte == b'\n')
        .enumerate()
        .map(|(index, line)| {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let read = std::str::from_utf8(line).map_err(|_| "not UTF-8".to_owned()).and_then(parse_line);
            read.unwrap_or_else(|reason| Line::Bad {
                text: line.to_vec(),
                mistake: Mistake { line: index + 1, reason },
            })
        })
        .collect()
}

impl Line {
    pub(crate) fn mistake(&self) -> Option<&Mistake> {
        match self {
            Line::Bad { mistake, .. } => Some(mistake),
            _ => None,
        }
    }
}

/// A line of a settings file that is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Its number, from 1.
    pub line: usize,
    /// Why it is refused.
    pub reason: String,
}

/// Every line of a file's `text` that [`Settings::load`](crate::Settings::load) would refuse; it stops at the first.
pub fn mistakes(text: &[u8]) -> Vec<Mistake> {
    parse(text).iter().filter_map(Line::mistake).cloned().collect()
}

fn parse_line(line: &str) -> Result<Line, String> {
    let trimmed = line.trim();
    if trimmed.is_empty() || trimmed.starts_with('#') || trimmed.starts_with('!') {
        return Ok(Line::Other(line.to_owned()));
    }
    let (name, value) = trimmed.split_once('=').ok_or("expected a line of the form 'name = value'")?;
    let named = keys::resolve(name).map_err(|refusal| refusal.to_string())?;
    let value = named.key.check(unquote(value.trim())).map_err(|refusal| refusal.to_string())?;
    Ok(Line::Set { name: named.name, value })
}

/// A value may stand in double quotes, as the list form of `configutil` prints it.
pub fn unquote(value: &str) -> &str {
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value)
}

/// `value` as the list form of `configutil` prints it: in double quotes when it holds blanks (Reference §1.1), or when
/// it would be read as quoted though it is not.
pub fn quote(value: &str) -> String {
    if value.contains(char::is_whitespace) || value.starts_with('"') {
        format!("\"{value}\"")
    } else {
        value.to_owned()
    }
}

/// Replaces `path` by `lines`: written beside it, synced, renamed. The file holds passwords: mode 0600.
pub(crate) fn write(path: &Path, lines: &[Line]) -> Result<(), ConfigError> {
    let mut text = Vec::new();
    for line in lines {
        match line {
            Line::Other(line) => text.extend_from_slice(line.as_bytes()),
            // Quotes keep outer blanks and a value that itself looks quoted.
            Line::Set { name, value } if value.trim() != value || value.starts_with('"') => {
                text.extend_from_slice(format!("{name} = \"{value}\"").as_bytes());
            }
            Line::Set { name, value } => text.extend_from_slice(format!("{name} = {value}").as_bytes()),
            Line::Bad { text: line, .. } => text.extend_from_slice(line),
        }
        text.push(b'\n');
    }
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    fs::create_dir_all(&folder).map_err(io(&folder))?;
    let temporary = PathBuf::from(format!("{}.{}", path.display(), std::process::id()));
    let written = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&temporary)
        .and_then(|mut file| {
            file.write_all(&text)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&temporary, path))
        .and_then(|()| fs::File::open(&folder)?.sync_all());
    written.map_err(|cause| {
        // Best effort: the error that counts is the one we return.
        let _ = fs::remove_file(&temporary);
        ConfigError::Io { path: path.to_owned(), cause }
    })
}

/// Holds the file's lock while a change is made, so that two `configutil` never lose each other's change.
pub(crate) fn lock(path: &Path) -> Result<fs::File, ConfigError> {
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    fs::create_dir_all(&folder).map_err(io(&folder))?;
    let lock = PathBuf::from(format!("{}.lock", path.display()));
    let file =
        fs::OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&lock).map_err(io(&lock))?;
    file.lock().map_err(io(&lock))?;
    Ok(file)
}
