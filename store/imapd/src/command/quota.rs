//! GETQUOTA, GETQUOTAROOT and SETQUOTA (RFC 2087, RFC 9208): one quota root, the empty name, over all of a user's mailboxes.

use imap_wire::print;

use super::mailboxes::existing;
use crate::reply::{Handled, Reply, store_failure};
use crate::session::Session;

/// STORAGE counts in units of this many octets.
const UNIT: u64 = 1024;

/// GETQUOTA.
pub(super) async fn get_quota(session: &mut Session, root: &[u8]) -> Handled {
    if !root.is_empty() {
        return Ok(no_root());
    }
    Ok(match print_quota(session).await {
        Ok(()) => Reply::ok("GETQUOTA completed"),
        Err(reply) => reply,
    })
}

/// GETQUOTAROOT.
pub(super) async fn get_quota_root(session: &mut Session, name: &str) -> Handled {
    let name = match existing(name) {
        Ok(name) => name,
        Err(reply) => return Ok(reply),
    };
    let asked = name.clone();
    match session.with_account(move |account| account.mailbox(&asked)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return Ok(store_failure(&error)),
        Err(reply) => return Ok(reply),
    }
    let dialect = session.names();
    let out = &mut session.link.out;
    out.extend_from_slice(b"* QUOTAROOT ");
    print::mailbox_name(out, name.as_str(), dialect);
    out.extend_from_slice(b" \"\"\r\n");
    Ok(match print_quota(session).await {
        Ok(()) => Reply::ok("GETQUOTAROOT completed"),
        Err(reply) => reply,
    })
}

/// SETQUOTA: limits come from the directory and the settings, so nobody sets them here (RFC 2087 §4.1: can't set that data).
pub(super) fn set_quota(root: &[u8]) -> Handled {
    Ok(if root.is_empty() { Reply::no("Quotas are set in the directory").code("NOPERM") } else { no_root() })
}

fn no_root() -> Reply {
    Reply::no("No such quota root").code("NONEXISTENT")
}

/// `* QUOTA "" (STORAGE used limit MESSAGE used limit)`; a resource without a limit is not named.
async fn print_quota(session: &mut Session) -> Result<(), Reply> {
    let quota = session.with_account(|account| account.quota()).await?;
    let quota = quota.map_err(|error| store_failure(&error))?;
    let mut resources = Vec::new();
    if let Some(limit) = quota.limits.bytes {
        resources.push(format!("STORAGE {} {}", quota.bytes_used.div_ceil(UNIT), limit / UNIT));
    }
    if let Some(limit) = quota.limits.messages {
        resources.push(format!("MESSAGE {} {limit}", quota.messages_used));
    }
    let out = &mut session.link.out;
    out.extend_from_slice(b"* QUOTA \"\" ");
    print::list(out, resources.iter().map(String::as_str));
    out.extend_from_slice(b"\r\n");
    Ok(())
}
