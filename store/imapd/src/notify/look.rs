//! One look at everything that is watched.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use imap_wire::notify::{EventGroup, Events};
use mailstore::{
    Account, AccountId, Annotation, AnnotationScope, MailboxInfo, MailboxName, Rights, Share, StoreError, Visitor,
};

use super::{Known, Seen, events_of};
use crate::sharing::{Sharing, Whose};

/// What a look needs; goes to the blocking pool.
pub(crate) struct Looking {
    pub(crate) account: Account,
    pub(crate) visitor: Arc<Visitor>,
    pub(crate) sharing: Option<Sharing>,
    pub(crate) shares: Vec<(MailboxName, Share)>,
    pub(crate) groups: Vec<EventGroup>,
}

/// Looks.
pub(crate) fn look(looking: &Looking) -> Result<Known, StoreError> {
    let Looking { account, visitor, sharing, shares, groups } = looking;
    let me = visitor.name();
    let mut known = Known { subscribed: account.subscriptions()?.into_iter().collect(), ..Known::default() };
    let rights: HashMap<MailboxName, Rights> = account.all_rights()?.into_iter().collect();
    for info in account.mailboxes()? {
        if sharing.as_ref().is_some_and(|sharing| !matches!(sharing.whose(&info.name), Whose::Own(_))) {
            continue;
        }
        let events = events_of(groups, &info.name, true, info.subscribed);
        let rights = rights.get(&info.name).copied().unwrap_or(Rights::ALL);
        let seen = seen(account, me, &info, info.name.clone(), rights, &events)?;
        known.mailboxes.insert((me.clone(), info.id), Seen { own: true, ..seen });
    }
    let mut accounts: HashMap<&AccountId, Option<Account>> = HashMap::new();
    for (shown, share) in shares.iter().filter(|(_, share)| share.rights.contains(Rights::LOOKUP)) {
        let events = events_of(groups, shown, false, known.subscribed.contains(shown));
        if events == Events::default() {
            continue;
        }
        let opened = match accounts.get(&share.owner) {
            Some(opened) => opened.clone(),
            None => {
                let found = account.store().existing_account(&share.owner)?;
                let opened = found.map(|account| account.seen_by(Arc::clone(visitor)));
                accounts.insert(&share.owner, opened.clone());
                opened
            }
        };
        let Some(account) = opened else { continue };
        // It may have gone since the index was asked.
        if let Ok(info) = account.mailbox(&share.name) {
            let seen = seen(&account, me, &info, shown.clone(), share.rights, &events)?;
            known.mailboxes.insert((share.owner.clone(), info.id), seen);
        }
    }
    if groups.iter().any(|group| group.events.server_metadata_change) {
        let mut found = account.annotations(None, me.as_str())?;
        found.retain(|annotation| annotation.scope == AnnotationScope::Private);
        found.extend(account.store().site_annotations()?);
        known.server = hashed(&found);
    }
    Ok(known)
}

fn seen(
    account: &Account,
    me: &AccountId,
    info: &MailboxInfo,
    shown: MailboxName,
    rights: Rights,
    events: &Events,
) -> Result<Seen, StoreError> {
    let readable = info.selectable && rights.contains(Rights::READ) && rights.contains(Rights::LOOKUP);
    let annotations = match events.mailbox_metadata_change && readable {
        true => hashed(&account.annotations(Some(&info.name), me.as_str())?),
        false => BTreeMap::new(),
    };
    Ok(Seen {
        name: shown,
        own: false,
        selectable: info.selectable,
        // What others use a mailbox for is theirs.
        special_use: info.special_use.filter(|_| !account.is_shared()).map(|special_use| special_use.attribute()),
        rights,
        status: (events.messages && readable).then_some(info.status),
        annotations,
    })
}

fn hashed(annotations: &[Annotation]) -> BTreeMap<String, u64> {
    let named = annotations.iter().map(|annotation| {
        let root = if annotation.scope == AnnotationScope::Shared { "/shared" } else { "/private" };
        let mut hasher = DefaultHasher::new();
        annotation.value.hash(&mut hasher);
        (format!("{root}{}", annotation.entry), hasher.finish())
    });
    named.collect()
}
