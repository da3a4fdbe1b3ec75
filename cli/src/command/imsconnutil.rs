//! `imsconnutil`: who is connected, who was last here, and sending somebody away (Reference §7.5).

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::{ArgGroup, Args, ValueEnum};
use config::Watching;
use daemon::{
    LastAccess,
    control::{self, Answer, Connected, Order},
};

use crate::{output, root::RootOption, stamp::plain_stamp};

/// Shows who is connected (-c) and who was last here (-a), or disconnects users (-k).
///
/// Needs local.imap.enableuserlist and local.http.enableuserlist for -c, local.enablelastaccess for -a. -k ends the
/// sessions of IMAP, POP and the webmail: each hears so at its next pause, an idling one at once.
#[derive(Args)]
#[command(
    group = ArgGroup::new("what").required(true).multiple(true).args(["current", "access", "disconnect"]),
    group = ArgGroup::new("whom").multiple(true).args(["users", "file"]),
    after_help = "Examples:\n  imsconnutil -c\n  imsconnutil -c -s imap -u alice\n  imsconnutil -a -f users.txt\n  imsconnutil -k -u alice"
)]
pub struct Imsconnutil {
    /// List who is connected now
    #[arg(short = 'c')]
    current: bool,
    /// List the last access of users by IMAP, POP and webmail
    #[arg(short = 'a')]
    access: bool,
    /// Disconnect the users named by -u or -f
    #[arg(short = 'k', conflicts_with_all = ["current", "access"], requires = "whom")]
    disconnect: bool,
    /// With -c: only this service
    #[arg(short = 's', value_name = "SERVICE", conflicts_with_all = ["disconnect", "access"])]
    service: Option<Service>,
    /// Only this user; may be repeated
    #[arg(short = 'u', value_name = "UID")]
    users: Vec<String>,
    /// Only the users in this file, one a line
    #[arg(short = 'f', value_name = "FILE")]
    file: Option<PathBuf>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Service {
    /// IMAP
    Imap,
    /// POP
    Pop,
    /// Webmail
    Http,
}

impl Service {
    fn as_str(self) -> &'static str {
        match self {
            Self::Imap => "imap",
            Self::Pop => "pop",
            Self::Http => "http",
        }
    }
}

impl Imsconnutil {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let settings = root.settings()?;
        let watching = Watching::read(&settings);
        let wanted = self.wanted()?;
        if self.disconnect {
            return self.disconnect(settings.root(), wanted);
        }
        if self.current {
            if !watching.imap_users && !watching.http_users {
                bail!("nobody is listed: set local.imap.enableuserlist and local.http.enableuserlist to yes");
            }
            self.show_current(settings.root(), &wanted)?;
        }
        if self.access {
            if !watching.last_access {
                bail!("last accesses are not noted: set local.enablelastaccess to yes and restart the server");
            }
            self.show_access(&LastAccess::of(settings.root()), &wanted)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The users of -u and -f; `None` for everybody.
    fn wanted(&self) -> anyhow::Result<Option<Vec<String>>> {
        let mut users = self.users.clone();
        if let Some(file) = &self.file {
            let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
            users.extend(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
        }
        Ok((!self.users.is_empty() || self.file.is_some()).then_some(users))
    }

    fn disconnect(&self, root: &std::path::Path, wanted: Option<Vec<String>>) -> anyhow::Result<ExitCode> {
        let users = wanted.unwrap_or_default();
        let answers = control::ask(root, &Order::Disconnect(users)).context("asking the server")?;
        if answers.is_empty() {
            bail!("no server is running at {}", root.display());
        }
        let ended: usize =
            answers.iter().map(|answer| if let Answer::Disconnected(count) = answer { *count } else { 0 }).sum();
        if self.json {
            output::line(serde_json::json!({"disconnected": ended}));
        } else {
            output::line(format_args!("{ended} sessions disconnected"));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn show_current(&self, root: &std::path::Path, wanted: &Option<Vec<String>>) -> anyhow::Result<()> {
        let answers = control::ask(root, &Order::Sessions).context("asking the server")?;
        if answers.is_empty() {
            bail!("no server is running at {}", root.display());
        }
        let mut found: Vec<Connected> = answers
            .into_iter()
            .flat_map(|answer| if let Answer::Sessions(sessions) = answer { sessions } else { Vec::new() })
            .filter(|session| self.service.is_none_or(|service| service.as_str() == session.service))
            .filter(|session| wanted.as_ref().is_none_or(|users| users.contains(&session.user)))
            .collect();
        found.sort();
        // Every process tells the sessions that it shares with others.
        let mut told = HashSet::new();
        found.retain_mut(|session| session.shared.take().is_none_or(|shared| told.insert(shared)));
        if !self.json {
            output::line(format_args!("{:<8} {:<24} {:<40} SINCE", "SERVICE", "UID", "ADDRESS"));
        }
        for session in found {
            if self.json {
                output::line(serde_json::to_string(&session)?);
            } else {
                let since = plain_stamp(session.since);
                let Connected { service, user, address, .. } = session;
                output::line(format_args!("{service:<8} {user:<24} {:<40} {since}", address.to_string()));
            }
        }
        Ok(())
    }

    fn show_access(&self, last: &LastAccess, wanted: &Option<Vec<String>>) -> anyhow::Result<()> {
        let mut users: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for ((user, service), at) in last.read().context("reading last accesses")? {
            if wanted.as_ref().is_none_or(|users| users.contains(&user)) {
                users.entry(user).or_default().insert(service, at);
            }
        }
        if !self.json {
            output::line(format_args!(
                "{:<24} {:<20} {:<20} POP last access",
                "UID", "IMAP last access", "HTTP last access"
            ));
        }
        for (user, services) in users {
            if self.json {
                output::line(serde_json::json!({"user": user, "last": services}));
                continue;
            }
            let at = |service: &str| services.get(service).map_or_else(|| "-".to_owned(), |at| plain_stamp(*at));
            output::line(format_args!("{user:<24} {:<20} {:<20} {}", at("imap"), at("http"), at("pop")));
        }
        Ok(())
    }
}
