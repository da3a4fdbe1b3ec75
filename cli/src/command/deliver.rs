//! `deliver`: a message from standard input into users' mailboxes, without the LMTP service (Reference §7.5).

mod lmtp;

use std::{
    io::{Read, Write},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::Args;
use mailstore::{Account, CreateOptions, ErrorKind, FlagSet, Flags, MailboxName, NewMessage, Rights};

use crate::{
    mail_account::{MailAccounts, Quota},
    output,
    root::RootOption,
    services::open_for_tool,
};

/// Delivers a message from standard input to users of this store.
///
/// Line ends may be LF or CRLF. Exit code 1 when any user did not get it; each failure is named.
#[derive(Args)]
pub struct Deliver {
    /// Speak LMTP (RFC 2033) on standard input and output, as an MTA wants it
    #[arg(short = 'l', conflicts_with = "users")]
    lmtp: bool,
    /// Who posts: a MAILBOX other than INBOX then takes the message only when its access control list gives them
    /// (or anyone) the right p; else it goes to INBOX. Without it an administrator posts
    #[arg(short = 'a', value_name = "USER")]
    poster: Option<String>,
    /// Deliver to MAILBOX whatever its access control list says
    #[arg(short = 'F')]
    force: bool,
    /// Mailbox to deliver to, INBOX when it is not there
    #[arg(short = 'm', value_name = "MAILBOX", default_value = "INBOX")]
    mailbox: String,
    /// Make the mailbox when it is not there
    #[arg(short = 'c')]
    create: bool,
    /// Envelope sender, for the Return-Path header
    #[arg(short = 'f', short_alias = 'r', value_name = "ADDRESS")]
    sender: Option<String>,
    /// Deliver over quota too
    #[arg(short = 'q')]
    ignore_quota: bool,
    /// Set a flag, such as \Seen or a keyword; may be repeated
    #[arg(short = 'g', value_name = "FLAG")]
    flags: Vec<String>,
    /// User IDs or addresses
    #[arg(required_unless_present = "lmtp")]
    users: Vec<String>,
}

impl Deliver {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let settings = root.settings()?;
        if self.lmtp {
            return lmtp::serve(settings);
        }
        let accounts = MailAccounts::open(&settings)?;
        let store = open_for_tool(&settings, "deliver")?;
        let mailbox = MailboxName::new(&self.mailbox)?;
        let flags = flag_set(&self.flags);
        let mut incoming = store.incoming(None)?;
        if let Some(sender) = &self.sender {
            // The null sender is written `<>` or as nothing at all (RFC 5321 §4.5.5).
            let sender = sender.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or(sender);
            if sender.chars().any(|c| c.is_control() || c == '<' || c == '>') {
                bail!("'{sender}' is not an address");
            }
            write!(incoming, "Return-Path: <{sender}>\r\n")?;
        }
        copy_with_crlf(std::io::stdin().lock(), &mut incoming).context("reading the message")?;
        if incoming.is_empty() {
            bail!("standard input is empty: there is no message");
        }
        let message = NewMessage { flags, ..NewMessage::new(incoming.finish()?) };
        let quota = if self.ignore_quota { Quota::Ignore } else { Quota::Enforce };
        let mut failed = false;
        for name in &self.users {
            let delivered = accounts
                .user(name)
                .and_then(|user| accounts.account(&store, &user, quota))
                .and_then(|account| self.append(&account, &mailbox, &message));
            if let Err(error) = delivered {
                output::note(format_args!("deliver: {name}: {error:#}"));
                failed = true;
            }
        }
        Ok(ExitCode::from(u8::from(failed)))
    }

    fn append(&self, account: &Account, mailbox: &MailboxName, message: &NewMessage) -> anyhow::Result<()> {
        let inbox = MailboxName::inbox();
        let mailbox = if self.may_post(account, mailbox)? { mailbox } else { &inbox };
        match account.deliver(mailbox, vec![message.clone()]) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotSelectable) => {
                if self.create {
                    account.create(mailbox, CreateOptions::default())?;
                    account.deliver(mailbox, vec![message.clone()])?;
                } else {
                    account.deliver(&MailboxName::inbox(), vec![message.clone()])?;
                }
            }
            other => drop(other?),
        }
        Ok(())
    }
}

impl Deliver {
    /// Whether the poster may post there (RFC 4314 §4, right p).
    fn may_post(&self, account: &Account, mailbox: &MailboxName) -> anyhow::Result<bool> {
        let Some(poster) = self.poster.as_deref().filter(|poster| !self.force && *poster != account.id().as_str())
        else {
            return Ok(true);
        };
        let post = Rights::parse("p")?;
        let acl = match account.acl(mailbox) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(mailbox.is_inbox() || self.create),
            acl => acl?,
        };
        let has =
            |identifier: &str| acl.iter().any(|entry| entry.identifier == identifier && entry.rights.contains(post));
        let refused = has(&format!("-{poster}")) || has("-anyone");
        Ok(mailbox.is_inbox() || ((has(poster) || has("anyone")) && !refused))
    }
}

fn flag_set(names: &[String]) -> FlagSet {
    let mut set = FlagSet::default();
    for name in names {
        match Flags::from_system_name(name) {
            Some(flag) => set.system = set.system.union(flag),
            None => set.keywords.push(name.clone()),
        }
    }
    set
}

/// Copies a message, giving every line its CRLF: the store keeps messages as they are on the wire.
pub fn copy_with_crlf(mut from: impl Read, to: &mut impl Write) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    let mut after_cr = false;
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        for line in buffer[..read].split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(text) if text.last() == Some(&b'\r') || (text.is_empty() && after_cr) => to.write_all(line)?,
                Some(text) => {
                    to.write_all(text)?;
                    to.write_all(b"\r\n")?;
                }
                None => to.write_all(line)?,
            }
            after_cr = line.last() == Some(&b'\r');
        }
    }
}
