//! `configutil`: show and change settings, under the manual's names (Reference §1.1).

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::Args;
use config::{Entry, Kind, Settings, keys};

use crate::{output, root::RootOption};

/// Shows and changes settings.
///
/// Without options every setting is listed. A single option prints its bare value, for use in scripts.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  configutil -o service.imap.port\n  configutil -o service.imap.port -v 1143\n  configutil -o service.imap.port -d\n  configutil -p service.http\n  configutil -H -o service.http.maxmessagesize\n  configutil -i settings.txt"
)]
pub struct Configutil {
    /// The setting to show, or with -v to set, or with -d to reset
    #[arg(short = 'o', value_name = "NAME", conflicts_with_all = ["prefix", "input"])]
    option: Option<String>,
    /// The value to set; "" clears it
    #[arg(
        short = 'v',
        value_name = "VALUE",
        requires = "option",
        conflicts_with = "delete",
        allow_hyphen_values = true
    )]
    value: Option<String>,
    /// Remove the setting's value, so that its default holds again
    #[arg(short = 'd', requires = "option")]
    delete: bool,
    /// List only settings that differ from their default
    #[arg(short = 'l')]
    local: bool,
    /// List only settings whose names start so
    #[arg(short = 'p', value_name = "PREFIX")]
    prefix: Option<String>,
    /// Set everything in a file of 'name = value' lines; all of it or, on any mistake, nothing
    #[arg(short = 'i', value_name = "FILE", conflicts_with = "prefix")]
    input: Option<PathBuf>,
    /// Show what the settings mean, their bounds and their defaults
    #[arg(short = 'H')]
    explain: bool,
    /// Mark which settings a refresh is enough for
    #[arg(short = 'm')]
    marks: bool,
    /// Work on another settings file
    #[arg(short = 'f', value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Configutil {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let mut settings = match &self.file {
            Some(file) => {
                // A mistyped path must not become a new settings file.
                if !file.is_file() {
                    bail!("{}: there is no such settings file", file.display());
                }
                Settings::load_file(&root.folder()?, file)?
            }
            None => root.settings()?,
        };
        if let Some(file) = &self.input {
            return import(&mut settings, file);
        }
        match (&self.option, &self.value) {
            (Some(name), Some(value)) => {
                settings.set(&[(name, value)])?;
                output::line("OK SET");
            }
            (Some(name), None) if self.delete => {
                let was_set = settings.delete(name)?;
                output::line(if was_set { "OK DELETED" } else { "OK NOT SET" });
            }
            (Some(name), None) => {
                let value = settings.get(name)?;
                if self.explain {
                    explain(keys::find(name)?);
                } else {
                    output::line(value);
                }
            }
            (None, _) => self.list(&settings)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn list(&self, settings: &Settings) -> anyhow::Result<()> {
        let prefix = self.prefix.as_deref().unwrap_or_default().to_ascii_lowercase();
        let mut found = false;
        for entry in settings.entries() {
            if !entry.name.to_ascii_lowercase().starts_with(&prefix) || (self.local && !entry.overridden) {
                continue;
            }
            found = true;
            if self.explain {
                explain(entry.key);
            } else {
                output::line(self.form(&entry));
            }
        }
        if !found && !prefix.is_empty() && !self.local {
            bail!("no setting starts with '{prefix}'");
        }
        Ok(())
    }

    /// `name = value`, a value with blanks in double quotes. A secret is only printed when it is asked for by name.
    fn form(&self, entry: &Entry) -> String {
        let value = if entry.key.kind == Kind::Secret && !entry.value.is_empty() { "********" } else { &entry.value };
        let value = if value.contains(char::is_whitespace) { format!("\"{value}\"") } else { value.to_owned() };
        let mark = match (self.marks, keys::refreshable(entry.key)) {
            (false, _) => "",
            (true, true) => " [REFRESHABLE]",
            (true, false) => " [NOT REFRESHABLE]",
        };
        format!("{} = {value}{mark}", entry.name)
    }
}

fn explain(key: &config::Key) {
    let label = if key.per_host { "[.HOST]" } else { "" };
    let default = if key.default.is_empty() { "not set" } else { key.default };
    let effect = if keys::refreshable(key) { "refresh" } else { "restart" };
    output::line(format_args!(
        "{}{label}\n    {}\n    {}; default: {default}; takes effect after {effect}; {}",
        key.name,
        key.help,
        key.describe_kind(),
        key.source
    ));
}

fn import(settings: &mut Settings, file: &Path) -> anyhow::Result<ExitCode> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
    let mut changes = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.split_once('=') else {
            bail!("{}:{}: expected 'name = value'", file.display(), index + 1);
        };
        let value = value.trim();
        let value = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
        changes.push((name.trim(), value));
    }
    settings.set(&changes)?;
    output::line(format_args!("OK SET {}", changes.len()));
    Ok(ExitCode::SUCCESS)
}
