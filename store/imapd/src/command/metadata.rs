//! GETMETADATA and SETMETADATA (RFC 5464), and the METADATA responses of LIST (RFC 9590).
//!
//! Private annotations of the server are kept in the account, shared ones in the site: everybody reads those, store administrators
//! write them.

use imap_wire::Names;
use imap_wire::metadata::{Depth, EntryValue, GetMetadataArgs, SetMetadataArgs};
use imap_wire::print;
use imap_wire::search::Key;
use mailstore::{Annotation, AnnotationChange, AnnotationScope, ErrorKind, MailboxName, StoreError};

use super::mailboxes::existing;
use crate::reply::{Handled, Reply, store_failure};
use crate::session::Session;

/// Where filters are (RFC 5466 §3.2), in the names of the store.
pub(super) const FILTERS: &str = "/filters/values/";
/// How a person reaches the administrator; read-only (RFC 5464 §6.2.2).
const ADMIN: &str = "/shared/admin";

/// GETMETADATA.
pub(super) async fn get(session: &mut Session, args: GetMetadataArgs) -> Handled {
    let known = match annotations(session, &args.mailbox).await {
        Ok(known) => known,
        Err(reply) => return Ok(reply),
    };
    let mut told: Vec<(&str, Option<&[u8]>)> = Vec::new();
    let mut longest = None;
    for entry in &args.entries {
        let mut found = false;
        for (name, value) in known.iter().filter(|(name, _)| is_within(name, entry, args.depth)) {
            found = true;
            let size = value.len() as u64;
            if args.max_size.is_some_and(|most| size > most) {
                longest = longest.max(Some(size));
            } else if !told.iter().any(|(before, _)| before == name) {
                told.push((name, Some(value)));
            }
        }
        // What was asked for by its own name and is not there has no value.
        if !found && args.depth == Depth::Zero {
            told.push((entry, None));
        }
    }
    let names = session.names();
    print_metadata(&mut session.link.out, (&args.mailbox, names), &told);
    let done = Reply::ok("GETMETADATA completed");
    Ok(match longest {
        Some(size) => done.code(format!("METADATA LONGENTRIES {size}")),
        None => done,
    })
}

/// Whether an entry is the named one, or as far below it as was asked for (RFC 5464 §4.2.2).
fn is_within(name: &str, wanted: &str, depth: Depth) -> bool {
    let Some(rest) = name.strip_prefix(wanted) else { return false };
    match (depth, rest.strip_prefix('/')) {
        _ if rest.is_empty() => true,
        (Depth::One, Some(below)) => !below.contains('/'),
        (Depth::Infinity, Some(_)) => true,
        _ => false,
    }
}

/// `* METADATA name (entry value …)`; nothing at all where there is nothing to tell.
fn print_metadata(out: &mut Vec<u8>, (mailbox, names): (&str, Names), told: &[(&str, Option<&[u8]>)]) {
    for (at, (entry, value)) in told.iter().enumerate() {
        if at == 0 {
            out.extend_from_slice(b"* METADATA ");
            print::mailbox_name(out, mailbox, names);
            out.extend_from_slice(b" (");
        } else {
            out.push(b' ');
        }
        print::astring(out, entry.as_bytes());
        out.push(b' ');
        match value {
            // NUL can only be sent as literal8 (RFC 5464 §5 `value`).
            Some(value) if value.contains(&0) => {
                out.push(b'~');
                print::literal_head(out, value.len() as u64);
                out.extend_from_slice(value);
            }
            value => print::nstring(out, *value),
        }
    }
    if !told.is_empty() {
        out.extend_from_slice(b")\r\n");
    }
}

/// The METADATA response of a mailbox in LIST: entries without a value are told as NIL (RFC 9590 §3).
pub(super) async fn print_listed(session: &mut Session, mailbox: &str, entries: &[String]) -> Result<(), Reply> {
    // What went, or may not be read any more, has nothing to tell.
    let Ok(known) = annotations(session, mailbox).await else { return Ok(()) };
    let value = |entry: &String| known.iter().find(|(name, _)| name == entry).map(|(_, value)| value.as_slice());
    let told: Vec<_> = entries.iter().map(|entry| (entry.as_str(), value(entry))).collect();
    let names = session.names();
    print_metadata(&mut session.link.out, (mailbox, names), &told);
    Ok(())
}

/// Every annotation that the user may see of a mailbox, or with an empty name of the server, by its full name.
pub(super) async fn annotations(session: &mut Session, mailbox: &str) -> Result<Vec<(String, Vec<u8>)>, Reply> {
    let reader = reader(session);
    let server = mailbox.is_empty();
    let found = match server {
        true => {
            let found = session.with_account(move |account| {
                let mut found = account.annotations(None, &reader)?;
                found.retain(|annotation| annotation.scope == AnnotationScope::Private);
                found.extend(account.store().site_annotations()?);
                Ok(found)
            });
            found.await?
        }
        false => {
            existing(mailbox)?;
            session.at(mailbox, move |account, name| account.annotations(Some(name), &reader)).await?
        }
    };
    let found = found.map_err(|error| store_failure(&error))?;
    let mut named: Vec<(String, Vec<u8>)> = found.into_iter().map(|found| (full_name(&found), found.value)).collect();
    if server {
        named.retain(|(name, _)| name != ADMIN);
        named.push((ADMIN.to_owned(), format!("mailto:postmaster@{}", session.deps.config.hostname).into_bytes()));
    }
    named.sort();
    Ok(named)
}

fn full_name(annotation: &Annotation) -> String {
    let root = if annotation.scope == AnnotationScope::Shared { "/shared" } else { "/private" };
    format!("{root}{}", annotation.entry)
}

/// Whose private annotations are meant.
fn reader(session: &Session) -> String {
    session.signed.as_ref().map(|signed| signed.account_id.as_str().to_owned()).unwrap_or_default()
}

/// SETMETADATA: all of the entries, or none.
pub(super) async fn set(session: &mut Session, args: SetMetadataArgs) -> Handled {
    let SetMetadataArgs { mailbox, values } = args;
    let name = match mailbox.is_empty() {
        true => None,
        false => match existing(&mailbox) {
            Ok(name) => Some(name),
            Err(reply) => return Ok(reply),
        },
    };
    if let Some(refusal) = refusal(session, name.as_ref(), &values) {
        return Ok(refusal);
    }
    let (shared, private): (Vec<_>, Vec<_>) = values
        .into_iter()
        .filter_map(change)
        .partition(|change| name.is_none() && change.scope == AnnotationScope::Shared);
    let owner = reader(session);
    let set = match name {
        Some(_) => {
            let set = session.at(&mailbox, move |account, name| account.set_annotations(Some(name), &owner, private));
            set.await
        }
        None => {
            let set = session.with_account(move |account| {
                if !private.is_empty() {
                    account.set_annotations(None, &owner, private)?;
                }
                if shared.is_empty() { Ok(()) } else { account.store().set_site_annotations(&shared) }
            });
            set.await
        }
    };
    Ok(match set {
        Ok(Ok(())) => Reply::ok("SETMETADATA completed"),
        // A special use is all that can be invalid (RFC 6154 §4).
        Ok(Err(error)) if error.kind() == ErrorKind::Invalid => {
            Reply::no("Special use is not supported").code("USEATTR")
        }
        Ok(Err(error)) => set_failure(&error),
        Err(reply) => reply,
    })
}

fn set_failure(error: &StoreError) -> Reply {
    match (error.kind(), error) {
        (ErrorKind::TooLarge, StoreError::TooLarge { limit }) => {
            Reply::no("Value is too long").code(format!("METADATA MAXSIZE {limit}"))
        }
        (ErrorKind::Limit, _) => Reply::no("Too many annotations").code("METADATA TOOMANY"),
        _ => store_failure(error),
    }
}

/// What can be refused before anything is set.
fn refusal(session: &Session, name: Option<&MailboxName>, values: &[EntryValue]) -> Option<Reply> {
    if name.is_some() {
        return None;
    }
    let is_shared = |entry: &str| entry.starts_with("/shared/");
    if values.iter().any(|(entry, _)| entry == ADMIN) {
        return Some(Reply::no("This entry is read-only").code("NOPERM"));
    }
    let is_admin = session.signed.as_ref().is_some_and(|signed| signed.identity.is_admin);
    let (shared, private): (Vec<_>, Vec<_>) = values.iter().partition(|(entry, _)| is_shared(entry));
    if !shared.is_empty() && !is_admin {
        return Some(Reply::no("Only administrators set shared annotations of the server").code("NOPERM"));
    }
    if !shared.is_empty() && !private.is_empty() {
        // They are kept in two places, which no one commit can change.
        return Some(Reply::no("Set shared and private annotations of the server apart").code("CANNOT"));
    }
    // RFC 5466 §3.2: what is kept as a filter is a whole search.
    let broken = values.iter().any(|(entry, value)| {
        let is_filter = entry
            .split_once('/')
            .and_then(|(_, rest)| rest.split_once('/'))
            .is_some_and(|(_, rest)| rest.strip_prefix(&FILTERS[1..]).is_some());
        is_filter && value.as_ref().is_some_and(|value| Key::parse(value).is_err())
    });
    broken.then(|| Reply::no("A filter must be a whole search").code("CANNOT"))
}

fn change((entry, value): EntryValue) -> Option<AnnotationChange> {
    let (scope, entry) = match entry.strip_prefix("/shared") {
        Some(entry) => (AnnotationScope::Shared, entry),
        None => (AnnotationScope::Private, entry.strip_prefix("/private")?),
    };
    Some(AnnotationChange { entry: entry.to_owned(), scope, value })
}
