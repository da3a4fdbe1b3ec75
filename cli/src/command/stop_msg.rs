//! `stop-msg`: the end of what `start-msg` has started (Reference §7.5).

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use clap::Args;

use super::start_msg::{WATCHER, check_owner, refuse_stopped, service_names};
use crate::{
    output,
    root::RootOption,
    watcher::{
        self,
        wire::{Order, Told},
    },
};

/// How long a watcher whose services have ended may take to end itself.
const ENDS: Duration = Duration::from_secs(60);

/// Stops services that start-msg has started: all and the watcher, or those that are named.
///
/// No new connections are taken; commands, deliveries and requests in progress are finished. Returns when the processes have ended. What is not
/// running is no error.
#[derive(Args)]
#[command(name = "stop-msg", after_help = "Examples:\n  stop-msg\n  stop-msg http\n  stop-msg --limit 5")]
pub struct StopMsg {
    /// Only these; watcher stops everything
    #[arg(value_name = "SERVICE", value_parser = service_names())]
    services: Vec<String>,
    /// Seconds after which processes are killed that are not done
    #[arg(long, value_name = "SECONDS", default_value_t = 45, value_parser = clap::value_parser!(u64).range(0..=3600))]
    limit: u64,
}

impl StopMsg {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let root = root.site_folder()?;
        check_owner(&root)?;
        output::line("Connecting to watcher ...");
        let Some(pid) = watcher::running(&root).context("the watcher's pid file")? else {
            output::line("The watcher is not running");
            return Ok(ExitCode::SUCCESS);
        };
        refuse_stopped(pid)?;
        let everything = self.services.is_empty() || self.services.iter().any(|service| service == WATCHER);
        let order = match everything {
            true => Order::End { limit: self.limit },
            false => Order::Stop { services: self.services, limit: self.limit },
        };
        let told = |told| match told {
            Told::Line(line) | Told::Trouble(line) => output::line(line),
            Told::Ready(_) | Told::Done => {}
        };
        if !watcher::wire::order(&root, &order, told).context("asking the watcher")? {
            bail!("the watcher ({pid}) takes no orders");
        }
        if everything {
            let began = Instant::now();
            while watcher::running(&root).context("the watcher's pid file")? == Some(pid) {
                refuse_stopped(pid)?;
                if began.elapsed() > ENDS {
                    bail!("the watcher ({pid}) has stopped every service and does not end");
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            output::line(format_args!("Stopping watcher {pid} ... done"));
        }
        Ok(ExitCode::SUCCESS)
    }
}
