//! The format of backups: a tar archive that any tar unpacks. README.md of the manual describes it; `imsbackup` writes it
//! and `imsrestore` reads it.
//!
//! ```text
//! heliograph-backup.json                       format, version, host, when it was made, since when messages are in it
//! user/<account>/account.json                  account, subscriptions, annotations
//! user/<account>/mail/<mailbox>/mailbox.json   name, UIDVALIDITY, UIDNEXT, HIGHESTMODSEQ, special use, access control list, annotations
//! user/<account>/mail/<mailbox>/<uid>.json     flags, keywords, dates, MODSEQ, size, CRC-32 and SHA-256 of the message that follows
//! user/<account>/mail/<mailbox>/<uid>.eml      the message, octet for octet
//! user/<account>/end.json                      how many messages there were: the account is complete
//! end.json                                     how many accounts there were: the backup is complete
//! ```
//!
//! In path names every byte of an account or mailbox name but letters, digits, `-_.@ ` and non-ASCII ones is written as `%` and
//! two hexadecimal digits; the JSON files have the true names.

use std::{
    collections::BTreeMap,
    io::{self, Read, Write},
};

use anyhow::{Context, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use mailstore::{Account, AccountId, AnnotationChange, AnnotationScope, MailboxName, OwnedAnnotation};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::admin_name::AdminName;

/// The version written; earlier ones are read.
pub const VERSION: u64 = 1;
/// The first entry.
pub const HEAD: &str = "heliograph-backup.json";
/// The last entry.
pub const END: &str = "end.json";
/// A JSON entry is no longer than this.
const LONGEST_JSON: u64 = 16 << 20;

/// A name as part of a path.
pub fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for (at, c) in name.char_indices() {
        let plain = c.is_ascii_alphanumeric() || !c.is_ascii() || "-_@ ".contains(c) || (c == '.' && at > 0);
        if plain { escaped.push(c) } else { escaped.push_str(&format!("%{:02x}", u32::from(c))) }
    }
    escaped
}

/// The folder of a mailbox in the archive.
pub fn mailbox_path(account: &AccountId, mailbox: &MailboxName) -> String {
    let parts: Vec<String> = mailbox.as_str().split(MailboxName::SEPARATOR).map(escape).collect();
    format!("user/{}/mail/{}", escape(account.as_str()), parts.join("/"))
}

/// The annotations of a mailbox, or of the account, as they are described: who set each, its name, its value in base64.
pub fn annotations(account: &Account, mailbox: Option<&MailboxName>) -> anyhow::Result<Value> {
    let all = account.annotations_of_all(mailbox)?;
    let object =
        |row: OwnedAnnotation| json!({"owner": row.owner, "entry": row.entry, "value": STANDARD.encode(row.value)});
    Ok(all.into_iter().map(object).collect())
}

/// Puts described annotations back; those of the same name that are there now stay.
pub fn put_annotations(account: &Account, mailbox: Option<&MailboxName>, described: &Value) -> anyhow::Result<()> {
    let there = account.annotations_of_all(mailbox)?;
    let mut by_owner: BTreeMap<Option<&str>, Vec<AnnotationChange>> = BTreeMap::new();
    for row in described["annotations"].as_array().into_iter().flatten() {
        let (Some(entry), Some(value)) = (row["entry"].as_str(), row["value"].as_str()) else {
            bail!("an annotation in the backup is damaged");
        };
        let owner = row["owner"].as_str();
        if there.iter().any(|other| other.owner.as_deref() == owner && other.entry == entry) {
            continue;
        }
        by_owner.entry(owner).or_default().push(AnnotationChange {
            entry: entry.to_owned(),
            scope: if owner.is_none() { AnnotationScope::Shared } else { AnnotationScope::Private },
            value: Some(STANDARD.decode(value).context("an annotation in the backup is damaged")?),
        });
    }
    for (owner, changes) in by_owner {
        account.set_annotations(mailbox, owner.unwrap_or_default(), changes)?;
    }
    Ok(())
}

/// SHA-256 in hexadecimal digits.
pub fn hex(digest: impl AsRef<[u8]>) -> String {
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes entries.
pub struct Archive<W: Write> {
    tar: tar::Builder<W>,
    now: u64,
}

impl<W: Write> Archive<W> {
    pub fn new(out: W, now: u64) -> Self {
        Self { tar: tar::Builder::new(out), now }
    }

    /// A JSON file.
    pub fn json(&mut self, path: &str, value: &Value) -> anyhow::Result<()> {
        let text = format!("{value:#}\n");
        self.file(path, text.as_bytes(), self.now)
    }

    /// Any file.
    pub fn file(&mut self, path: &str, octets: &[u8], modified: u64) -> anyhow::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(octets.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(modified);
        self.tar.append_data(&mut header, path, octets).with_context(|| format!("writing {path}"))
    }

    /// The end of the archive; answers with what it was written to.
    pub fn finish(self) -> anyhow::Result<W> {
        self.tar.into_inner().context("writing the end")
    }
}

/// Collects what is written into blocks of one size, the last one filled up with zeros, as tapes want them.
pub struct Blocks<W: Write> {
    out: W,
    block: Vec<u8>,
    size: usize,
}

impl<W: Write> Blocks<W> {
    /// `factor` is the number of 512 bytes in a block.
    pub fn new(out: W, factor: usize) -> Self {
        let size = factor.max(1) * 512;
        Self { out, block: Vec::with_capacity(size), size }
    }

    /// Writes the last block; answers with what they were written to.
    pub fn finish(mut self) -> io::Result<W> {
        if !self.block.is_empty() {
            self.block.resize(self.size, 0);
            self.out.write_all(&self.block)?;
        }
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Blocks<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.size - self.block.len());
        self.block.extend_from_slice(bytes.get(..taken).unwrap_or(bytes));
        if self.block.len() == self.size {
            self.out.write_all(&self.block)?;
            self.block.clear();
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a JSON entry.
pub fn read_json(entry: &mut impl Read) -> anyhow::Result<Value> {
    let mut text = Vec::new();
    entry.take(LONGEST_JSON).read_to_end(&mut text)?;
    serde_json::from_slice(&text).context("a description in the backup is damaged")
}

/// Copies a message, and compares it with its description.
pub fn copy_checked(from: &mut impl Read, to: &mut impl Write, described: &Value) -> anyhow::Result<()> {
    let (mut hash, mut size, mut buffer) = (Sha256::new(), 0_u64, vec![0; 64 * 1024]);
    loop {
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                let bytes = buffer.get(..count).unwrap_or_default();
                hash.update(bytes);
                size += count as u64;
                to.write_all(bytes)?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    if Some(size) != described["size"].as_u64() || Some(hex(hash.finalize()).as_str()) != described["sha256"].as_str() {
        bail!("the message is not what its checksum says");
    }
    Ok(())
}

/// The first entry of an archive.
pub fn head(hostname: &str, made: i64, since: Option<i64>) -> Value {
    json!({"format": "heliograph-backup", "version": VERSION, "host": hostname, "made": made, "since": since})
}

/// Part of the store that a backup is made of or that is taken from one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    partition: Option<String>,
    account: Option<String>,
    mailbox: Option<MailboxName>,
}

impl Object {
    /// Reads `/`, `/partition`, `/partition/user`, `/partition/user/UID[/MAILBOX]`, `user/UID[/MAILBOX]` or `UID`.
    /// `imap_utf7` says that mailboxes are written in IMAP's modified UTF-7.
    pub fn parse(text: &str, imap_utf7: bool) -> anyhow::Result<Self> {
        let (partition, rest) = match text.strip_prefix('/') {
            Some(path) => {
                let mut parts = path.splitn(3, '/');
                let partition = parts.next().filter(|name| !name.is_empty()).map(str::to_owned);
                match parts.next() {
                    None | Some("" | "user" | "ALL") => {}
                    Some(group) => bail!("'{text}': the groups are user and ALL, not '{group}'"),
                }
                (partition, parts.next().unwrap_or_default())
            }
            None => (None, text.strip_prefix("user/").unwrap_or(text)),
        };
        let (account, mailbox) = rest.split_once('/').unwrap_or((rest, ""));
        let mailbox = match mailbox.trim_end_matches('/') {
            "" => None,
            name if imap_utf7 => {
                let name = utf7::decode(name.as_bytes()).with_context(|| format!("'{text}' is not modified UTF-7"))?;
                Some(MailboxName::new(&name)?)
            }
            name => Some(MailboxName::new(name)?),
        };
        Ok(Self { partition, account: Some(account.to_owned()).filter(|account| !account.is_empty()), mailbox })
    }

    /// The account that it names, where it names one.
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// Whether an account in a partition is meant, or a part of it.
    pub fn has_account(&self, account: &str, partition: Option<&str>) -> bool {
        self.account.as_deref().is_none_or(|meant| meant == account)
            && (partition.is_none() || self.partition.is_none() || self.partition.as_deref() == partition)
    }

    /// Whether this account and all of it is meant.
    pub fn is_account_of(&self, account: &str) -> bool {
        self.mailbox.is_none() && self.has_account(account, None)
    }

    /// Whether a mailbox is meant: itself or one above it.
    pub fn has_mailbox(&self, name: &AdminName) -> bool {
        self.has_account(name.account.as_str(), None)
            && self.mailbox.as_ref().is_none_or(|meant| *meant == name.mailbox || name.mailbox.is_below(meant))
    }
}

impl std::fmt::Display for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let account = self.account.as_deref().unwrap_or("*");
        match &self.mailbox {
            Some(mailbox) => write!(f, "user/{account}/{mailbox}"),
            None => write!(f, "user/{account}"),
        }
    }
}

/// The objects named on the command line and in files of names; none means everything.
pub fn objects(typed: &[String], file: Option<&std::path::Path>, imap_utf7: bool) -> anyhow::Result<Vec<Object>> {
    let mut names = typed.to_vec();
    if let Some(file) = file {
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        names.extend(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
    }
    if names.is_empty() {
        names.push("/".to_owned());
    }
    names.iter().map(|name| Object::parse(name, imap_utf7)).collect()
}
