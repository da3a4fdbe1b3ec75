//! A terminal on a site's host, to type the manual's command lines as they stand there.
//!
//! A real shell runs them, in a folder with `msg-svr-base` beside it, whose tools are links to the program under test.

use std::{os::unix::fs::symlink, path::PathBuf, process::Command};

use crate::{
    process::{self, Output, heliograph, temporary},
    site::Site,
};

/// The old names that the manual's lines begin with.
const TOOLS: &[&str] = &["configutil", "start-msg", "stop-msg", "refresh", "mboxutil", "imquotacheck"];

/// A shell whose tools work on one site.
pub struct Terminal {
    root: PathBuf,
    folder: tempfile::TempDir,
}

impl Terminal {
    /// On the host of `site`.
    #[track_caller]
    pub fn at(site: &Site) -> Self {
        let folder = temporary("terminal");
        let base = folder.path().join("msg-svr-base");
        // The manual has the tools in msg-svr-base in one place and in its sbin in another.
        for place in [base.clone(), base.join("sbin")] {
            std::fs::create_dir_all(&place).expect("a folder for the tools");
            for tool in TOOLS {
                symlink(heliograph(), place.join(tool)).expect("a link to the program");
            }
        }
        Self { root: site.root().to_owned(), folder }
    }

    /// Types `line` as it stands: a shell's line, or several.
    #[track_caller]
    pub fn types(&self, line: &str) -> Output {
        let tools = self.folder.path().join("msg-svr-base/sbin");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut shell = Command::new("sh");
        shell
            .args(["-e", "-c", line])
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", tools.display()))
            .env("HELIOGRAPH_ROOT", &self.root);
        process::run(&mut shell, b"")
    }

    /// Types a line of the manual with its last word, a placeholder such as `number`, replaced by `value`.
    #[track_caller]
    pub fn types_with(&self, line: &str, placeholder: &str, value: &str) -> Output {
        let head = line.strip_suffix(placeholder).unwrap_or_else(|| panic!("'{line}' does not end in {placeholder}"));
        self.types(&format!("{head}'{value}'"))
    }

    /// Types a line that ends in `[ yes | no ]` once per choice, in that order; `check` sees the site after each.
    #[track_caller]
    pub fn types_each(&self, line: &str, mut check: impl FnMut(&str)) {
        let (head, choices) = line
            .split_once(" [ ")
            .and_then(|(head, tail)| Some((head, tail.strip_suffix(" ]")?)))
            .unwrap_or_else(|| panic!("'{line}' does not end in [ … | … ]"));
        for choice in choices.split(" | ") {
            self.types(&format!("{head} {choice}")).success();
            check(choice);
        }
    }

    /// The value in force of a setting, as a script asks for it.
    #[track_caller]
    pub fn value(&self, name: &str) -> String {
        self.types(&format!("configutil -o '{name}'")).success().stdout.trim_end_matches('\n').to_owned()
    }
}
