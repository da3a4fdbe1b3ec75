//! `readership`: how many users other than the owner read shared mailboxes, and a way to share one (Reference §7.5).

use std::process::ExitCode;

use clap::Args;
use mailstore::Rights;
use serde_json::json;

use crate::{
    admin_name::{AdminName, Selection},
    mail_account::MailAccounts,
    output,
    root::RootOption,
    services::open_store,
};

/// Reports how many users other than the owner opened each shared mailbox in the last days.
#[derive(Args)]
pub struct Readership {
    /// Count who read in the last so many days
    #[arg(short = 'd', value_name = "DAYS", default_value_t = 30)]
    days: u32,
    /// Forget who did not read for so many months (of 30 days)
    #[arg(short = 'p', value_name = "MONTHS")]
    prune: Option<u32>,
    /// Give a user rights (RFC 4314 letters, - for none) on a mailbox
    #[arg(short = 's', num_args = 3, allow_hyphen_values = true, value_names = ["MAILBOX", "USER", "RIGHTS"], conflicts_with = "prune")]
    share: Option<Vec<String>>,
    /// Name the readers too
    #[arg(short = 'v')]
    verbose: bool,
    /// Answer in JSON, one object a line
    #[arg(long)]
    json: bool,
}

const DAY: i64 = 24 * 3600;

impl Readership {
    pub fn run(self, root: &RootOption) -> anyhow::Result<ExitCode> {
        let settings = root.settings()?;
        let store = open_store(&settings, None)?;
        if let Some([mailbox, user, rights]) = self.share.as_deref() {
            let name = AdminName::parse(mailbox)?;
            let rights = Rights::parse(rights.trim_matches('-'))?;
            // Taking away what somebody had who is gone must go on working.
            if rights != Rights::NONE {
                refuse_unknown(&MailAccounts::open(&settings)?, user)?;
            }
            name.open_account(&store)?.set_acl(&name.mailbox, user, rights)?;
            return Ok(ExitCode::SUCCESS);
        }
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        let mut failed = false;
        Selection::default().each_account(
            &store,
            |account, mailboxes| {
                if let Some(months) = self.prune {
                    account.forget_readers(now - i64::from(months) * 30 * DAY)?;
                    return Ok(());
                }
                for info in mailboxes.iter().filter(|info| info.selectable) {
                    let readers = account.open(&info.name)?.readers()?;
                    let since = now - i64::from(self.days) * DAY;
                    let recent: Vec<_> = readers.iter().filter(|(_, last)| *last >= since).map(|(who, _)| who).collect();
                    let name = AdminName::of(account.id(), &info.name);
                    // Mailboxes that nobody else may or did read would only be noise.
                    if recent.is_empty() && account.acl(&info.name)?.is_empty() {
                        continue;
                    }
                    if self.json {
                        output::line(json!({"mailbox": name.to_string(), "readers": recent.len(), "days": self.days, "users": recent}));
                    } else if self.verbose {
                        let users: Vec<&str> = recent.iter().map(|who| who.as_str()).collect();
                        output::line(format_args!("{:>8} {name}  {}", recent.len(), users.join(" ")));
                    } else {
                        output::line(format_args!("{:>8} {name}", recent.len()));
                    }
                }
                Ok(())
            },
            |id, error| {
                output::note(format_args!("readership: user/{id}: {error:#}"));
                failed = true;
            },
        )?;
        Ok(ExitCode::from(u8::from(failed)))
    }
}

/// Refuses an identifier that names a user whom the directory does not know; groups and `anyone` are taken as they are.
fn refuse_unknown(users: &MailAccounts, identifier: &str) -> anyhow::Result<()> {
    let name = identifier.strip_prefix('-').unwrap_or(identifier);
    let anyone = name == "anyone" || name.starts_with("anyone@") || name.starts_with("group=");
    if !anyone {
        users.user(name)?;
    }
    Ok(())
}
