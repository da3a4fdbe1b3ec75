//! `heliograph cert`: certificates without a second tool (Guide §5.1.3; the old server's certutil and generate-certDB).

mod request;
mod self_signed;
mod show;

use std::{net::IpAddr, path::PathBuf, process::ExitCode};

use anyhow::bail;
use clap::{Args, Subcommand};
use config::{Settings, Tls};

use crate::root::RootOption;

/// Makes certificates and requests, and shows those in use.
#[derive(Args)]
pub struct Cert {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Make a new key and a certificate that it signs itself
    SelfSigned(self_signed::SelfSigned),
    /// Make a request (PKCS #10) that a certificate authority signs
    Request(request::Request),
    /// Show certificates: those that the settings name, or those in files
    Show(show::Show),
}

impl Cert {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        match self.action {
            Action::SelfSigned(command) => command.run(root),
            Action::Request(command) => command.run(root),
            Action::Show(command) => command.run(root),
        }
    }
}

/// A name that a certificate can be for: an address, or a host name of ASCII letters, perhaps with a star in front.
fn name(text: &str) -> Result<String, String> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let host = text.strip_prefix("*.").unwrap_or(text);
    if text.parse::<IpAddr>().is_ok() || (text.len() <= 253 && host.split('.').all(label)) {
        Ok(text.to_owned())
    } else if text.is_ascii() {
        Err("give a host name or an IP address".to_owned())
    } else {
        Err("give the name in its xn-- form (Punycode)".to_owned())
    }
}

/// The site's own names, for when none are given: its host name and the ways to reach it from itself.
fn own_names(settings: &Settings) -> Vec<String> {
    let mut names = vec![config::Site::read(settings).hostname];
    for name in ["localhost", "127.0.0.1", "::1"] {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// The certificate and key files that the settings name first.
fn own_files(settings: &Settings) -> anyhow::Result<(PathBuf, PathBuf)> {
    let files = Tls::read(settings);
    match (files.cert_files.into_iter().next(), files.key_files.into_iter().next()) {
        (Some(certificate), Some(key)) => Ok((certificate, key)),
        _ => bail!("service.tls.certfile or service.tls.keyfile is empty"),
    }
}
