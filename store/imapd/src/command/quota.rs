//! GETQUOTA, GETQUOTAROOT and SETQUOTA (RFC 2087, RFC 9208): one quota root over all of a user's mailboxes, the empty name for one's own.

use imap_wire::print;
use mailstore::{Account, AccountId, AccountOptions, QuotaLimits, Rights};

use super::mailboxes::existing;
use crate::reply::{Handled, Reply, store_failure};
use crate::session::Session;

/// STORAGE counts in units of this many octets.
const UNIT: u64 = 1024;
/// What the names of other users' quota roots begin with.
const OTHERS: &str = "user/";

/// GETQUOTA.
pub(super) async fn get_quota(session: &mut Session, root: &[u8]) -> Handled {
    let account = match account(session, root).await {
        Ok((account, _)) => account,
        Err(reply) => return Ok(reply),
    };
    Ok(match print_quota(session, root, account).await {
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
    // Where one's own mailbox need not exist: the client may ask what it would come under (RFC 9208 §4.1.2).
    let own = session.is_own(name.as_str());
    if !own {
        match session.at(name.as_str(), |account, name| account.permit(name, Rights::READ)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Ok(store_failure(&error)),
            Err(reply) => return Ok(reply),
        }
    }
    let dialect = session.names();
    let out = &mut session.link.out;
    out.extend_from_slice(b"* QUOTAROOT ");
    print::mailbox_name(out, name.as_str(), dialect);
    if !own {
        // How much others may hold is theirs to know.
        out.extend_from_slice(b"\r\n");
        return Ok(Reply::ok("GETQUOTAROOT completed"));
    }
    out.extend_from_slice(b" \"\"\r\n");
    let account = match session.account().await {
        Ok(account) => account,
        Err(reply) => return Ok(reply),
    };
    Ok(match print_quota(session, b"", account).await {
        Ok(()) => Reply::ok("GETQUOTAROOT completed"),
        Err(reply) => reply,
    })
}

/// SETQUOTA (RFC 9208 §4.1.3): an administrator's limits, which go before the directory's until they are set to what that says.
pub(super) async fn set_quota(session: &mut Session, root: &[u8], limits: Vec<(String, u64)>) -> Handled {
    if !session.signed.as_ref().is_some_and(|signed| signed.identity.is_admin) {
        return Ok(Reply::no("Only administrators set quotas").code("NOPERM"));
    }
    if !session.deps.quota.enforce {
        return Ok(Reply::no("Quotas are not in force here").code("CANNOT"));
    }
    let mut wanted = QuotaLimits::default();
    for (resource, limit) in limits {
        match resource.as_str() {
            "STORAGE" => wanted.bytes = Some(limit.saturating_mul(UNIT)),
            "MESSAGE" => wanted.messages = Some(limit),
            _ => return Ok(Reply::no("No such resource has a quota").code("CANNOT")),
        }
    }
    let (account, directory) = match account(session, root).await {
        Ok(found) => found,
        Err(reply) => return Ok(reply),
    };
    let overriding = Some(wanted).filter(|wanted| *wanted != directory);
    let changed = account.clone();
    if let Err(error) = session.deps.pool.run(move || changed.override_quota(overriding)).await {
        return Ok(store_failure(&error));
    }
    tracing::info!(category = "Account", account = account.id().as_str(), limits = ?wanted, "quota set by an administrator");
    Ok(match print_quota(session, root, account).await {
        Ok(()) => Reply::ok("SETQUOTA completed"),
        Err(reply) => reply,
    })
}

/// The account of a quota root, and what the directory allows it: one's own has the empty name, that of another user `user/name`, for
/// store administrators.
async fn account(session: &mut Session, root: &[u8]) -> Result<(Account, QuotaLimits), Reply> {
    let Some(signed) = &session.signed else { return Err(Reply::bad("Sign in first")) };
    let own = signed.account_id.as_str();
    let limits = |policy: &directory::QuotaPolicy, user: &directory::User| {
        let (bytes, messages) = policy.limits(user);
        QuotaLimits { bytes, messages, ..QuotaLimits::default() }
    };
    let named = match root {
        b"" => own,
        root => std::str::from_utf8(root).ok().and_then(|root| root.strip_prefix(OTHERS)).ok_or_else(no_root)?,
    };
    if named == own {
        let limits = limits(&session.deps.quota, &signed.identity.user);
        return session.account().await.map(|account| (account, limits));
    }
    if !signed.identity.is_admin {
        return Err(no_root());
    }
    let (uid, domain) = named.split_once('@').map_or((named, None), |(uid, domain)| (uid, Some(domain)));
    let found = session.deps.authenticator.directory().find_uid(uid, domain).await;
    let user = match found {
        Ok(found) => found.filter(|user| user.store_id == named).ok_or_else(no_root)?,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "looking a quota root up failed");
            return Err(Reply::no("Mail store failed, try again later").code("UNAVAILABLE"));
        }
    };
    let limits = limits(&session.deps.quota, &user);
    let id = AccountId::new(&user.store_id).map_err(|_| no_root())?;
    let store = session.deps.store.clone();
    let options = AccountOptions { partition: user.partition.clone(), quota: Some(limits) };
    let account = session.deps.pool.run(move || store.account_with(&id, &options)).await;
    account.map(|account| (account, limits)).map_err(|error| store_failure(&error))
}

fn no_root() -> Reply {
    Reply::no("No such quota root").code("NONEXISTENT")
}

/// `* QUOTA "" (STORAGE used limit MESSAGE used limit)`; a resource without a limit is not named.
async fn print_quota(session: &mut Session, root: &[u8], account: Account) -> Result<(), Reply> {
    let quota = session.deps.pool.run(move || account.quota()).await;
    let quota = quota.map_err(|error| store_failure(&error))?;
    let mut resources = Vec::new();
    if let Some(limit) = quota.limits.bytes {
        resources.push(format!("STORAGE {} {}", quota.bytes_used.div_ceil(UNIT), limit / UNIT));
    }
    if let Some(limit) = quota.limits.messages {
        resources.push(format!("MESSAGE {} {limit}", quota.messages_used));
    }
    let out = &mut session.link.out;
    out.extend_from_slice(b"* QUOTA ");
    print::string(out, root);
    out.push(b' ');
    print::list(out, resources.iter().map(String::as_str));
    out.extend_from_slice(b"\r\n");
    Ok(())
}
