//! STATUS (RFC 3501 §6.3.10, RFC 8438, RFC 7162 §3.1.6, RFC 8474 §4.3).

use imap_wire::Names;
use imap_wire::print;
use imap_wire::status::StatusItem;
use mailstore::MailboxStatus;

use super::mailboxes::existing;
use crate::reply::{Handled, Reply, store_failure};
use crate::session::Session;

/// STATUS.
pub(super) async fn status(session: &mut Session, name: &str, items: Vec<StatusItem>) -> Handled {
    let name = match existing(name) {
        Ok(name) => name,
        Err(reply) => return Ok(reply),
    };
    let asked = name.clone();
    let info = match session.with_account(move |account| account.mailbox(&asked)).await {
        Ok(Ok(info)) if info.selectable => info,
        Ok(Ok(_)) => return Ok(Reply::no("Mailbox holds no messages").code("NONEXISTENT")),
        Ok(Err(error)) => return Ok(store_failure(&error)),
        Err(reply) => return Ok(reply),
    };
    if items.contains(&StatusItem::HighestModSeq) {
        super::select::enable_condstore(session);
    }
    let limit = session.deps.config.max_message_size;
    let dialect = session.names();
    print_status(&mut session.link.out, name.as_str(), dialect, &info.status, &items, limit);
    Ok(Reply::ok("STATUS completed"))
}

/// `* STATUS name (ITEM n …)`. `append_limit` is the same for every mailbox.
pub(super) fn print_status(
    out: &mut Vec<u8>,
    name: &str,
    dialect: Names,
    status: &MailboxStatus,
    items: &[StatusItem],
    append_limit: Option<u64>,
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
        if (*item, append_limit) == (StatusItem::AppendLimit, None) {
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
                StatusItem::HighestModSeq => status.highest_modseq,
                // Written above: it is no number.
                StatusItem::MailboxId => 0,
                StatusItem::AppendLimit => append_limit.unwrap_or(0),
            },
        );
    }
    out.extend_from_slice(b")\r\n");
}
