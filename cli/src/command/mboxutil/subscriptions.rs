//! `mboxutil -S`: subscriptions, and those whose mailbox is not there.

use std::collections::HashSet;

use mailstore::MailboxName;
use serde_json::json;

use super::Job;
use crate::{admin_name::AdminName, output};

impl Job<'_> {
    pub(super) fn subscriptions(&mut self) -> anyhow::Result<()> {
        let only: Option<HashSet<String>> =
            if self.options.file.is_some() { Some(self.names()?.into_iter().collect()) } else { None };
        let ids = self.store.accounts()?;
        for id in ids {
            let Some(account) = self.store.existing_account(&id)? else { continue };
            let listed = account.mailboxes().and_then(|mailboxes| Ok((mailboxes, account.subscriptions()?)));
            let (mailboxes, subscribed) = match listed {
                Ok(listed) => listed,
                Err(error) => {
                    self.fail(format_args!("user/{id}"), &error.into());
                    continue;
                }
            };
            let there: HashSet<MailboxName> = mailboxes.into_iter().map(|info| info.name).collect();
            for name in subscribed {
                let missing = !there.contains(&name);
                let shown = AdminName::of(&id, &name);
                let meant = only.as_ref().is_none_or(|only| only.contains(&shown.to_string()));
                if (self.options.missing && !missing) || !meant {
                    continue;
                }
                if self.options.unsubscribe {
                    account.unsubscribe(&name)?;
                    self.done("unsubscribed", &shown);
                } else if self.options.json {
                    output::line(json!({"account": id.as_str(), "mailbox": shown.to_string(), "exists": !missing}));
                } else {
                    output::line(format_args!("{id}: {shown}{}", if missing { " (missing)" } else { "" }));
                }
            }
        }
        Ok(())
    }
}
