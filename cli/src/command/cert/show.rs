//! `heliograph cert show`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, SystemTime},
};

use clap::Args;
use config::{Http, Proxy, Settings, Tls};
use serde_json::{Value, json};
use time::{OffsetDateTime, macros::format_description};
use tls::Certificate;

use crate::{output, root::RootOption};

/// Shows certificates: names, issuer, dates, fingerprint, and which setting uses them.
///
/// Fails when one has expired, cannot be read or does not fit its key.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  heliograph cert show\n  heliograph cert show --json | jq '.[].not_after'\n  heliograph cert show /etc/ssl/certs/mail.pem"
)]
pub struct Show {
    /// PEM files [default: all that the settings name]
    files: Vec<PathBuf>,
    /// Warn of certificates that expire within so many days
    #[arg(long, default_value_t = 30)]
    days: u32,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// A file with the settings that name it, and what is wrong with it.
struct File {
    path: PathBuf,
    settings: Vec<&'static str>,
    certificates: Vec<Certificate>,
    problem: Option<String>,
}

impl Show {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let files = match self.files.is_empty() {
            true => named(&root.settings()?),
            false => self.files.iter().map(|path| File::read(path, Vec::new())).collect(),
        };
        let now = SystemTime::now();
        let warn_before = Duration::from_secs(86_400 * u64::from(self.days));
        let mut good = true;
        let mut rows = Vec::new();
        for file in &files {
            if !self.json {
                let settings = file.settings.join(", ");
                output::line(match settings.is_empty() {
                    true => file.path.display().to_string(),
                    false => format!("{}  ({settings})", file.path.display()),
                });
            }
            if let Some(problem) = &file.problem {
                good = false;
                match self.json {
                    true => rows.push(json!({ "file": file.path, "settings": file.settings, "problem": problem })),
                    false => output::line(format_args!("  PROBLEM      {problem}")),
                }
            }
            for certificate in &file.certificates {
                let warning = warning(certificate, now, warn_before);
                good &= now <= certificate.not_after;
                match self.json {
                    true => rows.push(row(file, certificate, now, warning)),
                    false => print(certificate, warning),
                }
            }
        }
        if self.json {
            output::line(serde_json::to_string_pretty(&rows)?);
        } else if files.is_empty() {
            output::line("the settings name no certificate that is there");
        }
        Ok(if good { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

impl File {
    fn read(path: &Path, settings: Vec<&'static str>) -> File {
        let (certificates, problem) = match Certificate::read_file(path) {
            Ok(certificates) => (certificates, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        File { path: path.to_owned(), settings, certificates, problem }
    }
}

/// All files that the settings name; a default that is not there is passed over.
fn named(settings: &Settings) -> Vec<File> {
    let own = Tls::read(settings);
    let mut found: Vec<(PathBuf, Vec<&'static str>)> = Vec::new();
    let mut add = |path: &PathBuf, setting: &'static str| match found.iter_mut().find(|(known, _)| known == path) {
        Some((_, settings)) => settings.push(setting),
        None => found.push((path.clone(), vec![setting])),
    };
    for path in own.cert_files.iter().filter(|path| own.named || path.exists()) {
        add(path, "service.tls.certfile");
    }
    for path in &own.ca_files {
        add(path, "service.tls.cafile");
    }
    for path in &Proxy::read(settings).ca_files {
        add(path, "local.service.proxy.cafile");
    }
    if let Some(path) = &Http::read(settings).smtp_ca_file {
        add(path, "service.http.smtpcafile");
    }
    let mut files: Vec<File> = found.into_iter().map(|(path, settings)| File::read(&path, settings)).collect();
    for (certificate, key) in own.cert_files.iter().zip(&own.key_files) {
        let pair = tls::CertificateFiles { certificate: certificate.clone(), key: key.clone() };
        if let Some(file) = files.iter_mut().find(|file| file.path == *certificate && file.problem.is_none()) {
            file.problem = pair.check().err().map(|error| error.to_string());
        }
    }
    files
}

fn warning(certificate: &Certificate, now: SystemTime, before: Duration) -> Option<String> {
    let left = certificate.remaining(now);
    match left {
        _ if now < certificate.not_before => Some("not valid yet".to_owned()),
        Duration::ZERO => Some("expired".to_owned()),
        left if left < before => Some(format!("expires in {} days", days(left))),
        _ => None,
    }
}

fn days(left: Duration) -> u64 {
    left.as_secs() / 86_400
}

fn names(certificate: &Certificate) -> Vec<String> {
    let addresses = certificate.addresses.iter().map(ToString::to_string);
    certificate.dns_names.iter().cloned().chain(addresses).chain(certificate.emails.iter().cloned()).collect()
}

fn print(certificate: &Certificate, warning: Option<String>) {
    let row = |label: &str, value: &str| output::line(format_args!("  {label:<12} {value}"));
    row("subject", &certificate.subject.to_string());
    row("names", &names(certificate).join(", "));
    let issuer = if certificate.is_self_issued { "itself".to_owned() } else { certificate.issuer.to_string() };
    row("issuer", &issuer);
    row("valid", &format!("{} to {}", date(certificate.not_before), date(certificate.not_after)));
    row("key", &certificate.key);
    row("serial", &certificate.serial);
    row("SHA-256", &certificate.fingerprint);
    if let Some(warning) = warning {
        row("WARNING", &warning);
    }
    output::line("");
}

fn row(file: &File, certificate: &Certificate, now: SystemTime, warning: Option<String>) -> Value {
    json!({
        "file": file.path,
        "settings": file.settings,
        "subject": certificate.subject.to_string(),
        "names": names(certificate),
        "issuer": certificate.issuer.to_string(),
        "self_signed": certificate.is_self_issued,
        "authority": certificate.is_authority,
        "not_before": date(certificate.not_before),
        "not_after": date(certificate.not_after),
        "days_left": days(certificate.remaining(now)),
        "key": certificate.key,
        "serial": certificate.serial,
        "sha256": certificate.fingerprint,
        "warning": warning,
    })
}

/// UTC, as `2027-02-28 12:00:00Z`.
fn date(moment: SystemTime) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z");
    // Every date that a certificate can hold has four digits of year.
    OffsetDateTime::from(moment).format(&format).unwrap_or_default()
}
