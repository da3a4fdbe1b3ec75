//! `heliograph cert request`.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use crate::{output, root::RootOption};

/// Makes a request (PKCS #10) that a certificate authority signs, and the key for it.
///
/// The request goes to standard output. Once the authority has answered, put its certificate and the issuers' behind it into a file,
/// and set service.tls.certfile and service.tls.keyfile.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  heliograph cert request mail.example.com > mail.csr\n  heliograph cert request mail.example.com --organization 'Example Ltd' --country SE --out mail.csr"
)]
pub struct Request {
    /// Host names and IP addresses that it is for; the first becomes the common name [default: the site's host name]
    #[arg(value_parser = super::name)]
    names: Vec<String>,
    /// File of the key: used if it is there, made otherwise [default: config/request-key.pem of the site]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// File of the request [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Organization in the subject
    #[arg(long, value_name = "NAME")]
    organization: Option<String>,
    /// Country in the subject, two letters
    #[arg(long, value_name = "CODE", value_parser = country)]
    country: Option<String>,
}

fn country(text: &str) -> Result<String, String> {
    let good = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    if good { Ok(text.to_ascii_uppercase()) } else { Err("a country is two letters, such as SE".to_owned()) }
}

impl Request {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let (names, key) = match (self.names.is_empty(), self.key) {
            (false, Some(key)) => (self.names, key),
            (no_names, key) => {
                let settings = root.settings()?;
                let names = if no_names { vec![config::Site::read(&settings).hostname] } else { self.names };
                (names, key.unwrap_or_else(|| settings.root().join("config").join("request-key.pem")))
            }
        };
        let wanted = tls::CertificateRequest { names, organization: self.organization, country: self.country };
        let made_key = !key.exists();
        let request = tls::request(&wanted, &key)?;
        match &self.out {
            Some(file) => {
                tls::write_public(file, &request)?;
                output::line(format_args!("request {}", file.display()));
            }
            None => output::line(request.trim_end()),
        }
        output::note(format_args!("key     {}{}", key.display(), if made_key { " (made)" } else { " (was there)" }));
        Ok(ExitCode::SUCCESS)
    }
}
