//! COPY and MOVE, by sequence number and by UID (RFC 3501 §6.4.7, RFC 6851, RFC 4315 §3).

use imap_wire::SequenceSet;
use imap_wire::command::Numbers;
use imap_wire::print;
use mailstore::{Copied, ErrorKind, Needed, Rights, UidSet};

use crate::reply::{Handled, Reply, destination_failure};
use crate::session::Session;
use crate::sharing::Place;
use crate::sync::Expunges;

/// COPY: all of the messages, or none.
pub(super) async fn copy(session: &mut Session, numbers: Numbers, set: SequenceSet, to: String) -> Handled {
    Ok(match transfer(session, numbers, set, &to, Kind::Copy).await? {
        Ok(Some(done)) => done.coded(Reply::ok("COPY completed")),
        Ok(None) => Reply::ok("No messages to copy"),
        Err(reply) => reply,
    })
}

/// MOVE: COPYUID comes untagged, before the EXPUNGEs of the sync point (RFC 6851 §4.3).
pub(super) async fn move_to(session: &mut Session, numbers: Numbers, set: SequenceSet, to: String) -> Handled {
    if session.selected.as_ref().is_some_and(|selected| selected.is_read_only()) {
        return Ok(Reply::no("Mailbox is open for reading only").code("READ-ONLY"));
    }
    Ok(match transfer(session, numbers, set, &to, Kind::Move).await? {
        Ok(Some(moved)) => {
            if moved.told {
                moved.coded(Reply::ok("Moved")).print(&mut session.link.out, session.dialect.language, None);
            }
            let done = Reply::ok("MOVE completed");
            if !session.dialect.qresync {
                return Ok(done);
            }
            // As after EXPUNGE (RFC 7162 §3.2.7): everything up to there is told.
            session.sync(Expunges::Tell, numbers).await?;
            done.code(format!("HIGHESTMODSEQ {}", moved.copied.modseq))
        }
        Ok(None) => Reply::ok("No messages to move"),
        Err(reply) => reply,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Copy,
    Move,
}

async fn transfer(
    session: &mut Session,
    numbers: Numbers,
    set: SequenceSet,
    to: &str,
    kind: Kind,
) -> Result<Result<Option<Transferred>, Reply>, crate::reply::Hangup> {
    let Place { account, name: to } = match session.destination(to).await {
        Ok(place) => place,
        Err(reply) => return Ok(Err(reply)),
    };
    // To know which messages others have removed before anything is done.
    session.sync(Expunges::Hold, numbers).await?;
    let Some(selected) = &session.selected else { return Ok(Err(Reply::bad("No mailbox selected"))) };
    let selection = match numbers {
        Numbers::Uid => selected.view.by_uid(&set),
        Numbers::Sequence => match selected.view.by_sequence(&set) {
            Some(selection) => selection,
            None => return Ok(Err(Reply::bad("No such message"))),
        },
    };
    // RFC 2180 §4.4: a message that is gone cannot be copied, and a part of the messages must not be (RFC 3501 §6.4.7).
    if numbers == Numbers::Sequence && selection.has_ghost(&selected.view) {
        return Ok(Err(some_are_gone()));
    }
    let needed = if numbers == Numbers::Sequence && !set.is_saved() { Needed::Every } else { Needed::Present };
    let uids: UidSet = selection.stored(&selected.view).collect();
    let (mailbox, owner) = (selected.mailbox.clone(), account.id().clone());
    let pool = session.deps.pool.clone();
    let copied = pool.run(move || {
        if uids.is_empty() {
            // The destination's faults are told all the same.
            account.permit(&to, Rights::INSERT)?;
            return account.append(&to, Vec::new()).map(|_| None);
        }
        let within = account.id() == mailbox.account().id();
        let done = match (kind, within, needed) {
            (Kind::Copy, true, Needed::Present) => mailbox.copy(&uids, &to),
            (Kind::Copy, true, Needed::Every) => mailbox.copy_every(&uids, &to),
            (Kind::Move, true, Needed::Present) => mailbox.move_to(&uids, &to),
            (Kind::Move, true, Needed::Every) => mailbox.move_every(&uids, &to),
            (Kind::Copy, false, needed) => mailbox.copy_across(&uids, &account, &to, needed),
            (Kind::Move, false, needed) => mailbox.move_across(&uids, &account, &to, needed),
        };
        // RFC 9051 §6.4.7: who may not read there learns nothing of it.
        let told = account.permit(&to, Rights::READ).is_ok();
        done.map(|copied| Some(Transferred { copied, told }))
    });
    let done = session.working(copied).await?;
    if let (Ok(Some(Transferred { copied, .. })), Some(selected)) = (&done, &mut session.selected) {
        selected.note_made(&owner, copied.uid_validity, &copied.destination);
    }
    Ok(match done {
        Ok(done) => Ok(done.filter(|done| !done.copied.source.is_empty())),
        // Between the look above and the copy.
        Err(error) if error.kind() == ErrorKind::Gone && needed == Needed::Every => Err(some_are_gone()),
        Err(error) => Err(destination_failure(&error)),
    })
}

/// What COPY and MOVE have done.
struct Transferred {
    copied: Copied,
    /// COPYUID may be told.
    told: bool,
}

impl Transferred {
    /// The response with COPYUID, where it may be told.
    fn coded(&self, reply: Reply) -> Reply {
        if self.told { reply.code(copy_uid(&self.copied)) } else { reply }
    }
}

fn some_are_gone() -> Reply {
    Reply::no("Some of the messages no longer exist").code("EXPUNGEISSUED")
}

/// `COPYUID validity source destination`
fn copy_uid(copied: &Copied) -> String {
    let mut code = format!("COPYUID {} ", copied.uid_validity).into_bytes();
    print::number_set(&mut code, copied.source.iter().copied());
    code.push(b' ');
    print::number_set(&mut code, copied.destination.iter().copied());
    // Digits, commas and colons only.
    String::from_utf8_lossy(&code).into_owned()
}
