//! `msprobe`: speaks with every enabled service as a client would, and times it (Reference §7.5).

mod dialogue;

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::Args;
use config::{Http, Imap, Listen, Lmtp, Pop, Settings, Site, Tls};
use serde::{Deserialize, Serialize};

use crate::{output, root::RootOption, services::PortOptions, stamp::seconds_now};

/// Asks every enabled service, on its plain and its TLS port, and says how long it took.
///
/// Exit code 0 when all answer, 1 when one does not: for cron, a watcher or a container's health check. What was measured
/// is kept for `counterutil -o serverresponse`.
#[derive(Args)]
#[command(after_help = "Examples:\n  msprobe\n  msprobe -s imap -s https --timeout 5\n  msprobe --json")]
pub struct Msprobe {
    /// Only this one: imap, imaps, pop, pops, lmtp, http or https; may be repeated
    #[arg(short = 's', value_name = "SERVICE", value_parser = ["imap", "imaps", "pop", "pops", "lmtp", "http", "https"])]
    services: Vec<String>,
    /// Seconds that a service may take
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    ports: PortOptions,
}

/// What was found out about a service.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProbeResult {
    /// Its name.
    pub service: String,
    /// Where it was asked.
    pub address: SocketAddr,
    /// When, in seconds since 1970.
    pub at: u64,
    /// How long it took.
    pub milliseconds: u64,
    /// What is wrong; `None` when it answered well.
    pub problem: Option<String>,
}

/// A port that should answer.
struct Target {
    name: &'static str,
    protocol: dialogue::Protocol,
    address: SocketAddr,
    tls: bool,
}

impl Msprobe {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let settings = root.settings()?;
        let targets: Vec<Target> = targets(&settings, &self.ports)
            .into_iter()
            .filter(|target| self.services.is_empty() || self.services.iter().any(|name| name == target.name))
            .collect();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the runtime")?;
        let hostname = Site::read(&settings).hostname;
        let connector = connector(&settings);
        let mut results = Vec::new();
        for target in targets {
            let began = Instant::now();
            let limit = Duration::from_secs(self.timeout);
            let asked = dialogue::ask(target.protocol, target.address, target.tls.then_some(&connector), &hostname);
            let problem = match runtime.block_on(async { tokio::time::timeout(limit, asked).await }) {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some(format!("no answer in {} s", self.timeout)),
            };
            let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            let (service, address) = (target.name.to_owned(), target.address);
            let result = ProbeResult { service, address, at: seconds_now(), milliseconds, problem };
            self.show(&result)?;
            results.push(result);
        }
        let well = results.iter().all(|result| result.problem.is_none());
        let none = results.is_empty();
        keep(settings.root(), results)?;
        if none {
            anyhow::bail!("no service that was asked for is enabled");
        }
        Ok(if well { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }

    fn show(&self, result: &ProbeResult) -> anyhow::Result<()> {
        if self.json {
            output::line(serde_json::to_string(result)?);
            return Ok(());
        }
        let ProbeResult { service, address, milliseconds, problem, .. } = result;
        let state = problem.as_deref().unwrap_or("ok");
        output::line(format_args!("{service:<6} {:<24} {milliseconds:>6} ms  {state}", address.to_string()));
        Ok(())
    }
}

fn targets(settings: &Settings, ports: &PortOptions) -> Vec<Target> {
    use dialogue::Protocol;
    let listens = [
        (Protocol::Imap, "imap", "imaps", Imap::read(settings).service.listen),
        (Protocol::Pop, "pop", "pops", Pop::read(settings).service.listen),
        (Protocol::Lmtp, "lmtp", "", Lmtp::read(settings).listen),
        (Protocol::Http, "http", "https", Http::read(settings).service.listen),
    ];
    let mut found = Vec::new();
    for (protocol, plain, tls, listen) in listens {
        let listen = ports.apply(&listen, plain, tls);
        let ip = reachable(&listen);
        for (name, port, under_tls) in [(plain, listen.port, false), (tls, listen.ssl_port, true)] {
            if let Some(port) = port {
                found.push(Target { name, protocol, address: SocketAddr::new(ip, port), tls: under_tls });
            }
        }
    }
    found
}

/// An address of this host at which the service listens.
fn reachable(listen: &Listen) -> IpAddr {
    match listen.addresses.first() {
        Some(IpAddr::V4(ip)) if !ip.is_unspecified() => IpAddr::V4(*ip),
        Some(IpAddr::V6(ip)) if !ip.is_unspecified() => IpAddr::V6(*ip),
        Some(IpAddr::V6(_)) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        _ => IpAddr::V4(Ipv4Addr::LOCALHOST),
    }
}

/// TLS with trust in the certificates that the server is to show.
fn connector(settings: &Settings) -> Result<tls::Connector, String> {
    let options = tls::ConnectorOptions { ca_files: Tls::read(settings).cert_files, ..Default::default() };
    tls::Connector::new(&options).map_err(|error| error.to_string())
}

fn file(root: &Path) -> PathBuf {
    root.join("run").join("msprobe.json")
}

/// What the last run of each service found.
pub fn last_results(root: &Path) -> anyhow::Result<Vec<ProbeResult>> {
    let path = file(root);
    match fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).with_context(|| path.display().to_string()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// Keeps the results beside those of services that were not asked now.
fn keep(root: &Path, results: Vec<ProbeResult>) -> anyhow::Result<()> {
    let path = file(root);
    // A file that cannot be read is replaced: it holds measurements only.
    let mut all = last_results(root).unwrap_or_default();
    all.retain(|old| !results.iter().any(|new| new.service == old.service));
    all.extend(results);
    let write = || -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let next = path.with_extension("json.new");
        fs::write(&next, serde_json::to_vec(&all)?)?;
        fs::rename(&next, &path)
    };
    write().with_context(|| path.display().to_string())
}
