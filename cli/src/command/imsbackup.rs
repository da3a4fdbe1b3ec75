//! `imsbackup`: mailboxes as a tar stream, while the server runs (Reference §7.5).

use std::{
    fs::File,
    io::{IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use config::Site;
use indicatif::ProgressBar;
use mailstore::{Account, AccountId, ErrorKind, MailboxInfo, Store};
use serde_json::json;
use sha2::{Digest, Sha256};
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time, macros::format_description};

use crate::{
    admin_name::{AdminName, existing},
    backup_format::{self, Archive, Blocks, Object},
    output,
    root::RootOption,
    services::open_store,
};

/// Writes mailboxes to a file, a device or a pipe: a tar archive with a description and the plain text of each message.
///
/// The server may go on running: each mailbox is written as it is at one moment, but for messages that are expunged while it is
/// written. Memory does not grow with the mail. Objects are /PARTITION/user/UID/MAILBOX or any beginning of that,
/// user/UID/MAILBOX, or UID; without any, everything. Exit code 1 when something could not be read; all else is there.
#[derive(Args)]
pub struct Imsbackup {
    /// File or device to write; - is standard output
    #[arg(short = 'f', value_name = "DEVICE")]
    device: PathBuf,
    /// Blocks of so many times 512 bytes
    #[arg(short = 'b', value_name = "FACTOR", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=4096))]
    blocking: u16,
    /// Only messages that came to their mailbox since then (UTC): YYYYMMDD or YYYYMMDD:HHMMSS
    #[arg(short = 'd', value_name = "DATE", value_parser = date)]
    since: Option<i64>,
    /// How mailbox names are written on the command line and in -u
    #[arg(short = 'e', value_name = "ENCODING", default_value = "utf-8", ignore_case = true)]
    encoding: Encoding,
    /// Read objects from a file, one a line
    #[arg(short = 'u', value_name = "FILE")]
    objects_file: Option<PathBuf>,
    /// Only INBOXes, as for sites with POP alone
    #[arg(short = 'i')]
    inbox_only: bool,
    /// Name each mailbox on standard error
    #[arg(short = 'v')]
    verbose: bool,
    /// Name each message too
    #[arg(short = 'g')]
    debug: bool,
    /// No effect: tapes are not changed by this program, give it a pipe
    #[arg(short = 'l', hide = true)]
    autoload: bool,
    /// No effect: messages are always written whole, copies too
    #[arg(short = 'x', hide = true)]
    whole: bool,
    /// No effect, as -x
    #[arg(short = 'm', value_name = "LINKS", hide = true)]
    links: Option<u32>,
    /// What to write
    objects: Vec<String>,
}

/// How mailbox names are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Encoding {
    #[value(name = "utf-8")]
    Utf8,
    #[value(name = "imap-modified-utf-7")]
    Imap,
}

fn date(text: &str) -> Result<i64, String> {
    let wrong = |_| "expected YYYYMMDD or YYYYMMDD:HHMMSS".to_owned();
    let (day, clock) = text.split_once(':').unwrap_or((text, "000000"));
    let day = Date::parse(day, format_description!("[year][month][day]")).map_err(wrong)?;
    let clock = Time::parse(clock, format_description!("[hour][minute][second]")).map_err(wrong)?;
    Ok(PrimitiveDateTime::new(day, clock).assume_utc().unix_timestamp())
}

/// What was written.
#[derive(Default)]
struct Written {
    accounts: u64,
    messages: u64,
    failed: bool,
}

impl Imsbackup {
    /// What `object` names and the store does not have.
    fn missing(&self, store: &Store, object: &Object, meant: &[AccountId]) -> anyhow::Result<Option<String>> {
        let Some(account) = object.account() else { return Ok(None) };
        let Some(id) = meant.iter().find(|id| object.has_account(id.as_str(), None)) else {
            return Ok(Some(format!("there is no account '{account}' where it was looked for")));
        };
        // An account that cannot be read is named when its turn comes.
        let Ok(mailboxes) = existing(store, id).and_then(|account| Ok(account.mailboxes()?)) else { return Ok(None) };
        let found = mailboxes.iter().any(|info| object.has_mailbox(&AdminName::of(id, &info.name)));
        Ok((!found).then(|| format!("'{account}' has no such mailbox as {object}")))
    }

    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        if self.autoload || self.whole || self.links.is_some() {
            output::note("imsbackup: -l, -m and -x have no effect here");
        }
        let settings = root.settings()?;
        let store = open_store(&settings, None)?;
        let objects =
            backup_format::objects(&self.objects, self.objects_file.as_deref(), self.encoding == Encoding::Imap)?;
        let out: Box<dyn Write> = if self.device.as_os_str() == "-" {
            if std::io::stdout().is_terminal() {
                bail!("standard output is a terminal; name a file, or pipe it");
            }
            Box::new(std::io::stdout().lock())
        } else {
            let mut options = File::options();
            std::os::unix::fs::OpenOptionsExt::mode(options.write(true).create(true).truncate(true), 0o600);
            Box::new(options.open(&self.device).with_context(|| self.device.display().to_string())?)
        };
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let blocks = Blocks::new(out, usize::from(self.blocking));
        let mut archive = Archive::new(blocks, now.unsigned_abs());
        archive.json(backup_format::HEAD, &backup_format::head(&Site::read(&settings).hostname, now, self.since))?;
        let mut meant = Vec::new();
        for id in store.accounts()? {
            let partition = store.place(&id)?.partition;
            if objects.iter().any(|object| object.has_account(id.as_str(), Some(&partition))) {
                meant.push(id);
            }
        }
        let mut written = Written::default();
        for object in &objects {
            if let Some(missing) = self.missing(&store, object, &meant)? {
                output::note(format_args!("imsbackup: {missing}"));
                written.failed = true;
            }
        }
        let bar = ProgressBar::new(meant.len() as u64);
        for id in &meant {
            let outcome = existing(&store, id)
                .and_then(|account| self.account(&account, &objects, &mut archive, &mut written, &bar));
            if let Err(error) = outcome {
                // A pipe that broke or a full disk ends it; an account that cannot be read does not.
                if error.chain().any(|cause| cause.is::<std::io::Error>())
                    && !error.chain().any(|cause| cause.is::<mailstore::StoreError>())
                {
                    return Err(error);
                }
                bar.suspend(|| output::note(format_args!("imsbackup: user/{id}: {error:#}")));
                written.failed = true;
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        archive.json(
            backup_format::END,
            &json!({"accounts": written.accounts, "messages": written.messages, "complete": !written.failed}),
        )?;
        let mut out = archive.finish()?.finish()?;
        out.flush()?;
        drop(out);
        if self.device.is_file() {
            File::open(&self.device)?.sync_all()?;
        }
        output::note(format_args!("{} messages of {} accounts", written.messages, written.accounts));
        Ok(ExitCode::from(u8::from(written.failed)))
    }

    fn account<W: Write>(
        &self,
        account: &Account,
        objects: &[Object],
        archive: &mut Archive<W>,
        written: &mut Written,
        bar: &ProgressBar,
    ) -> anyhow::Result<()> {
        let mailboxes = account.mailboxes()?;
        let subscriptions: Vec<String> = account.subscriptions()?.iter().map(ToString::to_string).collect();
        let folder = format!("user/{}", backup_format::escape(account.id().as_str()));
        archive.json(
            &format!("{folder}/account.json"),
            &json!({
                "account": account.id().as_str(), "subscriptions": subscriptions,
                "annotations": backup_format::annotations(account, None)?,
            }),
        )?;
        let before = written.messages;
        for info in &mailboxes {
            let name = AdminName::of(account.id(), &info.name);
            let meant =
                objects.iter().any(|object| object.has_mailbox(&name)) && (!self.inbox_only || info.name.is_inbox());
            if !meant {
                continue;
            }
            if self.verbose || self.debug {
                bar.suspend(|| output::note(&name));
            }
            if let Err(error) = self.mailbox(account, info, archive, written, bar) {
                let of_store = error.chain().any(|cause| cause.is::<mailstore::StoreError>());
                if !of_store {
                    return Err(error);
                }
                bar.suspend(|| output::note(format_args!("imsbackup: {name}: {error:#}")));
                written.failed = true;
            }
        }
        archive.json(
            &format!("{folder}/{}", backup_format::END),
            &json!({"account": account.id().as_str(), "messages": written.messages - before}),
        )?;
        written.accounts += 1;
        Ok(())
    }

    fn mailbox<W: Write>(
        &self,
        account: &Account,
        info: &MailboxInfo,
        archive: &mut Archive<W>,
        written: &mut Written,
        bar: &ProgressBar,
    ) -> anyhow::Result<()> {
        let folder = backup_format::mailbox_path(account.id(), &info.name);
        let acl = account.acl(&info.name)?;
        let acl: Vec<_> = acl
            .iter()
            .map(|entry| json!({"identifier": entry.identifier, "rights": entry.rights.to_string()}))
            .collect();
        let annotations = backup_format::annotations(account, Some(&info.name))?;
        let describe = |uid_validity: u32, uid_next: u32, modseq: u64| {
            json!({
                "account": account.id().as_str(), "mailbox": info.name.as_str(), "selectable": info.selectable,
                "specialUse": info.special_use.map(|special| special.attribute()), "uidvalidity": uid_validity,
                "uidnext": uid_next, "highestmodseq": modseq, "acl": acl, "annotations": annotations,
            })
        };
        let description = format!("{folder}/mailbox.json");
        if !info.selectable {
            return archive.json(&description, &describe(0, 0, 0));
        }
        let mailbox = account.open(&info.name)?;
        let snapshot = mailbox.snapshot()?;
        archive
            .json(&description, &describe(snapshot.uid_validity(), snapshot.uid_next(), snapshot.highest_modseq()))?;
        for (at, uid) in snapshot.uids().iter().enumerate() {
            let Some(row) = mailbox.rows(&[*uid])?.into_iter().next() else { continue };
            if self.since.is_some_and(|since| row.save_date < since) {
                continue;
            }
            let body = match mailbox.body(*uid) {
                Ok(body) => body,
                // Expunged since the snapshot.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) if error.kind() == ErrorKind::Corrupt => {
                    let name = AdminName::of(account.id(), &info.name);
                    bar.suspend(|| {
                        output::note(format_args!(
                            "imsbackup: {name}: message {uid} is damaged (reconstruct repairs it)"
                        ))
                    });
                    written.failed = true;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let flags = snapshot.flags().get(at).copied().unwrap_or_default();
            let value = json!({
                "uid": uid, "modseq": snapshot.modseqs().get(at), "flags": flags.system_names().collect::<Vec<_>>(),
                "keywords": snapshot.keywords().names(flags).collect::<Vec<_>>(), "internaldate": row.internal_date.seconds,
                "internalzone": row.internal_date.zone,
                "savedate": row.save_date, "emailid": row.email_id.to_string(), "size": body.len(),
                "crc32": mailstore::checksum(&body), "sha256": backup_format::hex(Sha256::digest(&body)),
            });
            archive.json(&format!("{folder}/{uid}.json"), &value)?;
            archive.file(&format!("{folder}/{uid}.eml"), &body, row.internal_date.seconds.try_into().unwrap_or(0))?;
            written.messages += 1;
            if self.debug {
                bar.suspend(|| output::note(format_args!("{folder}/{uid}.eml {}", body.len())));
            }
        }
        Ok(())
    }
}
