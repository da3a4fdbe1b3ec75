//! The dialogue with one client (RFC 2033; RFC 2920 pipelining; RFC 3030 chunking).
//!
//! Replies gather in a buffer that is written when the client's input is used up, so that a pipelined batch costs one write.

mod wire;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use daemon::{Conn, Drain};
use tokio::io::AsyncWriteExt;
use tracing::{debug, info};

use crate::LmtpDeps;
use crate::command::{self, Chunk, Command, Sender};
use crate::data::DotReader;
use crate::delivery::{Common, Target, deliver_all};
use crate::input::{COMMAND_READ, DATA_READ, Input, Line};
use crate::intake::Intake;
use crate::quota::{self, Grace};
use crate::recipient::{self, Recipient};
use crate::reply::{self, Reply};
use crate::trace::Trace;

/// Faulty commands after which the client is sent away.
const FAULTS: u32 = 20;

/// One connection.
pub(crate) struct Session {
    deps: Arc<LmtpDeps>,
    conn: Conn,
    drain: Drain,
    peer: SocketAddr,
    input: Input,
    out: Vec<u8>,
    /// Name from LHLO.
    client: Option<String>,
    transaction: Option<Transaction>,
    faults: u32,
}

/// What MAIL has begun.
struct Transaction {
    sender: Sender,
    recipients: Vec<Recipient>,
    /// Chunks so far.
    chunks: Chunks,
}

enum Chunks {
    None,
    Coming(Box<(Intake, Vec<Target>)>),
    /// A chunk was refused: only RSET helps (RFC 3030 §2).
    Failed,
}

/// Why a session ends.
enum End {
    /// QUIT, or the client is gone.
    Done,
    Idle,
    Draining,
    TooManyFaults,
    Failed(io::Error),
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        End::Failed(error)
    }
}

const SHUTTING_DOWN: Reply = Reply::new("421", "4.3.2", "Service is shutting down");
const IDLE: Reply = Reply::new("421", "4.4.2", "Idle for too long");
const TOO_MANY_FAULTS: Reply = Reply::new("421", "4.7.0", "Too many errors");
const LHLO_FIRST: Reply = Reply::new("503", "5.5.1", "Send LHLO first");
const MAIL_FIRST: Reply = Reply::new("503", "5.5.1", "Send MAIL first");
const NESTED_MAIL: Reply = Reply::new("503", "5.5.1", "A transaction has begun already");
const NO_RECIPIENTS: Reply = Reply::new("503", "5.5.1", "No valid recipients");
const MIXED: Reply = Reply::new("503", "5.5.1", "DATA and BDAT cannot be mixed");
const CHUNK_FAILED: Reply = Reply::new("503", "5.5.1", "An earlier chunk was refused");
const SENDER_OK: Reply = Reply::new("250", "2.1.0", "OK");
const RECIPIENT_OK: Reply = Reply::new("250", "2.1.5", "OK");
const CHUNK_OK: Reply = Reply::new("250", "2.0.0", "Chunk received");
const TOO_MANY_RECIPIENTS: Reply = Reply::new("452", "4.5.3", "Too many recipients");
const NOT_ASCII: Reply = Reply::new("553", "5.6.7", "Address is not ASCII and SMTPUTF8 was not given");
const CANNOT_VERIFY: Reply = Reply::new("252", "2.5.2", "Cannot verify, but will take mail and try to deliver it");
const HELP: Reply = Reply::new("214", "2.0.0", "LHLO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT");
const BYE: Reply = Reply::new("221", "2.0.0", "Bye");
const LINE_TOO_LONG: Reply = Reply::new("500", "5.5.2", "Line is too long");
const LINE_END: Reply = Reply::new("500", "5.5.2", "Lines end with CR and LF");

impl Session {
    pub(crate) fn new(deps: Arc<LmtpDeps>, conn: Conn, drain: Drain) -> Session {
        let peer = conn.peer();
        Session {
            deps,
            conn,
            drain,
            peer,
            input: Input::default(),
            out: Vec::new(),
            client: None,
            transaction: None,
            faults: 0,
        }
    }

    pub(crate) async fn run(mut self) {
        let greeting = daemon::banner("220 %h %p service (%P %V)\r\n", &self.deps.config.hostname, "LMTP");
        self.out.extend_from_slice(greeting.trim_end().as_bytes());
        self.out.extend_from_slice(b"\r\n");
        let end = self.dialogue().await;
        let last = match &end {
            End::Done => None,
            End::Idle => Some(IDLE),
            End::Draining => Some(SHUTTING_DOWN),
            End::TooManyFaults => Some(TOO_MANY_FAULTS),
            End::Failed(error) => {
                debug!(category = "Network", peer = %self.peer, "connection lost: {error}");
                return;
            }
        };
        if let Some(last) = last {
            info!(category = "Network", peer = %self.peer, "closing: {}", last.text());
            last.write(&mut self.out);
        }
        // Nobody is there to hear of a failure at the end.
        if self.flush().await.is_ok() && self.conn.shutdown().await.is_ok() && matches!(end, End::TooManyFaults) {
            self.linger().await;
        }
    }

    async fn dialogue(&mut self) -> End {
        loop {
            if self.transaction.is_none() && self.drain.is_draining() {
                return End::Draining;
            }
            let handled = match self.input.line() {
                Line::Whole(line) => match command::parse(&line) {
                    Ok(Command::Quit) => {
                        BYE.write(&mut self.out);
                        return End::Done;
                    }
                    Ok(command) => self.obey(command).await,
                    Err(reply) => self.fault(reply),
                },
                Line::BareLf => self.fault(LINE_END),
                Line::TooLong => self.fault(LINE_TOO_LONG),
                Line::Incomplete => self.fill(COMMAND_READ).await,
            };
            if let Err(end) = handled {
                return end;
            }
        }
    }

    async fn obey(&mut self, command: Command) -> Result<(), End> {
        match command {
            Command::Lhlo(client) => self.hello(client),
            Command::Mail(sender) => return self.mail(sender),
            Command::Rcpt(path) => return self.rcpt(path).await,
            Command::Data => return self.data().await,
            Command::Bdat(chunk) => return self.bdat(chunk).await,
            Command::Rset => {
                self.transaction = None;
                reply::OK.write(&mut self.out);
            }
            Command::Noop => reply::OK.write(&mut self.out),
            Command::Vrfy => CANNOT_VERIFY.write(&mut self.out),
            Command::Help => HELP.write(&mut self.out),
            // The dialogue ends at QUIT before it comes here.
            Command::Quit => return Err(End::Done),
        }
        Ok(())
    }

    fn hello(&mut self, client: String) {
        self.transaction = None;
        let hostname = &self.deps.config.hostname;
        let size = self.deps.config.max_message_size;
        self.out.extend_from_slice(
            format!("250-{hostname}\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n250 SIZE {size}\r\n")
                .as_bytes(),
        );
        self.client = Some(client);
    }

    fn mail(&mut self, sender: Sender) -> Result<(), End> {
        if self.client.is_none() {
            return self.fault(LHLO_FIRST);
        }
        if self.transaction.is_some() {
            return self.fault(NESTED_MAIL);
        }
        // RFC 1870 §6.1: better now than after the transfer.
        if sender.size > self.deps.config.max_message_size {
            reply::TOO_LARGE.write(&mut self.out);
            return Ok(());
        }
        self.transaction = Some(Transaction { sender, recipients: Vec::new(), chunks: Chunks::None });
        SENDER_OK.write(&mut self.out);
        Ok(())
    }

    async fn rcpt(&mut self, path: crate::address::Path) -> Result<(), End> {
        let deps = Arc::clone(&self.deps);
        let Some(transaction) = &mut self.transaction else { return self.fault(MAIL_FIRST) };
        if !matches!(transaction.chunks, Chunks::None) {
            return self.fault(MIXED);
        }
        let reply = if transaction.recipients.len() >= deps.config.max_recipients {
            TOO_MANY_RECIPIENTS
        } else if !transaction.sender.utf8 && !path.is_ascii() {
            NOT_ASCII
        } else if let crate::address::Path::Mailbox(mailbox) = path {
            match recipient::resolve(&deps, mailbox).await {
                Ok(recipient) => {
                    transaction.recipients.push(recipient);
                    RECIPIENT_OK
                }
                Err(refusal) => refusal,
            }
        } else {
            reply::NO_SUCH_USER
        };
        reply.write(&mut self.out);
        Ok(())
    }

    async fn data(&mut self) -> Result<(), End> {
        match &self.transaction {
            None => return self.fault(MAIL_FIRST),
            Some(transaction) if !matches!(transaction.chunks, Chunks::None) => return self.fault(MIXED),
            Some(_) => {}
        }
        let Some((mut intake, targets)) = self.begin() else { return self.fault(NO_RECIPIENTS) };
        self.out.extend_from_slice(b"354 End with CR LF . CR LF\r\n");
        let mut reader = DotReader::new();
        loop {
            // In pieces: a full input buffer must not make the held bytes grow beyond their bound.
            let offered = self.input.buffer.len().min(DATA_READ);
            let step = reader.read(&self.input.buffer[..offered], &mut intake.held);
            self.input.consume(step.consumed);
            intake.added(&self.deps.pool).await;
            if step.ended {
                break;
            }
            if step.consumed == 0 || self.input.buffer.is_empty() {
                self.fill_in_transaction(DATA_READ).await?;
            }
        }
        self.finish(intake, targets).await;
        Ok(())
    }

    async fn bdat(&mut self, chunk: Chunk) -> Result<(), End> {
        let chunks =
            self.transaction.as_mut().map(|transaction| std::mem::replace(&mut transaction.chunks, Chunks::None));
        let coming = match chunks {
            None => Err(MAIL_FIRST),
            Some(Chunks::Coming(coming)) => Ok(*coming),
            Some(Chunks::None) => self.begin().ok_or(NO_RECIPIENTS),
            Some(Chunks::Failed) => {
                self.chunks_are(Chunks::Failed);
                Err(CHUNK_FAILED)
            }
        };
        let (mut intake, targets) = match coming {
            Ok(coming) => coming,
            Err(refusal) => {
                // The chunk's bytes follow in any case and must not be taken for commands (RFC 3030 §2).
                self.skip(chunk.size).await?;
                return self.fault(refusal);
            }
        };
        let mut missing = chunk.size;
        while missing > 0 {
            if self.input.buffer.is_empty() {
                self.fill_in_transaction(DATA_READ).await?;
            }
            let part = self.input.buffer.len().min(usize::try_from(missing).unwrap_or(usize::MAX)).min(DATA_READ);
            intake.held.extend_from_slice(&self.input.buffer[..part]);
            self.input.consume(part);
            missing -= part as u64;
            intake.added(&self.deps.pool).await;
        }
        if chunk.last {
            self.finish(intake, targets).await;
            return Ok(());
        }
        let reply = intake.refusal().unwrap_or(CHUNK_OK);
        reply.write(&mut self.out);
        self.chunks_are(if reply.is_good() { Chunks::Coming(Box::new((intake, targets))) } else { Chunks::Failed });
        Ok(())
    }

    fn chunks_are(&mut self, chunks: Chunks) {
        if let Some(transaction) = &mut self.transaction {
            transaction.chunks = chunks;
        }
    }

    /// Sets everything up for a message. `None` without a recipient.
    fn begin(&mut self) -> Option<(Intake, Vec<Target>)> {
        let LmtpDeps { store, config, quota, .. } = &*self.deps;
        let transaction = self.transaction.as_mut()?;
        let id: Arc<str> = format!("{:016x}", rand::random::<u64>()).into();
        let common = Common { store: store.clone(), quota: *quota, grace: Grace::of(config), id: Arc::clone(&id) };
        let trace = Trace {
            sender: &transaction.sender.path,
            client: self.client.as_deref().unwrap_or("unknown"),
            peer: self.peer.ip(),
            hostname: &config.hostname,
            id: &id,
            utf8: transaction.sender.utf8,
            at: time::OffsetDateTime::now_utc(),
        };
        let targets: Vec<Target> = transaction
            .recipients
            .drain(..)
            .map(|recipient| {
                let headers = trace.headers(&recipient.address);
                Target::new(&common, recipient, headers)
            })
            .collect();
        let intake = Intake::new(targets.first()?.clone(), config.max_message_size, transaction.sender.size);
        Some((intake, targets))
    }

    /// The message is in: delivers it and writes one reply a recipient (RFC 2033 §4.2).
    async fn finish(&mut self, intake: Intake, targets: Vec<Target>) {
        self.transaction = None;
        let replies = match intake.finish(&self.deps.pool).await {
            Ok(taken) => deliver_all(&self.deps.pool, taken, &targets).await,
            Err(refusal) => vec![refusal; targets.len()],
        };
        for (target, reply) in targets.iter().zip(&replies) {
            meters::delivery(reply.result());
            reply.write_about(&mut self.out, Some(&target.recipient().address));
        }
        if replies.iter().any(|reply| reply.is_good()) {
            self.faults = 0;
        }
        let delivered =
            targets.into_iter().zip(&replies).filter(|(_, reply)| reply.is_good()).map(|(target, _)| target);
        quota::note_overdrawn(&self.deps, delivered.collect()).await;
    }

    /// Throws away the bytes of a refused chunk.
    async fn skip(&mut self, mut count: u64) -> Result<(), End> {
        while count > 0 {
            if self.input.buffer.is_empty() {
                self.fill_in_transaction(DATA_READ).await?;
            }
            let part = self.input.buffer.len().min(usize::try_from(count).unwrap_or(usize::MAX));
            self.input.consume(part);
            count -= part as u64;
        }
        Ok(())
    }

    /// Replies to a command that should not have come; too many of them end the session.
    fn fault(&mut self, reply: Reply) -> Result<(), End> {
        reply.write(&mut self.out);
        self.faults += 1;
        if self.faults > FAULTS { Err(End::TooManyFaults) } else { Ok(()) }
    }
}
