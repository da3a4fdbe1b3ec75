//! `configutil`: show and change settings, under the manual's names (Reference §1.1).

mod explain;
pub mod input;
mod list;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::bail;
use clap::Args;
use config::{ConfigError, Mend, Settings, keys, mend};

use crate::{command::config::check, output, root::RootOption, setting_check};

/// Show and change settings.
///
/// Without options every setting that has a value is listed. A single option prints its bare value, for use in scripts. Names
/// are understood in any case, truth values as yes/no, 1/0, on/off or true/false, bytes with K, M or G. A change is obeyed
/// after 'refresh' or a restart: -m says which.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  configutil -o service.imap.port\n  configutil -o service.imap.port -v 1143\n  configutil -o service.imap.port -d\n  configutil -o 'store.quotaexceededmsg;lang-fr' -v 'Subject: Quota$$...'\n  configutil -p service.http\n  configutil -p '*sslport' -m\n  configutil -H -o service.http.maxmessagesize\n  configutil -i settings.txt\n\nExit status: 0 done, 1 refused or failed (nothing is changed), 2 wrong use."
)]
pub struct Configutil {
    /// The setting to show, or with -v to set, or with -d to reset; ';lang-xx' after it means its value in that language
    #[arg(short = 'o', value_name = "NAME", conflicts_with_all = ["pattern", "input"])]
    option: Option<String>,
    /// The value to set; "" clears it, so that the default holds again
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
    /// List only settings of this site, not those that are as delivered
    #[arg(short = 'l')]
    local: bool,
    /// List settings without a value too
    #[arg(short = 'e')]
    empty: bool,
    /// List only settings whose names start so; with * or ? in it, those whose whole names are like it
    #[arg(short = 'p', value_name = "PATTERN")]
    pattern: Option<String>,
    /// Set everything in a file of 'name = value' lines (- or nothing: standard input); all of it or, on any mistake, nothing
    #[arg(
        short = 'i',
        value_name = "FILE",
        num_args = 0..=1,
        default_missing_value = "-",
        conflicts_with_all = ["pattern", "explain", "marks"]
    )]
    input: Option<PathBuf>,
    /// Check the settings, as 'heliograph config check' does
    #[arg(short = 'V', conflicts_with_all = ["option", "pattern", "input", "explain", "marks", "local", "empty"])]
    validate: bool,
    /// Show what the settings mean, their bounds and their defaults
    #[arg(short = 'H', conflicts_with_all = ["value", "delete"])]
    explain: bool,
    /// Mark which settings a refresh is enough for; a single one is printed with its name then
    #[arg(short = 'm', conflicts_with_all = ["value", "delete"])]
    marks: bool,
    /// Work on another settings file
    #[arg(short = 'f', value_name = "FILE")]
    file: Option<PathBuf>,
    /// Print JSON: an object for a single setting, an array for a list
    #[arg(long)]
    json: bool,
}

impl Configutil {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        if self.validate {
            let folder = if self.file.is_some() { root.folder()? } else { root.site_folder()? };
            let file = self.file.clone().unwrap_or_else(|| Settings::path_in(&folder));
            let form = if self.json { check::Form::Json } else { check::Form::Text };
            return check::check(&folder, &file, form);
        }
        let (folder, file) = match &self.file {
            // A mistyped path must not become a new settings file.
            Some(file) if !file.is_file() => bail!("{}: there is no such settings file", file.display()),
            Some(file) => (root.folder()?, file.clone()),
            None => {
                let folder = root.site_folder()?;
                let file = Settings::path_in(&folder);
                (folder, file)
            }
        };
        let mut settings = match Settings::load_file(&folder, &file) {
            Err(broken @ ConfigError::Line { .. }) => return self.repair(&file, broken),
            loaded => loaded?,
        };
        if let Some(file) = &self.input {
            return input::take(&mut settings, file);
        }
        match (&self.option, &self.value) {
            (Some(name), Some(value)) => {
                setting_check::check(name, value)?;
                warn(&settings.set(&[(name, value)])?);
                output::line("OK SET");
            }
            (Some(name), None) if self.delete => {
                let was_set = settings.delete(name)?;
                output::line(if was_set { "OK DELETED" } else { "OK NOT SET" });
            }
            (Some(name), None) if self.explain && !self.json => explain::key(keys::find(name)?, self.mark()),
            (Some(name), None) => {
                let entry = settings.find(name)?;
                if self.json {
                    output::line(list::json(&entry, list::Secrets::Shown));
                } else if self.marks {
                    output::line(list::line(&entry, self.mark(), list::Secrets::Shown));
                } else {
                    output::line(entry.value);
                }
            }
            (None, _) if self.explain && !self.json => explain::keys(self.pattern.as_deref(), self.mark())?,
            (None, _) => list::print(&settings, &self.listing())?,
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The settings cannot be read: a change that rids the file of a bad line is made, everything else is refused.
    fn repair(&self, file: &Path, broken: ConfigError) -> anyhow::Result<ExitCode> {
        let mended = match (&self.option, &self.value, &self.input) {
            (None, _, Some(input)) => {
                let (text, name) = input::read(input)?;
                let changes = input::changes(&text, &name)?;
                mend(file, Mend::Set(&changes))
            }
            (Some(name), Some(value), _) => {
                setting_check::check(name, value)?;
                mend(file, Mend::Set(&[(name, value)]))
            }
            (Some(name), None, _) if self.delete => mend(file, Mend::Delete(name)),
            (Some(name), None, _) if self.explain && !self.json => {
                explain::key(keys::find(name)?, self.mark());
                return Ok(ExitCode::SUCCESS);
            }
            (None, _, None) if self.explain && !self.json => {
                explain::keys(self.pattern.as_deref(), self.mark())?;
                return Ok(ExitCode::SUCCESS);
            }
            _ => Err(broken),
        };
        let mended = mended.map_err(|error| match error {
            ConfigError::Line { .. } => anyhow::Error::new(error).context(HOW_TO_MEND),
            error => error.into(),
        })?;
        warn(&mended.warnings);
        for line in &mended.gone {
            let how = if self.delete { "removed" } else { "replaced" };
            output::note(format_args!("configutil: {how} line {}: {}", line.line, line.reason));
        }
        for line in &mended.left {
            output::note(format_args!(
                "configutil: {}:{} is still refused: {}",
                file.display(),
                line.line,
                line.reason
            ));
        }
        output::line(if self.delete { "OK DELETED" } else { "OK SET" });
        Ok(ExitCode::SUCCESS)
    }

    fn mark(&self) -> list::Form {
        if self.marks { list::Form::Marked } else { list::Form::Plain }
    }

    fn listing(&self) -> list::Listing<'_> {
        list::Listing {
            pattern: self.pattern.as_deref(),
            only: if self.local { list::Only::Site } else { list::Only::All },
            empty: if self.empty { list::Empty::Listed } else { list::Empty::LeftOut },
            form: match (self.json, self.marks) {
                (true, _) => list::Form::Json,
                (false, true) => list::Form::Marked,
                (false, false) => list::Form::Plain,
            },
        }
    }
}

/// What to do about a file that cannot be read.
const HOW_TO_MEND: &str = "the settings cannot be read; configutil -V lists the bad lines, -o NAME -d removes one, -o NAME -v VALUE replaces it";

/// Tells what was taken but does nothing.
fn warn(warnings: &[String]) {
    for warning in warnings {
        output::note(format_args!("configutil: warning: {warning}"));
    }
}
