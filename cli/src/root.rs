//! Which site a command works on.

use std::path::PathBuf;

use anyhow::{Context, bail};
use config::Settings;

/// The site folder of an installed server.
const DEFAULT: &str = "/var/lib/heliograph";

/// `--root`, else `HELIOGRAPH_ROOT`.
#[derive(clap::Args)]
pub struct RootOption {
    /// Site folder [default: $HELIOGRAPH_ROOT, else /var/lib/heliograph; ./var/demo for demo]
    #[arg(long, global = true, value_name = "DIR")]
    root: Option<PathBuf>,
}

impl RootOption {
    /// The folder, absolute; `default` when nothing was said.
    pub fn folder_or(&self, default: &str) -> anyhow::Result<PathBuf> {
        let folder = self.root.clone().or_else(config::environment::root).unwrap_or_else(|| PathBuf::from(default));
        std::path::absolute(&folder).with_context(|| format!("site folder {}", folder.display()))
    }

    /// The folder of an installed server.
    pub fn folder(&self) -> anyhow::Result<PathBuf> {
        self.folder_or(DEFAULT)
    }

    /// The settings of the site, which must be there.
    pub fn settings(&self) -> anyhow::Result<Settings> {
        Ok(Settings::load(&self.site_folder()?)?)
    }

    /// The folder of the site, which must be there; its settings may be damaged.
    pub fn site_folder(&self) -> anyhow::Result<PathBuf> {
        let folder = self.folder()?;
        let file = Settings::path_in(&folder);
        if !file.try_exists().with_context(|| file.display().to_string())? {
            bail!("no site at {}; make one with 'heliograph init --root {}'", folder.display(), folder.display());
        }
        Ok(folder)
    }
}
