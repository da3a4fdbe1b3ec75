//! `heliograph serve`: one service, which is what a systemd unit starts.

use std::process::ExitCode;

use clap::Args;

use crate::{
    output,
    root::RootOption,
    services::{self, PortOptions, ServiceName},
};

/// Runs one service in the foreground.
#[derive(Args)]
pub struct Serve {
    /// The service
    service: ServiceName,
    #[command(flatten)]
    ports: PortOptions,
}

impl Serve {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        services::run(root.settings()?, &[self.service], &self.ports, |ready| output::line(ready))?;
        Ok(ExitCode::SUCCESS)
    }
}
