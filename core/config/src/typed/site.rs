//! The site: its folder, names and files.

use std::path::PathBuf;

use crate::{keys, settings::Settings};

/// Where a site is and what it is called.
#[derive(Debug, Clone)]
pub struct Site {
    /// The site folder.
    pub root: PathBuf,
    /// Name of this host.
    pub hostname: String,
    /// Domain of users who sign in without one.
    pub default_domain: String,
    /// The embedded directory.
    pub directory_file: PathBuf,
}

impl Site {
    /// Reads it.
    pub fn read(settings: &Settings) -> Self {
        Self {
            root: settings.root().to_owned(),
            hostname: settings.text(keys::site::HOSTNAME),
            default_domain: settings.text(keys::site::DEFAULT_DOMAIN),
            directory_file: settings.root().join("config").join("directory.ldif"),
        }
    }
}
