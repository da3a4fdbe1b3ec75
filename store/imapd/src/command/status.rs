//! STATUS (RFC 3501 §6.3.10, RFC 8438, RFC 7162 §3.1.6, RFC 8474 §4.3, RFC 9208 §4.1.4).

use imap_wire::Names;
use imap_wire::print;
use imap_wire::status::StatusItem;
use mailstore::{MailboxStatus, Rights};

use super::mailboxes::existing;
use crate::reply::{Handled, Reply, store_failure};
use crate::session::Session;

/// STATUS.
pub(super) async fn status(session: &mut Session, name: &str, items: Vec<StatusItem>) -> Handled {
    if let Err(reply) = existing(name) {
        return Ok(reply);
    }
    let wanted = items.contains(&StatusItem::DeletedStorage);
    let found = session.at(name, move |account, name| {
        account.permit(name, Rights::READ)?;
        let deleted = if wanted { account.deleted_size(name)? } else { 0 };
        Ok((account.mailbox(name)?, deleted))
    });
    let (info, deleted) = match found.await {
        Ok(Ok((info, deleted))) if info.selectable => (info, deleted),
        Ok(Ok(_)) => return Ok(Reply::no("Mailbox holds no messages").code("NONEXISTENT")),
        Ok(Err(error)) => return Ok(store_failure(&error)),
        Err(reply) => return Ok(reply),
    };
    if items.contains(&StatusItem::HighestModSeq) {
        super::select::enable_condstore(session);
    }
    let limit = session.deps.config.max_message_size;
    let dialect = session.names();
    let limits = Limits { append: limit, deleted };
    print_status(&mut session.link.out, name, dialect, &info.status, &items, limits);
    Ok(Reply::ok("STATUS completed"))
}

/// The STATUS response of a mailbox in LIST. Its counters where they are known already; nothing when it went meanwhile.
pub(super) async fn print_listed(
    session: &mut Session,
    name: &str,
    known: Option<MailboxStatus>,
    items: &[StatusItem],
) -> Result<(), Reply> {
    let wanted = items.contains(&StatusItem::DeletedStorage);
    let (status, deleted) = match known {
        Some(status) if !wanted => (status, 0),
        _ => {
            let found = session.at(name, move |account, name| {
                let deleted = if wanted { account.deleted_size(name)? } else { 0 };
                Ok((account.mailbox(name)?.status, deleted))
            });
            match found.await? {
                Ok(found) => found,
                Err(_) => return Ok(()),
            }
        }
    };
    let limits = Limits { append: session.deps.config.max_message_size, deleted };
    let dialect = session.names();
    print_status(&mut session.link.out, name, dialect, &status, items, limits);
    Ok(())
}

/// What STATUS tells that is not among a mailbox's counters.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// APPENDLIMIT, the same for every mailbox.
    pub(super) append: Option<u64>,
    /// DELETED-STORAGE; counted where it is asked for.
    pub(super) deleted: u64,
}

/// A STATUS response of counters alone.
pub(crate) fn print_counters(
    out: &mut Vec<u8>,
    name: &str,
    dialect: Names,
    status: &MailboxStatus,
    items: &[StatusItem],
) {
    print_status(out, name, dialect, status, items, Limits { append: None, deleted: 0 });
}

/// `* STATUS name (ITEM n …)`.
pub(super) fn print_status(
    out: &mut Vec<u8>,
    name: &str,
    dialect: Names,
    status: &MailboxStatus,
    items: &[StatusItem],
    limits: Limits,
) {
    out.extend_from_slice(b"* STATUS ");
    print::mailbox_name(out, name, dialect);
    out.extend_from_slice(b" (");
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(item.name().as_bytes());
        out.push(b' ');
        if *item == StatusItem::MailboxId {
            out.extend_from_slice(format!("({})", status.object_id).as_bytes());
            continue;
        }
        if (*item, limits.append) == (StatusItem::AppendLimit, None) {
            out.extend_from_slice(b"NIL");
            continue;
        }
        print::number(
            out,
            match item {
                StatusItem::Messages => status.messages,
                StatusItem::Recent => status.recent,
                StatusItem::UidNext => u64::from(status.uid_next),
                StatusItem::UidValidity => u64::from(status.uid_validity),
                StatusItem::Unseen => status.unseen,
                StatusItem::Size => status.size,
                StatusItem::Deleted => status.deleted,
                StatusItem::DeletedStorage => limits.deleted,
                StatusItem::HighestModSeq => status.highest_modseq,
                // Written above: it is no number.
                StatusItem::MailboxId => 0,
                StatusItem::AppendLimit => limits.append.unwrap_or(0),
            },
        );
    }
    out.extend_from_slice(b")\r\n");
}
