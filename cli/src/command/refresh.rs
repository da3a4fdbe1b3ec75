//! `refresh`: running services read their settings again (Guide §5.1; Reference §1.1).

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use daemon::control::{self, Answer, Order, Refreshed};

use super::start_msg::service_names;
use crate::{output, root::RootOption};

/// Has running services read their settings and certificates again, however they were started.
///
/// Every process of the services is asked, and says what it will obey only after a restart. Exit code 1 when a process kept its old settings or
/// none is running. The watcher itself needs no refresh: it reads the settings whenever it starts a service.
#[derive(Args)]
#[command(after_help = "Examples:\n  refresh\n  refresh imap http")]
pub struct Refresh {
    /// Only these
    #[arg(value_name = "SERVICE", value_parser = service_names())]
    services: Vec<String>,
    /// One JSON object a process
    #[arg(long)]
    json: bool,
}

impl Refresh {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let root = root.site_folder()?;
        let answers = control::ask(&root, &Order::Refresh(self.services.clone())).context("asking the server")?;
        let mut well = true;
        let mut any = false;
        for answer in answers {
            let Answer::Refreshed(refreshed) = answer else { continue };
            any = true;
            well &= refreshed.problem.is_none();
            if self.json {
                output::line(serde_json::to_string(&refreshed)?);
                continue;
            }
            let Refreshed { pid, services, waiting, problem } = refreshed;
            let services = services.join(", ");
            match problem {
                Some(problem) => output::note(format_args!("Refreshing {services} server {pid} ... failed: {problem}")),
                None if waiting.is_empty() => output::line(format_args!("Refreshing {services} server {pid} ... done")),
                None => output::line(format_args!(
                    "Refreshing {services} server {pid} ... done; obeyed only after a restart: {}",
                    waiting.join(", ")
                )),
            }
        }
        let only_watcher =
            !self.services.is_empty() && self.services.iter().all(|name| name == super::start_msg::WATCHER);
        if !any && !only_watcher {
            bail!("no server that was meant is running at {}", root.display());
        }
        Ok(if well { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}
