//! What putting a backup back needs of the tables.

use rusqlite::OptionalExtension;

use super::messages::key;
use super::{Reader, Writer};
use crate::account::Fingerprint;
use crate::error::Result;
use crate::{MailboxId, ModSeq, Uid};

impl Reader<'_> {
    /// What tells the messages of a mailbox apart. One whose body is missing is left out.
    pub(crate) fn fingerprints(&self, mailbox: MailboxId) -> Result<Vec<(Uid, Fingerprint)>> {
        let mut select = self.db.prepare_cached(
            "SELECT m.id & 4294967295, m.size, b.checksum, m.internal_date FROM message m JOIN body b ON b.id = m.body_id \
             WHERE m.id BETWEEN ?1 AND ?2 ORDER BY m.id",
        )?;
        let rows = select.query_map([key(mailbox, 0), key(mailbox, Uid::MAX)], |row| {
            let print = Fingerprint { size: row.get(1)?, checksum: row.get(2)?, internal_date: row.get(3)? };
            Ok((row.get(0)?, print))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl Writer<'_> {
    /// Gives an empty mailbox a UIDVALIDITY unless another mailbox has it.
    pub(crate) fn claim_uid_validity(&self, mailbox: MailboxId, uid_validity: u32) -> Result<()> {
        let taken: Option<i64> = self
            .db
            .query_row("SELECT 1 FROM mailbox WHERE uidvalidity = ?1 AND id <> ?2", (uid_validity, mailbox.0), |row| {
                row.get(0)
            })
            .optional()?;
        if taken.is_none() && uid_validity > 0 {
            self.db.execute(
                "UPDATE mailbox SET uidvalidity = ?1 WHERE id = ?2 AND uidnext = 1",
                (uid_validity, mailbox.0),
            )?;
            self.db.execute("UPDATE account SET next_uidvalidity = max(next_uidvalidity, ?1 + 1)", [uid_validity])?;
        }
        Ok(())
    }

    /// The MODSEQ of one message.
    pub(crate) fn set_modseq(&self, mailbox: MailboxId, uid: Uid, modseq: ModSeq) -> Result<()> {
        self.db.prepare_cached("UPDATE message SET modseq = ?2 WHERE id = ?1")?.execute((key(mailbox, uid), modseq))?;
        Ok(())
    }
}
