//! The dialogue with one client: AUTHORIZATION, TRANSACTION, UPDATE (RFC 1939 §3–§6).
//!
//! Responses gather in a buffer that is written when the client's input is used up, so that a pipelined batch costs one write (RFC 2449 §6.6).

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use daemon::{Conn, Drain};
use logs::Close;
use tokio::time::timeout;

use crate::PopDeps;
use crate::command::{self, Command};
use crate::input::{Expected, Line};
use crate::language;
use crate::link::Link;
use crate::listing::Listing;
use crate::maildrop::{Headers, Maildrop};
use crate::reply::{NO_SUCH_MESSAGE, Reply, store_failure};
use crate::retrieve::Extent;

/// Faulty commands in a row before the connection is closed: before signing in it may be no POP client at all.
const FAULTS_BEFORE_SIGN_IN: u32 = 8;
const FAULTS_AFTER_SIGN_IN: u32 = 30;

/// While draining, a client that has signed in may pause this long.
const DRAIN_PATIENCE: Duration = Duration::from_secs(5);

/// Why a session ends.
#[derive(Debug)]
pub(crate) enum End {
    /// The client closed the connection.
    Closed,
    /// The connection broke, or the client does not read.
    Failed(io::Error),
    /// QUIT; its response is in the buffer.
    Quit,
    /// Silence for too long. Nothing is said and nothing deleted (RFC 1939 §3).
    Idle,
    /// The server ends it with these words.
    Dismissed(Reply),
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

/// See the module.
pub(crate) struct Session {
    pub(crate) deps: Arc<PopDeps>,
    pub(crate) link: Link,
    drain: Drain,
    /// UTF8 was given.
    pub(crate) utf8: bool,
    /// The name from USER, until PASS.
    pub(crate) user: Option<String>,
    /// There is one in the TRANSACTION state.
    pub(crate) maildrop: Option<Box<Maildrop>>,
    /// Who has signed in, for the log.
    pub(crate) signed: Option<String>,
    /// Failed sign-ins of this connection.
    pub(crate) failed_sign_ins: u32,
    /// Faulty commands in a row.
    faults: u32,
    /// Messages retrieved and deleted, for the log.
    counts: (usize, usize),
    /// When it began, for the log.
    began: SystemTime,
}

/// What a command's handler returns: a response, or nothing if it wrote one itself.
pub(crate) type Handled = Result<Option<Reply>, End>;

const TOO_MANY_FAULTS: Reply = Reply::err("Too many bad commands");
const SIGN_IN_FIRST: Reply = Reply::err("Sign in first");
const SIGNED_IN: Reply = Reply::err("Already signed in");

impl Session {
    pub(crate) fn new(deps: Arc<PopDeps>, conn: Conn, drain: Drain) -> Self {
        let link = Link::new(conn, deps.config.service.idle_timeout);
        Self {
            deps,
            link,
            drain,
            utf8: false,
            user: None,
            maildrop: None,
            signed: None,
            failed_sign_ins: 0,
            faults: 0,
            counts: (0, 0),
            began: SystemTime::now(),
        }
    }

    /// Serves commands until the session ends.
    pub(crate) async fn run(mut self) {
        let greeting = Reply::ok(self.greeting());
        self.say(&greeting);
        let end = self.dialogue().await;
        // Another session may have the maildrop from here on, whatever becomes of the last words.
        self.leave();
        if let End::Dismissed(reply) = &end {
            self.say(reply);
        }
        if matches!(end, End::Quit | End::Dismissed(_)) {
            // A broken connection takes no more output, and that is logged below.
            let _ = self.link.flush().await;
        }
        self.link.close().await;
        self.log_end(&end);
    }

    /// Takes the maildrop out of the session.
    fn leave(&mut self) -> Option<Box<Maildrop>> {
        let maildrop = self.maildrop.take()?;
        self.counts = maildrop.counts();
        Some(maildrop)
    }

    fn log_end(&self, end: &End) {
        let (retrieved, deleted) = self.counts;
        let why = match end {
            End::Closed => "connection closed",
            End::Failed(error) => &error.to_string(),
            End::Quit => "quit",
            End::Idle => "idle for too long",
            End::Dismissed(reply) => &reply.to_string(),
        };
        let why = why.trim_end();
        let close = Close {
            peer: self.link.conn().map(Conn::peer),
            user: self.signed.as_deref(),
            began: self.began,
            received: self.link.received,
            sent: self.link.sent,
            counts: &[retrieved as u64, deleted as u64],
        };
        tracing::info!(category = "Account", "{close} {why}");
    }

    async fn dialogue(&mut self) -> End {
        loop {
            let line = match self.next_line(Expected::Command).await {
                Ok(line) => line,
                Err(end) => return end,
            };
            let read = match &line {
                Ok(line) => command::parse(line).map_err(|reply| (line, reply, "not well-formed")),
                Err(begun) => Err((begun, Reply::err("Line is too long"), "name or password too long")),
            };
            let handled = match read {
                // Boxed: what a command needs while it runs is not kept by a session that idles.
                Ok(command) => {
                    let (name, began) = (command.name(), Instant::now());
                    let handled = Box::pin(self.obey(command)).await;
                    meters::command("pop", name, began.elapsed());
                    handled
                }
                Err((line, reply, reason)) => {
                    self.unreadable(line, reason);
                    self.fault(reply)
                }
            };
            match handled {
                Ok(Some(reply)) => self.say(&reply),
                Ok(None) => {}
                Err(end) => return end,
            }
            if let Err(end) = self.link.flush_full().await {
                return end;
            }
        }
    }

    /// The next line, or the beginning of one that is too long. What is to be said is written before waiting. A client that says nothing for too long is
    /// left; one that has not signed in is sent away when the drain starts.
    pub(crate) async fn next_line(&mut self, expected: Expected) -> Result<Result<Vec<u8>, Vec<u8>>, End> {
        loop {
            match self.link.input.line(expected) {
                Line::Whole(line) => return Ok(Ok(line)),
                Line::TooLong(begun) => return Ok(Err(begun)),
                Line::Incomplete => {}
            }
            self.link.flush().await?;
            self.link.release();
            let idle = self.deps.config.service.idle_timeout;
            if self.drain.is_draining() {
                if self.maildrop.is_none() {
                    return Err(self.dismissed());
                }
                let read = timeout(idle.min(DRAIN_PATIENCE), self.link.read()).await;
                read.map_err(|_| self.dismissed())??;
                continue;
            }
            tokio::select! {
                biased;
                read = daemon::clock::timeout(idle, self.link.read()) => read.map_err(|_| End::Idle)??,
                // Once more around, where the drain is seen.
                () = self.drain.started() => {}
            }
        }
    }

    /// The end that the drain asks for.
    fn dismissed(&self) -> End {
        End::Dismissed(Reply::err(self.drain.farewell()).code("SYS/TEMP"))
    }

    /// What the client has said to understand; settled once it has signed in.
    pub(crate) fn headers(&self) -> Headers {
        if self.utf8 { Headers::Utf8 } else { Headers::Ascii }
    }

    /// Puts a response into the buffer.
    pub(crate) fn say(&mut self, reply: &Reply) {
        if reply.is_good() {
            self.faults = 0;
        }
        self.link.out.extend_from_slice(reply.to_string().as_bytes());
    }

    /// A command that should not have come; too many in a row end the session.
    fn fault(&mut self, reply: Reply) -> Handled {
        self.faults += 1;
        let most = if self.maildrop.is_some() { FAULTS_AFTER_SIGN_IN } else { FAULTS_BEFORE_SIGN_IN };
        if self.faults >= most { Err(End::Dismissed(TOO_MANY_FAULTS)) } else { Ok(Some(reply)) }
    }

    /// The maildrop; commands that need one have been checked by then.
    pub(crate) fn maildrop(&mut self) -> Result<&mut Maildrop, End> {
        self.maildrop.as_deref_mut().ok_or(End::Dismissed(SIGN_IN_FIRST))
    }

    async fn obey(&mut self, command: Command) -> Handled {
        use Command as C;
        let in_transaction = self.maildrop.is_some();
        match &command {
            C::Capa | C::Lang(_) | C::Quit => {}
            C::Apop | C::Auth(_) | C::Pass(_) | C::Stls | C::User(_) | C::Utf8 if in_transaction => {
                return self.fault(SIGNED_IN);
            }
            C::Apop | C::Auth(_) | C::Pass(_) | C::Stls | C::User(_) | C::Utf8 => {}
            _ if !in_transaction => return self.fault(SIGN_IN_FIRST),
            _ => {}
        }
        let reply = match command {
            C::Apop => Reply::err("APOP is not supported"),
            C::Auth(mechanism) => return self.auth(mechanism).await,
            C::Capa => {
                let lines = self.capabilities();
                return self.say_lines("Capability list follows", &lines);
            }
            C::Dele(number) => self.delete(number)?,
            C::Lang(None) => return self.say_lines("Language listing follows", &language::listing()),
            C::Lang(Some(range)) => language::choose(&range),
            C::List(None) => return self.list_all(Listing::Sizes).await.map(|()| None),
            C::List(Some(number)) => self.list_one(Listing::Sizes, number)?,
            C::Noop => Reply::ok("Nothing done"),
            C::Pass(password) => return self.pass(&password).await,
            C::Quit => return self.quit().await,
            C::Retr(number) => return self.retrieve(number, Extent::Whole).await,
            C::Rset => self.reset()?,
            C::Stat => self.stat()?,
            C::Stls => return self.start_tls().await,
            C::Top(number, lines) => return self.retrieve(number, Extent::Top(lines)).await,
            C::Uidl(None) => return self.list_all(Listing::UniqueIds).await.map(|()| None),
            C::Uidl(Some(number)) => self.list_one(Listing::UniqueIds, number)?,
            C::User(name) => return Ok(Some(self.name_user(name))),
            C::Utf8 => {
                self.utf8 = true;
                Reply::ok("UTF-8 mode")
            }
        };
        Ok(Some(reply))
    }

    /// A multi-line response of lines that are ours and need no stuffing.
    pub(crate) fn say_lines(&mut self, first: &'static str, lines: &str) -> Handled {
        self.say(&Reply::ok(first));
        self.link.out.extend_from_slice(lines.as_bytes());
        self.link.out.extend_from_slice(b".\r\n");
        Ok(None)
    }

    fn delete(&mut self, number: usize) -> Result<Reply, End> {
        let maildrop = self.maildrop()?;
        let Some(index) = maildrop.index_of(number) else { return Ok(NO_SUCH_MESSAGE) };
        maildrop.delete(index);
        Ok(Reply::ok(format!("Message {number} deleted")))
    }

    fn reset(&mut self) -> Result<Reply, End> {
        let maildrop = self.maildrop()?;
        maildrop.reset();
        let totals = maildrop.totals();
        Ok(Reply::ok(format!("Maildrop has {} messages ({} octets)", totals.messages, totals.octets)))
    }

    /// RFC 1939 §6: only here messages are removed, and the maildrop is free again before the client hears of it.
    async fn quit(&mut self) -> Handled {
        let reply = match self.leave() {
            None => Reply::ok("Goodbye"),
            Some(maildrop) => match self.deps.pool.run(move || maildrop.update()).await {
                Ok(()) => Reply::ok("Goodbye"),
                Err(error) => {
                    let code = store_failure(&error).take_code().unwrap_or("SYS/TEMP");
                    Reply::err("Some deleted messages were not removed").code(code)
                }
            },
        };
        self.say(&reply);
        Err(End::Quit)
    }
}
