//! CREATE, DELETE, RENAME, SUBSCRIBE and UNSUBSCRIBE (RFC 3501 §6.3.3–§6.3.7, RFC 6154 §3).

use mailstore::{Account, CreateOptions, ErrorKind, MailboxName, Rights, SpecialUse, StoreError};

use crate::reply::{Handled, Reply, store_failure};
use crate::session::Session;

/// CREATE. A name that ends in the delimiter only says that mailboxes will be created below it.
pub(super) async fn create(session: &mut Session, name: String, uses: Vec<String>) -> Handled {
    let name = match new_name(name.strip_suffix('/').unwrap_or(&name)) {
        Ok(name) => name.as_str().to_owned(),
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
    if !session.is_own(&name) && special_use.is_some() {
        // What a mailbox is for, it is for its owner.
        return Ok(Reply::no("Special uses are for one's own mailboxes").code("USEATTR"));
    }
    let created = session.at(&name, move |account, name| account.create(name, CreateOptions { special_use })).await;
    Ok(match created {
        // Whose account is not there, or is not to be known of.
        Ok(Err(error)) if error.kind() == ErrorKind::NotFound => {
            store_failure(&StoreError::NoPermission("the account".to_owned()))
        }
        // RFC 8474 §4.1.
        Ok(Ok(info)) => Reply::ok("CREATE completed").code(format!("MAILBOXID ({})", info.status.object_id)),
        Ok(Err(error)) => store_failure(&error),
        Err(reply) => reply,
    })
}

/// DELETE. The mailbox that this session has selected is left first.
pub(super) async fn delete(session: &mut Session, name: &str) -> Handled {
    let selected = session.selected.as_ref().map(|selected| selected.mailbox.clone());
    let leaves = match session
        .at(name, move |account, name| {
            account.permit(name, Rights::DELETE)?;
            let id = account.mailbox(name)?.id;
            account.delete(name)?;
            Ok(selected.is_some_and(|selected| selected.id() == id && selected.account().id() == account.id()))
        })
        .await
    {
        Ok(Ok(leaves)) => leaves,
        Ok(Err(error)) if error.kind() == ErrorKind::Invalid => {
            return Ok(Reply::no("INBOX cannot be deleted").code("CANNOT"));
        }
        Ok(Err(error)) => return Ok(store_failure(&error)),
        Err(reply) => return Ok(reply),
    };
    if leaves {
        super::select::leave(session);
    }
    Ok(Reply::ok("DELETE completed"))
}

/// RENAME. Mailboxes stay with their owner.
pub(super) async fn rename(session: &mut Session, from: &str, to: &str) -> Handled {
    let to = match existing(from).and_then(|_| new_name(to.strip_suffix('/').unwrap_or(to))) {
        Ok(to) => to.as_str().to_owned(),
        Err(reply) => return Ok(reply),
    };
    let from = match session.place(from).await {
        Ok(from) => from,
        Err(reply) => return Ok(reply),
    };
    let to = match session.place(&to).await {
        Ok(to) if to.account.id() == from.account.id() => to.name,
        _ => {
            // What is not there, or not to be known of, comes first.
            let asked = from.account.clone();
            let permitted = session.deps.pool.run(move || asked.permit(&from.name, Rights::DELETE)).await;
            return Ok(match permitted {
                Ok(_) => Reply::no("A mailbox stays with its owner").code("CANNOT"),
                Err(error) => store_failure(&error),
            });
        }
    };
    let renamed = session.deps.pool.run(move || from.account.rename(&from.name, &to)).await;
    Ok(renamed.map_or_else(|error| store_failure(&error), |()| Reply::ok("RENAME completed")))
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

/// A name that a mailbox may get: no other spelling of a name that looks the same (RFC 9051 §5.1).
fn new_name(name: &str) -> Result<MailboxName, Reply> {
    match message::composed::is_composed(name) {
        true => checked(name),
        false => Err(Reply::no("Mailbox name is not in Unicode normalization form C").code("CANNOT")),
    }
}

/// A name that a mailbox may have.
fn checked(name: &str) -> Result<MailboxName, Reply> {
    MailboxName::new(name).map_err(|_| Reply::no("Mailbox name is not allowed").code("CANNOT"))
}

/// A name that must exist: one that no mailbox may have does not.
pub(super) fn existing(name: &str) -> Result<MailboxName, Reply> {
    MailboxName::new(name).map_err(|_| Reply::no("Mailbox does not exist").code("NONEXISTENT"))
}
