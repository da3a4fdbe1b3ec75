//! APPEND: messages of any size, streamed to the store (RFC 3501 §6.3.11, RFC 3502, RFC 4315 §3, RFC 7889).

use std::io::{self, Write};

use imap_wire::append::{MessageHead, Next, parse_next};
use imap_wire::frame::Event;
use imap_wire::print;
use mailstore::{Account, Appended, Content, Incoming, MailboxName, NewMessage, StoreError};

use super::store::flag_set;
use crate::reply::{Handled, Hangup, Reply, destination_failure, store_failure};
use crate::session::Session;

/// Written to the store at once.
const WINDOW: usize = 256 * 1024;
/// Messages of one APPEND.
const MOST_MESSAGES: usize = 1000;

/// Runs from the announcement of the first message to the end of the command. Every fault that can be known before a message
/// comes is told before it comes.
pub(crate) async fn run(session: &mut Session, mailbox: String, first: MessageHead) -> Handled {
    let prepared = prepare(session, &mailbox).await;
    let (account, name) = match prepared {
        Ok(prepared) => prepared,
        Err(reply) => return Ok(refuse(session, reply)),
    };
    let mut messages: Vec<NewMessage> = Vec::new();
    let mut octets = 0u64;
    let mut head = first;
    loop {
        octets = octets.saturating_add(head.literal.size);
        if let Err(reply) = admit(session, &account, &head, octets, messages.len()).await {
            return Ok(refuse(session, reply));
        }
        let content = match receive(session, &account, &head).await? {
            Ok(content) => content,
            Err(reply) => return Ok(reply),
        };
        messages.push(NewMessage { content, flags: flag_set(&head.flags), internal_date: head.internal_date });
        head = match next(session).await? {
            Ok(Next::Message(next)) => next,
            Ok(Next::End) => break,
            Err(reply) => return Ok(reply),
        };
    }
    let appended = session.deps.pool.run(move || account.append(&name, messages)).await;
    Ok(match appended {
        Ok(appended) => Reply::ok("APPEND completed").code(append_uid(&appended)),
        Err(error) => destination_failure(&error),
    })
}

fn append_uid(appended: &Appended) -> String {
    let mut code = format!("APPENDUID {} ", appended.uid_validity).into_bytes();
    print::number_set(&mut code, appended.uids.iter().copied());
    String::from_utf8_lossy(&code).into_owned()
}

/// The literal is not wanted: what of it comes anyway is thrown away.
fn refuse(session: &mut Session, reply: Reply) -> Reply {
    session.link.splitter.refuse_literal();
    reply
}

async fn prepare(session: &mut Session, mailbox: &str) -> Result<(Account, MailboxName), Reply> {
    let name = MailboxName::new(mailbox).map_err(|_| Reply::no("Mailbox name is not allowed").code("CANNOT"))?;
    let account = session.account().await?;
    let (asked, wanted) = (account.clone(), name.clone());
    match session.deps.pool.run(move || asked.mailbox(&wanted)).await {
        Ok(info) if info.selectable => Ok((account, name)),
        Ok(_) => Err(Reply::no("Mailbox holds no messages").code("TRYCREATE")),
        Err(error) => Err(destination_failure(&error)),
    }
}

async fn admit(
    session: &mut Session,
    account: &Account,
    head: &MessageHead,
    octets: u64,
    before: usize,
) -> Result<(), Reply> {
    if head.literal.binary {
        return Err(Reply::bad("literal8 is not supported here"));
    }
    if head.literal.size == 0 {
        // RFC 3502 §6.3.11: this is how a client takes an APPEND back.
        return Err(Reply::no("A message without any octet is not stored"));
    }
    if session.deps.config.max_message_size.is_some_and(|limit| head.literal.size > limit) {
        return Err(Reply::no("Message is too large").code("TOOBIG"));
    }
    if before >= MOST_MESSAGES {
        return Err(Reply::no("Too many messages in one APPEND").code("LIMIT"));
    }
    let account = account.clone();
    let admitted = session.deps.pool.run(move || account.quota()?.admit(octets, before as u64 + 1)).await;
    admitted.map_err(|error| store_failure(&error))
}

/// Takes one message. The outer error ends the session; an inner one is the answer, and the rest of the command is thrown away.
async fn receive(
    session: &mut Session,
    account: &Account,
    head: &MessageHead,
) -> Result<Result<Content, Reply>, Hangup> {
    session.link.splitter.stream_literal();
    if head.literal.synchronising {
        session.link.out.extend_from_slice(b"+ OK\r\n");
    }
    let mut writer = Writer { account: account.clone(), incoming: None, size: head.literal.size };
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
            if octets.contains(&0) {
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
        let written = session
            .deps
            .pool
            .run(move || {
                writer.write(&full)?;
                if ended { writer.finish().map(Step::Done) } else { Ok(Step::More(writer)) }
            })
            .await;
        writer = match written {
            Ok(Step::More(writer)) => writer,
            Ok(Step::Done(content)) => return Ok(Ok(content)),
            Err(reply) if ended => {
                // What follows the message still belongs to this command.
                let _ = next(session).await?;
                return Ok(Err(reply));
            }
            Err(reply) => {
                session.link.splitter.abandon_stream();
                return Ok(Err(reply));
            }
        };
    }
}

enum Step {
    More(Writer),
    Done(Content),
}

/// The store's end of a message on its way in; used on the pool only.
struct Writer {
    account: Account,
    incoming: Option<Incoming>,
    size: u64,
}

impl Writer {
    fn incoming(&mut self) -> Result<&mut Incoming, StoreError> {
        if self.incoming.is_none() {
            self.incoming = Some(self.account.incoming(Some(self.size))?);
        }
        // Set just above.
        self.incoming.as_mut().ok_or_else(|| StoreError::Invalid("no message is being taken in".into()))
    }

    fn write(&mut self, octets: &[u8]) -> Result<(), Reply> {
        let incoming = self.incoming().map_err(|error| store_failure(&error))?;
        incoming.write_all(octets).map_err(|error| match error.kind() {
            io::ErrorKind::FileTooLarge => Reply::no("Message is too large").code("TOOBIG"),
            _ => {
                tracing::error!(error = &error as &dyn std::error::Error, "taking a message in failed");
                Reply::no("Mail store failed, try again later").code("UNAVAILABLE")
            }
        })
    }

    fn finish(mut self) -> Result<Content, Reply> {
        self.incoming().map_err(|error| store_failure(&error))?;
        let finished = self.incoming.map(Incoming::finish);
        match finished {
            Some(Ok(content)) => Ok(content),
            Some(Err(error)) => Err(store_failure(&error)),
            None => Err(Reply::no("Mail store failed, try again later").code("UNAVAILABLE")),
        }
    }
}

/// Reads what follows a message.
async fn next(session: &mut Session) -> Result<Result<Next, Reply>, Hangup> {
    match session.next_event().await? {
        Event::Command => {
            let next = parse_next(session.link.splitter.text());
            session.link.splitter.finish();
            Ok(match next {
                Ok(Next::End) => Ok(Next::End),
                Ok(Next::Message(_)) => Err(Reply::bad("Expected a message literal")),
                Err(error) => Err(Reply::from(&error)),
            })
        }
        Event::Literal(_) => match parse_next(session.link.splitter.text()) {
            Ok(next) => Ok(Ok(next)),
            Err(error) => {
                session.link.splitter.refuse_literal();
                Ok(Err(Reply::from(&error)))
            }
        },
        _ => Ok(Err(Reply::bad("Command line is too long"))),
    }
}
