//! `heliograph run`: all enabled services in one process.

use std::process::ExitCode;

use clap::Args;

use crate::{
    output,
    root::RootOption,
    services::{self, Keeper, PortOptions, RunOptions, ServiceName},
};

/// Runs all enabled services in the foreground.
///
/// Prints one line when every listener is up: `ready imap=127.0.0.1:143 …`. SIGTERM drains, SIGHUP reads certificates again.
#[derive(Args)]
pub struct Run {
    #[command(flatten)]
    ports: PortOptions,
}

impl Run {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let options = RunOptions { services: ServiceName::ALL, ports: &self.ports, keeper: Keeper::Other };
        services::run(root.settings()?, &options, |ready| output::line(ready))?;
        Ok(ExitCode::SUCCESS)
    }
}
