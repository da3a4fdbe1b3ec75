//! Repairing a settings file with lines that are not understood: each by its own name, and nothing else meanwhile.

use std::{fs, path::Path};

use crate::{
    error::ConfigError,
    file::{self, Line, Mistake},
    keys,
    settings::{Checked, put},
};

/// What is to be done about lines that are not understood.
#[derive(Debug, Clone, Copy)]
pub enum Mend<'a> {
    /// Other values in their place.
    Set(&'a [(&'a str, &'a str)]),
    /// Remove whatever has this name; a line without `=` is its own name.
    Delete(&'a str),
}

/// What a repair has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// The lines that went.
    pub gone: Vec<Mistake>,
    /// Lines, with their numbers of now, that still keep the file from being read.
    pub left: Vec<Mistake>,
    /// What was set and will have no effect.
    pub warnings: Vec<String>,
}

/// Changes a settings file that [`Settings::load`](crate::Settings::load) refuses. Only a change that rids it of such a line is made;
/// any other one is refused with the first mistake of the file, so that nothing is changed in a file that nobody has understood.
pub fn mend(path: &Path, change: Mend<'_>) -> Result<Mended, ConfigError> {
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let Checked { changes, warnings } = match change {
        Mend::Set(changes) => Checked::read(changes)?,
        Mend::Delete(_) => Checked::default(),
    };
    let named = |name: &str| match change {
        Mend::Set(_) => changes.iter().any(|(changed, _)| is_named(name, changed)),
        Mend::Delete(deleted) => is_named(name, deleted),
    };
    let _lock = file::lock(path)?;
    let (lines, mut gone, mut place) = (file::read_all(path)?, Vec::new(), None);
    let mut kept = Vec::with_capacity(lines.len());
    for line in lines {
        match (&line, change) {
            (Line::Bad { text, mistake }, _) if named(&name_of(text)) => {
                gone.push(mistake.clone());
                place.get_or_insert(kept.len());
            }
            (Line::Set { name, .. }, Mend::Delete(deleted)) if is_named(name, deleted) => {}
            _ => kept.push(line),
        }
    }
    if gone.is_empty() {
        // Also when the file is sound: whoever asks for a repair has been told otherwise, and asks again.
        file::read(path)?;
    }
    match (place, changes.as_slice()) {
        // A single new value stands where the bad one stood.
        (Some(at), [(name, value)])
            if !kept.iter().any(|line| matches!(line, Line::Set { name: n, .. } if n == name)) =>
        {
            kept.insert(at, Line::Set { name: name.clone(), value: value.clone() });
        }
        _ => put(&mut kept, changes),
    }
    file::write(path, &kept)?;
    let left = file::read_all(path)?.iter().filter_map(Line::mistake).cloned().collect();
    Ok(Mended { gone, left, warnings })
}

/// What a line that is not understood would set.
fn name_of(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    text.split_once('=').map_or(&*text, |(name, _)| name).trim().to_owned()
}

/// Whether two names are the same option, or the same text where one is none.
fn is_named(written: &str, asked: &str) -> bool {
    match (keys::resolve(written), keys::resolve(asked)) {
        (Ok(written), Ok(asked)) => written.name == asked.name,
        _ => written.eq_ignore_ascii_case(asked.trim()),
    }
}
