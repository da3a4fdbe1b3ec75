//! LIST and LSUB (RFC 3501 §6.3.8, §6.3.9; RFC 3348; RFC 5258; RFC 5819; RFC 6154).

use std::collections::BTreeMap;

use imap_wire::Names;
use imap_wire::list::{ListArgs, Return, Select, matches};
use imap_wire::print;
use imap_wire::status::StatusItem;
use mailstore::MailboxInfo;

use super::status::{Limits, print_status};
use crate::reply::{Handled, Reply, store_failure};
use crate::session::Session;

/// LIST.
pub(super) async fn list(session: &mut Session, args: ListArgs) -> Handled {
    // The basic form with an empty pattern asks for the delimiter (RFC 3501 §6.3.8).
    if !args.extended && args.patterns.iter().all(String::is_empty) {
        session.link.out.extend_from_slice(b"* LIST (\\Noselect) \"/\" \"\"\r\n");
        return Ok(Reply::ok("LIST completed"));
    }
    let select = args.select.unwrap_or_default();
    let names = match names(session, NonExistent::include_if(select.subscribed)).await {
        Ok(names) => names,
        Err(reply) => return Ok(reply),
    };
    let patterns: Vec<String> = args
        .patterns
        .iter()
        .filter(|pattern| !pattern.is_empty())
        .map(|pattern| joined(&args.reference, pattern))
        .collect();
    let returns = args.returns.unwrap_or_default();
    if returns.status.contains(&StatusItem::HighestModSeq) {
        super::select::enable_condstore(session);
    }
    for (name, entry) in &names {
        if !patterns.iter().any(|pattern| matches(pattern, name)) {
            continue;
        }
        let selected = select_options_hold(entry, select);
        // RFC 5258 §3.5: a parent that does not hold itself is told when a name below it holds, and no pattern shows that name.
        let child_info = select.recursive_match && has_selected_child(&names, name, select, &patterns);
        if !selected && !child_info {
            continue;
        }
        let dialect = session.names();
        print_entry(&mut session.link.out, name, dialect, entry, Shown { select, returns: &returns, child_info });
        if let (true, Some(info)) = (!returns.status.is_empty() && selected, &entry.info)
            && info.selectable
        {
            let append = session.deps.config.max_message_size;
            let mut deleted = 0;
            if returns.status.contains(&StatusItem::DeletedStorage) {
                let asked = info.name.clone();
                match session.with_account(move |account| account.deleted_size(&asked)).await {
                    Ok(Ok(size)) => deleted = size,
                    // It went while others were told.
                    Ok(Err(_)) => continue,
                    Err(reply) => return Ok(reply),
                }
            }
            let limits = Limits { append, deleted };
            print_status(&mut session.link.out, name, dialect, &info.status, &returns.status, limits);
        }
        if !returns.metadata.is_empty()
            && entry.info.is_some()
            && let Err(reply) = super::metadata::print_listed(session, name, &returns.metadata).await
        {
            return Ok(reply);
        }
        session.link.flush_full().await?;
    }
    Ok(Reply::ok("LIST completed"))
}

/// A name of the hierarchy.
struct Entry {
    /// `None` where there is no mailbox of that name.
    info: Option<MailboxInfo>,
    subscribed: bool,
}

/// Whether subscribed names without a mailbox are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NonExistent {
    Include,
    LeaveOut,
}

impl NonExistent {
    fn include_if(wanted: bool) -> Self {
        if wanted { Self::Include } else { Self::LeaveOut }
    }
}

/// Every name, INBOX first.
async fn names(session: &mut Session, non_existent: NonExistent) -> Result<Vec<(String, Entry)>, Reply> {
    let found = session
        .with_account(move |account| {
            let subscriptions = match non_existent {
                NonExistent::Include => account.subscriptions()?,
                NonExistent::LeaveOut => Vec::new(),
            };
            Ok((account.mailboxes()?, subscriptions))
        })
        .await?;
    let (mailboxes, subscriptions) = found.map_err(|error| store_failure(&error))?;
    let mut names: BTreeMap<String, Entry> = BTreeMap::new();
    for info in mailboxes {
        let subscribed = info.subscribed;
        names.insert(info.name.as_str().to_owned(), Entry { info: Some(info), subscribed });
    }
    for name in subscriptions {
        names.entry(name.as_str().to_owned()).or_insert(Entry { info: None, subscribed: true }).subscribed = true;
    }
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_by_key(|(name, _)| name != "INBOX");
    Ok(names)
}

fn select_options_hold(entry: &Entry, select: Select) -> bool {
    let used = || entry.info.as_ref().is_some_and(|info| info.special_use.is_some());
    (!select.subscribed || entry.subscribed) && (!select.special_use || used())
}

fn has_selected_child(names: &[(String, Entry)], parent: &str, select: Select, patterns: &[String]) -> bool {
    let below = |name: &str| name.strip_prefix(parent).is_some_and(|rest| rest.starts_with('/'));
    names.iter().any(|(name, entry)| {
        below(name) && select_options_hold(entry, select) && !patterns.iter().any(|pattern| matches(pattern, name))
    })
}

/// What was asked of a name.
struct Shown<'a> {
    select: Select,
    returns: &'a Return,
    /// CHILDINFO is told.
    child_info: bool,
}

fn print_entry(out: &mut Vec<u8>, name: &str, dialect: Names, entry: &Entry, shown: Shown<'_>) {
    let Shown { select, returns, child_info } = shown;
    let mut attributes: Vec<&str> = Vec::new();
    match &entry.info {
        Some(info) => {
            if !info.selectable {
                attributes.push("\\Noselect");
            }
            attributes.push(if info.has_children { "\\HasChildren" } else { "\\HasNoChildren" });
            attributes.extend(info.special_use.map(|special_use| special_use.attribute()));
        }
        None => attributes.push("\\NonExistent"),
    }
    if entry.subscribed && (select.subscribed || returns.subscribed) {
        attributes.push("\\Subscribed");
    }
    let mut extra = Vec::new();
    if child_info {
        extra.extend_from_slice(b" (\"CHILDINFO\" ");
        let subscribed = select.subscribed.then_some("\"SUBSCRIBED\"");
        let special_use = select.special_use.then_some("\"SPECIAL-USE\"");
        print::list(&mut extra, subscribed.into_iter().chain(special_use));
        extra.push(b')');
    }
    print::list_line(out, "LIST", attributes, name, dialect, &extra);
}

/// LSUB: subscribed names, and with `%` the parents of such names (RFC 3501 §6.3.9).
pub(super) async fn lsub(session: &mut Session, reference: &str, pattern: &str) -> Handled {
    if pattern.is_empty() {
        session.link.out.extend_from_slice(b"* LSUB (\\Noselect) \"/\" \"\"\r\n");
        return Ok(Reply::ok("LSUB completed"));
    }
    let names = match names(session, NonExistent::Include).await {
        Ok(names) => names,
        Err(reply) => return Ok(reply),
    };
    let pattern = joined(reference, pattern);
    let mut shown: BTreeMap<&str, &[&str]> = BTreeMap::new();
    for (name, entry) in names.iter().filter(|(_, entry)| entry.subscribed) {
        if matches(&pattern, name) {
            let exists = entry.info.as_ref().is_some_and(|info| info.selectable);
            shown.insert(name, if exists { &[] } else { &["\\Noselect"] });
        } else if pattern.contains('%') {
            let parents = name.match_indices('/').map(|(at, _)| &name[..at]);
            for parent in parents.filter(|parent| matches(&pattern, parent)) {
                shown.entry(parent).or_insert(&["\\Noselect"]);
            }
        }
    }
    let dialect = session.names();
    for (name, attributes) in shown {
        print::list_line(&mut session.link.out, "LSUB", attributes.iter().copied(), name, dialect, b"");
    }
    Ok(Reply::ok("LSUB completed"))
}

/// The reference is a prefix that the pattern completes. No name begins with the delimiter, so there is no root to begin at.
fn joined(reference: &str, pattern: &str) -> String {
    format!("{reference}{pattern}")
}
