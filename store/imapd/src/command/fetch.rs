//! FETCH and UID FETCH (RFC 3501 §6.4.5, RFC 7162 §3.1.4).

use std::sync::Arc;

use imap_wire::command::Numbers;
use imap_wire::fetch::{FetchArgs, FetchItem};
use mailstore::{ErrorKind, FlagChange, FlagOp, FlagSet, Flags, StoreError, Uid, UidSet};

use crate::fetch::job::{Job, Progress};
use crate::fetch::plan::Plan;
use crate::progress::{self, Progressing};
use crate::reply::{Handled, Hangup, Reply, store_failure};
use crate::selected::{look, telling};
use crate::session::Session;
use crate::sync::{Expunges, Telling, Told};
use crate::view::Selection;

/// FETCH. The view moves to the present first, without EXPUNGE; UID FETCH tells these at the end.
pub(super) async fn fetch(session: &mut Session, numbers: Numbers, args: FetchArgs) -> Handled {
    if numbers == Numbers::Sequence && (args.vanished || args.partial.is_some()) {
        return Ok(Reply::bad("VANISHED and PARTIAL are for UID FETCH"));
    }
    if args.vanished && !session.dialect.qresync {
        return Ok(Reply::bad("QRESYNC is not enabled"));
    }
    if args.changed_since.is_some() || args.items.contains(&FetchItem::ModSeq) {
        super::select::enable_condstore(session);
    }
    session.sync(Expunges::Hold, numbers).await?;
    let dialect = session.dialect;
    let Some(selected) = &session.selected else { return Ok(Reply::bad("No mailbox selected")) };
    let mut selection = match numbers {
        Numbers::Uid => selected.view.by_uid(&args.set),
        Numbers::Sequence => match selected.view.by_sequence(&args.set) {
            Some(selection) => selection,
            None => return Ok(Reply::bad("No such message")),
        },
    };
    if let Some(range) = args.partial {
        // Counted before CHANGEDSINCE narrows (RFC 9394 §3.4).
        let found: Vec<usize> = selection.indices().collect();
        selection = Selection::of(found[range.of(found.len())].iter().copied());
    }
    if let Some(since) = args.changed_since {
        let view = &selected.view;
        selection =
            Selection::of(selection.indices().filter(|at| view.entry(*at).is_some_and(|entry| entry.modseq > since)));
    }
    if let (true, Some(since)) = (args.vanished, args.changed_since) {
        let among = uids_of(&args.set, &selected.view);
        if let Err(error) = super::select::print_vanished(session, since, among).await {
            return Ok(store_failure(&error));
        }
    }
    let mut items = args.items;
    // RFC 7162 §3.1.4.1: CHANGEDSINCE answers with MODSEQ.
    if args.changed_since.is_some() && !items.contains(&FetchItem::ModSeq) {
        items.push(FetchItem::ModSeq);
    }
    if items.contains(&FetchItem::ThreadId)
        && let Err(reply) = super::search::give_threads(session).await
    {
        return Ok(reply);
    }
    let marks = items.iter().any(FetchItem::sets_seen);
    let marked = match mark_seen(session, numbers, &selection, marks).await? {
        Ok(marked) => marked,
        Err(error) => return Ok(store_failure(&error)),
    };
    let plan = Plan::new(items, numbers, dialect);
    let Some(selected) = &session.selected else { return Ok(Reply::bad("No mailbox selected")) };
    let job = Job::new(selected.mailbox.clone(), selected.view.clone(), plan, &selection, marked);
    let left_out = match stream(session, job).await? {
        Ok(left_out) => left_out,
        Err(error) => return Ok(store_failure(&error)),
    };
    if numbers == Numbers::Uid {
        session.sync(Expunges::Tell, numbers).await?;
    }
    if left_out.unknown_cte {
        // RFC 3516 §4.3.
        return Ok(Reply::no("A part is in an unknown transfer encoding").code("UNKNOWN-CTE"));
    }
    let done = Reply::ok("FETCH completed");
    // RFC 5530 §3: some messages were removed by somebody else.
    Ok(if left_out.gone { done.code("EXPUNGEISSUED") } else { done })
}

/// The UIDs of a set, with or without a message; `*` is the largest one in use.
fn uids_of(set: &imap_wire::SequenceSet, view: &crate::view::View) -> UidSet {
    if set.is_saved() {
        return UidSet::from(&*view.saved);
    }
    UidSet::from_ranges(
        set.resolve(view.last_uid()).into_iter().filter(|range| range.1 > 0).map(|(first, last)| first..=last),
    )
}

/// What a FETCH could not tell.
struct LeftOut {
    /// Messages that are gone.
    gone: bool,
    /// Parts in an unknown transfer encoding.
    unknown_cte: bool,
}

/// Renders and writes by turns: while one buffer goes out the next one is filled.
async fn stream(session: &mut Session, job: Job) -> Result<Result<LeftOut, StoreError>, Hangup> {
    let pool = session.deps.pool.clone();
    let mut telling = Progressing::new();
    let all = job.left().unwrap_or(0);
    let render = |mut job: Job, mut out: Vec<u8>| {
        pool.run(move || {
            let progress = job.step(&mut out);
            (job, out, progress)
        })
    };
    let (mut job, out, mut state) = render(job, std::mem::take(&mut session.link.out)).await;
    session.link.out = out;
    let mut spare = Vec::new();
    loop {
        match state {
            Ok(Progress::Done) => return Ok(Ok(LeftOut { gone: job.skipped, unknown_cte: job.unknown_cte })),
            Ok(Progress::More) => {}
            Err(error) => return Ok(Err(error)),
        }
        if let Some(left) = job.left().filter(|_| telling.is_due(session)) {
            telling = Progressing::new();
            progress::say(session, Some((all.saturating_sub(left), all)));
        }
        let (written, rendered) = tokio::join!(session.link.flush(), render(job, spare));
        written?;
        let out;
        (job, out, state) = rendered;
        spare = std::mem::replace(&mut session.link.out, out);
    }
}

/// Sets `\Seen` where the items ask for it, and moves the view there. Returns the messages whose flags have so changed; the
/// FETCH responses tell them.
async fn mark_seen(
    session: &mut Session,
    numbers: Numbers,
    selection: &Selection,
    marks: bool,
) -> Result<Result<Arc<[Uid]>, StoreError>, Hangup> {
    let Some(selected) = &mut session.selected else { return Ok(Ok([].into())) };
    if !marks || !selected.view.permanent_flags().contains(Flags::SEEN) {
        return Ok(Ok([].into()));
    }
    let entries = selection.indices().filter_map(|at| selected.view.entry(at));
    let unseen = entries.filter(|entry| !entry.ghost && !entry.flags.contains(Flags::SEEN));
    let expected: Vec<(Uid, Flags)> = unseen.map(|entry| (entry.uid, entry.flags | Flags::SEEN)).collect();
    if expected.is_empty() {
        return Ok(Ok([].into()));
    }
    let uids: Arc<[Uid]> = expected.iter().map(|(uid, _)| *uid).collect();
    let set = UidSet::from(&*uids);
    let (mailbox, access) = (selected.mailbox.clone(), selected.view.access);
    let change = FlagChange { op: FlagOp::Add, flags: FlagSet::from(Flags::SEEN), unchanged_since: None };
    let looked = session
        .deps
        .pool
        .run(move || {
            match mailbox.change_flags(&set, &change) {
                // RFC 4314 §4: then it is read without being marked.
                Err(error) if error.kind() == ErrorKind::NoPermission => {}
                changed => drop(changed?),
            }
            Ok(look(&mailbox, access))
        })
        .await;
    let look = match looked {
        Ok(look) => look,
        Err(error) => return Ok(Err(error)),
    };
    let telling = telling(Expunges::Hold, numbers, session.dialect);
    let telling = Telling { told: Told::Answered(&expected), ..telling };
    selected.moved(look, telling, &mut session.link.out)?;
    Ok(Ok(uids))
}
