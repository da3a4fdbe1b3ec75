//! The old tools' names: a link called `configutil` behaves as `heliograph configutil`.

use std::{ffi::OsString, path::Path};

/// The names that are subcommands of their own.
pub const TOOLS: &[&str] = &[
    "configutil",
    "counterutil",
    "deliver",
    "hashdir",
    "imcheck",
    "imexpire",
    "imquotacheck",
    "imsbackup",
    "imsconnutil",
    "imsrestore",
    "mboxutil",
    "msprobe",
    "readership",
    "reconstruct",
    "refresh",
    "start-msg",
    "stop-msg",
];

/// `arguments` with the subcommand put in when the program was called by one of the old names.
pub fn arguments(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.collect();
    let called = arguments
        .first()
        .and_then(|path| Path::new(path).file_name())
        .and_then(|name| name.to_str())
        .unwrap_or_default()
        .to_owned();
    if TOOLS.contains(&called.as_str()) {
        arguments[0] = "heliograph".into();
        arguments.insert(1, called.into());
    }
    arguments
}
