//! `heliograph config check`: contradictions in the settings, and folders that cannot be used.

use std::{path::Path, process::ExitCode};

use anyhow::Context;
use clap::Args;
use config::{
    Settings,
    check::{Finding, Severity, contradictions},
};
use serde_json::json;

use super::folders;
use crate::{output, root::RootOption, services::certificates};

/// Find settings that contradict each other, and say what to type.
///
/// Among them: a port twice, TLS without a certificate, sign-in that nobody can pass, back ends without credentials, folders
/// that cannot be written, options that do nothing.
///
/// Run it as the account that the services run under: folders are tried with its rights.
#[derive(Args)]
#[command(
    after_help = "Exit status: 0 nothing worse than warnings, 1 errors were found or the check failed, 2 wrong use."
)]
pub struct Check {
    /// Print a JSON array of what was found
    #[arg(long)]
    json: bool,
}

impl Check {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let folder = root.site_folder()?;
        let form = if self.json { Form::Json } else { Form::Text };
        check(&folder, &Settings::path_in(&folder), form)
    }
}

/// How findings are printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Text,
    Json,
}

/// Checks the settings in `file` of the site at `root`.
pub fn check(root: &Path, file: &Path, form: Form) -> anyhow::Result<ExitCode> {
    let text = std::fs::read(file).with_context(|| file.display().to_string())?;
    let mut found: Vec<Finding> = config::mistakes(&text)
        .into_iter()
        .map(|mistake| Finding {
            severity: Severity::Error,
            options: Vec::new(),
            problem: format!("{}:{}: {}", file.display(), mistake.line, mistake.reason),
            advice: "no service starts with it; configutil -o NAME -d removes the line, -o NAME -v VALUE replaces it"
                .to_owned(),
        })
        .collect();
    if found.is_empty() {
        let settings = Settings::load_file(root, file)?;
        found.extend(contradictions(&settings));
        found.extend(folders::check(&settings, file));
        found.extend(unreadable(&settings, &found));
        found.sort_by_key(|finding| finding.severity);
    }
    let errors = found.iter().filter(|finding| finding.severity == Severity::Error).count();
    print(&found, errors, form);
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Certificates, keys, lists and maps that are there and cannot be used: no service would start.
fn unreadable(settings: &Settings, found: &[Finding]) -> Vec<Finding> {
    let files = config::Tls::read(settings);
    let told = |option: &str| found.iter().any(|one| one.options.iter().any(|name| name.starts_with(option)));
    let error = |option: &str, error: anyhow::Error| Finding {
        severity: Severity::Error,
        options: vec![option.to_owned()],
        problem: format!("{error:#}"),
        advice: format!("mend the file, or configutil -o {option} -v FILE"),
    };
    let mut unreadable = Vec::new();
    // A file that is missing was told already.
    if !told("service.tls.")
        && let Err(why) = certificates::open(&files)
    {
        unreadable.push(error("service.tls.certfile", why));
    }
    if let Err(why) = certificates::map(&files) {
        unreadable.push(error("service.tls.certmapfile", why));
    }
    unreadable
}

fn print(found: &[Finding], errors: usize, form: Form) {
    if form == Form::Json {
        let list: Vec<_> = found
            .iter()
            .map(|finding| {
                json!({
                    "severity": word(finding.severity),
                    "options": finding.options,
                    "problem": finding.problem,
                    "advice": finding.advice,
                })
            })
            .collect();
        output::line(serde_json::Value::Array(list));
        return;
    }
    for finding in found {
        output::line(format_args!("{}: {}\n    {}", word(finding.severity), finding.problem, finding.advice));
    }
    match found.len() {
        0 => output::line("the settings agree with each other"),
        many => {
            output::line(format_args!(
                "{}, {}",
                output::count(errors, "error"),
                output::count(many - errors, "warning")
            ));
        }
    }
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}
