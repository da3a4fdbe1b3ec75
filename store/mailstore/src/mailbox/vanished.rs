//! Which messages are gone (RFC 7162 §3.2.6).

use super::{Mailbox, row_of};
use crate::error::Result;
use crate::uid_set::UidSet;
use crate::{ModSeq, Uid};

impl Mailbox {
    /// UIDs of `among` that left after a MODSEQ. It may hold UIDs that were gone before, or that no message ever had, but none
    /// that is there; where it is no longer known what left when, it has every UID of `among` that was given and is not there.
    pub fn vanished_since(&self, since: ModSeq, among: &UidSet) -> Result<UidSet> {
        self.account().read(|reader| {
            let row = row_of(reader, self.id)?;
            if since >= row.expunged_floor {
                return Ok(reader.expunged_since(self.id, since)?.intersection(among));
            }
            let last = Uid::try_from(row.uid_next.saturating_sub(1)).unwrap_or(Uid::MAX);
            let mut there = Vec::new();
            reader.each_flags(self.id, 1, Uid::MAX, |uid, _, _| {
                there.push(uid);
                Ok(())
            })?;
            Ok(among.intersection(&UidSet::from_ranges([1..=last])).difference(&UidSet::from(there.as_slice())))
        })
    }
}
