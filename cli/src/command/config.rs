//! `heliograph config`: the settings as a whole, beside `configutil`'s single ones.

pub mod check;
mod folders;
mod import;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::root::RootOption;

/// Checks the settings of a site, or brings those of an old server along.
#[derive(Args)]
pub struct Config {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Find settings that contradict each other, and say what to type
    Check(check::Check),
    /// Take the settings of a running old server, from what its 'configutil' lists
    Import(import::Import),
}

impl Config {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        match self.act {
            Act::Check(check) => check.run(root),
            Act::Import(import) => import.run(root),
        }
    }
}
