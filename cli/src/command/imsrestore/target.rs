//! Where a backup is restored to: one mailbox after the other, messages in batches.

use std::{collections::HashMap, io::Read};

use anyhow::Context;
use mailstore::{
    Account, AccountId, CreateOptions, ErrorKind, Fingerprint, FlagSet, Flags, InternalDate, MailboxInfo, MailboxName,
    NewMessage, Restored, Rights, SpecialUse, Store, Uid,
};
use serde_json::Value;
use time::OffsetDateTime;

use crate::{
    admin_name::AdminName,
    backup_format::{self, copy_checked},
    mail_account::MailAccounts,
};

/// One commit for so many messages …
const BATCH_MESSAGES: usize = 200;
/// … or so many bytes of small ones.
const BATCH_BYTES: u64 = 16 << 20;
/// UIDs and MODSEQs that messages may have had which came after the backup was made.
const ROOM: u32 = 1_000_000;

/// How messages are put back.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub beside: bool,
    pub ignore_existing: bool,
    pub more: bool,
}

/// What became of a message.
pub enum Outcome {
    Restored,
    There,
}

/// The store that is restored to.
pub struct Target<'a> {
    store: &'a Store,
    users: &'a MailAccounts,
    options: Options,
    made: i64,
    open: Option<OpenMailbox>,
}

struct OpenMailbox {
    name: AdminName,
    description: Value,
    /// The mailbox, made when its first message comes, or at its end.
    ready: Option<Ready>,
    batch: Vec<Restored>,
    batch_bytes: u64,
}

struct Ready {
    account: Account,
    mailbox: MailboxName,
    /// It was made for this backup, or has its UIDVALIDITY: numbers are kept.
    same: bool,
    /// How many of each message are there already.
    there: HashMap<Fingerprint, u32>,
}

impl<'a> Target<'a> {
    pub fn new(store: &'a Store, users: &'a MailAccounts, options: Options) -> Self {
        Self { store, users, options, made: OffsetDateTime::now_utc().unix_timestamp(), open: None }
    }

    /// When the backup was made, in seconds since 1970.
    pub fn backup_made(&mut self, made: Option<i64>) {
        self.made = made.unwrap_or(self.made);
    }

    /// Subscribes what was subscribed.
    pub fn subscribe(&mut self, id: &AccountId, value: &Value) -> anyhow::Result<()> {
        let account = self.users.account_of(self.store, id)?;
        for name in value["subscriptions"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            account.subscribe(&MailboxName::new(name)?)?;
        }
        backup_format::put_annotations(&account, None, value)
    }

    /// The messages that follow belong to this mailbox.
    pub fn begin_mailbox(&mut self, name: AdminName, description: &Value) {
        self.open = Some(OpenMailbox {
            name,
            description: description.clone(),
            ready: None,
            batch: Vec::new(),
            batch_bytes: 0,
        });
    }

    /// Takes a message in, unless it is there.
    pub fn message(&mut self, from: &mut impl Read, value: &Value) -> anyhow::Result<Outcome> {
        let (store, users, options, made) = (self.store, self.users, self.options, self.made);
        let open = self.open.as_mut().context("a message before its mailbox")?;
        let ready = open.ready(store, users, options, made)?;
        let number = |key: &str| value[key].as_u64().with_context(|| format!("a description without {key}"));
        let print = Fingerprint {
            size: number("size")?,
            checksum: u32::try_from(number("crc32")?)?,
            internal_date: InternalDate {
                seconds: value["internaldate"].as_i64().context("a description without internaldate")?,
                zone: value["internalzone"].as_i64().map_or(Ok(0), i16::try_from)?,
            },
        };
        if let Some(count) = ready.there.get_mut(&print).filter(|count| **count > 0) {
            *count -= 1;
            return Ok(Outcome::There);
        }
        let mut incoming = ready.account.incoming(Some(print.size))?;
        copy_checked(from, &mut incoming, value)?;
        let words = |key: &str| value[key].as_array().into_iter().flatten().filter_map(Value::as_str);
        let system = words("flags").filter_map(Flags::from_system_name).fold(Flags::NONE, Flags::union);
        let flags = FlagSet { system, keywords: words("keywords").map(str::to_owned).collect() };
        let message =
            NewMessage { flags, internal_date: Some(print.internal_date), ..NewMessage::new(incoming.finish()?) };
        let same = ready.same;
        open.batch.push(Restored {
            message,
            uid: if same { Uid::try_from(number("uid")?)? } else { 0 },
            modseq: if same { number("modseq")? } else { 0 },
            save_date: value["savedate"].as_i64(),
        });
        open.batch_bytes += print.size;
        if open.batch.len() >= BATCH_MESSAGES || open.batch_bytes >= BATCH_BYTES {
            open.commit()?;
        }
        Ok(Outcome::Restored)
    }

    /// The mailbox has all its messages.
    pub fn finish_mailbox(&mut self) -> anyhow::Result<()> {
        let Some(mut open) = self.open.take() else { return Ok(()) };
        let same = open.ready(self.store, self.users, self.options, self.made)?.same;
        open.commit()?;
        let Some(ready) = open.ready.filter(|_| same && open.description["selectable"] != false) else { return Ok(()) };
        // Messages that came after the backup had UIDs that clients remember: nobody else may get them.
        let room = if self.options.more { 0 } else { ROOM };
        let uid_next = Uid::try_from(open.description["uidnext"].as_u64().unwrap_or(1)).unwrap_or(Uid::MAX);
        let modseq = open.description["highestmodseq"].as_u64().unwrap_or(1) + u64::from(room);
        let mailbox = ready.account.open(&ready.mailbox)?;
        let now = mailbox.status()?;
        if now.uid_next < uid_next.saturating_add(room) {
            mailbox.leave_room(uid_next.saturating_add(room).min(Uid::MAX - 1), modseq)?;
        }
        Ok(())
    }
}

impl OpenMailbox {
    fn ready(
        &mut self,
        store: &Store,
        users: &MailAccounts,
        options: Options,
        made: i64,
    ) -> anyhow::Result<&mut Ready> {
        if self.ready.is_none() {
            self.ready = Some(self.prepare(store, users, options, made)?);
        }
        self.ready.as_mut().context("a mailbox that is not open")
    }

    fn prepare(&self, store: &Store, users: &MailAccounts, options: Options, made: i64) -> anyhow::Result<Ready> {
        let account = users.account_of(store, &self.name.account)?;
        let uid_validity = u32::try_from(self.description["uidvalidity"].as_u64().unwrap_or(0)).unwrap_or(0);
        let mut name = self.name.mailbox.clone();
        let there = |name: &MailboxName| match account.mailbox(name) {
            Ok(info) => Ok(Some(info)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(anyhow::Error::from(error)),
        };
        let holds_mail = |info: &MailboxInfo| info.status.messages > 0 || info.status.uid_next > 1;
        let mut info = there(&name)?;
        // One that never held a message, such as the INBOX of an account just made, is not there yet.
        if options.beside && info.as_ref().is_some_and(holds_mail) {
            let day = OffsetDateTime::from_unix_timestamp(made)?.date();
            name = MailboxName::new(&format!("{name}.{:04}{:02}{:02}", day.year(), u8::from(day.month()), day.day()))?;
            info = there(&name)?;
        }
        let special_use = self.description["specialUse"].as_str().and_then(SpecialUse::from_attribute);
        let info = match info {
            Some(info) if info.selectable => {
                if !holds_mail(&info) && uid_validity > 0 {
                    // As new as one that is made now: nobody has seen a message in it.
                    account.adopt_uid_validity(&name, uid_validity)?;
                    account.mailbox(&name)?
                } else {
                    info
                }
            }
            _ if uid_validity == 0 => account.create(&name, CreateOptions { special_use })?,
            _ => account.recreate(&name, CreateOptions { special_use }, uid_validity)?,
        };
        for entry in self.description["acl"].as_array().into_iter().flatten().filter(|_| !holds_mail(&info)) {
            if let (Some(identifier), Some(rights)) = (entry["identifier"].as_str(), entry["rights"].as_str()) {
                account.set_acl(&name, identifier, Rights::parse(rights)?)?;
            }
        }
        if !holds_mail(&info) {
            backup_format::put_annotations(&account, Some(&name), &self.description)?;
        }
        let mut there = HashMap::new();
        if holds_mail(&info) && !options.ignore_existing {
            for (_, print) in account.open(&name)?.fingerprints()? {
                *there.entry(print).or_default() += 1;
            }
        }
        Ok(Ready { account, mailbox: name, same: info.status.uid_validity == uid_validity, there })
    }

    fn commit(&mut self) -> anyhow::Result<()> {
        self.batch_bytes = 0;
        match &self.ready {
            Some(ready) if !self.batch.is_empty() => {
                ready.account.restore(&ready.mailbox, std::mem::take(&mut self.batch))?;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
