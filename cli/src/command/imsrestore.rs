//! `imsrestore`: brings back what `imsbackup` wrote (Reference §7.5).

mod target;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fs::File,
    io::{BufReader, IsTerminal, Read, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::Args;
use indicatif::ProgressBar;
use mailstore::{AccountId, MailboxName};
use serde_json::Value;

use self::target::{Outcome, Target};
use crate::{
    admin_name::AdminName,
    backup_format::{self, Object},
    command::imsbackup::Encoding,
    mail_account::MailAccounts,
    output,
    root::RootOption,
    services::open_for_tool,
};

/// Brings mailboxes back from a backup, also while the server runs, under their own or other names.
///
/// Flags, keywords and dates come back as they were; UIDs, UIDVALIDITY and MODSEQ too where the mailbox is made anew.
/// Messages that are there already are left alone, so that a restore that was cut short is simply repeated. Each message is
/// compared with its checksum. Exit code 1 when anything could not be restored, or the backup is cut short.
#[derive(Args)]
pub struct Imsrestore {
    /// File or device to read; - is standard input
    #[arg(short = 'f', value_name = "DEVICE")]
    device: PathBuf,
    /// Blocks of so many times 512 bytes are read
    #[arg(short = 'b', value_name = "FACTOR", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=4096))]
    blocking: u16,
    /// After an error: y goes on, n stops; without it you are asked, or it stops where nobody can be asked
    #[arg(short = 'c', value_name = "y|n", value_parser = ["y", "n"])]
    go_on: Option<String>,
    /// How mailbox names are written on the command line and in -u
    #[arg(short = 'e', value_name = "ENCODING", default_value = "utf-8", ignore_case = true)]
    encoding: Encoding,
    /// Do not look for messages that are there already; repeating it makes duplicates
    #[arg(short = 'i')]
    ignore_existing: bool,
    /// Other names: a file with lines OLD=NEW, of accounts (alice=bob) or mailboxes (user/alice/Old=user/bob/New)
    #[arg(short = 'm', value_name = "FILE")]
    map: Option<PathBuf>,
    /// Restore to a mailbox NAME.YYYYMMDD of the backup's day where NAME exists already
    #[arg(short = 'n')]
    beside: bool,
    /// Restore only the messages that a file names, in lines as -t prints them
    #[arg(short = 'r', value_name = "FILE")]
    reference: Option<PathBuf>,
    /// Print a table of contents, and restore nothing
    #[arg(short = 't')]
    contents: bool,
    /// Read objects from a file, one a line
    #[arg(short = 'u', value_name = "FILE")]
    objects_file: Option<PathBuf>,
    /// What is said on standard error: 0 failures, 1 mailboxes too, 2 and more messages too
    #[arg(short = 'v', value_name = "0-5", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=5))]
    verbose: u8,
    /// Later backups of the same mailboxes follow: their UIDs stay free
    #[arg(long)]
    more: bool,
    /// What to restore, as for imsbackup
    objects: Vec<String>,
}

/// New names for old ones.
#[derive(Default)]
struct Map(HashMap<String, String>);

impl Map {
    fn read(file: Option<&PathBuf>) -> anyhow::Result<Self> {
        let Some(file) = file else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let pairs = lines.map(|line| {
            let (old, new) = line.split_once('=').with_context(|| format!("'{line}': expected OLD=NEW"))?;
            Ok((old.trim().to_owned(), new.trim().to_owned()))
        });
        Ok(Self(pairs.collect::<anyhow::Result<_>>()?))
    }

    /// The name that a mailbox of the backup gets.
    fn of(&self, name: &AdminName) -> anyhow::Result<AdminName> {
        if let Some(new) = self.0.get(&name.to_string()) {
            return AdminName::parse(new);
        }
        let account = match self.0.get(name.account.as_str()) {
            Some(new) => AccountId::new(new)?,
            None => name.account.clone(),
        };
        Ok(AdminName { account, mailbox: name.mailbox.clone() })
    }
}

/// Counts for the last line.
#[derive(Default)]
struct Counts {
    restored: u64,
    there: u64,
    failed: u64,
    /// Objects that were asked for and have not come yet.
    unseen: BTreeSet<String>,
}

impl Imsrestore {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let settings = root.settings()?;
        let objects =
            backup_format::objects(&self.objects, self.objects_file.as_deref(), self.encoding == Encoding::Imap)?;
        let map = Map::read(self.map.as_ref())?;
        let only: Option<HashSet<String>> = match &self.reference {
            Some(file) => {
                let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
                Some(
                    text.lines()
                        .filter_map(|line| line.split('\t').next())
                        .map(|path| path.trim().to_owned())
                        .collect(),
                )
            }
            None => None,
        };
        let (input, length): (Box<dyn Read>, u64) = if self.device.as_os_str() == "-" {
            (Box::new(std::io::stdin().lock()), 0)
        } else {
            let file = File::open(&self.device).with_context(|| self.device.display().to_string())?;
            let length = file.metadata()?.len();
            (Box::new(file), length)
        };
        let bar = if length > 0 && !self.contents { ProgressBar::new(length) } else { ProgressBar::hidden() };
        let input = bar.wrap_read(BufReader::with_capacity(usize::from(self.blocking) * 512, input));
        let store = open_for_tool(&settings, "imsrestore")?;
        let users = MailAccounts::open(&settings)?;
        let mut target = Target::new(
            &store,
            &users,
            target::Options { beside: self.beside, ignore_existing: self.ignore_existing, more: self.more },
        );
        let mut counts = Counts { unseen: objects.iter().map(ToString::to_string).collect(), ..Counts::default() };
        if self.objects.is_empty() && self.objects_file.is_none() {
            counts.unseen.clear();
        }
        let complete = self.read(input, &objects, &map, only.as_ref(), &mut target, &mut counts, &bar)?;
        bar.finish_and_clear();
        if !complete {
            output::note("imsrestore: the backup is cut short");
        }
        for unseen in &counts.unseen {
            output::note(format_args!("imsrestore: {unseen} is not in the backup"));
        }
        if !self.contents {
            output::note(format_args!(
                "{} restored, {} were there already, {} failed",
                output::count(counts.restored, "message"),
                counts.there,
                counts.failed
            ));
        }
        Ok(ExitCode::from(u8::from(counts.failed > 0 || !complete || !counts.unseen.is_empty())))
    }

    /// Reads the archive through; answers whether it had its end.
    #[allow(clippy::too_many_arguments)]
    fn read(
        &self,
        input: impl Read,
        objects: &[Object],
        map: &Map,
        only: Option<&HashSet<String>>,
        target: &mut Target<'_>,
        counts: &mut Counts,
        bar: &ProgressBar,
    ) -> anyhow::Result<bool> {
        let mut archive = tar::Archive::new(input);
        let (mut first, mut complete) = (true, false);
        let mut mailbox: Option<AdminName> = None;
        let mut described: Option<Value> = None;
        for entry in archive.entries().context("reading the backup")? {
            let mut entry = match entry {
                Ok(entry) => entry,
                Err(_) if first => bail!("this is not a backup made by imsbackup"),
                Err(error) => {
                    // The reader quotes what it could not read.
                    output::note(format_args!("imsrestore: {}", error.to_string().escape_debug()));
                    break;
                }
            };
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let file = path.rsplit('/').next().unwrap_or_default().to_owned();
            if std::mem::take(&mut first) {
                let head =
                    if path == backup_format::HEAD { backup_format::read_json(&mut entry)? } else { Value::Null };
                match head["version"].as_u64() {
                    Some(version) if version <= backup_format::VERSION => target.backup_made(head["made"].as_i64()),
                    Some(version) => bail!(
                        "the backup has format version {version}; this program reads up to {}",
                        backup_format::VERSION
                    ),
                    None => bail!("this is not a backup made by imsbackup"),
                }
                continue;
            }
            let step = (|| -> anyhow::Result<()> {
                if path == backup_format::END {
                    complete = true;
                } else if file == "account.json" {
                    let value = backup_format::read_json(&mut entry)?;
                    let id = AccountId::new(value["account"].as_str().unwrap_or_default())?;
                    let meant = objects.iter().any(|object| object.has_account(id.as_str(), None));
                    for object in objects.iter().filter(|object| object.is_account_of(id.as_str())) {
                        counts.unseen.remove(&object.to_string());
                    }
                    // Single mailboxes or messages need none of it.
                    if meant
                        && !self.contents
                        && only.is_none()
                        && self.objects.is_empty()
                        && self.objects_file.is_none()
                    {
                        let to = map.of(&AdminName::of(&id, &MailboxName::inbox()))?;
                        target.subscribe(&to.account, &value)?;
                    }
                } else if file == "mailbox.json" {
                    target.finish_mailbox()?;
                    mailbox = None;
                    let value = backup_format::read_json(&mut entry)?;
                    let name = AdminName {
                        account: AccountId::new(value["account"].as_str().unwrap_or_default())?,
                        mailbox: MailboxName::new(value["mailbox"].as_str().unwrap_or_default())?,
                    };
                    let meant: Vec<&Object> = objects.iter().filter(|object| object.has_mailbox(&name)).collect();
                    for object in &meant {
                        counts.unseen.remove(&object.to_string());
                    }
                    if !meant.is_empty() {
                        if self.contents {
                            output::line(format_args!(
                                "{name}\t{}",
                                value["uidnext"].as_u64().unwrap_or(1).saturating_sub(1)
                            ));
                        } else {
                            let to = map.of(&name)?;
                            if self.verbose >= 1 {
                                bar.suspend(|| output::note(format_args!("{name} -> {to}")));
                            }
                            target.begin_mailbox(to, &value);
                        }
                        mailbox = Some(name);
                    }
                } else if file.ends_with(".json") && file != backup_format::END {
                    described = if mailbox.is_some() { Some(backup_format::read_json(&mut entry)?) } else { None };
                } else if file.ends_with(".eml") {
                    let Some(value) = described.take() else { return Ok(()) };
                    if self.contents {
                        output::line(format_args!("{path}\t{}\t{}", value["size"], value["internaldate"]));
                        return Ok(());
                    }
                    if only.is_some_and(|only| !only.contains(&path)) {
                        return Ok(());
                    }
                    match target.message(&mut entry, &value)? {
                        Outcome::Restored => counts.restored += 1,
                        Outcome::There => counts.there += 1,
                    }
                    if self.verbose >= 2 {
                        bar.suspend(|| output::note(&path));
                    }
                }
                Ok(())
            })();
            if let Err(error) = step {
                counts.failed += 1;
                bar.suspend(|| output::note(format_args!("imsrestore: {path}: {error:#}")));
                if !self.goes_on(bar)? {
                    // What was taken in before the failure stays.
                    target.finish_mailbox()?;
                    return Ok(true);
                }
            }
        }
        target.finish_mailbox()?;
        Ok(complete)
    }

    /// Whether to go on after an error.
    fn goes_on(&self, bar: &ProgressBar) -> anyhow::Result<bool> {
        match self.go_on.as_deref() {
            Some(answer) => Ok(answer == "y"),
            None if std::io::stdin().is_terminal() && self.device.as_os_str() != "-" => bar.suspend(|| {
                let mut err = std::io::stderr().lock();
                write!(err, "Do you want to continue? [y/n] ")?;
                err.flush()?;
                let mut answer = String::new();
                std::io::stdin().read_line(&mut answer)?;
                Ok(answer.trim().eq_ignore_ascii_case("y"))
            }),
            None => Ok(false),
        }
    }
}
