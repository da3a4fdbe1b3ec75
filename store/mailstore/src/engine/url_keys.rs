//! Keys of authorized URLs: rows of the annotation table that belong to nobody who could ask for annotations.

use rusqlite::OptionalExtension;

use super::{Reader, Writer};
use crate::MailboxId;
use crate::error::Result;

/// No user's name begins with a control character.
const OWNER: &str = "\u{1}urlauth";

impl Reader<'_> {
    pub(crate) fn url_key(&self, mailbox: MailboxId) -> Result<Option<Vec<u8>>> {
        let mut select = self
            .db
            .prepare_cached("SELECT value FROM annotation WHERE mailbox_id = ?1 AND entry = 'key' AND owner = ?2")?;
        Ok(select.query_row((mailbox.0, OWNER), |row| row.get(0)).optional()?)
    }
}

impl Writer<'_> {
    pub(crate) fn set_url_key(&self, mailbox: MailboxId, key: &[u8]) -> Result<()> {
        self.db
            .prepare_cached(
                "INSERT OR REPLACE INTO annotation (mailbox_id, entry, owner, value) VALUES (?1, 'key', ?2, ?3)",
            )?
            .execute((mailbox.0, OWNER, key))?;
        Ok(())
    }

    pub(crate) fn forget_url_keys(&self, mailbox: Option<MailboxId>) -> Result<()> {
        let mailbox = mailbox.map(|mailbox| mailbox.0);
        self.db
            .prepare_cached("DELETE FROM annotation WHERE owner = ?1 AND (?2 IS NULL OR mailbox_id = ?2)")?
            .execute((OWNER, mailbox))?;
        Ok(())
    }
}
