//! `heliograph config`: the settings as a whole, beside `configutil`'s single ones.

pub mod check;
mod folders;
mod import;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::root::RootOption;

/// Check the settings as a whole, bring those of an old server along.
#[derive(Args)]
pub struct Config {
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    Check(check::Check),
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
