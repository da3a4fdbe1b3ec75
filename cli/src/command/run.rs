//! `heliograph run`: all enabled services in one process.

use std::process::ExitCode;

use clap::Args;

use crate::{
    output,
    root::RootOption,
    services::{self, PortOptions, ServiceName},
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
        services::run(root.settings()?, ServiceName::ALL, &self.ports, |ready| output::line(ready))?;
        Ok(ExitCode::SUCCESS)
    }
}
