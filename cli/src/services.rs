//! Running services: what `run`, `serve` and `demo` share.

mod bound;
pub mod certificates;
mod directory;
mod housekeeping;
mod http;
mod live;
mod passed;
mod ports;
mod publishing;
mod ready;
mod room;
mod site;
mod stop;

use std::net::SocketAddr;

use anyhow::Context;
use config::Settings;
use daemon::{
    Drain,
    control::{Control, Controlled, Listing, RefreshOrder},
};
use logs::Logs;
use tokio::sync::mpsc;

pub use directory::{directory_rules, ldap_options, open_directory, status_editor};
pub use ports::{PortOptions, ServiceName};
pub use publishing::{broker_of, open_for_tool};
pub use site::{OpenSite, open_store, quota_policy};

use bound::Bound;
use housekeeping::{Clock, Housekeeper};

/// What runs in this process, and under whom.
pub struct RunOptions<'a> {
    /// The services.
    pub services: &'a [ServiceName],
    /// Ports that the command line moves.
    pub ports: &'a PortOptions,
    /// Who sees to it that this process runs.
    pub keeper: Keeper,
}

/// Who sees to it that a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    /// A person, a service manager or a container.
    Other,
    /// The site's watcher: it has the metrics port, and when it is gone this process drains.
    Watcher,
}

/// Runs services until SIGTERM or SIGINT, then drains. `ready` is called with the ready line once every listener is up.
pub fn run(settings: Settings, options: &RunOptions<'_>, ready: impl FnOnce(&str)) -> anyhow::Result<()> {
    let RunOptions { services, ports, keeper } = *options;
    if keeper == Keeper::Other {
        already_running(settings.root(), services)?;
    }
    // Before there are threads: nobody else may read the environment meanwhile.
    let passed = config::environment::passed_sockets().context("sockets passed by LISTEN_FDS")?;
    // Before there are threads: afterwards nobody may ask for the time zone.
    let clock = Clock::new(ports.clock());
    meters::start();
    let logs = Logs::start(&config::Log::read(&settings))?;
    stop::raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(blocking_threads(&settings, services))
        .build()
        .context("starting the runtime")?;
    runtime.block_on(async {
        // Before the ready line: whoever waits for it may send a signal at once.
        let mut signals = stop::Signals::listen(keeper)?;
        let site = OpenSite::open(settings, process_name(services))?;
        let drain = Drain::new();
        let mut bound = Bound::bind(&site, options, passed)?;
        let line = match bound.ready_line() {
            // Housekeeping alone: nothing listens.
            line if line == "ready" => "ready store".to_owned(),
            line => line,
        };
        let (control, mut orders) = start_control(&site, services, bound.broker());
        bound.start_events(&site, ports, &drain).await?;
        let mut running = bound.start(&site, options, &drain)?;
        if services.contains(&ServiceName::Store) && config::Housekeeping::read(&site.settings).enabled {
            running.housekeeper = Some(Housekeeper::start(site.settings.root(), clock, &drain));
        }
        ready(&line);
        daemon::tell_supervisor("READY=1");
        let why = stop::wait(&mut signals, &mut orders, &site, &running, &logs).await;
        // A process on its way out obeys no refresh, and whoever orders one is told so at once.
        drop(orders);
        daemon::tell_supervisor("STOPPING=1");
        if let Some(notifier) = &site.notifier {
            notifier.leave();
        }
        stop::drain(&drain, why).await;
        drop(control);
        Ok(())
    })
}

/// Under the watcher a service is started once, whatever its ports: a second one would do its work twice.
fn already_running(root: &std::path::Path, services: &[ServiceName]) -> anyhow::Result<()> {
    let Some(watcher) = crate::watcher::running(root).context("the watcher's pid file")? else { return Ok(()) };
    let running: Vec<&str> = services
        .iter()
        .filter(|name| !crate::watcher::workers(root, **name).is_empty())
        .map(|name| name.as_str())
        .collect();
    if running.is_empty() {
        return Ok(());
    }
    let pids: Vec<String> =
        services.iter().flat_map(|name| crate::watcher::workers(root, *name)).map(|pid| pid.to_string()).collect();
    let (services, pids) = (running.join(" "), pids.join(" "));
    anyhow::bail!(
        "the watcher (process {watcher}) runs {services} of this site already, in process {pids}: 'stop-msg {services}' first"
    )
}

/// The tools' way to this process, and the orders to refresh that come by it. Mail is served without it, too.
fn start_control(
    site: &OpenSite,
    services: &[ServiceName],
    broker: Option<SocketAddr>,
) -> (Option<Control>, mpsc::Receiver<RefreshOrder>) {
    let watching = config::Watching::read(&site.settings);
    let (refresh, orders) = mpsc::channel(1);
    let controlled = Controlled {
        sessions: site.sessions.clone(),
        listing: Listing { imap: watching.imap_users, http: watching.http_users, broker },
        services: services.iter().map(|service| service.as_str().to_owned()).collect(),
        refresh,
    };
    match Control::start(site.settings.root(), controlled) {
        Ok(control) => (Some(control), orders),
        Err(error) => {
            tracing::warn!(%error, "no control socket: counterutil, imsconnutil and refresh will not find this process");
            (None, orders)
        }
    }
}

/// The bound of all blocking work: what the services may do at a time (`service.*.maxthreads`, which the stores' pools keep to themselves), and
/// a few for looks into files.
fn blocking_threads(settings: &Settings, services: &[ServiceName]) -> usize {
    let of = |service: &ServiceName| match service {
        ServiceName::Imap => config::Imap::read(settings).service.max_threads,
        ServiceName::Pop => config::Pop::read(settings).service.max_threads,
        ServiceName::Http => config::Http::read(settings).service.max_threads,
        ServiceName::Lmtp => config::Lmtp::read(settings).max_threads,
        ServiceName::Ens | ServiceName::Store => 0,
    };
    services.iter().map(of).sum::<usize>() + 16
}

/// The process as events name it.
fn process_name(services: &[ServiceName]) -> &'static str {
    match services {
        [ServiceName::Imap] => "imapd",
        [ServiceName::Pop] => "popd",
        [ServiceName::Lmtp] => "lmtpd",
        [ServiceName::Http] => "mshttpd",
        [ServiceName::Ens] => "enpd",
        [ServiceName::Store] => "stored",
        _ => "heliograph",
    }
}
