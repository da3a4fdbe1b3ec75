//! `heliograph import`: an mbox file or a Maildir into a user's mailbox.

mod maildir;
mod mbox;

use std::{
    fs::File,
    io::{BufReader, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use mailstore::{Account, CreateOptions, ErrorKind, FlagSet, MailboxName, NewMessage};

use crate::{
    command::deliver::copy_with_crlf,
    mail_account::{MailAccounts, Quota},
    output,
    root::RootOption,
    services::open_for_tool,
};

/// Brings an mbox file or a Maildir (with its subfolders) into the store, flags and dates included.
#[derive(Args)]
pub struct Import {
    /// The user
    #[arg(long, value_name = "UID")]
    user: String,
    /// Mailbox to import into; made when it is not there
    #[arg(long, value_name = "MAILBOX", default_value = "INBOX")]
    mailbox: String,
    /// The mbox file or Maildir
    path: PathBuf,
}

/// A message found in the source.
struct Found<'a> {
    /// Mailbox below the one imported into; empty for that one.
    below: &'a str,
    /// The message, any line ends.
    bytes: &'a [u8],
    flags: FlagSet,
    /// Seconds since 1970.
    date: Option<i64>,
}

impl Import {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let settings = root.settings()?;
        let accounts = MailAccounts::open(&settings)?;
        let store = open_for_tool(&settings, "import")?;
        let user = accounts.user(&self.user)?;
        // An administrator moves what is there; the quota holds again for what comes after.
        let account = accounts.account(&store, &user, Quota::Ignore)?;
        let mut target = Target::new(&account, &self.mailbox, self.size()?)?;
        if self.path.is_dir() {
            maildir::read(&self.path, &mut |found| target.add(&found))?;
        } else {
            let file = File::open(&self.path).with_context(|| self.path.display().to_string())?;
            mbox::read(BufReader::with_capacity(1 << 16, file), &mut |found| target.add(&found))?;
        }
        let imported = target.finish()?;
        output::line(format_args!("{imported} messages imported for {}", user.store_id));
        Ok(ExitCode::SUCCESS)
    }

    /// Bytes to read, for the progress bar.
    fn size(&self) -> anyhow::Result<u64> {
        let of = self.path.metadata().with_context(|| self.path.display().to_string())?;
        if of.is_dir() { maildir::size(&self.path) } else { Ok(of.len()) }
    }
}

/// Where messages go, in batches: one commit each for many small ones.
struct Target<'a> {
    account: &'a Account,
    mailbox: String,
    batch: Vec<NewMessage>,
    batch_below: String,
    batch_bytes: u64,
    imported: u64,
    bar: ProgressBar,
}

const BATCH_MESSAGES: usize = 200;
const BATCH_BYTES: u64 = 16 << 20;

impl<'a> Target<'a> {
    fn new(account: &'a Account, mailbox: &str, bytes: u64) -> anyhow::Result<Self> {
        // indicatif draws only on a terminal.
        let bar = ProgressBar::new(bytes).with_style(
            ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {msg} {eta}")
                .unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        MailboxName::new(mailbox)?;
        Ok(Self {
            account,
            mailbox: mailbox.to_owned(),
            batch: Vec::new(),
            batch_below: String::new(),
            batch_bytes: 0,
            imported: 0,
            bar,
        })
    }

    fn add(&mut self, found: &Found<'_>) -> anyhow::Result<()> {
        if found.below != self.batch_below || self.batch.len() == BATCH_MESSAGES || self.batch_bytes > BATCH_BYTES {
            self.commit()?;
            found.below.clone_into(&mut self.batch_below);
        }
        let mut incoming = self.account.incoming(Some(found.bytes.len() as u64))?;
        copy_with_crlf(found.bytes, &mut incoming)?;
        incoming.flush()?;
        self.batch_bytes += incoming.len();
        self.batch.push(NewMessage {
            flags: found.flags.clone(),
            internal_date: found.date.map(Into::into),
            ..NewMessage::new(incoming.finish()?)
        });
        self.bar.inc(found.bytes.len() as u64);
        Ok(())
    }

    fn commit(&mut self) -> anyhow::Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let name = if self.batch_below.is_empty() {
            self.mailbox.clone()
        } else if MailboxName::new(&self.mailbox)?.is_inbox() {
            // A Maildir's subfolders stand beside its inbox.
            self.batch_below.clone()
        } else {
            format!("{}/{}", self.mailbox, self.batch_below)
        };
        let name = MailboxName::new(&name).with_context(|| format!("mailbox '{name}'"))?;
        match self.account.create(&name, CreateOptions::default()) {
            Ok(_) => self.account.subscribe(&name)?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
        self.imported += self.batch.len() as u64;
        self.account.append(&name, std::mem::take(&mut self.batch))?;
        self.batch_bytes = 0;
        self.bar.set_message(format!("{} messages", self.imported));
        Ok(())
    }

    fn finish(mut self) -> anyhow::Result<u64> {
        self.commit()?;
        self.bar.finish_and_clear();
        Ok(self.imported)
    }
}
