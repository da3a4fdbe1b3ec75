//! A manual page for each command, by clap_mangen but for the synopsis: that one names the values that options take.

use std::{fs, io, path::Path};

use clap::{Arg, Command};
use clap_mangen::Man;

/// Writes the pages of `command` and of all below it, hidden ones left out.
pub fn pages(command: &Command, folder: &Path) -> io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        pages(below, folder)?;
    }
    let page = Man::new(command.clone()).generate_to(folder)?;
    let text = fs::read_to_string(&page)?;
    let mut lines: Vec<&str> = text.lines().collect();
    let own = synopsis(command);
    if let Some(head) = lines.iter().position(|line| *line == ".SH SYNOPSIS")
        && let Some(line) = lines.get_mut(head + 1)
    {
        *line = &own;
    }
    fs::write(&page, lines.join("\n") + "\n")
}

fn synopsis(command: &Command) -> String {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let mut words = vec![format!("\\fB{}\\fR", escaped(name))];
    let shown = |arg: &&Arg| !arg.is_hide_set();
    for arg in command.get_arguments().filter(shown).filter(|arg| !arg.is_positional()) {
        let names = [arg.get_short().map(|short| format!("-{short}")), arg.get_long().map(|long| format!("--{long}"))];
        let names: Vec<String> =
            names.into_iter().flatten().map(|name| format!("\\fB{}\\fR", escaped(&name))).collect();
        let value = if arg.get_action().takes_values() { format!(" {}", values(arg)) } else { String::new() };
        words.push(optional(arg, format!("{}{value}", names.join("|"))));
    }
    for arg in command.get_positionals().filter(shown) {
        words.push(optional(arg, values(arg)));
    }
    if command.has_subcommands() {
        let word = "\\fICOMMAND\\fR".to_owned();
        words.push(if command.is_subcommand_required_set() { word } else { format!("[{word}]") });
    }
    words.join(" ")
}

/// What an argument takes, and that it may be more.
fn values(arg: &Arg) -> String {
    let names = match arg.get_value_names() {
        Some(names) => names.iter().map(|name| format!("\\fI{}\\fR", escaped(name))).collect::<Vec<_>>().join(" "),
        None => format!("\\fI{}\\fR", escaped(&arg.get_id().as_str().to_uppercase())),
    };
    let range = arg.get_num_args();
    let (least, most) = range.map_or((1, 1), |range| (range.min_values(), range.max_values()));
    let several = if arg.is_positional() && most > 1 { " ..." } else { "" };
    if least == 0 && !arg.is_positional() { format!("[{names}]") } else { format!("{names}{several}") }
}

fn optional(arg: &Arg, text: String) -> String {
    if arg.is_required_set() { text } else { format!("[{text}]") }
}

/// Hyphens are minus signs, and a backslash is itself.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}
