//! Mail over quota: put off for the grace period, then refused for good; who is over it, told to the directory (reference §7.4).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use directory::{AccountStatus, QuotaPolicy, User};
use logs::Quoted;
use mailstore::{Account, AccountId, AccountOptions, QuotaLimits, Store, StoreError};
use tracing::{info, warn};

use crate::LmtpDeps;
use crate::delivery::Target;
use crate::reply::Reply;

const FOR_NOW: Reply = Reply::new("452", "4.2.2", "Mailbox is full");
const FOR_GOOD: Reply = Reply::new("552", "5.2.2", "Mailbox is full");

/// When mail over quota is refused for good.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grace {
    /// `service.lmtp.quotapermanent`: at once.
    permanent: bool,
    /// `store.quotagraceperiod`.
    grace: Duration,
}

impl Grace {
    pub(crate) fn of(config: &config::Lmtp) -> Grace {
        Grace { permanent: config.quota_permanent, grace: config.quota_grace }
    }

    /// The reply for a full account. Where it is not known since when it is full, the MTA keeps the mail.
    pub(crate) fn refusal(self, account: &Account) -> Reply {
        let since = || account.over_quota_since().ok().flatten().and_then(|since| u64::try_from(since).ok());
        if self.permanent {
            return FOR_GOOD;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        match since() {
            Some(since) if now.saturating_sub(Duration::from_secs(since)) >= self.grace => FOR_GOOD,
            _ => FOR_NOW,
        }
    }
}

/// The user's account, with the limits of the directory.
pub(crate) fn account(store: &Store, policy: QuotaPolicy, user: &User) -> Result<Account, StoreError> {
    let (bytes, messages) = policy.limits(user);
    let limits = QuotaLimits { bytes, messages, overdraft: policy.overdraft };
    let options = AccountOptions { partition: user.partition.clone(), quota: Some(limits) };
    store.account_with(&AccountId::new(&user.store_id)?, &options)
}

/// Whether a user who was over quota by the directory has room again, which the directory is then told.
pub(crate) async fn has_room_again(deps: &LmtpDeps, user: &User) -> bool {
    let Some(statuses) = &deps.statuses else { return false };
    // What was said of the whole domain is not this user's to undo.
    let of_domain = deps.directory.find_domain(&user.domain).await;
    if of_domain.ok().flatten().is_some_and(|domain| domain.status != AccountStatus::Active) {
        return false;
    }
    let full = {
        let (store, policy, user) = (deps.store.clone(), deps.quota, user.clone());
        deps.pool.run(move || Ok::<_, StoreError>(account(&store, policy, &user)?.quota()?.is_full())).await
    };
    match full {
        Ok(false) => {}
        Ok(true) => return false,
        Err(error) => {
            warn!("whether {} has room again is not known: {error}", Quoted(&user.store_id));
            return false;
        }
    }
    if let Err(error) = statuses.set_over_quota(user, false).await {
        warn!(category = "LDAP", "mailUserStatus of {} stays overquota: {error}", Quoted(&user.store_id));
    }
    true
}

/// The reply to a recipient whom the directory calls over quota.
pub(crate) async fn refusal(deps: &LmtpDeps, user: &User) -> Reply {
    let (store, policy, user, grace) = (deps.store.clone(), deps.quota, user.clone(), Grace::of(&deps.config));
    deps.pool.run(move || account(&store, policy, &user).map_or(FOR_NOW, |account| grace.refusal(&account))).await
}

/// After deliveries: accounts that are over their quota now begin their grace, and the directory is told.
pub(crate) async fn note_overdrawn(deps: &LmtpDeps, delivered: Vec<Target>) {
    if !deps.quota.overdraft {
        return;
    }
    for target in delivered {
        let asked = target.clone();
        let over = deps.pool.run(move || {
            let account = asked.account()?;
            let over = account.quota()?.is_over();
            if over {
                // Refused here, so that the time of the first refusal is noted and told.
                drop(account.admits(1, 1));
            }
            Ok::<_, StoreError>(over)
        });
        let user = &target.recipient().user;
        match over.await {
            Ok(false) => continue,
            Ok(true) => info!(category = "Store", "over quota: {} was let in once more", Quoted(&user.store_id)),
            Err(error) => {
                warn!("whether {} is over quota is not known: {error}", Quoted(&user.store_id));
                continue;
            }
        }
        if let Some(statuses) = &deps.statuses
            && let Err(error) = statuses.set_over_quota(user, true).await
        {
            warn!(category = "LDAP", "mailUserStatus of {} is not set to overquota: {error}", Quoted(&user.store_id));
        }
    }
}
