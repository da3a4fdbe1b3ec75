//! The selected mailbox of a session, and how the session hears of its changes.

use std::sync::Arc;

use daemon::WorkPool;
use ens::Subscription;
use imap_wire::command::Numbers;
use mailstore::{AccountId, ErrorKind, Mailbox, Recent, Rights, Snapshot, StoreError, Uid, UidSet};

use crate::context::Contexts;
use crate::reply::Hangup;
use crate::sync::{Dialect, Expunges, Telling, Told, print_flags};
use crate::view::{Access, View};

/// See the module.
pub(crate) struct Selected {
    pub(crate) mailbox: Mailbox,
    pub(crate) view: View,
    /// Searches that are kept up to date.
    pub(crate) contexts: Contexts,
    /// Messages that this session has put there, as far as NOTIFY asks to be told of new ones.
    pub(crate) made: UidSet,
    /// UIDs from here on are of messages that came after the client was last told what NOTIFY asks to be fetched.
    pub(crate) told_to: Uid,
    /// Rings when the mailbox changes.
    pub(crate) changes: Subscription,
}

/// What a look at the store found.
pub(crate) struct Look {
    pub(crate) snapshot: Arc<Snapshot>,
    /// UIDs that became `\Recent` in this session by looking.
    pub(crate) claimed: Recent,
    /// What the session's user may do now.
    pub(crate) rights: Rights,
}

/// Looks at a mailbox now. Messages that nobody has seen as `\Recent` are claimed by a session that may write (RFC 3501 §2.3.2).
pub(crate) fn look(mailbox: &Mailbox, access: Access) -> Result<Look, StoreError> {
    let rights = mailbox.rights()?;
    let snapshot = mailbox.snapshot()?;
    let unclaimed = snapshot.recent_from() < snapshot.uid_next();
    if access == Access::ReadOnly || !unclaimed {
        return Ok(Look { snapshot, claimed: Recent::default(), rights });
    }
    let claimed = mailbox.claim_recent()?;
    // The claim may hold messages that came after the first look.
    Ok(Look { snapshot: mailbox.snapshot()?, claimed, rights })
}

impl Selected {
    /// Notes what this session has put into a mailbox, if it is this one.
    pub(crate) fn note_made(&mut self, account: &AccountId, uid_validity: u32, uids: &[Uid]) {
        if *account == *self.mailbox.account().id() && uid_validity == self.mailbox.uid_validity() {
            self.made = self.made.union(&UidSet::from(uids));
        }
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.view.access == Access::ReadOnly
    }

    /// Looks, moves the view and writes what has changed to `out`.
    pub(crate) async fn sync(
        &mut self,
        pool: &WorkPool,
        telling: Telling<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Hangup> {
        let (mailbox, access) = (self.mailbox.clone(), self.view.access);
        let look = pool.run(move || look(&mailbox, access)).await;
        self.moved(look, telling, out)
    }

    /// Moves the view to what a look found.
    pub(crate) fn moved(
        &mut self,
        look: Result<Look, StoreError>,
        telling: Telling<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Hangup> {
        match look {
            // RFC 4314 §5.1.1: nothing more is to be seen here.
            Ok(look) if !look.rights.contains(Rights::READ) => {
                Err(Hangup::Bye("The right to read this mailbox is gone"))
            }
            Ok(look) => {
                if self.view.rights != look.rights {
                    self.view.rights = look.rights;
                    print_flags(out, look.snapshot.keywords(), &self.view, telling.dialect.language);
                }
                self.view.sync(look.snapshot, look.claimed, telling, &mut self.contexts, out);
                Ok(())
            }
            // RFC 2180 §3: nothing sensible can be said about a mailbox that is no more.
            Err(error) if matches!(error.kind(), ErrorKind::Gone | ErrorKind::NotFound) => {
                Err(Hangup::Bye("Selected mailbox was deleted"))
            }
            Err(error) => {
                // The view stays where it was, which is always a correct answer; the next sync point tries again.
                tracing::error!(error = &error as &dyn std::error::Error, "looking at the selected mailbox failed");
                Ok(())
            }
        }
    }
}

/// The usual way of telling at the end of a command.
pub(crate) fn telling(expunges: Expunges, numbers: Numbers, dialect: Dialect) -> Telling<'static> {
    Telling { expunges, told: Told::Changed, numbers, dialect }
}
