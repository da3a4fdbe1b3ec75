//! Writes that may change who shares what: the site's index of it follows them.

use super::Account;
use crate::engine::Writer;
use crate::error::Result;

impl Account {
    /// As [`Account::write`]; afterwards the index of shares is as the account is. `certain` when the write is about a list;
    /// otherwise the index is only looked at if the account has any.
    pub(crate) fn write_shares<T: Send + 'static>(
        &self,
        certain: bool,
        job: impl FnOnce(&Writer<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (store, id) = (self.store(), self.id());
        let before = certain || self.glance(|reader| reader.has_acl())?;
        // So that a process that dies in between leaves a trace of it.
        let mark = if before { Some(store.unsettle_shares(id)?) } else { None };
        let outcome = self.write(job);
        if mark.is_some() || (outcome.is_ok() && self.glance(|reader| reader.has_acl())?) {
            // The change itself is durable: whoever lists finds the mark and looks here.
            if let Err(error) = store.settle_shares(id, mark) {
                tracing::error!(account = %id, error = &error as &dyn std::error::Error, "the index of shares is behind");
            }
        }
        outcome
    }
}
