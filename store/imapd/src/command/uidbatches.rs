//! UIDBATCHES: ranges of UIDs with equally many messages in each, the newest first (RFC 10022).

use imap_wire::command::Numbers;
use imap_wire::print;
use imap_wire::uidbatches::UidBatchesArgs;
use mailstore::Uid;

use crate::reply::{Handled, Reply};
use crate::session::Session;
use crate::sync::Expunges;

/// Smaller batches would be more work than one command for everything (RFC 10022 §3.1.3).
const LEAST: u32 = 500;

/// Messages that the wanted batches may span together (RFC 10022 §3.1.5).
const MOST: u64 = 100_000;

/// UIDBATCHES. The ranges leave no UID out: each begins right below the one before, and the last one ends at 1.
pub(super) async fn uid_batches(session: &mut Session, args: UidBatchesArgs) -> Handled {
    let UidBatchesArgs { size, range } = args;
    if size < LEAST {
        return Ok(Reply::no("Batches are too small").code("TOOFEW"));
    }
    if let Some((first, last)) = range {
        if first > last {
            return Ok(Reply::bad("Batches are counted upwards").code("CLIENTBUG"));
        }
        if u64::from(last - first + 1) * u64::from(size) > MOST {
            return Ok(Reply::no("Too many messages for one answer").code("TOOMANY"));
        }
    }
    session.sync(Expunges::Hold, Numbers::Uid).await?;
    let Some(selected) = &session.selected else { return Ok(Reply::bad("No mailbox selected")) };
    let mut line = b"* UIDBATCHES (TAG ".to_vec();
    print::string(&mut line, session.tag.as_bytes());
    line.push(b')');
    let (first, last) = range.unwrap_or((1, u32::MAX));
    let wanted = batches(selected.view.snapshot.uids(), size as usize)
        .skip(first as usize - 1)
        .take((last - first) as usize + 1);
    for (at, (high, low)) in wanted.enumerate() {
        line.push(if at == 0 { b' ' } else { b',' });
        print::number(&mut line, u64::from(high));
        line.push(b':');
        print::number(&mut line, u64::from(low));
    }
    line.extend_from_slice(b"\r\n");
    session.link.out.extend_from_slice(&line);
    Ok(Reply::ok("UIDBATCHES completed"))
}

/// The highest and the lowest UID of each batch; `uids` ascend.
fn batches(uids: &[Uid], size: usize) -> impl Iterator<Item = (Uid, Uid)> + '_ {
    let lowest = move |chunk: &[Uid], rest: bool| if rest { chunk.first().copied().unwrap_or(1) } else { 1 };
    let mut highest = uids.last().copied();
    let mut left = uids.len();
    uids.rchunks(size).filter_map(move |chunk| {
        left -= chunk.len();
        let low = lowest(chunk, left > 0);
        let high = highest.replace(low.saturating_sub(1))?;
        Some((high, low))
    })
}
