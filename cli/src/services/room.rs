//! `store.overquotastatus`: the directory hears at once that an account has room again, whoever made it.
//!
//! Deliveries tell of accounts that are over their quota; the MTA sends those no more, so that no delivery would find out that there is
//! room. The store tells of it when messages are expunged or the limits become others.

use std::{path::PathBuf, sync::Arc};

use config::{Lmtp, Settings, Site};
use directory::Directory;
use mailstore::{AccountId, EventKind, Observer, StoreEvent, Wants};
use tokio::sync::mpsc;

use super::directory::status_editor;

/// Accounts that wait to be told of; of more than these at once the housekeeping's `imquotacheck -f` tells.
const WAITING: usize = 1000;

/// Hands everything on, and notes who has room again.
struct Room {
    inner: Arc<dyn Observer>,
    freed: mpsc::Sender<AccountId>,
}

impl Observer for Room {
    fn wants(&self) -> Wants {
        self.inner.wants()
    }

    fn committed(&self, event: &StoreEvent) {
        if event.kind == EventKind::UnderQuota && self.freed.try_send(event.account.clone()).is_err() {
            tracing::warn!(account = %event.account, "too many have room again at once: mailUserStatus is left to imquotacheck -f");
        }
        self.inner.committed(event);
    }
}

/// An observer that tells the directory, and `inner` everything. It works as long as the observer is there.
pub fn watch(settings: &Settings, directory: Arc<dyn Directory>, inner: Arc<dyn Observer>) -> Arc<dyn Observer> {
    let (freed, mut waiting) = mpsc::channel(WAITING);
    let root = settings.root().to_owned();
    tokio::spawn(async move {
        while let Some(account) = waiting.recv().await {
            if let Err(error) = tell(root.clone(), &*directory, &account).await {
                tracing::warn!(category = "LDAP", %account, "mailUserStatus stays as it is: {error:#}");
            }
        }
    });
    Arc::new(Room { inner, freed })
}

async fn tell(root: PathBuf, directory: &dyn Directory, account: &AccountId) -> anyhow::Result<()> {
    // As they are now: the setting is one that a refresh is enough for.
    let settings = tokio::task::spawn_blocking(move || Settings::load(&root)).await??;
    let Some(editor) = status_editor(&settings, &Lmtp::read(&settings)) else { return Ok(()) };
    let default_domain = Site::read(&settings).default_domain;
    let (uid, domain) = account.as_str().rsplit_once('@').unwrap_or((account.as_str(), &default_domain));
    let found = directory.find_uid(uid, Some(domain).filter(|domain| !domain.is_empty())).await?;
    if let Some(user) = found.filter(|user| user.store_id == account.as_str()) {
        editor.set_over_quota(&user, false).await?;
    }
    Ok(())
}
