//! The small tables: the account itself, subscriptions, access control lists, keywords.

use std::sync::Arc;

use rusqlite::OptionalExtension;

use super::{MailboxRow, Reader, Writer};
use crate::acl::{AclEntry, Rights};
use crate::error::{Result, StoreError};
use crate::flags::{FlagSet, Flags, KeywordNames};
use crate::mailbox_name::MailboxName;
use crate::quota::{Quota, QuotaLimits};
use crate::{MailboxId, Uid};

/// The annotation that holds an administrator's limits.
const OVERRIDE: &str = "quota";

impl Reader<'_> {
    /// Refuses to go on in a deleted account.
    pub(crate) fn check_alive(&self) -> Result<()> {
        let gone: Option<bool> =
            self.db.prepare_cached("SELECT gone FROM account")?.query_row((), |row| row.get(0)).optional()?;
        match gone {
            Some(false) => Ok(()),
            Some(true) => Err(StoreError::Gone("the account".into())),
            None => Err(StoreError::Corrupt("the account's own row is missing".into())),
        }
    }

    /// The stored limits.
    pub(crate) fn quota_limits(&self) -> Result<QuotaLimits> {
        let mut select = self.db.prepare_cached("SELECT quota_bytes, quota_messages FROM account")?;
        Ok(select.query_row((), |row| {
            Ok(QuotaLimits {
                bytes: row.get::<_, Option<i64>>(0)?.map(i64::cast_unsigned),
                messages: row.get::<_, Option<i64>>(1)?.map(i64::cast_unsigned),
                overdraft: false,
            })
        })?)
    }

    /// The limits that an administrator has set for this account. An annotation whose name is none of METADATA.
    pub(crate) fn quota_override(&self) -> Result<Option<QuotaLimits>> {
        let mut select = self
            .db
            .prepare_cached("SELECT value FROM annotation WHERE mailbox_id = 0 AND entry = ?1 AND owner = ''")?;
        let found: Option<Vec<u8>> = select.query_row([OVERRIDE], |row| row.get(0)).optional()?;
        let Some(text) = found.and_then(|value| String::from_utf8(value).ok()) else { return Ok(None) };
        let mut numbers = text.split(' ').map(|number| number.parse().ok());
        Ok(Some(QuotaLimits { bytes: numbers.next().flatten(), messages: numbers.next().flatten(), overdraft: false }))
    }

    /// The use, under `limits`. Summed over the mailboxes: a running total would be one more page in every commit.
    pub(crate) fn quota(&self, limits: QuotaLimits) -> Result<Quota> {
        let mut sum =
            self.db.prepare_cached("SELECT total(size), total(messages), sum(size), sum(messages) FROM mailbox")?;
        Ok(sum.query_row((), |row| {
            Ok(Quota {
                limits,
                bytes_used: row.get::<_, Option<i64>>(2)?.unwrap_or(0).cast_unsigned(),
                messages_used: row.get::<_, Option<i64>>(3)?.unwrap_or(0).cast_unsigned(),
            })
        })?)
    }

    pub(crate) fn subscriptions(&self) -> Result<Vec<MailboxName>> {
        let mut select = self.db.prepare_cached("SELECT name FROM subscription ORDER BY name")?;
        let names = select.query_map((), |row| Ok(MailboxName::stored(row.get_ref(0)?.as_str()?)))?;
        Ok(names.collect::<rusqlite::Result<_>>()?)
    }

    pub(crate) fn is_subscribed(&self, name: &MailboxName) -> Result<bool> {
        Ok(self.db.prepare_cached("SELECT 1 FROM subscription WHERE name = ?1")?.exists([name.as_str()])?)
    }

    pub(crate) fn acl(&self, mailbox: MailboxId) -> Result<Vec<AclEntry>> {
        let mut select =
            self.db.prepare_cached("SELECT identifier, rights FROM acl WHERE mailbox_id = ?1 ORDER BY identifier")?;
        let mut rows = select.query([mailbox.0])?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            entries.push(AclEntry {
                identifier: row.get(0)?,
                rights: Rights::parse(row.get_ref(1)?.as_str().unwrap_or(""))?,
            });
        }
        Ok(entries)
    }

    pub(crate) fn keywords(&self, mailbox: MailboxId) -> Result<KeywordNames> {
        let mut select = self.db.prepare_cached("SELECT bit, name FROM keyword WHERE mailbox_id = ?1")?;
        let mut rows = select.query([mailbox.0])?;
        let mut names: Vec<Option<Arc<str>>> = Vec::new();
        while let Some(row) = rows.next()? {
            let at: usize = row.get(0)?;
            if at >= KeywordNames::LIMIT {
                return Err(StoreError::Corrupt(format!("keyword place {at}")));
            }
            if names.len() <= at {
                names.resize(at + 1, None);
            }
            if let Some(place) = names.get_mut(at) {
                *place = Some(row.get(1)?);
            }
        }
        Ok(KeywordNames { names })
    }
}

impl Writer<'_> {
    /// A number for a mailbox and a UIDVALIDITY for it, both never given before in this account.
    pub(super) fn next_mailbox(&self, now: i64) -> Result<(MailboxId, u32)> {
        // Also never given before in an account of this name that was deleted, as long as clocks go forward.
        let mut next = self.db.prepare_cached(
            "UPDATE account SET next_mailbox = next_mailbox + 1, next_uidvalidity = max(next_uidvalidity, ?1) + 1 \
             RETURNING next_mailbox - 1, next_uidvalidity - 1",
        )?;
        Ok(next.query_row([now], |row| Ok((MailboxId(row.get(0)?), row.get(1)?)))?)
    }

    pub(crate) fn set_quota_override(&self, limits: Option<QuotaLimits>) -> Result<()> {
        let limit = |limit: Option<u64>| limit.map_or_else(|| "-".to_owned(), |limit| limit.to_string());
        let value = limits.map(|limits| format!("{} {}", limit(limits.bytes), limit(limits.messages)));
        self.set_annotation(MailboxId(0), OVERRIDE, "", value.as_deref().map(str::as_bytes))
    }

    pub(crate) fn set_quota(&self, limits: QuotaLimits) -> Result<()> {
        self.db
            .prepare_cached("UPDATE account SET quota_bytes = ?1, quota_messages = ?2")?
            .execute((limits.bytes.map(u64::cast_signed), limits.messages.map(u64::cast_signed)))?;
        Ok(())
    }

    /// Empties the account for good: whoever still has it open finds it gone.
    pub(crate) fn mark_gone(&self) -> Result<()> {
        self.db.execute_batch("UPDATE account SET gone = 1; DELETE FROM mailbox; DELETE FROM subscription;")?;
        Ok(())
    }

    /// Whether the name was not subscribed before.
    pub(crate) fn subscribe(&self, name: &MailboxName) -> Result<bool> {
        Ok(self.db.prepare_cached("INSERT OR IGNORE INTO subscription (name) VALUES (?1)")?.execute([name.as_str()])?
            > 0)
    }

    /// Whether the name was subscribed before.
    pub(crate) fn unsubscribe(&self, name: &MailboxName) -> Result<bool> {
        Ok(self.db.prepare_cached("DELETE FROM subscription WHERE name = ?1")?.execute([name.as_str()])? > 0)
    }

    pub(crate) fn set_acl(&self, mailbox: MailboxId, identifier: &str, rights: Rights) -> Result<()> {
        if rights.is_empty() {
            self.db
                .prepare_cached("DELETE FROM acl WHERE mailbox_id = ?1 AND identifier = ?2")?
                .execute((mailbox.0, identifier))?;
        } else {
            self.db
                .prepare_cached("INSERT OR REPLACE INTO acl (mailbox_id, identifier, rights) VALUES (?1, ?2, ?3)")?
                .execute((mailbox.0, identifier, rights.to_string()))?;
        }
        Ok(())
    }

    /// Flags as bits of a mailbox; unknown keywords get a place. `Limit` when there are not enough places.
    pub(crate) fn flag_bits(&self, row: &mut MailboxRow, flags: &FlagSet) -> Result<Flags> {
        let mut bits = flags.system.system();
        if flags.keywords.is_empty() {
            return Ok(bits);
        }
        let mut known = self.keywords(row.id)?;
        let mut fresh: Vec<&str> = Vec::new();
        for keyword in &flags.keywords {
            KeywordNames::check(keyword)?;
            match known.flag(keyword) {
                Some(bit) => bits = bits | bit,
                None if fresh.iter().any(|other| other.eq_ignore_ascii_case(keyword)) => {}
                None => fresh.push(keyword),
            }
        }
        let mut used = None;
        for keyword in fresh {
            let place = match known.names.iter().position(Option::is_none).unwrap_or(known.names.len()) {
                free if free < KeywordNames::LIMIT => free,
                _ => {
                    let used = match used {
                        Some(used) => used,
                        None => *used.insert(self.used_flags(row.id)?),
                    };
                    // What these flags name already has its place for good, also while no message has it yet.
                    unused_place(used.union(bits))?
                }
            };
            self.name_keyword(row, &mut known, place, keyword)?;
            bits = bits | KeywordNames::bit(place);
        }
        Ok(bits)
    }

    fn name_keyword(&self, row: &mut MailboxRow, known: &mut KeywordNames, place: usize, keyword: &str) -> Result<()> {
        if place >= known.names.len() {
            known.names.resize(place + 1, None);
        }
        if let Some(name) = known.names.get_mut(place) {
            *name = Some(keyword.into());
        }
        self.db
            .prepare_cached("INSERT OR REPLACE INTO keyword (mailbox_id, bit, name) VALUES (?1, ?2, ?3)")?
            .execute((row.id.0, place, keyword))?;
        row.keyword_version += 1;
        Ok(())
    }

    /// Every flag that a message of the mailbox has.
    fn used_flags(&self, mailbox: MailboxId) -> Result<Flags> {
        let mut used = Flags::NONE;
        self.each_flags(mailbox, 1, Uid::MAX, |_, flags, _| {
            used = used | flags;
            Ok(())
        })?;
        // A message that comes back must find the names of its keywords.
        Ok(used | self.removed_flags(mailbox)?)
    }
}

/// A place whose keyword is not among these.
fn unused_place(used: Flags) -> Result<usize> {
    (0..KeywordNames::LIMIT)
        .find(|place| used.0 & KeywordNames::bit(*place).0 == 0)
        .ok_or_else(|| StoreError::Limit(format!("a mailbox holds {} keywords", KeywordNames::LIMIT)))
}
