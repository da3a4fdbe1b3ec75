//! Whether the site works behind its listeners: the directory answers, the store can be written (`/readyz`).

use std::{fs, io, path::Path, sync::Arc};

use config::Store as StoreConfig;
use daemon::Check;

use super::OpenSite;

/// A name that nobody has; the directory has to look all the same.
const NOBODY: &str = "readyz.nobody";

/// The check of `site`.
pub fn check(site: &OpenSite) -> Check {
    let authenticator = Arc::clone(&site.authenticator);
    let store = StoreConfig::read(&site.settings).path;
    Arc::new(move || {
        let (authenticator, store) = (Arc::clone(&authenticator), store.clone());
        Box::pin(async move {
            let name = authenticator.login_names().split(NOBODY);
            if let Err(error) = authenticator.directory().find_login(&name).await {
                tracing::warn!(category = "LDAP", %error, "not ready: the directory does not answer");
                return Err("directory");
            }
            let written = tokio::task::spawn_blocking(move || try_to_write(&store)).await;
            match written {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => {
                    tracing::warn!(category = "Store", %error, "not ready: the store cannot be written");
                    Err("store")
                }
                Err(_) => Err("store"),
            }
        })
    })
}

fn try_to_write(folder: &Path) -> io::Result<()> {
    let file = folder.join(format!(".readyz.{}", std::process::id()));
    fs::write(&file, b"ready?")?;
    fs::remove_file(&file)
}
