//! CREATE, DELETE, RENAME, SUBSCRIBE and UNSUBSCRIBE (RFC 3501 §6.3.3–§6.3.7, RFC 6154 §3).

use mailstore::{Account, CreateOptions, MailboxName, SpecialUse, StoreError};

use crate::reply::{Handled, Reply, store_failure};
use crate::session::Session;

/// CREATE. A name that ends in the delimiter only says that mailboxes will be created below it.
pub(super) async fn create(session: &mut Session, name: String, uses: Vec<String>) -> Handled {
    let name = match checked(name.strip_suffix('/').unwrap_or(&name)) {
        Ok(name) => name,
        Err(reply) => return Ok(reply),
    };
    let special_use = match uses.as_slice() {
        [] => None,
        [one] => match SpecialUse::from_attribute(one) {
            Some(special_use) => Some(special_use),
            None => return Ok(Reply::no("Special use is not supported").code("USEATTR")),
        },
        _ => return Ok(Reply::no("A mailbox has one special use at most").code("USEATTR")),
    };
    let created = session.with_account(move |account| account.create(&name, CreateOptions { special_use })).await;
    Ok(match created {
        // RFC 8474 §4.1.
        Ok(Ok(info)) => Reply::ok("CREATE completed").code(format!("MAILBOXID ({})", info.status.object_id)),
        Ok(Err(error)) => store_failure(&error),
        Err(reply) => reply,
    })
}

/// DELETE. The mailbox that this session has selected is left first.
pub(super) async fn delete(session: &mut Session, name: &str) -> Handled {
    let name = match existing(name) {
        Ok(name) => name,
        Err(reply) => return Ok(reply),
    };
    if name.is_inbox() {
        return Ok(Reply::no("INBOX cannot be deleted").code("CANNOT"));
    }
    let selected = session.selected.as_ref().map(|selected| selected.mailbox.clone());
    let leaves = match session
        .with_account(move |account| {
            let id = account.mailbox(&name)?.id;
            account.delete(&name)?;
            Ok(selected.is_some_and(|selected| selected.id() == id))
        })
        .await
    {
        Ok(Ok(leaves)) => leaves,
        Ok(Err(error)) => return Ok(store_failure(&error)),
        Err(reply) => return Ok(reply),
    };
    if leaves {
        super::select::leave(session);
    }
    Ok(Reply::ok("DELETE completed"))
}

/// RENAME.
pub(super) async fn rename(session: &mut Session, from: &str, to: &str) -> Handled {
    let (from, to) = match existing(from).and_then(|from| Ok((from, checked(to.strip_suffix('/').unwrap_or(to))?))) {
        Ok(names) => names,
        Err(reply) => return Ok(reply),
    };
    change(session, "RENAME completed", move |account| account.rename(&from, &to)).await
}

/// SUBSCRIBE. The name need not exist (RFC 3501 §6.3.6 leaves that open, and clients restore subscriptions before mailboxes).
pub(super) async fn subscribe(session: &mut Session, name: &str) -> Handled {
    let name = match checked(name.strip_suffix('/').unwrap_or(name)) {
        Ok(name) => name,
        Err(reply) => return Ok(reply),
    };
    change(session, "SUBSCRIBE completed", move |account| account.subscribe(&name)).await
}

/// UNSUBSCRIBE. It is no error when the name was not subscribed.
pub(super) async fn unsubscribe(session: &mut Session, name: &str) -> Handled {
    let name = match checked(name.strip_suffix('/').unwrap_or(name)) {
        Ok(name) => name,
        Err(reply) => return Ok(reply),
    };
    change(session, "UNSUBSCRIBE completed", move |account| account.unsubscribe(&name)).await
}

async fn change<F>(session: &mut Session, done: &'static str, work: F) -> Handled
where
    F: FnOnce(&Account) -> Result<(), StoreError> + Send + 'static,
{
    Ok(match session.with_account(work).await {
        Ok(Ok(())) => Reply::ok(done),
        Ok(Err(error)) => store_failure(&error),
        Err(reply) => reply,
    })
}

/// A name that a mailbox may have.
fn checked(name: &str) -> Result<MailboxName, Reply> {
    MailboxName::new(name).map_err(|_| Reply::no("Mailbox name is not allowed").code("CANNOT"))
}

/// A name that must exist: one that no mailbox may have does not.
pub(super) fn existing(name: &str) -> Result<MailboxName, Reply> {
    MailboxName::new(name).map_err(|_| Reply::no("Mailbox does not exist").code("NONEXISTENT"))
}
