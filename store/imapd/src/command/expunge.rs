//! CHECK, EXPUNGE and UID EXPUNGE (RFC 3501 §6.4.1, §6.4.3; RFC 4315 §2.1).

use imap_wire::SequenceSet;
use imap_wire::command::Numbers;
use mailstore::UidSet;

use crate::reply::{Handled, Reply, store_failure};
use crate::session::Session;

/// CHECK: everything is durable already; the sync point follows.
pub(super) fn check() -> Handled {
    Ok(Reply::ok("CHECK completed"))
}

/// EXPUNGE: the sync point that follows tells which messages went.
pub(super) async fn expunge(session: &mut Session, set: Option<SequenceSet>) -> Handled {
    let Some(selected) = &session.selected else { return Ok(Reply::bad("No mailbox selected")) };
    if selected.is_read_only() {
        return Ok(Reply::no("Mailbox is open for reading only").code("READ-ONLY"));
    }
    let uids: Option<UidSet> = set.map(|set| selected.view.by_uid(&set).stored(&selected.view).collect());
    let mailbox = selected.mailbox.clone();
    let pool = session.deps.pool.clone();
    let expunged = session.working(pool.run(move || mailbox.expunge(uids.as_ref()))).await?;
    let expunged = match expunged {
        Ok(expunged) => expunged,
        Err(error) => return Ok(store_failure(&error)),
    };
    let done = Reply::ok("EXPUNGE completed");
    if !session.dialect.condstore || expunged.uids.is_empty() {
        return Ok(done);
    }
    // RFC 7162 §3.2.10 asks for it where QRESYNC is on; it does no harm to clients that know MODSEQ.
    session.sync(crate::sync::Expunges::Tell, Numbers::Sequence).await?;
    Ok(done.code(format!("HIGHESTMODSEQ {}", expunged.modseq)))
}
