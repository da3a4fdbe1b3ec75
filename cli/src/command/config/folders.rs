//! Folders and files that a site needs: there, and with rights that let the services work and keep others out.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use config::{
    Http, Settings, Store,
    check::{Finding, Severity},
};
use nix::unistd::{AccessFlags, access};

/// What is wrong with them.
pub fn check(settings: &Settings, file: &Path) -> Vec<Finding> {
    let mut found = Vec::new();
    let store = Store::read(settings);
    let mut folders = vec![("store.path".to_owned(), store.path)];
    folders.extend(store.partitions.into_iter().map(|(name, path)| (format!("store.partition.{name}.path"), path)));
    let http = Http::read(settings);
    if http.service.listen.is_on() {
        folders.push(("service.http.spooldir".to_owned(), http.spool_dir));
    }
    for (option, folder) in folders {
        if let Some(problem) = unusable(&folder) {
            found.push(finding(
                Severity::Error,
                vec![option.clone()],
                format!("{option}: {problem}"),
                format!(
                    "make {} a folder that this account may write, or configutil -o {option} -v FOLDER",
                    folder.display()
                ),
            ));
        }
    }
    if std::fs::metadata(file).is_ok_and(|data| data.permissions().mode() & 0o077 != 0) {
        found.push(finding(
            Severity::Warning,
            Vec::new(),
            format!("{} holds passwords and others may read it", file.display()),
            format!("chmod 600 {}", file.display()),
        ));
    }
    found
}

/// Why files cannot be made in `folder`. One that is missing is made at the start, where that is possible.
fn unusable(folder: &Path) -> Option<String> {
    let nearest = existing(folder);
    if !nearest.is_dir() {
        return Some(format!("{} is not a folder", nearest.display()));
    }
    if access(&nearest, AccessFlags::W_OK | AccessFlags::X_OK).is_err() {
        let whose = if nearest == folder { String::new() } else { format!("{} is missing and ", folder.display()) };
        return Some(format!("{whose}{} cannot be written by this account", nearest.display()));
    }
    None
}

/// `folder`, or the nearest one above it that is there.
fn existing(folder: &Path) -> PathBuf {
    folder.ancestors().find(|path| path.symlink_metadata().is_ok()).map_or_else(|| PathBuf::from("/"), Path::to_owned)
}

fn finding(severity: Severity, options: Vec<String>, problem: String, advice: String) -> Finding {
    Finding { severity, options, problem, advice }
}
