//! Applying the rules to the mailboxes of an account.

use std::collections::BTreeSet;

use mailstore::{
    Account, CreateOptions, ErrorKind, Flags, Mailbox, MailboxInfo, MailboxName, Result, Snapshot, Uid, UidSet,
};

use crate::rules::{Action, FlagRule, Rule, Rules};

const DAY: i64 = 24 * 3600;

/// What a rule did in a mailbox, or would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// The mailbox.
    pub mailbox: MailboxName,
    /// The rule.
    pub rule: String,
    /// How many messages.
    pub messages: u64,
    /// Where they went.
    pub action: Action,
}

/// Applies the rules to every mailbox of an account, in their order; `now` in seconds since 1970. `dry` only looks.
pub fn expire(account: &Account, rules: &Rules, now: i64, dry: bool) -> Result<Vec<Expired>> {
    let mut expired = Vec::new();
    for info in account.mailboxes()?.into_iter().filter(|info| info.selectable && info.status.messages > 0) {
        let full = format!("user/{}/{}", account.id(), info.name);
        for rule in rules.0.iter().filter(|rule| rule.folders.as_ref().is_none_or(|folders| folders.is_match(&full))) {
            let messages = match apply(account, &info, rule, now, dry) {
                Ok(messages) => messages,
                // Deleted meanwhile.
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Gone) => 0,
                Err(error) => return Err(error),
            };
            if messages > 0 {
                let (mailbox, rule, action) = (info.name.clone(), rule.name.clone(), rule.action.clone());
                expired.push(Expired { mailbox, rule, messages, action });
            }
            if rule.exclusive {
                break;
            }
        }
    }
    Ok(expired)
}

fn apply(account: &Account, info: &MailboxInfo, rule: &Rule, now: i64, dry: bool) -> Result<u64> {
    if let Action::FileInto(target) = &rule.action
        && *target == info.name.as_str()
    {
        return Ok(0);
    }
    let mailbox = account.open(&info.name)?;
    let doomed = find(&mailbox, rule, now)?;
    if doomed.is_empty() || dry {
        return Ok(doomed.len() as u64);
    }
    let set: UidSet = doomed.iter().copied().collect();
    match &rule.action {
        Action::Discard => Ok(mailbox.expire(&set)?.uids.len() as u64),
        Action::FileInto(target) => {
            let target = MailboxName::new(target)?;
            match account.create(&target, CreateOptions::default()) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
            Ok(mailbox.move_to(&set, &target)?.source.len() as u64)
        }
    }
}

/// The messages that a rule takes.
fn find(mailbox: &Mailbox, rule: &Rule, now: i64) -> Result<BTreeSet<Uid>> {
    let snapshot = mailbox.snapshot()?;
    let mut kept: Vec<(Uid, u64)> = Vec::new();
    let mut doomed = BTreeSet::new();
    let by_message = rule.message_days.is_some()
        || rule.message_size.is_some()
        || !rule.headers.is_empty()
        || [rule.seen, rule.deleted].contains(&Some(FlagRule::Or));
    let mut failure = None;
    mailbox.for_each(&UidSet::all(), |row| {
        let flags = flags_of(&snapshot, row.uid);
        let age = (now - row.save_date) / DAY;
        let old = rule.message_days.is_none_or(|days| age >= days);
        let large = rule.message_size.is_none_or(|size| row.size > size && age >= rule.message_size_days);
        let mut takes = by_message && old && large;
        let (mut enough, mut needed) = (false, true);
        for (rule, flag) in [(rule.seen, Flags::SEEN), (rule.deleted, Flags::DELETED)] {
            match rule {
                Some(FlagRule::And) => needed &= flags.contains(flag),
                Some(FlagRule::Or) => enough |= flags.contains(flag),
                None => {}
            }
        }
        let only_flags = rule.message_days.is_none() && rule.message_size.is_none() && rule.headers.is_empty();
        takes = if only_flags { enough && needed } else { (takes && needed) || enough };
        if takes && !enough && !rule.headers.is_empty() {
            takes = match row.body() {
                Ok(body) => has_headers(&body, &rule.headers),
                // A message that cannot be read is not the one that was meant.
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Corrupt) => false,
                Err(error) => {
                    failure = Some(error);
                    return std::ops::ControlFlow::Break(());
                }
            };
        }
        if takes {
            doomed.insert(row.uid);
        } else if needed {
            kept.push((row.uid, row.size));
        }
        std::ops::ControlFlow::Continue(())
    })?;
    if let Some(error) = failure {
        return Err(error);
    }
    // The oldest go until the mailbox is as small as it shall be.
    let held = snapshot.len() as u64 - doomed.len() as u64;
    let mut over_count = rule.message_count.map_or(0, |most| held.saturating_sub(most));
    let size: u64 = kept.iter().map(|(_, size)| size).sum();
    let mut over_size = rule.folder_size.map_or(0, |most| size.saturating_sub(most));
    for (uid, size) in kept {
        if over_count == 0 && over_size == 0 {
            break;
        }
        over_count = over_count.saturating_sub(1);
        over_size = over_size.saturating_sub(size);
        doomed.insert(uid);
    }
    Ok(doomed)
}

fn flags_of(snapshot: &Snapshot, uid: Uid) -> Flags {
    snapshot.index_of(uid).and_then(|at| snapshot.flags().get(at)).copied().unwrap_or_default()
}

/// Whether each of the texts is in a field of its name.
fn has_headers(message: &[u8], wanted: &[(String, String)]) -> bool {
    wanted.iter().all(|(name, text)| {
        message::headers(message).any(|header| {
            header.name.eq_ignore_ascii_case(name.as_bytes())
                && String::from_utf8_lossy(header.value).to_lowercase().contains(text.as_str())
        })
    })
}
