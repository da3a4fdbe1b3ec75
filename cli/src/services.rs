//! Running services: what `run`, `serve` and `demo` share.

mod bound;
mod http;
mod live;
mod ports;
mod site;
mod stop;

use anyhow::Context;
use config::Settings;
use daemon::Drain;
use logs::Logs;

pub use ports::{PortOptions, ServiceName};
pub use site::{OpenSite, open_directory, open_store, quota_policy};

use bound::Bound;

/// Runs `services` until SIGTERM or SIGINT, then drains. `ready` is called with the ready line once every listener is up.
pub fn run(
    settings: Settings,
    services: &[ServiceName],
    ports: &PortOptions,
    ready: impl FnOnce(&str),
) -> anyhow::Result<()> {
    let logs = Logs::start(&config::Log::read(&settings))?;
    stop::raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Blocking work is bounded by each service's maxthreads; this is the sum's ceiling.
        .max_blocking_threads(1024)
        .build()
        .context("starting the runtime")?;
    runtime.block_on(async {
        let site = OpenSite::open(settings, process_name(services))?;
        let drain = Drain::new();
        let mut bound = Bound::bind(&site, services, ports)?;
        let line = bound.ready_line();
        bound.start_events(&site, &drain).await?;
        let running = bound.start(&site, &drain)?;
        ready(&line);
        stop::wait(&site, &running, &logs).await?;
        stop::drain(&drain).await;
        Ok(())
    })
}

/// The process as events name it.
fn process_name(services: &[ServiceName]) -> &'static str {
    match services {
        [ServiceName::Imap] => "imapd",
        [ServiceName::Pop] => "popd",
        [ServiceName::Lmtp] => "lmtpd",
        [ServiceName::Http] => "mshttpd",
        [ServiceName::Ens] => "enpd",
        _ => "heliograph",
    }
}
