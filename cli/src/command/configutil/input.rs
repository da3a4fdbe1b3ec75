//! `configutil -i`: a file of settings, taken whole or not at all.

use std::{io::Read, path::Path, process::ExitCode};

use anyhow::{Context, bail};
use config::{Kind, Settings, keys, unquote};

use super::warn;
use crate::{output, setting_check};

/// Sets every `name = value` line of `file` (`-`: standard input). Tells every mistake, with its line.
pub fn take(settings: &mut Settings, file: &Path) -> anyhow::Result<ExitCode> {
    let (text, name) = read(file)?;
    let changes = changes(&text, &name)?;
    warn(&settings.set(&changes)?);
    output::line(format_args!("OK SET {}", changes.len()));
    Ok(ExitCode::SUCCESS)
}

/// The changes that the lines of `text` ask for. Secrets that a listing has hidden ask for none.
pub fn changes<'a>(text: &'a str, name: &str) -> anyhow::Result<Vec<(&'a str, &'a str)>> {
    let mut changes = Vec::new();
    let mut mistakes = 0;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || line.starts_with('!') {
            continue;
        }
        let number = index + 1;
        match parse(line) {
            Ok(Change::Set(name, value)) => changes.push((name, value)),
            Ok(Change::Hidden(secret)) => {
                output::note(format_args!(
                    "{name}:{number}: the value of {secret} is hidden in listings: left as it is here"
                ));
            }
            Err(reason) => {
                mistakes += 1;
                output::note(format_args!("{name}:{number}: {reason}"));
            }
        }
    }
    if mistakes > 0 {
        bail!("{name}: {} refused; nothing is changed", output::count(mistakes, "line"));
    }
    Ok(changes)
}

enum Change<'a> {
    Set(&'a str, &'a str),
    /// A secret, as listings print it.
    Hidden(&'a str),
}

fn parse(line: &str) -> Result<Change<'_>, String> {
    let (name, value) = line.split_once('=').ok_or("expected 'name = value'")?;
    let (name, value) = (name.trim(), unquote(value.trim()));
    let key = keys::find(name).map_err(|refusal| refusal.to_string())?;
    if key.kind == Kind::Secret && value == config::HIDDEN {
        return Ok(Change::Hidden(name));
    }
    key.check(value).map_err(|refusal| refusal.to_string())?;
    setting_check::check(name, value).map_err(|refusal| format!("{refusal:#}"))?;
    Ok(Change::Set(name, value))
}

/// The text, and what to call it.
pub fn read(file: &Path) -> anyhow::Result<(String, String)> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("standard input")?;
        return Ok((text, "standard input".to_owned()));
    }
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Ok((text, file.display().to_string()))
}
