//! LIST and LSUB (RFC 3501 §6.3.8, §6.3.9; RFC 3348; RFC 5258; RFC 5819; RFC 6154).

use std::collections::{BTreeMap, HashMap};

use imap_wire::Names;
use imap_wire::list::{ListArgs, Return, Select, matches};
use imap_wire::print;
use imap_wire::status::StatusItem;
use mailstore::{MailboxInfo, MailboxName, MailboxStatus, Rights, Share};

use crate::reply::{Handled, Reply, store_failure};
use crate::session::Session;
use crate::sharing::Whose;

/// LIST.
pub(super) async fn list(session: &mut Session, args: ListArgs) -> Handled {
    // The basic form with an empty pattern asks for the delimiter (RFC 3501 §6.3.8).
    if !args.extended && args.patterns.iter().all(String::is_empty) {
        session.link.out.extend_from_slice(b"* LIST (\\Noselect) \"/\" \"\"\r\n");
        return Ok(Reply::ok("LIST completed"));
    }
    let select = args.select.unwrap_or_default();
    let names = match names(session).await {
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
    let own_rights = match returns.my_rights || !returns.status.is_empty() {
        true => match session.with_account(|account| account.all_rights()).await {
            Ok(Ok(rights)) => rights.into_iter().collect(),
            Ok(Err(error)) => return Ok(store_failure(&error)),
            Err(reply) => return Ok(reply),
        },
        false => HashMap::new(),
    };
    for (name, entry) in &names {
        if !shows(entry, name, &patterns) {
            continue;
        }
        // Subscribed names without a mailbox are for who asks for subscribed names.
        let asked = !matches!(entry.what, What::Missing) || select.subscribed;
        let selected = asked && select_options_hold(entry, select);
        // RFC 5258 §3.5: a parent that does not hold itself is told when a name below it holds, and no pattern shows that name; of
        // one that does, it is told whenever a name below it holds.
        let shown = if selected { &[] } else { patterns.as_slice() };
        let child_info = asked && select.recursive_match && has_selected_child(&names, name, select, shown);
        if !selected && !child_info {
            continue;
        }
        let dialect = session.names();
        let extended = args.extended;
        // RFC 5819 §2: where STATUS was asked for and is not told, the attributes say why.
        let readable = returns.status.is_empty() || entry.rights(&own_rights).contains(Rights::READ);
        print_entry(
            &mut session.link.out,
            name,
            dialect,
            entry,
            Shown { select, returns: &returns, child_info, extended, readable },
        );
        if selected && let Err(reply) = print_returns(session, name, entry, &returns, &own_rights).await {
            return Ok(reply);
        }
        session.link.flush_full().await?;
    }
    Ok(Reply::ok("LIST completed"))
}

/// What was asked for beside the name (RFC 5819, RFC 9590, RFC 8440).
async fn print_returns(
    session: &mut Session,
    name: &str,
    entry: &Entry,
    returns: &Return,
    own_rights: &HashMap<MailboxName, Rights>,
) -> Result<(), Reply> {
    let rights = entry.rights(own_rights);
    let selectable = match &entry.what {
        What::Own(info) => info.selectable,
        What::Shared(_) => true,
        What::Level | What::Missing => return Ok(()),
    };
    if returns.my_rights {
        super::acl::print_my_rights(session, name, rights);
    }
    // RFC 5819 §2: no STATUS where the user could not ask for it.
    if !returns.status.is_empty() && selectable && rights.contains(Rights::READ) {
        super::status::print_listed(session, name, entry.own_status(), &returns.status).await?;
    }
    let annotated = [Rights::READ, Rights::SEEN, Rights::WRITE, Rights::INSERT, Rights::POST];
    if !returns.metadata.is_empty() && annotated.into_iter().any(|right| rights.contains(right)) {
        super::metadata::print_listed(session, name, &returns.metadata).await?;
    }
    Ok(())
}

impl Entry {
    /// What the user may do there; all of it with one's own mailboxes that are not among `own`.
    fn rights(&self, own: &HashMap<MailboxName, Rights>) -> Rights {
        match &self.what {
            What::Own(info) => own.get(&info.name).copied().unwrap_or(Rights::ALL),
            What::Shared(share) => share.rights,
            What::Level | What::Missing => Rights::NONE,
        }
    }

    /// The counters that came with the list.
    fn own_status(&self) -> Option<MailboxStatus> {
        match &self.what {
            What::Own(info) => Some(info.status),
            _ => None,
        }
    }
}

/// What a name is.
enum What {
    Own(MailboxInfo),
    /// Somebody else's, which the user may know of.
    Shared(Share),
    /// A level above such mailboxes.
    Level,
    /// No mailbox, but subscribed, or above a name that is.
    Missing,
}

/// A name of the hierarchy.
struct Entry {
    what: What,
    subscribed: bool,
    has_children: bool,
}

/// Every name, INBOX first.
async fn names(session: &mut Session) -> Result<Vec<(String, Entry)>, Reply> {
    let shares = session.shares().await?;
    let sharing = session.sharing();
    let found = session.with_account(move |account| Ok((account.mailboxes()?, account.subscriptions()?)));
    let (mailboxes, subscriptions) = found.await?.map_err(|error| store_failure(&error))?;
    let mut names: BTreeMap<String, Entry> = BTreeMap::new();
    for info in mailboxes {
        // A mailbox of one's own under a name that leads to others' mailboxes cannot be reached.
        if sharing.as_ref().is_some_and(|sharing| !matches!(sharing.whose(&info.name), Whose::Own(_))) {
            continue;
        }
        let (subscribed, has_children) = (info.subscribed, info.has_children);
        names.insert(info.name.as_str().to_owned(), Entry { what: What::Own(info), subscribed, has_children });
    }
    for (name, share) in shares.into_iter().filter(|(_, share)| share.rights.contains(Rights::LOOKUP)) {
        for above in std::iter::successors(name.parent(), MailboxName::parent) {
            let level = || Entry { what: What::Level, subscribed: false, has_children: true };
            names.entry(above.as_str().to_owned()).or_insert_with(level).has_children = true;
        }
        let has_children = names.get(name.as_str()).is_some_and(|entry| entry.has_children);
        names.insert(name.as_str().to_owned(), Entry { what: What::Shared(share), subscribed: false, has_children });
    }
    for name in subscriptions {
        let missing = || Entry { what: What::Missing, subscribed: false, has_children: false };
        // RECURSIVEMATCH tells of names that are nothing but above a subscribed one (RFC 5258 §5, example 8, A2).
        for above in std::iter::successors(name.parent(), MailboxName::parent) {
            names.entry(above.as_str().to_owned()).or_insert_with(missing);
        }
        names.entry(name.as_str().to_owned()).or_insert_with(missing).subscribed = true;
    }
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_by_key(|(name, _)| name != "INBOX");
    Ok(names)
}

fn select_options_hold(entry: &Entry, select: Select) -> bool {
    let used = || matches!(&entry.what, What::Own(info) if info.special_use.is_some());
    (!select.subscribed || entry.subscribed) && (!select.special_use || used())
}

/// Whether patterns show a name. Levels above shared mailboxes are for `%`, or for who asks for them by name.
fn shows(entry: &Entry, name: &str, patterns: &[String]) -> bool {
    let fits = |pattern: &&String| !matches!(entry.what, What::Level) || !pattern.contains('*');
    patterns.iter().filter(fits).any(|pattern| matches(pattern, name))
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
    /// The client knows RFC 5258.
    extended: bool,
    /// It may be opened, as far as that was asked for.
    readable: bool,
}

fn print_entry(out: &mut Vec<u8>, name: &str, dialect: Names, entry: &Entry, shown: Shown<'_>) {
    let Shown { select, returns, child_info, extended, readable } = shown;
    let mut attributes: Vec<&str> = Vec::new();
    let children = if entry.has_children { "\\HasChildren" } else { "\\HasNoChildren" };
    match &entry.what {
        What::Own(info) => {
            if !info.selectable || !readable {
                attributes.push("\\Noselect");
            }
            attributes.push(children);
            attributes.extend(info.special_use.map(|special_use| special_use.attribute()));
        }
        What::Shared(_) => {
            attributes.extend((!readable).then_some("\\Noselect"));
            attributes.push(children);
        }
        What::Level => attributes.extend([if extended { "\\NonExistent" } else { "\\Noselect" }, children]),
        What::Missing => {
            attributes.push("\\NonExistent");
            // Nothing can be below what is not there; who asks for it is told so (RFC 5258 §4).
            attributes.extend(returns.children.then_some(children));
        }
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
    let names = match names(session).await {
        Ok(names) => names,
        Err(reply) => return Ok(reply),
    };
    let pattern = joined(reference, pattern);
    let mut shown: BTreeMap<&str, &[&str]> = BTreeMap::new();
    for (name, entry) in names.iter().filter(|(_, entry)| entry.subscribed) {
        if matches(&pattern, name) {
            let exists = match &entry.what {
                What::Own(info) => info.selectable,
                What::Shared(share) => share.rights.contains(Rights::READ),
                What::Level | What::Missing => false,
            };
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
