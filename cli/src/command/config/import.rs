//! `heliograph config import`: the settings of an old server, key by key.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, bail};
use clap::Args;
use config::migrate::{Outcome, Step, plan};
use serde_json::json;

use crate::{command::configutil::input, output, root::RootOption, setting_check};

/// Take the settings of a running old server: what its 'configutil' or 'configutil -l' prints.
///
/// It says of each option whether it was taken, changed (and why), or has no counterpart (and why). If a line cannot be
/// understood, nothing is changed.
#[derive(Args)]
#[command(
    after_help = "Example, on the old host and on this one:\n  configutil -l > old-settings\n  heliograph config import --dry-run old-settings\n  heliograph config import old-settings\n\nExit status: 0 imported, 1 a line was refused and nothing is changed, 2 wrong use."
)]
pub struct Import {
    /// The listing; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Print a JSON array with an object for each option
    #[arg(long)]
    json: bool,
}

impl Import {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let mut settings = root.settings()?;
        let (text, name) = input::read(&self.file)?;
        let steps = plan(&text, &settings);
        if steps.is_empty() {
            bail!("{name}: there is no setting in it");
        }
        if self.json {
            output::line(serde_json::Value::Array(steps.iter().map(object).collect()));
        } else {
            steps.iter().for_each(|step| output::line(sentence(step)));
        }
        for step in &steps {
            setting_check::check(&step.name, step.value.as_deref().unwrap_or_default())
                .with_context(|| format!("{name}: nothing is changed"))?;
        }
        let count = |outcome| steps.iter().filter(|step| step.outcome == outcome).count();
        let refused = count(Outcome::Refused);
        if refused > 0 {
            bail!("{name}: {} refused; nothing is changed", output::count(refused, "line"));
        }
        if !self.dry_run {
            // What has no effect is said above, line by line.
            settings.set(&changes(&steps))?;
        }
        output::note(format_args!(
            "{}{} taken, {} changed, {} as delivered, {} without effect, {} without counterpart; see also 'heliograph config check'",
            if self.dry_run { "dry run: " } else { "" },
            count(Outcome::Taken),
            count(Outcome::Changed),
            count(Outcome::AsDelivered),
            count(Outcome::WithoutEffect),
            count(Outcome::NoCounterpart),
        ));
        Ok(ExitCode::SUCCESS)
    }
}

/// What is to be set: of an option that stands twice, the last line counts.
fn changes(steps: &[Step]) -> Vec<(&str, &str)> {
    let mut changes: Vec<(&str, &str)> = Vec::new();
    for step in steps {
        let Some(value) = &step.value else { continue };
        changes.retain(|(name, _)| *name != step.name);
        changes.push((&step.name, value));
    }
    changes
}

fn sentence(step: &Step) -> String {
    let value = match &step.value {
        Some(_) if step.secret => " = ********".to_owned(),
        Some(value) => format!(" = {}", config::quote(value)),
        None => String::new(),
    };
    let why = if step.why.is_empty() { String::new() } else { format!(": {}", step.why) };
    format!("{:<14} {}{value}{why}", word(step.outcome), step.name)
}

fn object(step: &Step) -> serde_json::Value {
    json!({
        "line": step.line,
        "name": step.name,
        "outcome": word(step.outcome),
        "value": step.value.as_deref().map(|value| if step.secret { "********" } else { value }),
        "why": step.why,
    })
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Taken => "taken",
        Outcome::Changed => "changed",
        Outcome::AsDelivered => "as delivered",
        Outcome::WithoutEffect => "no effect",
        Outcome::NoCounterpart => "no counterpart",
        Outcome::Refused => "refused",
    }
}
