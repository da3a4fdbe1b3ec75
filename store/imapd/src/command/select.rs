//! SELECT, EXAMINE, CLOSE and UNSELECT (RFC 3501 §6.3.1, §6.3.2, §6.4.2; RFC 3691; RFC 7162 §3.1.2).

use std::sync::Arc;

use ens::Watch;
use imap_wire::Names;
use imap_wire::command::{Numbers, SelectArgs};
use imap_wire::print;
use imap_wire::qresync::Qresync;
use mailstore::{ErrorKind, Mailbox, MailboxInfo, MailboxName, ModSeq, Recent, Rights, StoreError, UidSet};

use crate::reply::{Handled, Reply, store_failure};
use crate::selected::{Look, Selected, look, telling};
use crate::session::Session;
use crate::sharing::Place;
use crate::sync::{Dialect, Expunges, print_flags};
use crate::view::{Access, Recency, View};

/// SELECT and EXAMINE. Whatever was selected before is not any more, also when this fails.
pub(super) async fn select(session: &mut Session, args: SelectArgs, access: Access) -> Handled {
    if args.qresync.is_some() && !session.dialect.qresync {
        return Ok(Reply::bad("QRESYNC is not enabled"));
    }
    leave(session);
    let Place { account, name } = match session.place(&args.mailbox).await {
        Ok(place) => place,
        Err(reply) => return Ok(reply),
    };
    // Listening starts before looking, so that nothing falls between the two.
    let (bus, id) = (Arc::clone(&session.deps.bus), account.id().clone());
    let opened = session
        .deps
        .pool
        .run(move || {
            let mailbox = account.open(&name)?;
            let changes = bus.subscribe(&id, Watch::Mailbox(mailbox.id()));
            let look = look(&mailbox, access)?;
            note_reader(&mailbox);
            Ok((mailbox, changes, look, account.mailbox(&name)?))
        })
        .await;
    let (mailbox, changes, look, info) = match opened {
        Ok(opened) => opened,
        Err(error) => return Ok(store_failure(&error)),
    };
    if args.condstore {
        session.dialect.condstore = true;
    }
    session.selections += 1;
    let recency = if session.dialect.rev2 { Recency::Unknown } else { Recency::Told };
    // RFC 4314 §5.2: whether anything that others see may be changed. `\Seen` is everybody's own.
    let shared = [Rights::INSERT, Rights::EXPUNGE, Rights::WRITE, Rights::TRASH];
    let mut writes = shared.into_iter().any(|right| look.rights.contains(right));
    writes |= !mailbox.account().is_shared() && look.rights.contains(Rights::SEEN);
    let view = view_of(look, access, recency);
    let told_to = view.snapshot.uid_next();
    print_mailbox(&mut session.link.out, &mailbox, &view, session.dialect);
    // RFC 8474 §4.2.
    session.say(&format!("OK [MAILBOXID ({})]", info.status.object_id), "Ok");
    // RFC 4467 §9.
    session.say("OK [URLMECH INTERNAL]", "Mechanisms of authorized URLs");
    if session.dialect.rev2 {
        print_name(&mut session.link.out, &args.mailbox, &info, mailbox.account().is_shared());
    }
    session.selected = Some(Box::new(Selected {
        mailbox,
        view,
        contexts: Default::default(),
        made: UidSet::default(),
        told_to,
        changes,
    }));
    if let Some(known) = args.qresync
        && let Err(error) = resynchronise(session, &known).await
    {
        session.selected = None;
        return Ok(store_failure(&error));
    }
    Ok(match access {
        Access::ReadWrite if writes => Reply::ok("SELECT completed").code("READ-WRITE"),
        Access::ReadWrite => Reply::ok("SELECT completed").code("READ-ONLY"),
        Access::ReadOnly => Reply::ok("EXAMINE completed").code("READ-ONLY"),
    })
}

/// Which mailbox it is, under the name that the server knows, with what LIST tells of it (RFC 9051 §6.3.2).
fn print_name(out: &mut Vec<u8>, asked: &str, info: &MailboxInfo, shared: bool) {
    let name = MailboxName::new(asked);
    let name = name.as_ref().map_or(asked, MailboxName::as_str);
    let mut attributes = Vec::new();
    // What somebody else's mailbox is for is not for this user, and what is below it may not be known.
    if !shared {
        attributes.push(if info.has_children { "\\HasChildren" } else { "\\HasNoChildren" });
        attributes.extend(info.special_use.map(|special_use| special_use.attribute()));
    }
    print::list_line(out, "LIST", attributes, name, Names::Utf8, b"");
}

/// Notes that somebody who is not the owner was here, for the report of readers.
fn note_reader(mailbox: &Mailbox) {
    if let Some(reader) = mailbox.account().reader()
        && let Err(error) = mailbox.note_reader(&reader)
    {
        tracing::warn!(error = &error as &dyn std::error::Error, "a reader was not noted");
    }
}

/// Tells what has changed since the client last knew the mailbox (RFC 7162 §3.2.5).
async fn resynchronise(session: &mut Session, known: &Qresync) -> Result<(), StoreError> {
    let Some(selected) = &session.selected else { return Ok(()) };
    let view = &selected.view;
    if known.uid_validity != selected.mailbox.uid_validity() {
        return Ok(());
    }
    let all = || UidSet::from_ranges([1..=view.snapshot.uid_next().saturating_sub(1)]);
    let ranges = |set: &imap_wire::SequenceSet| set.resolve(0).into_iter().map(|(first, last)| first..=last);
    let uids = known.known_uids.as_ref().map_or_else(all, |set| UidSet::from_ranges(ranges(set)));
    // Up to the last place where its numbers are still right, the client knows what is gone.
    let matching = known.matches.as_ref().and_then(|(numbers, known)| {
        let right =
            |(number, uid): &(u32, u32)| view.entry(*number as usize - 1).is_some_and(|entry| entry.uid == *uid);
        // More numbers than there are messages say nothing more.
        numbers.numbers().zip(known.numbers()).take(view.len()).filter(right).last()
    });
    let behind = matching.map_or(1, |(_, uid)| uid.saturating_add(1));
    print_vanished(session, known.modseq, uids.intersection(&UidSet::from_ranges([behind..=u32::MAX]))).await?;
    let Some(selected) = &session.selected else { return Ok(()) };
    let telling = telling(Expunges::Hold, Numbers::Uid, session.dialect);
    for at in 0..selected.view.len() {
        if selected.view.entry(at).is_some_and(|entry| entry.modseq > known.modseq && uids.contains(entry.uid)) {
            selected.view.print_fetch_flags(&mut session.link.out, at, telling);
        }
    }
    Ok(())
}

/// `* VANISHED (EARLIER) uids`: those of `among` that left after a MODSEQ and are not in the view any more.
pub(super) async fn print_vanished(session: &mut Session, since: ModSeq, among: UidSet) -> Result<(), StoreError> {
    let Some(selected) = &session.selected else { return Ok(()) };
    let (mailbox, view) = (selected.mailbox.clone(), selected.view.clone());
    let gone = session
        .deps
        .pool
        .run(move || {
            let gone = mailbox.vanished_since(since, &among)?;
            // What left after the view was taken is told as VANISHED when the view moves.
            let ghosts: UidSet = view.ghosts.iter().map(|ghost| ghost.uid).collect();
            Ok::<_, StoreError>(gone.difference(&UidSet::from(view.snapshot.uids())).difference(&ghosts))
        })
        .await?;
    if !gone.is_empty() {
        let out = &mut session.link.out;
        out.extend_from_slice(b"* VANISHED (EARLIER) ");
        print::ranges(out, gone.ranges().iter().map(|range| (*range.start(), *range.end())));
        out.extend_from_slice(b"\r\n");
    }
    Ok(())
}

fn view_of(look: Look, access: Access, recency: Recency) -> View {
    let rights = look.rights;
    let recent = match access {
        Access::ReadWrite => look.claimed,
        // What is recent to nobody yet is so to a session that only looks, and stays so for the others.
        Access::ReadOnly => Recent { first: look.snapshot.recent_from(), end: u32::MAX },
    };
    View::new(look.snapshot, recent, access, recency).with_rights(rights)
}

fn print_mailbox(out: &mut Vec<u8>, mailbox: &Mailbox, view: &View, dialect: Dialect) {
    print_flags(out, view.snapshot.keywords(), view, dialect.language);
    print::count_line(out, view.len() as u64, "EXISTS");
    // RFC 9051 appendix E: neither RECENT nor UNSEEN is known any more.
    if view.recency == Recency::Told {
        print::count_line(out, view.recent_count() as u64, "RECENT");
        // A sequence number, which there are none of with UIDONLY.
        if let Some(unseen) = view.first_unseen().filter(|_| !dialect.uid_only) {
            code_line(out, "UNSEEN", unseen as u64, &dialect.language.say("First unseen."));
        }
    }
    code_line(out, "UIDVALIDITY", u64::from(mailbox.uid_validity()), &dialect.language.say("UIDs valid"));
    code_line(out, "UIDNEXT", u64::from(view.snapshot.uid_next()), &dialect.language.say("Predicted next UID"));
    code_line(out, "HIGHESTMODSEQ", view.snapshot.highest_modseq(), &dialect.language.say("Highest"));
}

fn code_line(out: &mut Vec<u8>, code: &str, number: u64, text: &str) {
    out.extend_from_slice(format!("* OK [{code} {number}] ").as_bytes());
    print::text(out, text);
    out.extend_from_slice(b"\r\n");
}

/// Leaves the selected mailbox, if there is one.
pub(crate) fn leave(session: &mut Session) {
    if session.selected.take().is_some() {
        // RFC 7162 §3.2.11: what follows is about another mailbox.
        session.say("OK [CLOSED]", "Previous mailbox closed.");
    }
}

/// CLOSE: removes what is `\Deleted` without a word, unless the mailbox is open for reading only.
pub(super) async fn close(session: &mut Session) -> Handled {
    let Some(selected) = session.selected.take() else { return Ok(Reply::bad("No mailbox selected")) };
    if !selected.is_read_only() {
        let mailbox = selected.mailbox.clone();
        match session.deps.pool.run(move || mailbox.expunge(None)).await {
            // RFC 4314 §4: who may not expunge closes all the same; and a mailbox that is gone is closed.
            Err(error) if !matches!(error.kind(), ErrorKind::NoPermission | ErrorKind::NotFound | ErrorKind::Gone) => {
                return Ok(store_failure(&error));
            }
            _ => {}
        }
    }
    Ok(Reply::ok("CLOSE completed"))
}

/// UNSELECT: as CLOSE, and nothing is removed.
pub(super) fn unselect(session: &mut Session) -> Handled {
    session.selected = None;
    Ok(Reply::ok("UNSELECT completed"))
}

/// A command that enables CONDSTORE (RFC 7162 §3.1): the first one in a selected state tells the highest MODSEQ.
pub(super) fn enable_condstore(session: &mut Session) {
    if session.dialect.condstore {
        return;
    }
    session.dialect.condstore = true;
    if let Some(selected) = &session.selected {
        // While an EXPUNGE waits, no more than what the client has been told of (§3.2).
        let highest = selected.view.settled;
        code_line(&mut session.link.out, "HIGHESTMODSEQ", highest, &session.dialect.language.say("Highest"));
    }
}
