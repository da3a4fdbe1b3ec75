//! `heliograph cert self-signed`.

use std::{path::PathBuf, process::ExitCode};

use anyhow::bail;
use clap::Args;

use crate::{output, root::RootOption};

/// Makes a new key and a certificate that it signs itself.
///
/// Clients warn of such a certificate until it is given to them. `heliograph cert request` leads to one that they know.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  heliograph cert self-signed mail.example.com imap.example.com 192.0.2.1\n  heliograph cert self-signed --days 365 --force"
)]
pub struct SelfSigned {
    /// Host names and IP addresses that it is for; the first becomes its common name [default: the site's own]
    #[arg(value_parser = super::name)]
    names: Vec<String>,
    /// Days that it is valid
    #[arg(long, default_value_t = 825, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: u32,
    /// File of the certificate [default: the first of service.tls.certfile]
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// File of the key [default: the first of service.tls.keyfile]
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

impl SelfSigned {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let (names, certificate, key) = match (self.names.is_empty(), self.cert, self.key) {
            (false, Some(certificate), Some(key)) => (self.names, certificate, key),
            (no_names, certificate, key) => {
                let settings = root.settings()?;
                let own = super::own_files(&settings)?;
                let names = if no_names { super::own_names(&settings) } else { self.names };
                (names, certificate.unwrap_or(own.0), key.unwrap_or(own.1))
            }
        };
        let files = [&certificate, &key];
        if let Some(there) = files.into_iter().find(|file| file.exists() && !self.force) {
            bail!("{} is there already; --force replaces it", there.display());
        }
        let made = tls::self_signed(&tls::SelfSigned { names, days: self.days })?;
        made.replace(&certificate, &key)?;
        output::line(format_args!("certificate {}\nkey         {}", certificate.display(), key.display()));
        output::note("running services take it after refresh (SIGHUP)");
        Ok(ExitCode::SUCCESS)
    }
}
