//! One authenticated IMAP connection: commands, their results, and what is selected (RFC 3501 §3, §5.5, §7).

use std::{
    collections::HashSet,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use async_imap::Session;
use bytes::Bytes;

use crate::{
    Error,
    command::Command,
    response::{Data, Name, Outcome, Response, Status},
    wire::Wire,
};

/// What a server announces after sign-in, in upper case.
#[derive(Debug, Clone, Default)]
pub(crate) struct Capabilities(HashSet<String>);

impl Capabilities {
    /// Reads the words of a CAPABILITY answer or code.
    pub(crate) fn read(words: &[u8]) -> Self {
        let words = words.split(|b| *b == b' ').filter(|word| !word.is_empty());
        Self(words.map(|word| String::from_utf8_lossy(word).to_ascii_uppercase()).collect())
    }

    /// Whether it is announced.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Whether anything that begins so is announced.
    pub(crate) fn has_prefix(&self, prefix: &str) -> bool {
        self.0.iter().any(|name| name.starts_with(prefix))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The mailbox that is selected.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selected {
    pub(crate) mailbox: String,
    pub(crate) uid_validity: u32,
    pub(crate) uid_next: u32,
    pub(crate) exists: u32,
    /// Counts EXISTS and EXPUNGE answers, so that a page can see that its range moved.
    pub(crate) moves: u64,
}

/// A signed-in connection.
pub(crate) struct Connection {
    session: Session<Wire>,
    pub(crate) host: Arc<str>,
    pub(crate) capabilities: Arc<Capabilities>,
    pub(crate) selected: Option<Selected>,
    /// What names of other users' mailboxes begin with; `None` until the server was asked (RFC 2342).
    pub(crate) others: Option<Vec<String>>,
    /// When the last command ended.
    pub(crate) last_used: Instant,
    next_tag: u32,
    /// Commands sent whose result has not been read. A connection that is given back with any is closed.
    open_commands: u32,
    broken: bool,
}

impl Connection {
    /// Takes over a session after sign-in.
    pub(crate) fn new(session: Session<Wire>, host: Arc<str>, capabilities: Arc<Capabilities>) -> Self {
        Self {
            session,
            host,
            capabilities,
            selected: None,
            others: None,
            last_used: Instant::now(),
            next_tag: 0,
            open_commands: 0,
            broken: false,
        }
    }

    fn wire(&mut self) -> &mut Wire {
        self.session.as_mut()
    }

    /// Whether it stands between two commands and can be kept.
    pub(crate) fn is_whole(&self) -> bool {
        !self.broken && self.open_commands == 0
    }

    pub(crate) fn has(&self, capability: &str) -> bool {
        self.capabilities.has(capability)
    }

    /// The error for a connection that failed.
    pub(crate) fn lost(&mut self, what: &'static str, source: io::Error) -> Error {
        self.broken = true;
        Error::Unavailable { host: self.host.to_string(), what, source: Some(Arc::new(source)) }
    }

    /// The error for an answer that is none.
    pub(crate) fn odd(&mut self, what: &str) -> Error {
        self.broken = true;
        Error::Protocol { host: self.host.to_string(), what: what.to_owned() }
    }

    /// Sends a command; its result is read by [`Self::finish`]. Literals wait for the go-ahead unless the server has LITERAL+.
    pub(crate) async fn start(&mut self, command: Command) -> Result<u32, Error> {
        let tag = self.next_tag;
        self.next_tag = self.next_tag.wrapping_add(1);
        let (literals, tail) = command.into_parts();
        let mut bytes = format!("h{tag} ").into_bytes();
        self.open_commands += 1;
        for (text, literal) in literals {
            bytes.extend(text);
            if self.has("LITERAL+") || (self.has("LITERAL-") && literal.len() <= 4096) {
                bytes.extend(format!("{{{}+}}\r\n", literal.len()).bytes());
            } else {
                bytes.extend(format!("{{{}}}\r\n", literal.len()).bytes());
                self.write(&bytes).await?;
                bytes.clear();
                self.go_ahead(tag).await?;
            }
            bytes.extend(literal);
        }
        bytes.extend(tail);
        bytes.extend(b"\r\n");
        self.write(&bytes).await?;
        Ok(tag)
    }

    /// Sends raw bytes: literals of APPEND, `DONE`.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match self.wire().send(bytes).await {
            Ok(()) => Ok(()),
            Err(source) => Err(self.lost("sending", source)),
        }
    }

    /// Waits for `+`. If the server refuses the command instead, that is the error.
    pub(crate) async fn go_ahead(&mut self, tag: u32) -> Result<(), Error> {
        loop {
            match self.next(None).await? {
                Response::Continue => return Ok(()),
                Response::Tagged { tag: found, outcome } if found == tag => {
                    self.open_commands -= 1;
                    return Err(refusal(&outcome, None));
                }
                _ => {}
            }
        }
    }

    /// The next response; what it says about the selected mailbox is noted.
    pub(crate) async fn next(&mut self, patience: Option<Duration>) -> Result<Response, Error> {
        let read = match patience {
            Some(patience) => self.wire().response_within(patience).await,
            None => self.wire().response().await,
        };
        let bytes: Bytes = match read {
            Ok(bytes) => bytes,
            Err(source) => return Err(self.lost("waiting for an answer", source)),
        };
        let Some(response) = Response::read(bytes) else { return Err(self.odd("an answer that cannot be read")) };
        match (&response, &mut self.selected) {
            (Response::Data(data), Some(selected)) => match data.name {
                Name::Exists if data.number != selected.exists => {
                    selected.exists = data.number;
                    selected.moves += 1;
                }
                Name::Expunge => {
                    selected.exists = selected.exists.saturating_sub(1);
                    selected.moves += 1;
                }
                _ => {}
            },
            (Response::Status(outcome), _) if outcome.status == Status::Bye => {
                let words = io::Error::new(io::ErrorKind::ConnectionAborted, outcome.words());
                return Err(self.lost("the server says BYE", words));
            }
            _ => {}
        }
        Ok(response)
    }

    /// Reads up to the result of the command with this tag; untagged data and status lines go to `each`.
    pub(crate) async fn finish(&mut self, tag: u32, each: impl FnMut(&Response) + Send) -> Result<Outcome, Error> {
        let mut outcomes = self.finish_all(&[tag], each).await?;
        outcomes.pop().ok_or_else(|| self.odd("no result"))
    }

    /// The same for several commands sent one after the other. Servers may end them in another order (RFC 3501 §5.5; Dovecot
    /// does so with NOOP), so whose data it is cannot be told: all goes to `each`. Results are in the order of `tags`.
    pub(crate) async fn finish_all(
        &mut self,
        tags: &[u32],
        mut each: impl FnMut(&Response) + Send,
    ) -> Result<Vec<Outcome>, Error> {
        let mut outcomes: Vec<Option<Outcome>> = vec![None; tags.len()];
        while outcomes.iter().any(Option::is_none) {
            match self.next(None).await? {
                Response::Tagged { tag: found, outcome } => match tags.iter().position(|tag| *tag == found) {
                    Some(at) if outcomes[at].is_none() => {
                        outcomes[at] = Some(outcome);
                        self.open_commands -= 1;
                    }
                    _ => return Err(self.odd("the result of a command that was not sent")),
                },
                other => each(&other),
            }
        }
        self.last_used = Instant::now();
        Ok(outcomes.into_iter().flatten().collect())
    }

    /// Notes that the result of IDLE has been read by the caller itself.
    pub(crate) fn end_idle(&mut self) {
        self.open_commands = self.open_commands.saturating_sub(1);
    }

    /// A whole command that must succeed. `mailbox` is named in the error when the server does not know it.
    pub(crate) async fn run(
        &mut self,
        command: Command,
        mailbox: Option<&str>,
        mut each: impl FnMut(&Data) + Send,
    ) -> Result<Outcome, Error> {
        let began = Instant::now();
        let result = async {
            let tag = self.start(command).await?;
            let outcome = self
                .finish(tag, |response| {
                    if let Response::Data(data) = response {
                        each(data);
                    }
                })
                .await?;
            self.accept(outcome, mailbox)
        }
        .await;
        meters::back_end_call(meters::Outcome::of(&result), began.elapsed());
        result
    }

    /// A result that must be OK.
    pub(crate) fn accept(&mut self, outcome: Outcome, mailbox: Option<&str>) -> Result<Outcome, Error> {
        match outcome.status {
            Status::Ok => Ok(outcome),
            Status::No => Err(refusal(&outcome, mailbox)),
            _ => Err(self.odd(&format!("{:?}: {}", outcome.status, outcome.words()))),
        }
    }

    /// A command that only has to succeed.
    pub(crate) async fn simple(&mut self, command: Command, mailbox: Option<&str>) -> Result<Outcome, Error> {
        self.run(command, mailbox, |_| {}).await
    }

    /// Says LOGOUT and hangs up; the answer is not waited for.
    pub(crate) async fn log_out(mut self) {
        if self.is_whole() && self.start(Command::new("LOGOUT")).await.is_ok() {
            tracing::debug!(host = %self.host, "closed an IMAP connection");
        }
    }
}

/// A NO in mail words, by its response code (RFC 5530) and, where the server has none, by what was asked.
pub(crate) fn refusal(outcome: &Outcome, mailbox: Option<&str>) -> Error {
    let words = outcome.words();
    match (outcome.code.as_str(), mailbox) {
        ("NONEXISTENT" | "TRYCREATE", name) => Error::NoSuchMailbox(name.unwrap_or_default().to_owned()),
        ("ALREADYEXISTS", name) => Error::AlreadyExists(name.unwrap_or_default().to_owned()),
        ("OVERQUOTA", _) => Error::OverQuota(words),
        ("LIMIT" | "TOOBIG", _) => Error::TooLarge(words),
        ("NOPERM" | "READ-ONLY", _) => Error::NoPermission(words),
        _ => Error::No(words),
    }
}
