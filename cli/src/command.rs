//! The subcommands.

mod access;
mod cert;
mod config;
mod configutil;
mod counterutil;
mod deliver;
mod demo;
mod domain;
mod ens;
mod hashdir;
mod imcheck;
mod imexpire;
mod import;
mod imquotacheck;
mod imsbackup;
mod imsconnutil;
mod imsrestore;
mod init;
mod mboxutil;
mod msprobe;
mod readership;
mod reconstruct;
mod reference;
mod refresh;
mod run;
pub mod serve;
pub mod start_msg;
mod stop_msg;
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
    /// Start services in the background, with their processes
    StartMsg(start_msg::StartMsg),
    /// Stop services that start-msg has started
    StopMsg(stop_msg::StopMsg),
    /// Have running services read their settings again
    Refresh(refresh::Refresh),
    /// Users of the directory
    User(user::User),
    /// Domains of the directory
    Domain(domain::Domain),
    /// Bring an mbox file or a Maildir into the store
    Import(import::Import),
    /// Deliver a message from standard input
    Deliver(deliver::Deliver),
    /// Try the access filters
    Access(access::Access),
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
    /// Print the folder of an account
    Hashdir(hashdir::Hashdir),
    /// Check the store, or print what it knows of a mailbox
    Imcheck(imcheck::Imcheck),
    /// Report quota use, send notices
    Imquotacheck(imquotacheck::Imquotacheck),
    /// List, make, delete, rename, move and restore mailboxes
    Mboxutil(mboxutil::Mboxutil),
    /// Look at the events of the store
    Ens(ens::Ens),
    /// Report who reads shared mailboxes
    Readership(readership::Readership),
    /// Repair accounts
    Reconstruct(reconstruct::Reconstruct),
    /// Back mailboxes up
    Imsbackup(imsbackup::Imsbackup),
    /// Restore mailboxes from a backup
    Imsrestore(imsrestore::Imsrestore),
    /// Expire messages by rules, purge what was expunged
    Imexpire(imexpire::Imexpire),
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
            Self::StartMsg(command) => command.run(root),
            Self::StopMsg(command) => command.run(root),
            Self::Refresh(command) => command.run(root),
            Self::User(command) => command.run(root),
            Self::Domain(command) => command.run(root),
            Self::Import(command) => command.run(root),
            Self::Deliver(command) => command.run(root),
            Self::Access(command) => command.run(root),
            Self::Cert(command) => command.run(root),
            Self::Configutil(command) => command.run(root),
            Self::Config(command) => command.run(root),
            Self::Reference(command) => command.run(),
            Self::Counterutil(command) => command.run(root),
            Self::Imsconnutil(command) => command.run(root),
            Self::Msprobe(command) => command.run(root),
            Self::Hashdir(command) => command.run(root),
            Self::Imcheck(command) => command.run(root),
            Self::Imquotacheck(command) => command.run(root),
            Self::Mboxutil(command) => command.run(root),
            Self::Ens(command) => command.run(root),
            Self::Readership(command) => command.run(root),
            Self::Reconstruct(command) => command.run(root),
            Self::Imsbackup(command) => command.run(root),
            Self::Imsrestore(command) => command.run(root),
            Self::Imexpire(command) => command.run(root),
        }
    }
}
