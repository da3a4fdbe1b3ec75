//! APPEND and REPLACE: messages of any size, streamed to the store (RFC 3501 §6.3.11, RFC 3502, RFC 3516 §4.4, RFC 4315 §3,
//! RFC 4469, RFC 7889, RFC 8508).

use imap_wire::Names;
use imap_wire::append::{self, Action, Begun, Parser, Step};
use imap_wire::command::Numbers;
use imap_wire::date::DateTime;
use imap_wire::flag::FlagList;
use imap_wire::frame::{Announced, Event};
use imap_wire::print;
use imap_wire::sequence::Number;
use imap_wire::url::MessageUrl;
use mailstore::{
    Account, Appended, Content, ErrorKind, InternalDate, Mailbox, MailboxName, NewMessage, Rights, StoreError, Uid,
    UidSet,
};

use super::store::flag_set;
use crate::intake::{Headers, Intake};
use crate::reply::{Handled, Hangup, Reply, destination_failure, store_failure};
use crate::session::Session;
use crate::sharing::Place;
use crate::sync::Expunges;

/// Written to the store at once.
const WINDOW: usize = 256 * 1024;
/// Messages of one APPEND.
const MOST_MESSAGES: usize = 1000;
/// Pieces of one message.
const MOST_PIECES: usize = 10_000;

/// Where the splitter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    /// A literal waits for an answer.
    Literal,
    /// The command is there.
    End,
}

/// What is known before the first message comes.
struct Target {
    account: Account,
    name: MailboxName,
    /// The message that goes.
    replaced: Option<(Mailbox, Uid)>,
    /// For relative URLs without a mailbox.
    selected: Option<(Account, MailboxName)>,
    /// Whether the user may read the mailbox: APPENDUID is told to nobody else (RFC 9051 §6.3.12).
    readable: bool,
}

/// A message that is being put together.
struct Building {
    flags: FlagList,
    internal_date: Option<DateTime>,
    intake: Option<Intake>,
    pieces: usize,
}

/// Runs a command from its mailbox to its end. Every fault that can be known before a message comes is told before it comes.
pub(crate) async fn run(session: &mut Session, begun: Begun, mut at: At) -> Handled {
    let target = match prepare(session, &begun).await? {
        Ok(target) => target,
        Err(reply) => return Ok(stop(session, at, reply)),
    };
    let mut parser = Parser::default();
    let mut read = begun.read;
    let mut messages: Vec<NewMessage> = Vec::new();
    let mut octets = 0u64;
    let mut building: Option<Building> = None;
    'pieces: loop {
        let text = session.link.splitter.text();
        let steps = match parser.parse(text.get(read..).unwrap_or_default()) {
            Ok(steps) => steps,
            Err(error) => return Ok(stop(session, at, Reply::from(&error))),
        };
        for step in steps {
            let done = match step {
                Step::Keep => {
                    match keep(session).await? {
                        Ok(next) => at = next,
                        Err(reply) => return Ok(stop(session, at, reply)),
                    }
                    continue 'pieces;
                }
                Step::Message { flags, internal_date } => {
                    if messages.len() >= MOST_MESSAGES {
                        Err(Reply::no("Too many messages in one APPEND").code("LIMIT"))
                    } else if target.replaced.is_some() && !messages.is_empty() {
                        // RFC 8508 §4.7.
                        Err(Reply::bad("REPLACE takes one message"))
                    } else {
                        building = Some(Building { flags, internal_date, intake: None, pieces: 0 });
                        Ok(())
                    }
                }
                Step::Url(url) => add_url(session, &target, building.as_mut(), &url).await,
                Step::Literal(literal, content) => {
                    let before = messages.len();
                    if content == append::Content::Utf8 && session.names() == Names::Utf7 {
                        // RFC 6855 §4: for clients that have enabled it.
                        return Ok(stop(session, at, Reply::no("UTF8=ACCEPT is not enabled").code("CANNOT")));
                    }
                    let Some(building) = building.as_mut() else { return Ok(stop(session, at, misplaced())) };
                    building.pieces += 1;
                    if !session.may_send(literal) {
                        return Ok(stop(session, at, Reply::bad("Literal is too large to come unasked")));
                    }
                    if content == append::Content::Whole && literal.size == 0 {
                        // RFC 3502 §6.3.11: this is how a client takes an APPEND back.
                        return Ok(stop(session, at, Reply::no("A message without any octet is not stored")));
                    }
                    let size = building.intake.as_ref().map_or(0, Intake::len).saturating_add(literal.size);
                    if let Err(reply) = admit(session, &target, size, octets, before).await {
                        return Ok(stop(session, at, reply));
                    }
                    let intake = building.intake.take();
                    let intake = intake.unwrap_or_else(|| Intake::new(target.account.clone(), literal.size));
                    match receive(session, intake, literal).await? {
                        Ok(intake) => building.intake = Some(intake),
                        // What was refused is thrown away to its end.
                        Err(reply) => return Ok(reply),
                    }
                    match next(session).await? {
                        Ok(next) => at = next,
                        Err(reply) => return Ok(reply),
                    }
                    read = 0;
                    continue 'pieces;
                }
                Step::EndMessage => match building.take() {
                    Some(building) => complete(session, building).await.map(|message| {
                        octets = octets.saturating_add(message.content.size());
                        messages.push(message);
                    }),
                    None => Err(misplaced()),
                },
                Step::End => break 'pieces,
            };
            if let Err(reply) = done {
                return Ok(stop(session, at, reply));
            }
        }
        // Only a literal or the end ends a piece.
        return Ok(stop(session, at, misplaced()));
    }
    session.link.splitter.finish();
    Ok(store(session, target, messages).await)
}

fn misplaced() -> Reply {
    Reply::bad("Expected a message")
}

/// The command ends here: what of it comes anyway is thrown away.
fn stop(session: &mut Session, at: At, reply: Reply) -> Reply {
    match at {
        At::Literal => session.link.splitter.refuse_literal(),
        At::End => session.link.splitter.finish(),
    }
    reply
}

async fn store(session: &mut Session, target: Target, messages: Vec<NewMessage>) -> Reply {
    let Target { account, name, replaced, readable, .. } = target;
    let owner = account.id().clone();
    let verb = if replaced.is_some() { "REPLACE completed" } else { "APPEND completed" };
    let replaces = replaced.is_some();
    let appended = session
        .deps
        .pool
        .run(move || match replaced {
            None => account.append(&name, messages),
            Some((mailbox, uid)) if mailbox.account().id() == account.id() => {
                account.append_replacing(&name, messages, &mailbox, uid)
            }
            Some((mailbox, uid)) => replace_across(&account, &name, messages, &mailbox, uid),
        })
        .await;
    if let (Ok(appended), Some(selected)) = (&appended, &mut session.selected) {
        selected.note_made(&owner, appended.uid_validity, &appended.uids);
    }
    match appended {
        Ok(_) if !readable => Reply::ok(verb),
        // RFC 8508 §4.3: told before the EXPUNGE.
        Ok(appended) if replaces => {
            Reply::ok("Replacement message ready").code(append_uid(&appended)).print(
                &mut session.link.out,
                session.dialect.language,
                None,
            );
            Reply::ok(verb)
        }
        Ok(appended) => Reply::ok(verb).code(append_uid(&appended)),
        // The destination was there a moment ago: the message to replace is not.
        Err(error) if replaces && error.kind() == ErrorKind::NotFound => {
            Reply::no("The message no longer exists").code("EXPUNGEISSUED")
        }
        Err(error) => destination_failure(&error),
    }
}

/// REPLACE by a message in another account: it is there before the old one goes.
fn replace_across(
    account: &Account,
    name: &MailboxName,
    messages: Vec<NewMessage>,
    mailbox: &Mailbox,
    uid: Uid,
) -> Result<Appended, StoreError> {
    if !mailbox.rights()?.contains(Rights::TRASH.union(Rights::EXPUNGE)) {
        return Err(StoreError::NoPermission("the mailbox".to_owned()));
    }
    if mailbox.rows(&[uid])?.is_empty() {
        return Err(StoreError::NotFound(format!("message {uid}")));
    }
    let appended = account.append(name, messages)?;
    mailbox.remove(&UidSet::from(uid))?;
    Ok(appended)
}

fn append_uid(appended: &Appended) -> String {
    let mut code = format!("APPENDUID {} ", appended.uid_validity).into_bytes();
    print::number_set(&mut code, appended.uids.iter().copied());
    String::from_utf8_lossy(&code).into_owned()
}

async fn prepare(session: &mut Session, begun: &Begun) -> Result<Result<Target, Reply>, Hangup> {
    let replaced = match begun.action {
        Action::Append => None,
        Action::Replace(numbers, number) => match replaced(session, numbers, number).await? {
            Ok(replaced) => Some(replaced),
            Err(reply) => return Ok(Err(reply)),
        },
    };
    let Place { account, name } = match session.destination(&begun.mailbox).await {
        Ok(place) => place,
        Err(reply) => return Ok(Err(reply)),
    };
    let (asked, wanted) = (account.clone(), name.clone());
    let selected = session.selected.as_ref().map(|selected| selected.mailbox.clone());
    let found = session
        .deps
        .pool
        .run(move || {
            let rights = asked.permit(&wanted, Rights::INSERT)?;
            let selected = selected.and_then(|mailbox| Some((mailbox.account().clone(), mailbox.name().ok()?)));
            Ok((asked.mailbox(&wanted)?, selected, rights.contains(Rights::READ)))
        })
        .await;
    Ok(match found {
        Ok((info, selected, readable)) if info.selectable => Ok(Target { account, name, replaced, selected, readable }),
        Ok(_) => Err(Reply::no("Mailbox holds no messages").code("TRYCREATE")),
        Err(error) => Err(destination_failure(&error)),
    })
}

/// The message that REPLACE removes.
async fn replaced(
    session: &mut Session,
    numbers: Numbers,
    number: Number,
) -> Result<Result<(Mailbox, Uid), Reply>, Hangup> {
    session.sync(Expunges::Hold, numbers).await?;
    let Some(selected) = &session.selected else { return Ok(Err(Reply::bad("No mailbox selected"))) };
    if selected.is_read_only() {
        return Ok(Err(Reply::no("Mailbox is open for reading only").code("READ-ONLY")));
    }
    let view = &selected.view;
    let at = match (numbers, number) {
        (_, Number::Star) => view.len().checked_sub(1),
        (Numbers::Sequence, Number::Value(number)) => (number as usize).checked_sub(1),
        (Numbers::Uid, Number::Value(uid)) => Some(view.rank(uid)),
    };
    let entry = at.and_then(|at| view.entry(at));
    Ok(match (entry, numbers, number) {
        (Some(entry), Numbers::Uid, Number::Value(uid)) if entry.uid != uid => {
            Err(Reply::no("There is no message with that UID").code("NONEXISTENT"))
        }
        (Some(entry), ..) if entry.ghost => Err(Reply::no("The message no longer exists").code("EXPUNGEISSUED")),
        (Some(entry), ..) => Ok((selected.mailbox.clone(), entry.uid)),
        (None, Numbers::Uid, _) => Err(Reply::no("There is no message with that UID").code("NONEXISTENT")),
        (None, Numbers::Sequence, _) => Err(Reply::bad("No such message")),
    })
}

/// Whether a message of `size` octets may come, behind `before` others of this command with `octets` octets together.
async fn admit(session: &mut Session, target: &Target, size: u64, octets: u64, before: usize) -> Result<(), Reply> {
    if session.deps.config.max_message_size.is_some_and(|limit| size > limit) {
        return Err(Reply::no("Message is too large").code("TOOBIG"));
    }
    if target.replaced.is_some() {
        // RFC 8508 §3.4: only the difference counts, which the store knows.
        return Ok(());
    }
    let account = target.account.clone();
    let all = octets.saturating_add(size);
    let admitted = session.deps.pool.run(move || account.admits(all, before as u64 + 1)).await;
    admitted.map_err(|error| store_failure(&error))
}

/// Adds what an URL names to the message.
async fn add_url(
    session: &mut Session,
    target: &Target,
    building: Option<&mut Building>,
    url: &[u8],
) -> Result<(), Reply> {
    let Some(building) = building else { return Err(misplaced()) };
    building.pieces += 1;
    if building.pieces > MOST_PIECES {
        return Err(Reply::no("Too many pieces in one message").code("LIMIT"));
    }
    let bad_url = || Reply::no("There is no such message or part").code(bad_url(url));
    // RFC 4469 §3: relative URLs only: mailboxes of this server, with the rights of this user.
    let Some(parsed) = MessageUrl::parse(url).filter(|url| url.server.is_none() && url.authorization.is_none()) else {
        return Err(bad_url());
    };
    let intake = building.intake.take();
    let mut intake = intake.unwrap_or_else(|| Intake::new(target.account.clone(), 0));
    let place = match &parsed.mailbox {
        Some(name) => session.place(name).await.ok().map(|place| (place.account, place.name)),
        None => target.selected.clone(),
    };
    let (intake, written) = session
        .deps
        .pool
        .run(move || {
            let written = match &place {
                Some((account, name)) => intake.write_part(&parsed, account, name),
                None => Ok(false),
            };
            (intake, written)
        })
        .await;
    let size = intake.len();
    building.intake = Some(intake);
    if session.deps.config.max_message_size.is_some_and(|limit| size > limit) {
        return Err(Reply::no("Message is too large").code("TOOBIG"));
    }
    if written? { Ok(()) } else { Err(bad_url()) }
}

/// `BADURL url`, without what could end the response code or the line.
fn bad_url(url: &[u8]) -> String {
    let shown = |byte: &u8| match byte {
        b'"' | b'\\' | b']' => '?',
        b'!'..=b'~' => char::from(*byte),
        _ => '?',
    };
    format!("BADURL \"{}\"", url.iter().take(1000).map(shown).collect::<String>())
}

/// The message is complete.
async fn complete(session: &mut Session, building: Building) -> Result<NewMessage, Reply> {
    let Building { flags, internal_date, intake, .. } = building;
    let Some(intake) = intake.filter(|intake| intake.len() > 0) else {
        return Err(Reply::no("A message without any octet is not stored"));
    };
    let headers = if session.names() == Names::Utf8 { Headers::Utf8 } else { Headers::Ascii };
    let content: Content = session.deps.pool.run(move || intake.finish(headers)).await?;
    let internal_date = internal_date.map(|DateTime { seconds, zone }| InternalDate { seconds, zone });
    Ok(NewMessage { content, flags: flag_set(&flags), internal_date })
}

/// Takes one literal. The outer error ends the session; an inner one is the answer, and the rest of the command is thrown away.
async fn receive(
    session: &mut Session,
    mut intake: Intake,
    literal: Announced,
) -> Result<Result<Intake, Reply>, Hangup> {
    session.link.splitter.stream_literal();
    if literal.synchronising {
        session.link.out.extend_from_slice(b"+ OK\r\n");
    }
    let mut window = Vec::new();
    loop {
        if session.link.splitter.stream_left() > 0 {
            match session.next_event().await? {
                Event::Streaming => {}
                // While a literal is streamed the splitter says nothing else.
                _ => return Ok(Err(Reply::bad("Message literal expected"))),
            }
            let splitter = &mut session.link.splitter;
            let octets = splitter.streamed();
            // RFC 3501 §4.3: NUL can only be sent as literal8.
            if !literal.binary && octets.contains(&0) {
                splitter.abandon_stream();
                return Ok(Err(Reply::no("Message holds a NUL").code("CANNOT")));
            }
            window.extend_from_slice(octets);
            let taken = octets.len();
            splitter.consume(taken);
        }
        let ended = session.link.splitter.stream_left() == 0;
        if window.len() < WINDOW && !ended {
            continue;
        }
        let full = std::mem::take(&mut window);
        let (written, back) = session
            .deps
            .pool
            .run(move || {
                let written = intake.write(&full);
                (written, intake)
            })
            .await;
        intake = back;
        match written {
            Ok(()) if ended => return Ok(Ok(intake)),
            Ok(()) => {}
            Err(reply) if ended => {
                // What follows the message still belongs to this command.
                if let Ok(at) = next(session).await? {
                    return Ok(Err(stop(session, at, reply)));
                }
                return Ok(Err(reply));
            }
            Err(reply) => {
                session.link.splitter.abandon_stream();
                return Ok(Err(reply));
            }
        }
    }
}

/// Keeps a literal as a part of the command, and reads on.
async fn keep(session: &mut Session) -> Result<Result<At, Reply>, Hangup> {
    let synchronising = match session.link.splitter.advance() {
        Event::Literal(announced) => announced.synchronising,
        _ => return Ok(Err(Reply::bad("Invalid literal"))),
    };
    if !session.link.splitter.keep_literal() {
        return Ok(Err(Reply::no("Literal is too large").code("TOOBIG")));
    }
    if synchronising {
        session.link.out.extend_from_slice(b"+ OK\r\n");
    }
    next(session).await
}

/// Reads what follows, up to the next literal or the end. After an error the command is over already.
async fn next(session: &mut Session) -> Result<Result<At, Reply>, Hangup> {
    Ok(match session.next_event().await? {
        Event::Command => Ok(At::End),
        Event::Literal(_) => Ok(At::Literal),
        _ => Err(Reply::bad("Command line is too long")),
    })
}
