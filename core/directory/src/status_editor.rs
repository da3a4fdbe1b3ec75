//! Telling the directory who is over quota (`store.overquotastatus`).

use async_trait::async_trait;

use crate::{AccountStatus, DirectoryError, DirectoryFile, Entry, User};

/// A directory that takes a user's `mailUserStatus`.
#[async_trait]
pub trait StatusEditor: Send + Sync + 'static {
    /// Makes `mailUserStatus` `overquota` where it is active, or active where it is `overquota`; whatever else an administrator has
    /// said stays.
    async fn set_over_quota(&self, user: &User, over: bool) -> Result<(), DirectoryError>;
}

/// The status that the entry is to have instead of its own, if any.
pub(crate) fn wanted(entry: &Entry, over: bool) -> Option<AccountStatus> {
    let now = entry.first("mailUserStatus").map(AccountStatus::parse).unwrap_or_default();
    match (now, over) {
        (AccountStatus::Active, true) => Some(AccountStatus::OverQuota),
        (AccountStatus::OverQuota, false) => Some(AccountStatus::Active),
        _ => None,
    }
}

#[async_trait]
impl StatusEditor for DirectoryFile {
    async fn set_over_quota(&self, user: &User, over: bool) -> Result<(), DirectoryError> {
        let (file, dn) = (self.clone(), user.dn.clone());
        let edit = tokio::task::spawn_blocking(move || {
            file.edit(|ldif| {
                let entry = ldif.entries.iter_mut().find(|entry| entry.dn == dn);
                let entry = entry.ok_or_else(|| DirectoryError::NotFound(dn.clone()))?;
                if let Some(status) = wanted(entry, over) {
                    entry.attributes.retain(|attribute| !attribute.name.eq_ignore_ascii_case("mailUserStatus"));
                    entry.push("mailUserStatus", status.as_str());
                }
                Ok(())
            })
        });
        edit.await.unwrap_or_else(|error| Err(DirectoryError::Unavailable(error.to_string())))
    }
}
