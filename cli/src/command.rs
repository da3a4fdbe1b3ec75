//! The subcommands.

mod cert;
mod config;
mod configutil;
mod counterutil;
mod deliver;
mod demo;
mod import;
mod imsconnutil;
mod init;
mod msprobe;
mod reference;
mod run;
mod serve;
mod user;

use std::process::ExitCode;

use clap::Subcommand;

use crate::root::RootOption;

/// What the program can do.
#[derive(Subcommand)]
pub enum Command {
    /// Make a complete site in ./var/demo once and run it on loopback ports (the default)
    Demo(demo::Demo),
    /// Make an empty site
    Init(init::Init),
    /// Run all enabled services in the foreground
    Run(run::Run),
    /// Run one service in the foreground
    Serve(serve::Serve),
    /// Users of the embedded directory
    User(user::User),
    /// Bring an mbox file or a Maildir into the store
    Import(import::Import),
    /// Deliver a message from standard input
    Deliver(deliver::Deliver),
    /// Make and show certificates
    Cert(cert::Cert),
    Configutil(configutil::Configutil),
    /// Write the manual pages and the list of all settings
    #[command(hide = true)]
    Reference(reference::Reference),
    Config(config::Config),
    /// Show the counters of the running server
    Counterutil(counterutil::Counterutil),
    /// Show or disconnect users of the running server
    Imsconnutil(imsconnutil::Imsconnutil),
    /// Ask every enabled service whether it is well
    Msprobe(msprobe::Msprobe),
}

impl Default for Command {
    fn default() -> Self {
        Self::Demo(demo::Demo::default())
    }
}

impl Command {
    /// Does it.
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        match self {
            Self::Demo(command) => command.run(root),
            Self::Init(command) => command.run(root),
            Self::Run(command) => command.run(root),
            Self::Serve(command) => command.run(root),
            Self::User(command) => command.run(root),
            Self::Import(command) => command.run(root),
            Self::Deliver(command) => command.run(root),
            Self::Cert(command) => command.run(root),
            Self::Configutil(command) => command.run(root),
            Self::Config(command) => command.run(root),
            Self::Reference(command) => command.run(),
            Self::Counterutil(command) => command.run(root),
            Self::Imsconnutil(command) => command.run(root),
            Self::Msprobe(command) => command.run(root),
        }
    }
}
