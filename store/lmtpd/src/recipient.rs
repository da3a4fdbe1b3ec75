//! Who a RCPT address is: the user, the folder behind `+`, and whether mail may be delivered now (reference schema, §6).

use std::sync::Arc;

use directory::{AccountStatus, Directory, DirectoryError, User};
use mailstore::MailboxName;
use tracing::{debug, error, warn};

use crate::LmtpDeps;
use crate::address::Mailbox;
use crate::quota;
use crate::reply::{self, Reply};

/// An accepted recipient.
#[derive(Clone, Debug)]
pub(crate) struct Recipient {
    /// As the client gave it.
    pub(crate) address: Mailbox,
    pub(crate) user: Arc<User>,
    /// The folder that the address asks for.
    pub(crate) folder: Option<MailboxName>,
}

const INACTIVE: Reply = Reply::new("450", "4.2.1", "Mailbox is temporarily inactive");
const DISABLED: Reply = Reply::new("550", "5.2.1", "Mailbox is disabled");
const OTHER_DOMAIN: Reply = Reply::new("550", "5.1.2", "No such domain here");
/// Looks an address up. The whole address comes first, so that a real `a+b` user is found; then what is in front of the first
/// `+`; then the catch-all of the domain.
pub(crate) async fn resolve(deps: &LmtpDeps, address: Mailbox) -> Result<Recipient, Reply> {
    let (user, folder) = find(deps.directory.as_ref(), &address).await?;
    match user.status {
        AccountStatus::Active => Ok(Recipient { address, user, folder }),
        AccountStatus::Inactive | AccountStatus::Hold => Err(INACTIVE),
        AccountStatus::OverQuota => match quota::has_room_again(deps, &user).await {
            true => Ok(Recipient { address, user, folder }),
            false => Err(quota::refusal(deps, &user).await),
        },
        AccountStatus::Disabled => Err(DISABLED),
        AccountStatus::Deleted => Err(reply::NO_SUCH_USER),
    }
}

async fn find(directory: &dyn Directory, address: &Mailbox) -> Result<(Arc<User>, Option<MailboxName>), Reply> {
    if let Some(user) = look_up(directory, &address.local, &address.domain).await? {
        return Ok((user, None));
    }
    if let Some((local, detail)) = address.local.split_once('+')
        && let Some(user) = look_up(directory, local, &address.domain).await?
    {
        // A detail that is no mailbox name is no folder either: INBOX.
        return Ok((user, MailboxName::new(detail).ok()));
    }
    if address.domain.is_empty() {
        return Err(reply::NO_SUCH_USER);
    }
    if let Some(user) = directory.find_address(&format!("@{}", address.domain)).await.map_err(|error| failed(&error))? {
        return Ok((user, None));
    }
    match directory.is_local_domain(&address.domain).await {
        Ok(true) => Err(reply::NO_SUCH_USER),
        Ok(false) => Err(OTHER_DOMAIN),
        Err(error) => Err(failed(&error)),
    }
}

/// A local part without a domain is a user id, if it is unique.
async fn look_up(directory: &dyn Directory, local: &str, domain: &str) -> Result<Option<Arc<User>>, Reply> {
    let found = if domain.is_empty() {
        directory.find_uid(local, None).await
    } else {
        directory.find_address(&format!("{local}@{domain}")).await
    };
    found.map_err(|error| failed(&error))
}

fn failed(error: &DirectoryError) -> Reply {
    match error {
        // The administrator has to decide whose it is; the MTA keeps the mail meanwhile.
        DirectoryError::Ambiguous(name) => {
            warn!(category = "LDAP", "address {name:?} belongs to several users; delivery waits")
        }
        // The directory has logged that it is away, once; a line a recipient would bury that.
        DirectoryError::Unavailable(reason) => debug!(category = "LDAP", "directory look-up failed: {reason}"),
        error => error!(category = "LDAP", "directory look-up failed: {error}"),
    }
    reply::TRY_LATER
}
