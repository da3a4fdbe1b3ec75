//! Running services: what `run`, `serve` and `demo` share.

mod bound;
mod certificates;
mod directory;
mod http;
mod live;
mod ports;
mod publishing;
mod ready;
mod site;
mod stop;

use std::net::SocketAddr;

use anyhow::Context;
use config::Settings;
use daemon::{
    Drain,
    control::{Control, Listing},
};
use logs::Logs;

pub use directory::{directory_rules, ldap_options, open_directory};
pub use ports::{PortOptions, ServiceName};
pub use publishing::{broker_of, open_for_tool};
pub use site::{OpenSite, open_store, quota_policy};

use bound::Bound;

/// Runs `services` until SIGTERM or SIGINT, then drains. `ready` is called with the ready line once every listener is up.
pub fn run(
    settings: Settings,
    services: &[ServiceName],
    ports: &PortOptions,
    ready: impl FnOnce(&str),
) -> anyhow::Result<()> {
    meters::start();
    let logs = Logs::start(&config::Log::read(&settings))?;
    stop::raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Blocking work is bounded by each service's maxthreads; this is the sum's ceiling.
        .max_blocking_threads(1024)
        .build()
        .context("starting the runtime")?;
    runtime.block_on(async {
        // Before the ready line: whoever waits for it may send a signal at once.
        let mut signals = stop::Signals::listen()?;
        let site = OpenSite::open(settings, process_name(services))?;
        let drain = Drain::new();
        let mut bound = Bound::bind(&site, services, ports)?;
        let line = bound.ready_line();
        let control = start_control(&site, bound.broker());
        bound.start_events(&site, &drain).await?;
        let running = bound.start(&site, &drain)?;
        ready(&line);
        stop::wait(&mut signals, &site, &running, &logs).await;
        stop::drain(&drain).await;
        drop(control);
        Ok(())
    })
}

/// The tools' way to this process. Mail is served without it, too.
fn start_control(site: &OpenSite, broker: Option<SocketAddr>) -> Option<Control> {
    let watching = config::Watching::read(&site.settings);
    let listing = Listing { imap: watching.imap_users, http: watching.http_users, broker };
    match Control::start(site.settings.root(), site.sessions.clone(), listing) {
        Ok(control) => Some(control),
        Err(error) => {
            tracing::warn!(%error, "no control socket: counterutil and imsconnutil will not find this process");
            None
        }
    }
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
