//! Mailbox names as administrators write them, `user/<account>/<mailbox>` (Reference §7.1), and patterns over them.

use anyhow::{Context, bail};
use mailstore::{Account, AccountId, MailboxInfo, MailboxName, Store};
use regex_lite::Regex;

/// A mailbox by its administrator's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminName {
    pub account: AccountId,
    pub mailbox: MailboxName,
}

impl AdminName {
    /// Reads `user/<account>/<mailbox>`; `user/<account>` alone is its INBOX.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let Some(rest) = text.strip_prefix("user/") else {
            bail!("'{text}': a mailbox is named user/<user ID>/<mailbox>");
        };
        let (account, mailbox) = rest.split_once('/').unwrap_or((rest, "INBOX"));
        Ok(Self {
            account: AccountId::new(account).with_context(|| format!("'{text}'"))?,
            mailbox: MailboxName::new(mailbox).with_context(|| format!("'{text}'"))?,
        })
    }

    pub fn of(account: &AccountId, mailbox: &MailboxName) -> Self {
        Self { account: account.clone(), mailbox: mailbox.clone() }
    }

    /// The account, which must be there.
    pub fn open_account(&self, store: &Store) -> anyhow::Result<Account> {
        existing(store, &self.account)
    }
}

impl std::fmt::Display for AdminName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "user/{}/{}", self.account, self.mailbox)
    }
}

/// An account that must be there.
pub fn existing(store: &Store, id: &AccountId) -> anyhow::Result<Account> {
    store.existing_account(id)?.with_context(|| format!("there is no account '{id}' in this store"))
}

/// Which mailboxes are meant: all, by an IMAP pattern, or by a regular expression. Both are held against the whole
/// administrator's name.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Selection {
    /// Mailboxes that match an IMAP pattern: * is anything, % anything but a slash
    #[arg(short = 'p', value_name = "PATTERN", conflicts_with = "regexp")]
    pattern: Option<String>,
    /// Mailboxes that match a regular expression, which need not match from the beginning
    #[arg(short = 'P', value_name = "REGEXP")]
    regexp: Option<String>,
}

impl Selection {
    /// Whether one was given.
    pub fn is_given(&self) -> bool {
        self.pattern.is_some() || self.regexp.is_some()
    }

    fn regex(&self) -> anyhow::Result<Option<Regex>> {
        let text = match (&self.pattern, &self.regexp) {
            (Some(pattern), _) => from_imap_pattern(pattern),
            (None, Some(regexp)) => regexp.clone(),
            (None, None) => return Ok(None),
        };
        Ok(Some(Regex::new(&text).with_context(|| format!("'{text}' is not a regular expression"))?))
    }

    /// Calls `each` with every account and those of its mailboxes that are meant. An account that cannot be read is
    /// handed to `failed`, and the others still come.
    pub fn each_account(
        &self,
        store: &Store,
        mut each: impl FnMut(&Account, Vec<MailboxInfo>) -> anyhow::Result<()>,
        mut failed: impl FnMut(&AccountId, anyhow::Error),
    ) -> anyhow::Result<()> {
        let regex = self.regex()?;
        for id in store.accounts()? {
            // Deleted since the list was made: nothing to say about it.
            let Some(account) = store.existing_account(&id)? else { continue };
            let mailboxes = match account.mailboxes() {
                Ok(mailboxes) => mailboxes,
                Err(error) if error.kind() == mailstore::ErrorKind::Gone => continue,
                Err(error) => {
                    failed(&id, error.into());
                    continue;
                }
            };
            let meant = mailboxes
                .into_iter()
                .filter(|info| {
                    regex.as_ref().is_none_or(|regex| regex.is_match(&AdminName::of(&id, &info.name).to_string()))
                })
                .collect::<Vec<_>>();
            if !meant.is_empty()
                && let Err(error) = each(&account, meant)
            {
                failed(&id, error);
            }
        }
        Ok(())
    }
}

/// An IMAP pattern (RFC 3501 §6.3.8) as a regular expression over whole names.
fn from_imap_pattern(pattern: &str) -> String {
    let mut regex = String::from("^");
    for c in pattern.chars() {
        match c {
            '*' => regex.push_str(".*"),
            '%' => regex.push_str("[^/]*"),
            c if c.is_alphanumeric() || c == '/' => regex.push(c),
            c => {
                regex.push('\\');
                regex.push(c);
            }
        }
    }
    regex.push('$');
    regex
}
