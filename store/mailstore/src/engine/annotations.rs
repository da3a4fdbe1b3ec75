//! The table of annotations.

use super::{Reader, Writer};
use crate::MailboxId;
use crate::annotation::{Annotation, AnnotationScope, OwnedAnnotation};
use crate::error::Result;

impl Reader<'_> {
    /// Shared annotations of a place and those of one owner, by name.
    pub(crate) fn annotations(&self, place: MailboxId, owner: &str) -> Result<Vec<Annotation>> {
        let mut select = self.db.prepare_cached(
            "SELECT entry, owner, value FROM annotation WHERE mailbox_id = ?1 AND (owner = '' OR owner = ?2) \
             ORDER BY entry, owner",
        )?;
        let rows = select.query_map((place.0, owner), |row| {
            let shared = row.get_ref(1)?.as_str()?.is_empty();
            Ok(Annotation {
                entry: row.get(0)?,
                scope: if shared { AnnotationScope::Shared } else { AnnotationScope::Private },
                value: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// All annotations of a place with who set them, by name.
    pub(crate) fn annotations_of_all(&self, place: MailboxId) -> Result<Vec<OwnedAnnotation>> {
        let mut select = self
            .db
            .prepare_cached("SELECT entry, owner, value FROM annotation WHERE mailbox_id = ?1 ORDER BY entry, owner")?;
        let rows = select.query_map((place.0,), |row| {
            let owner: String = row.get(1)?;
            Ok(OwnedAnnotation {
                owner: Some(owner).filter(|owner| !owner.is_empty()),
                entry: row.get(0)?,
                value: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub(crate) fn count_annotations(&self, place: MailboxId, owner: &str) -> Result<usize> {
        let mut count =
            self.db.prepare_cached("SELECT count(*) FROM annotation WHERE mailbox_id = ?1 AND owner = ?2")?;
        Ok(count.query_row((place.0, owner), |row| row.get(0))?)
    }
}

impl Writer<'_> {
    pub(crate) fn set_annotation(
        &self,
        place: MailboxId,
        entry: &str,
        owner: &str,
        value: Option<&[u8]>,
    ) -> Result<()> {
        match value {
            Some(value) => self
                .db
                .prepare_cached(
                    "INSERT OR REPLACE INTO annotation (mailbox_id, entry, owner, value) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute((place.0, entry, owner, value))?,
            None => self
                .db
                .prepare_cached("DELETE FROM annotation WHERE mailbox_id = ?1 AND entry = ?2 AND owner = ?3")?
                .execute((place.0, entry, owner))?,
        };
        Ok(())
    }

    /// Gives a mailbox the annotations that another one has.
    pub(crate) fn copy_annotations(&self, from: MailboxId, to: MailboxId) -> Result<()> {
        self.db
            .prepare_cached(
                "INSERT OR REPLACE INTO annotation (mailbox_id, entry, owner, value) \
                 SELECT ?2, entry, owner, value FROM annotation WHERE mailbox_id = ?1",
            )?
            .execute((from.0, to.0))?;
        Ok(())
    }
}
