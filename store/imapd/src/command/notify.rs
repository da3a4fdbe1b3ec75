//! NOTIFY (RFC 5465), and what it makes a session say between commands.

use ens::Watch;
use imap_wire::Command;
use imap_wire::command::Numbers;
use imap_wire::esearch::Mailboxes;
use imap_wire::fetch::FetchItem;
use imap_wire::notify::{EventGroup, Events, NotifyArgs};
use mailstore::{AccountId, Rights, Uid};

use crate::fetch::job::{Job, Progress};
use crate::fetch::plan::Plan;
use crate::notify::{Known, Looking, MOST_MAILBOXES, MOST_OWNERS, Manner, OfSelected, Watching, look, print_first};
use crate::reply::{Handled, Hangup, Reply, store_failure};
use crate::selected::look as look_at;
use crate::session::Session;
use crate::sync::{Expunges, Telling, Told};
use crate::view::Selection;

/// NOTIFY. The sync point at its end tells of the selected mailbox what has gathered (§3.1).
pub(super) async fn notify(session: &mut Session, args: NotifyArgs) -> Handled {
    if !session.deps.reach.is_configured() {
        // Nothing would ever be told (Guide §5.6.1).
        return Ok(Reply::bad("NOTIFY is not offered here"));
    }
    let (status, groups) = match args {
        NotifyArgs::None => {
            session.watching = Some(Box::default());
            return Ok(Reply::ok("NOTIFY completed"));
        }
        NotifyArgs::BadEvent => {
            return Ok(Reply::no("That event never happens here").code(format!("BADEVENT ({})", Events::NAMES)));
        }
        NotifyArgs::Set { status, groups } => (status, groups),
    };
    let (of_selected, groups): (Vec<EventGroup>, Vec<EventGroup>) = groups
        .into_iter()
        .filter(|group| group.events != Events::default())
        .partition(|group| matches!(group.mailboxes, Mailboxes::Selected | Mailboxes::SelectedDelayed));
    let selected = of_selected
        .into_iter()
        .next()
        .map(|group| OfSelected { delayed: group.mailboxes == Mailboxes::SelectedDelayed, events: group.events });
    let mut watching = Box::new(Watching { selected, groups, ..Watching::default() });
    if watching.watches_others() {
        // Listening begins before looking, so that nothing falls between the two.
        if let Err(reply) = listen(session, &mut watching).await {
            return Ok(reply);
        }
        match look_around(session, &mut watching).await {
            Ok(Some(known)) => watching.known = known,
            Ok(None) => return Ok(overflow()),
            Err(reply) => return Ok(reply),
        }
        let manner = Manner {
            groups: &watching.groups,
            names: session.names(),
            dialect: session.dialect,
            selected: session.selected_key(),
            own_doing: &[],
        };
        print_first(&mut session.link.out, &watching.known, &manner, status);
    }
    if let Some(selected) = &mut session.selected {
        selected.told_to = selected.view.snapshot.uid_next();
    }
    session.watching = Some(watching);
    Ok(Reply::ok("NOTIFY completed"))
}

fn overflow() -> Reply {
    Reply::no("That is too much to watch").code("NOTIFICATIONOVERFLOW")
}

async fn listen(session: &mut Session, watching: &mut Watching) -> Result<(), Reply> {
    let account = session.account().await?;
    let bus = &session.deps.bus;
    let changes = bus.subscribe(account.id(), Watch::Account);
    if watching.may_be_shared() || watching.groups.iter().any(|group| group.events.server_metadata_change) {
        watching.site = bus.subscribe_site(&changes);
    }
    watching.changes = Some(changes);
    Ok(())
}

/// Looks at all that is watched; `None` when that is too much.
async fn look_around(session: &mut Session, watching: &mut Watching) -> Result<Option<Known>, Reply> {
    let shares = if watching.may_be_shared() { session.shares().await? } else { Vec::new() };
    if let Some(changes) = &watching.changes {
        let owners: Vec<&AccountId> = shares
            .iter()
            .filter(|(_, share)| share.rights.contains(Rights::LOOKUP))
            .map(|(_, share)| &share.owner)
            .collect();
        watching.owners.retain(|owner, _| owners.contains(&owner));
        for owner in owners {
            if !watching.owners.contains_key(owner) {
                if watching.owners.len() >= MOST_OWNERS {
                    return Ok(None);
                }
                let ear = session.deps.bus.subscribe_with(changes, owner, Watch::Account);
                watching.owners.insert(owner.clone(), ear);
            }
        }
    }
    let looking = Looking {
        account: session.account().await?,
        visitor: session.visitor().await?,
        sharing: session.sharing(),
        shares,
        groups: watching.groups.clone(),
    };
    let known = session.deps.pool.run(move || look(&looking)).await.map_err(|error| store_failure(&error))?;
    Ok(Some(known).filter(|known| known.mailboxes.len() <= MOST_MAILBOXES))
}

impl Session {
    /// The selected mailbox, wherever it is.
    pub(crate) fn selected_key(&self) -> Option<crate::notify::Key> {
        let selected = self.selected.as_ref()?;
        Some((selected.mailbox.account().id().clone(), selected.mailbox.id()))
    }

    /// Tells what a wake-up is about. `delayed` says whether an EXPUNGE may be told that SELECTED-DELAYED asks to be held: between
    /// commands it must not be.
    pub(crate) async fn tell_news(&mut self, news: News, delayed: Expunges) -> Result<(), Hangup> {
        match news {
            News::Selected => self.tell_selected(delayed).await,
            News::Others => self.tell_watched(&[]).await,
        }
    }

    /// Tells what has changed in what is watched; `own_doing` are names that this client has just done something to.
    pub(crate) async fn tell_watched(&mut self, own_doing: &[String]) -> Result<(), Hangup> {
        if !self.watching.as_ref().is_some_and(|watching| watching.watches_others()) {
            return Ok(());
        }
        let Some(mut watching) = self.watching.take() else { return Ok(()) };
        match look_around(self, &mut watching).await {
            Ok(Some(known)) => {
                let manner = Manner {
                    groups: &watching.groups,
                    names: self.names(),
                    dialect: self.dialect,
                    selected: self.selected_key(),
                    own_doing,
                };
                known.tell(&watching.known, &manner, &mut self.link.out);
                watching.known = known;
            }
            // RFC 5465 §5.8: as if NOTIFY NONE had been said.
            Ok(None) => {
                self.link.out.extend_from_slice(b"* OK [NOTIFICATIONOVERFLOW] That is too much to watch\r\n");
                watching = Box::default();
            }
            // The next wake-up compares with what was told last.
            Err(_) => {}
        }
        self.watching = Some(watching);
        Ok(())
    }

    /// Tells of the selected mailbox what NOTIFY asked for.
    pub(crate) async fn tell_selected(&mut self, delayed: Expunges) -> Result<(), Hangup> {
        let Some(of) = self.watching.as_ref().and_then(|watching| watching.selected.clone()) else { return Ok(()) };
        let Some(selected) = &mut self.selected else { return Ok(()) };
        let (mailbox, access) = (selected.mailbox.clone(), selected.view.access);
        let look = self.deps.pool.run(move || look_at(&mailbox, access)).await;
        if let Ok(look) = &look
            && !of.events.flag_change
            && look.snapshot.uids() == selected.view.snapshot.uids()
            && look.rights == selected.view.rights
        {
            // Nothing that was asked for; it is told when a command ends.
            return Ok(());
        }
        let telling = Telling {
            expunges: if of.delayed { delayed } else { Expunges::Tell },
            told: if of.events.flag_change { Told::Changed } else { Told::Nothing },
            // §5.1: always with the UID.
            numbers: Numbers::Uid,
            dialect: self.dialect,
        };
        let before = self.link.out.len();
        selected.moved(look, telling, &mut self.link.out)?;
        self.fetch_new().await;
        if self.link.out.len() > before {
            self.tell_what_is_held_back();
        }
        super::update_contexts(self).await;
        Ok(())
    }

    /// Tells what NOTIFY asked to be fetched of messages that have come since it was last told.
    pub(crate) async fn fetch_new(&mut self) {
        let Some(of) = self.watching.as_ref().and_then(|watching| watching.selected.as_ref()) else { return };
        let Some(selected) = &mut self.selected else { return };
        let next = std::mem::replace(&mut selected.told_to, selected.view.snapshot.uid_next());
        let uids = selected.view.snapshot.uids();
        let new = uids[uids.partition_point(|uid| *uid < next)..].to_vec();
        let items = of.events.fetch.clone();
        self.fetch_unasked(items, new).await;
    }

    /// Tells of messages that this client has not put there itself (§5.2) what it wants to know of new ones.
    pub(crate) async fn fetch_unasked(&mut self, mut items: Vec<FetchItem>, new: Vec<Uid>) {
        let Some(selected) = &self.selected else { return };
        if items.is_empty() {
            return;
        }
        let view = &selected.view;
        let others = new.into_iter().filter(|uid| !selected.made.contains(*uid));
        let mut places: Vec<usize> = others.filter_map(|uid| view.index_of(uid)).collect();
        places.sort_unstable();
        let selection = Selection::of(places.into_iter());
        if selection.ranges().is_empty() {
            return;
        }
        if self.dialect.condstore {
            // RFC 7162 §3.2.4: both are in everything that is not asked for. UIDFETCH begins with the UID.
            items.extend((!self.dialect.uid_only).then_some(FetchItem::Uid));
            items.push(FetchItem::ModSeq);
        }
        let plan = Plan::new(items, Numbers::Sequence, self.dialect);
        let mut job = Job::new(selected.mailbox.clone(), view.clone(), plan, &selection, [].into());
        loop {
            let mut out = std::mem::take(&mut self.link.out);
            let (back, out, progress) = self
                .deps
                .pool
                .run(move || {
                    let progress = job.step(&mut out);
                    (job, out, progress)
                })
                .await;
            (job, self.link.out) = (back, out);
            match progress {
                Ok(Progress::More) => {
                    // A connection that broke is found broken by the next write too.
                    if self.link.flush_full().await.is_err() {
                        return;
                    }
                }
                Ok(Progress::Done) => return,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "new messages were not told");
                    return;
                }
            }
        }
    }
}

/// Names to which a command does what others are told of (§5: its own client knows).
pub(crate) fn names_of(command: &Command) -> Vec<String> {
    let bare = |name: &String| name.strip_suffix('/').unwrap_or(name).to_owned();
    match command {
        Command::Create(name, _) | Command::Delete(name) | Command::Subscribe(name) | Command::Unsubscribe(name) => {
            vec![bare(name)]
        }
        Command::Rename(from, to) => vec![bare(from), bare(to)],
        Command::Copy(_, _, to) | Command::Move(_, _, to) => vec![bare(to)],
        Command::SetMetadata(args) => vec![args.mailbox.clone()],
        _ => Vec::new(),
    }
}

/// What woke a session up between commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    Selected,
    Others,
}

/// Returns when NOTIFY has something to look at. Never, without it.
pub(crate) async fn news(watching: Option<&Watching>, selected: Option<&crate::selected::Selected>) -> News {
    let Some(watching) = watching else { return std::future::pending().await };
    let of_selected = async {
        match (&watching.selected, selected) {
            (Some(_), Some(selected)) => selected.changes.changed().await,
            _ => std::future::pending().await,
        }
    };
    let of_others = async {
        match &watching.changes {
            Some(changes) => changes.changed().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = of_selected => News::Selected,
        () = of_others => News::Others,
    }
}
