//! STORE and UID STORE (RFC 3501 §6.4.6, RFC 7162 §3.1.3).

use imap_wire::command::Numbers;
use imap_wire::flag::FlagList;
use imap_wire::print;
use imap_wire::store::{Echo, StoreAction, StoreArgs};
use mailstore::{FlagChange, FlagOp, FlagSet, Flags, KeywordNames, Snapshot, Uid, UidSet};

use crate::reply::{Handled, Reply, store_failure};
use crate::selected::{Selected, look};
use crate::session::Session;
use crate::sync::{Dialect, Expunges, SYSTEM, Telling, Told};
use crate::view::{Ghost, Selection, View};

/// STORE.
pub(super) async fn store(session: &mut Session, numbers: Numbers, args: StoreArgs) -> Handled {
    if args.unchanged_since.is_some() {
        super::select::enable_condstore(session);
    }
    let dialect = session.dialect;
    let Some(selected) = &session.selected else { return Ok(Reply::bad("No mailbox selected")) };
    let selection = match numbers {
        Numbers::Uid => selected.view.by_uid(&args.set),
        Numbers::Sequence => match selected.view.by_sequence(&args.set) {
            Some(selection) => selection,
            None => return Ok(Reply::bad("No such message")),
        },
    };
    if selected.is_read_only() {
        return Ok(Reply::no("Mailbox is open for reading only").code("READ-ONLY"));
    }
    let uids: Vec<Uid> = selection.stored(&selected.view).collect();
    let change = flag_change(&args);
    let (mailbox, access) = (selected.mailbox.clone(), selected.view.access);
    let pool = session.deps.pool.clone();
    let stored = pool.run(move || {
        let set = UidSet::from(uids.as_slice());
        let changed = match set.is_empty() {
            true => mailstore::Changed::default(),
            false => mailbox.change_flags(&set, &change)?,
        };
        // In the same breath, so that nobody comes between more often than must be.
        Ok::<_, mailstore::StoreError>((uids, changed, look(&mailbox, access)))
    });
    let stored = session.working(stored).await?;
    let Some(selected) = &mut session.selected else { return Ok(Reply::bad("No mailbox selected")) };
    let (uids, changed, look) = match stored {
        Ok(stored) => stored,
        Err(error) => return Ok(store_failure(&error)),
    };
    let refused = changed.refused;
    let expected: Vec<(Uid, Flags)>;
    let told = match (args.echo, &look) {
        (Echo::Silent, Ok(look)) => {
            expected = expectation(&selected.view, &look.snapshot, &selection, &args, &refused);
            match args.unchanged_since {
                Some(_) => Told::Conditional { expected: &expected, refused: &refused },
                None => Told::Expected(&expected),
            }
        }
        // RFC 7162 §3.1.3: the flags of those left alone are worth knowing too, so none is taken out.
        _ => Told::Also(&uids),
    };
    // EXPUNGE may follow UID STORE, but not come before its FETCH responses have numbers: those are written first.
    let telling = Telling { expunges: Expunges::Hold, told, numbers, dialect };
    selected.moved(look, telling, &mut session.link.out)?;
    let has_gone = selection.has_ghost(&selected.view);
    if has_gone && numbers == Numbers::Sequence && args.unchanged_since.is_none() {
        store_in_view(selected, &selection, &args, dialect, &mut session.link.out);
    }
    if numbers == Numbers::Uid {
        let telling = Telling { expunges: Expunges::Tell, told: Told::Changed, numbers, dialect };
        let now = selected.view.snapshot.clone();
        let Selected { view, contexts, .. } = &mut **selected;
        view.sync(now, Default::default(), telling, contexts, &mut session.link.out);
    }
    let reply = Reply::ok("STORE completed");
    if !refused.is_empty() {
        return Ok(reply.code(modified(&session.selected, numbers, &refused)));
    }
    Ok(if has_gone && numbers == Numbers::Sequence { reply.code("EXPUNGEISSUED") } else { reply })
}

/// Messages that somebody else has removed are there for this client until it is told (RFC 2180 §4.2): in its view they get the flags
/// that it stores, and it is told so.
fn store_in_view(
    selected: &mut Selected,
    selection: &Selection,
    args: &StoreArgs,
    dialect: Dialect,
    out: &mut Vec<u8>,
) {
    let view = &mut selected.view;
    let (flags, allowed) = (named_flags(&args.flags, view.snapshot.keywords()), view.permanent_flags());
    let mut ghosts = view.ghosts.to_vec();
    let named = |ghost: &&mut Ghost| selection.ranges().iter().any(|(from, to)| (*from..*to).contains(&ghost.at));
    for ghost in ghosts.iter_mut().filter(named) {
        let after = after(args.action, ghost.flags, flags);
        ghost.flags = ghost.flags.without(allowed) | after.without(after.without(allowed));
        ghost.modseq = view.snapshot.highest_modseq();
    }
    view.ghosts = ghosts.into();
    if args.echo == Echo::Silent {
        return;
    }
    let telling = Telling { expunges: Expunges::Hold, told: Told::Nothing, numbers: Numbers::Sequence, dialect };
    for at in selection.indices().filter(|at| view.entry(*at).is_some_and(|entry| entry.ghost)) {
        view.print_fetch_flags(out, at, telling);
    }
}

/// `MODIFIED set`: the messages left alone because they changed after UNCHANGEDSINCE.
fn modified(selected: &Option<Box<crate::selected::Selected>>, numbers: Numbers, refused: &[Uid]) -> String {
    let mut code = b"MODIFIED ".to_vec();
    match (selected, numbers) {
        (Some(selected), Numbers::Sequence) => {
            let numbers = refused.iter().filter_map(|uid| selected.view.index_of(*uid)).map(|at| at as u32 + 1);
            print::number_set(&mut code, numbers);
        }
        _ => print::number_set(&mut code, refused.iter().copied()),
    }
    String::from_utf8_lossy(&code).into_owned()
}

fn flag_change(args: &StoreArgs) -> FlagChange {
    FlagChange {
        op: match args.action {
            StoreAction::Replace => FlagOp::Replace,
            StoreAction::Add => FlagOp::Add,
            StoreAction::Remove => FlagOp::Remove,
        },
        flags: flag_set(&args.flags),
        unchanged_since: args.unchanged_since,
    }
}

/// The flags of a command as the store wants them.
pub(super) fn flag_set(flags: &FlagList) -> FlagSet {
    let system =
        SYSTEM.iter().filter(|(_, wire)| flags.system.has(*wire)).fold(Flags::NONE, |all, (store, _)| all | *store);
    FlagSet { system, keywords: flags.keywords.clone() }
}

/// What the client takes the flags to be after a silent STORE: what it knew, changed as it asked.
fn expectation(
    view: &View,
    now: &Snapshot,
    selection: &Selection,
    args: &StoreArgs,
    refused: &[Uid],
) -> Vec<(Uid, Flags)> {
    let flags = named_flags(&args.flags, now.keywords());
    let entries = selection.indices().filter_map(|at| view.entry(at)).filter(|entry| !entry.ghost);
    entries
        .map(|entry| {
            let refused = refused.binary_search(&entry.uid).is_ok();
            (entry.uid, if refused { entry.flags } else { after(args.action, entry.flags, flags) })
        })
        .collect()
}

/// The flags of a command as bits; keywords that the mailbox does not know have none.
fn named_flags(flags: &FlagList, keywords: &KeywordNames) -> Flags {
    let set = flag_set(flags);
    set.keywords.iter().filter_map(|keyword| keywords.flag(keyword)).fold(set.system, |all, keyword| all | keyword)
}

/// What an action makes of a message's flags.
fn after(action: StoreAction, before: Flags, flags: Flags) -> Flags {
    match action {
        StoreAction::Replace => flags,
        StoreAction::Add => before | flags,
        StoreAction::Remove => before.without(flags),
    }
}
