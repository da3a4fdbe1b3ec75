//! Where a name leads: to one's own mailboxes, or below `Shared Folders` to other people's (RFC 2342, Reference §7.1).

use std::sync::Arc;
use std::time::{Duration, Instant};

use daemon::clock;
use imap_wire::command::Numbers;
use mailstore::{Account, AccountId, MailboxName, Share, StoreError, Visitor};

use crate::reply::{Hangup, Reply, destination_failure, store_failure};
use crate::session::Session;
use crate::sync::Expunges;

/// The namespace of public mailboxes.
pub(crate) const PUBLIC: &str = "Shared Folders/";
/// The namespace of other users' mailboxes.
pub(crate) const OTHERS: &str = "Shared Folders/User/";
/// Its last level but the owners.
const USERS: &str = "User";
/// How long a session goes by the groups that it knows its user to be in.
const GROUPS: Duration = Duration::from_secs(60);

/// A session's user as access control lists know them, for a while.
pub(crate) struct KnownVisitor {
    since: Instant,
    groups: Groups,
    visitor: Arc<Visitor>,
}

/// Whether the directory was asked for the user's groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Groups {
    Known,
    /// No list of the site named one.
    NotNamed,
}

impl KnownVisitor {
    fn until(&self) -> Instant {
        self.since + GROUPS
    }
}

/// A mailbox that a name leads to, as the session's user may see it.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) account: Account,
    /// Its name in the account.
    pub(crate) name: MailboxName,
}

/// Whose mailbox a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whose {
    Own(MailboxName),
    Others(AccountId, MailboxName),
    /// A level above other people's mailboxes, or a way round to one's own.
    Nobodys,
}

/// How names are split.
#[derive(Debug, Clone)]
pub(crate) struct Sharing {
    me: AccountId,
    /// `None` where nobody sees anybody else's mailboxes.
    public: Option<AccountId>,
    on: bool,
}

impl Sharing {
    /// Whose mailbox a name means.
    pub(crate) fn whose(&self, name: &MailboxName) -> Whose {
        let shared = name.as_str().strip_prefix(PUBLIC);
        if !self.on || (shared.is_none() && name.as_str() != PUBLIC.trim_end_matches('/')) {
            return Whose::Own(name.clone());
        }
        let found = match name.as_str().strip_prefix(OTHERS) {
            Some(rest) => rest.split_once('/').and_then(|(owner, rest)| Some((AccountId::new(owner).ok()?, rest))),
            None => shared.filter(|rest| *rest != USERS).and_then(|rest| Some((self.public.clone()?, rest))),
        };
        match found.and_then(|(owner, rest)| Some((owner, MailboxName::new(rest).ok()?))) {
            Some((owner, rest)) if owner != self.me => Whose::Others(owner, rest),
            _ => Whose::Nobodys,
        }
    }

    /// The name under which this user knows a mailbox.
    pub(crate) fn shown(&self, owner: &AccountId, name: &MailboxName) -> String {
        if *owner == self.me {
            return name.as_str().to_owned();
        }
        let is_users = name.as_str().split('/').next() == Some(USERS);
        match &self.public {
            // What would be taken for people's mailboxes is found below its owner.
            Some(public) if public == owner && !is_users => format!("{PUBLIC}{name}"),
            _ => format!("{OTHERS}{owner}/{name}"),
        }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.on
    }
}

impl Session {
    /// How this user's names are split.
    pub(crate) fn sharing(&self) -> Option<Sharing> {
        let me = self.signed.as_ref()?.account_id.clone();
        let config = &self.deps.config;
        Some(Sharing { me, public: AccountId::new(&config.public_user).ok(), on: config.shared_folders })
    }

    /// Whether a name is of the user's own namespace.
    pub(crate) fn is_own(&self, name: &str) -> bool {
        let whose = |sharing: Sharing| MailboxName::new(name).map(|name| sharing.whose(&name));
        matches!(self.sharing().map(whose), Some(Ok(Whose::Own(_))))
    }

    /// The session's user as access control lists know them.
    pub(crate) async fn visitor(&mut self) -> Result<Arc<Visitor>, Reply> {
        let Some(signed) = &self.signed else { return Err(Reply::bad("Sign in first")) };
        if let Some(known) = &signed.visitor
            && clock::now() < known.until()
        {
            return Ok(Arc::clone(&known.visitor));
        }
        let before = signed.visitor.as_ref().map(|known| (Arc::clone(&known.visitor), known.groups));
        let (visitor, groups) = match (self.look_up_visitor().await, before) {
            (Ok((visitor, groups)), _) => (Arc::new(visitor), groups),
            // Nobody knows that anything has changed: a session that runs goes on as before, and asks again later.
            (Err(_), Some(before)) => before,
            (Err(reply), None) => return Err(reply),
        };
        if let Some(signed) = &mut self.signed {
            signed.visitor = Some(KnownVisitor { since: clock::now(), groups, visitor: Arc::clone(&visitor) });
        }
        Ok(visitor)
    }

    async fn look_up_visitor(&mut self) -> Result<(Visitor, Groups), Reply> {
        let Some(signed) = &self.signed else { return Err(Reply::bad("Sign in first")) };
        let identity = signed.identity.clone();
        let user = Arc::clone(&identity.user);
        let mut visitor = Visitor::new(signed.account_id.clone(), &user.domain);
        // Who acts for somebody has that one's rights.
        if identity.is_admin && identity.authenticated == user.store_id {
            visitor = visitor.as_administrator();
        }
        let store = self.deps.store.clone();
        let sharing = self.deps.config.shared_folders;
        let named = self.deps.pool.run(move || if sharing { store.shares_name_groups() } else { Ok(false) }).await;
        let named = named.map_err(|error| store_failure(&error))?;
        if named {
            let groups = self.deps.authenticator.directory().groups_of(&user).await;
            let groups = groups.map_err(|error| {
                tracing::error!(error = &error as &dyn std::error::Error, "a user's groups are not known");
                Reply::no("The directory does not answer, try again later").code("UNAVAILABLE")
            })?;
            // In the default domain a group is known by its bare name too, as users are.
            let bare = !user.store_id.contains('@');
            visitor = visitor.in_groups(groups.into_iter().flat_map(|(name, domain)| {
                let short = (domain.is_empty() || (bare && domain == user.domain)).then(|| format!("group={name}"));
                let long = (!domain.is_empty()).then(|| format!("group={name}@{domain}"));
                short.into_iter().chain(long)
            }));
        }
        Ok((visitor, if named { Groups::Known } else { Groups::NotNamed }))
    }

    /// The same for other people's mailboxes: a list may name a group now where none did a moment ago.
    async fn guest(&mut self) -> Result<Arc<Visitor>, Reply> {
        if let Some(signed) = &mut self.signed
            && signed.visitor.as_ref().is_some_and(|known| known.groups == Groups::NotNamed)
        {
            signed.visitor = None;
        }
        self.visitor().await
    }

    /// Has the selected mailbox go by the groups that the user is in now, which are looked up again where [`GROUPS`] is over. Whether
    /// they are other ones.
    pub(crate) async fn regroup(&mut self) -> bool {
        let known = |session: &Self| Some(Arc::clone(&session.signed.as_ref()?.visitor.as_ref()?.visitor));
        let before = known(self);
        let Ok(visitor) = self.visitor().await else { return false };
        if let Some(selected) = &mut self.selected
            && selected.mailbox.account().visitor().is_some_and(|before| !Arc::ptr_eq(before, &visitor))
        {
            selected.mailbox = selected.mailbox.clone().seen_by(Arc::clone(&visitor));
        }
        before.is_some_and(|before| before != visitor)
    }

    /// The same where somebody else's mailbox is selected; others need it only when they look.
    pub(crate) async fn regroup_selected(&mut self) {
        if self.selected.as_ref().is_some_and(|selected| selected.mailbox.account().is_shared()) {
            self.regroup().await;
        }
    }

    /// Tells a session that only listens what its user's groups give and take now; `expunges` says whether a command runs that they may be
    /// told in.
    pub(crate) async fn tell_groups(&mut self, expunges: Expunges) -> Result<(), Hangup> {
        if !self.regroup().await {
            return Ok(());
        }
        if self.watching.is_some() {
            self.tell_selected(expunges).await?;
            return self.tell_watched(&[]).await;
        }
        self.sync(expunges, Numbers::Sequence).await
    }

    /// When [`Session::regroup`] is worth it for a session that only listens; `None` where nothing of other people's is shown.
    pub(crate) fn regroups_at(&self) -> Option<Instant> {
        let selected = self.selected.as_ref().is_some_and(|selected| selected.mailbox.account().is_shared());
        let watched = self.watching.as_ref().is_some_and(|watching| watching.may_be_shared());
        let known = self.signed.as_ref()?.visitor.as_ref()?;
        (selected || watched).then(|| known.until())
    }

    /// What other people share with the user, by the names that the user knows it under; nothing where sharing is off.
    pub(crate) async fn shares(&mut self) -> Result<Vec<(MailboxName, Share)>, Reply> {
        let Some(sharing) = self.sharing().filter(Sharing::is_on) else { return Ok(Vec::new()) };
        let visitor = self.guest().await?;
        let store = self.deps.store.clone();
        let shares = self.deps.pool.run(move || store.shared_with(&visitor)).await;
        let shares = shares.map_err(|error| store_failure(&error))?;
        let shown = shares.into_iter().filter_map(|share| {
            // A name that is too long with what stands before it cannot be said.
            let name = MailboxName::new(&sharing.shown(&share.owner, &share.name)).ok()?;
            Some((name, share))
        });
        Ok(shown.collect())
    }

    /// Where a name leads. What nobody has does not exist, and neither does what may not be known of: both are told alike later.
    pub(crate) async fn place(&mut self, name: &str) -> Result<Place, Reply> {
        self.placed(name).await?.map_err(|error| store_failure(&error))
    }

    /// The same for a name that messages go to.
    pub(crate) async fn destination(&mut self, name: &str) -> Result<Place, Reply> {
        if MailboxName::new(name).is_err() {
            return Err(Reply::no("Mailbox name is not allowed").code("CANNOT"));
        }
        self.placed(name).await?.map_err(|error| destination_failure(&error))
    }

    async fn placed(&mut self, name: &str) -> Result<Result<Place, StoreError>, Reply> {
        let missing = || StoreError::NotFound("the mailbox".to_owned());
        let (Ok(name), Some(sharing)) = (MailboxName::new(name), self.sharing()) else { return Ok(Err(missing())) };
        match sharing.whose(&name) {
            Whose::Own(name) => Ok(Ok(Place { account: self.account().await?, name })),
            Whose::Nobodys => Ok(Err(missing())),
            Whose::Others(owner, name) => {
                let visitor = self.guest().await?;
                let store = self.deps.store.clone();
                let found = self.deps.pool.run(move || store.existing_account(&owner)).await;
                Ok(match found {
                    Ok(Some(account)) => Ok(Place { account: account.seen_by(visitor), name }),
                    Ok(None) => Err(missing()),
                    Err(error) => Err(error),
                })
            }
        }
    }

    /// Runs blocking work on the mailbox that a name leads to. The outer error is the answer for the client.
    pub(crate) async fn at<T, F>(&mut self, name: &str, work: F) -> Result<Result<T, StoreError>, Reply>
    where
        F: FnOnce(&Account, &MailboxName) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let Place { account, name } = match self.placed(name).await? {
            Ok(place) => place,
            Err(error) => return Ok(Err(error)),
        };
        Ok(self.deps.pool.run(move || work(&account, &name)).await)
    }
}
