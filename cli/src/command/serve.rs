//! `heliograph serve`: one service, which is what a systemd unit starts.

use std::process::ExitCode;

use clap::Args;

use crate::{
    output,
    root::RootOption,
    services::{self, Keeper, PortOptions, RunOptions, ServiceName},
};

/// Runs one service in the foreground.
///
/// Takes listening sockets from a systemd socket unit (`FileDescriptorName=imap`, `imaps` …), opens those that are not passed, and tells
/// systemd when it is ready (`Type=notify`). Webmail sessions are kept in the site folder, so that they outlive a restart.
#[derive(Args)]
pub struct Serve {
    /// The service
    service: ServiceName,
    #[command(flatten)]
    ports: PortOptions,
    /// Run as a worker of the watcher: it has the other end of standard input
    #[arg(long, hide = true)]
    watched: bool,
}

impl Serve {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let keeper = if self.watched { Keeper::Watcher } else { Keeper::Other };
        let options = RunOptions { services: &[self.service], ports: &self.ports, keeper };
        let result =
            root.settings().and_then(|settings| services::run(settings, &options, |ready| output::line(ready)));
        if let Err(error) = &result
            && self.watched
        {
            output::line(format_args!("{FAILED}{error:#}"));
        }
        result.map(|()| ExitCode::SUCCESS)
    }
}

/// Begins the line in which a worker tells the watcher why it is not ready.
pub const FAILED: &str = "failed: ";
