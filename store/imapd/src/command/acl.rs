//! SETACL, DELETEACL, GETACL, LISTRIGHTS and MYRIGHTS (RFC 4314 §3).

use imap_wire::acl::RightsChange;
use imap_wire::print;
use mailstore::{ANYONE, AclChange, AclEntry, Rights, StoreError};

use crate::reply::{Handled, Reply, store_failure};
use crate::session::Session;

/// SETACL.
pub(super) async fn set(session: &mut Session, name: &str, identifier: &[u8], change: RightsChange) -> Handled {
    let parsed = |letters: &str| Rights::parse(letters);
    let change = match &change {
        RightsChange::Set(letters) => parsed(letters).map(AclChange::Set),
        RightsChange::Add(letters) => parsed(letters).map(AclChange::Add),
        RightsChange::Remove(letters) => parsed(letters).map(AclChange::Remove),
    };
    // RFC 4314 §3.1: a right that is not known is never passed over.
    let Ok(change) = change else { return Ok(Reply::bad("Unknown right")) };
    let identifier = match canonical(session, identifier).await {
        Ok(identifier) => identifier,
        Err(reply) => return Ok(reply),
    };
    done(session.at(name, move |account, name| account.change_acl(name, &identifier, change)).await, "SETACL completed")
}

/// DELETEACL.
pub(super) async fn delete(session: &mut Session, name: &str, identifier: &[u8]) -> Handled {
    let identifier = match canonical(session, identifier).await {
        Ok(identifier) => identifier,
        Err(reply) => return Ok(reply),
    };
    done(session.at(name, move |account, name| account.delete_acl(name, &identifier)).await, "DELETEACL completed")
}

fn done(outcome: Result<Result<(), StoreError>, Reply>, text: &'static str) -> Handled {
    Ok(match outcome {
        Ok(Ok(())) => Reply::ok(text),
        Ok(Err(error)) => store_failure(&error),
        Err(reply) => reply,
    })
}

/// GETACL. The owner stands first, with what nobody has to write down.
pub(super) async fn get(session: &mut Session, name: &str) -> Handled {
    let found = session.at(name, |account, name| Ok((account.id().as_str().to_owned(), account.acl(name)?))).await;
    let (owner, mut acl) = match found {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => return Ok(store_failure(&error)),
        Err(reply) => return Ok(reply),
    };
    if !acl.iter().any(|entry| entry.identifier == owner) {
        acl.insert(0, AclEntry { identifier: owner, rights: Rights::ALL });
    }
    let dialect = session.names();
    let out = &mut session.link.out;
    out.extend_from_slice(b"* ACL ");
    print::mailbox_name(out, name, dialect);
    for AclEntry { identifier, rights } in &acl {
        out.push(b' ');
        print::astring(out, identifier.as_bytes());
        out.push(b' ');
        print::astring(out, rights.with_obsolete().as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    Ok(Reply::ok("GETACL completed"))
}

/// LISTRIGHTS: what the owner always has, and everything else one by one: no right here hangs on another.
pub(super) async fn list(session: &mut Session, name: &str, identifier: &[u8]) -> Handled {
    let canonical = match canonical(session, identifier).await {
        Ok(identifier) => identifier,
        Err(reply) => return Ok(reply),
    };
    let found = session.at(name, move |account, name| {
        account.permit(name, Rights::ADMINISTER)?;
        Ok(account.id().as_str() == canonical)
    });
    let is_owner = match found.await {
        Ok(Ok(is_owner)) => is_owner,
        Ok(Err(error)) => return Ok(store_failure(&error)),
        Err(reply) => return Ok(reply),
    };
    let dialect = session.names();
    let out = &mut session.link.out;
    out.extend_from_slice(b"* LISTRIGHTS ");
    print::mailbox_name(out, name, dialect);
    out.push(b' ');
    // As the client wrote it (§3.4).
    print::astring(out, identifier);
    let (always, optional, obsolete) = match is_owner {
        true => (Rights::KEPT, Rights::ALL.without(Rights::KEPT), " d"),
        false => (Rights::NONE, Rights::ALL, " c d"),
    };
    out.push(b' ');
    // `k` and `x` are always there, and so is what they are both members of (§2.1.1).
    let letters = if is_owner { format!("{always}c") } else { String::new() };
    print::astring(out, letters.as_bytes());
    for right in optional.each() {
        out.extend_from_slice(format!(" {right}").as_bytes());
    }
    out.extend_from_slice(obsolete.as_bytes());
    out.extend_from_slice(b"\r\n");
    Ok(Reply::ok("LISTRIGHTS completed"))
}

/// MYRIGHTS.
pub(super) async fn mine(session: &mut Session, name: &str) -> Handled {
    let rights = match session.at(name, |account, name| account.rights(name)).await {
        Ok(Ok(rights)) => rights,
        Ok(Err(error)) => return Ok(store_failure(&error)),
        Err(reply) => return Ok(reply),
    };
    print_my_rights(session, name, rights);
    Ok(Reply::ok("MYRIGHTS completed"))
}

/// `* MYRIGHTS name rights`
pub(super) fn print_my_rights(session: &mut Session, name: &str, rights: Rights) {
    let dialect = session.names();
    let out = &mut session.link.out;
    out.extend_from_slice(b"* MYRIGHTS ");
    print::mailbox_name(out, name, dialect);
    out.push(b' ');
    print::astring(out, rights.with_obsolete().as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// An identifier as lists keep it: prepared (RFC 4314 §3), a user by the name of their account. Names that nobody has yet are taken as
/// they are.
async fn canonical(session: &Session, identifier: &[u8]) -> Result<String, Reply> {
    let bad = || Reply::bad("Not an identifier");
    let text = std::str::from_utf8(identifier).map_err(|_| bad())?;
    let prepared = auth::prepared(text).map_err(|_| bad())?;
    let (minus, bare) = match prepared.strip_prefix('-') {
        Some(bare) => ("-", bare),
        None => ("", &*prepared),
    };
    if bare.is_empty() || bare.chars().any(char::is_control) {
        return Err(bad());
    }
    let lower = bare.to_lowercase();
    let is_anyone = lower == ANYONE || lower.strip_prefix(ANYONE).is_some_and(|rest| rest.starts_with('@'));
    if is_anyone || lower.starts_with("group=") {
        return Ok(format!("{minus}{lower}"));
    }
    let authenticator = &session.deps.authenticator;
    let found = authenticator.find(&authenticator.login_names().split(bare)).await.ok().flatten();
    Ok(found.map_or_else(|| format!("{minus}{bare}"), |user| format!("{minus}{}", user.store_id)))
}
