//! The program `heliograph`: one file per subcommand. Called under an old name (`configutil`, `deliver` …, as a link) it is that tool.

mod admin_name;
mod alone;
mod backup_format;
mod command;
mod mail_account;
mod old_name;
mod output;
mod root;
mod services;
mod setting_check;
mod stamp;
mod watcher;

use std::process::ExitCode;

use clap::Parser;

use command::Command;

/// Heliograph: mail access server and webmail in one program.
#[derive(Parser)]
#[command(name = "heliograph", version, about, max_term_width = 100)]
pub struct Arguments {
    #[command(flatten)]
    root: root::RootOption,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Exit codes: 0 done, 1 failed, 2 wrong use (which clap gives).
fn main() -> ExitCode {
    let arguments = Arguments::parse_from(old_name::arguments(std::env::args_os()));
    let command = arguments.command.unwrap_or_default();
    match command.run(&arguments.root) {
        Ok(code) => code,
        Err(error) => {
            output::failure(&error);
            ExitCode::from(1)
        }
    }
}
