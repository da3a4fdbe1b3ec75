//! `hashdir`: the folder of an account in the store (Reference §7.5).

use std::{io::BufRead, process::ExitCode};

use anyhow::Context;
use clap::Args;
use config::Site;
use mailstore::{AccountId, Store};

use crate::{output, root::RootOption, services::open_store};

/// Prints the folder that holds an account, whether it is there already or would be made.
#[derive(Args)]
pub struct Hashdir {
    /// The whole path, from the root of the file system
    #[arg(short = 'a')]
    absolute: bool,
    /// Read accounts from standard input, one a line
    #[arg(short = 'i')]
    interactive: bool,
    /// Accounts: a user ID, or user ID@domain outside the default domain
    #[arg(required_unless_present = "interactive")]
    accounts: Vec<String>,
}

impl Hashdir {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let settings = root.settings()?;
        let store = open_store(&settings, None)?;
        let default = format!("@{}", Site::read(&settings).default_domain.to_ascii_lowercase());
        // Users of the default domain have accounts without it.
        let bare = |name: &str| match name.to_ascii_lowercase().strip_suffix(&default) {
            Some(uid) if default.len() > 1 => name[..uid.len()].to_owned(),
            _ => name.to_owned(),
        };
        for account in &self.accounts {
            self.print(&store, &bare(account))?;
        }
        if self.interactive {
            for line in std::io::stdin().lock().lines() {
                let line = line.context("reading standard input")?;
                if !line.trim().is_empty() {
                    self.print(&store, &bare(line.trim()))?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn print(&self, store: &Store, account: &str) -> anyhow::Result<()> {
        let folder = store.place(&AccountId::new(account)?)?.folder;
        if self.absolute {
            output::line(folder.display());
        } else {
            // The two hash folders and the account's own.
            let parts: Vec<_> =
                folder.components().rev().take(3).map(|part| part.as_os_str().to_string_lossy()).collect();
            output::line(parts.into_iter().rev().collect::<Vec<_>>().join("/"));
        }
        Ok(())
    }
}
