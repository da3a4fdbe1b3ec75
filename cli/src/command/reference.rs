//! `heliograph reference`: the manual pages and the list of all settings, from the commands and the key table.
//!
//! What it writes is committed; a test says when it is stale.

mod markdown;
mod msg_conf;
mod synopsis;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, CommandFactory};

use crate::{Arguments, old_name, output};

/// Writes deploy/man and docs/settings.md of a source checkout.
#[derive(Args)]
pub struct Reference {
    /// The checkout's folder
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,
}

impl Reference {
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let man = self.folder.join("deploy").join("man");
        if man.exists() {
            // A command that is gone leaves no page.
            fs::remove_dir_all(&man).with_context(|| man.display().to_string())?;
        }
        fs::create_dir_all(&man).with_context(|| man.display().to_string())?;
        let mut command = Arguments::command().disable_help_subcommand(true);
        command.build();
        synopsis::pages(&command, &man).with_context(|| man.display().to_string())?;
        for tool in old_name::TOOLS {
            // Called by its old name the tool has the subcommand's page.
            write(&man.join(format!("{tool}.1")), &format!(".so man1/heliograph-{tool}.1\n"))?;
        }
        write(&man.join("heliograph-msg.conf.5"), &msg_conf::page())?;
        let docs = self.folder.join("docs");
        fs::create_dir_all(&docs).with_context(|| docs.display().to_string())?;
        write(&docs.join("settings.md"), &markdown::page())?;
        output::line("OK");
        Ok(ExitCode::SUCCESS)
    }
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(file, text).with_context(|| file.display().to_string())
}
