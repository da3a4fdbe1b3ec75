//! One session: reads commands, keeps the state, and ends for one of the reasons of [`Hangup`].

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use auth::Identity;
use daemon::{Conn, Drain, clock};
use imap_wire::append::Action;
use imap_wire::command::Numbers;
use imap_wire::frame::{Announced, Event, FrameLimits};
use imap_wire::{Names, Request, append, print};
use logs::Close;
use mailstore::{Account, AccountId, AccountOptions, QuotaLimits, StoreError};

use crate::columns::Columns;
use crate::command;
use crate::command::append::At;
use crate::link::Link;
use crate::measured;
use crate::notify::Watching;
use crate::origin::Origin;
use crate::reply::{Hangup, Reply, Status};
use crate::selected::{Selected, telling};
use crate::service::ImapDeps;
use crate::sharing::KnownVisitor;
use crate::sync::{Dialect, Expunges};
use crate::table::{Allowed, Tells, needs_sequence_numbers, rule};

/// How long a client may take to sign in. After that the configured idle time counts, which RFC 3501 §5.4 wants to be 30 minutes.
const SIGN_IN: Duration = Duration::from_secs(180);
/// Unreadable commands in a row that are put up with; one more is answered and ends the connection: before signing in it may be
/// no IMAP client at all.
const BAD_BEFORE_LOGIN: u32 = 5;
const BAD_AFTER_LOGIN: u32 = 30;

/// Who has signed in.
pub(crate) struct Signed {
    pub(crate) identity: Identity,
    pub(crate) account_id: AccountId,
    account: Option<Account>,
    /// As access control lists know them.
    pub(crate) visitor: Option<KnownVisitor>,
}

/// See the module.
pub(crate) struct Session {
    pub(crate) deps: Arc<ImapDeps>,
    pub(crate) columns: Arc<Columns>,
    pub(crate) link: Link,
    pub(crate) drain: Drain,
    pub(crate) signed: Option<Box<Signed>>,
    pub(crate) selected: Option<Box<Selected>>,
    /// What the client wants to be told of without asking (RFC 5465).
    pub(crate) watching: Option<Box<Watching>>,
    /// The client has shown a certificate that is trusted: EXTERNAL is offered.
    pub(crate) external: bool,
    /// What the client has enabled.
    pub(crate) dialect: Dialect,
    /// The tag of the command in progress.
    pub(crate) tag: String,
    /// What ID said about the client that a proxy is connected for.
    pub(crate) origin: Option<Origin>,
    /// Failed sign-ins of this connection.
    pub(crate) sign_in_failures: u32,
    /// Unreadable commands in a row.
    unreadable: u32,
    /// Mailboxes selected so far, for the log.
    pub(crate) selections: u32,
    /// When it began, for the log.
    began: SystemTime,
}

impl Session {
    pub(crate) fn new(deps: Arc<ImapDeps>, columns: Arc<Columns>, conn: Conn, drain: Drain) -> Self {
        Self {
            deps,
            columns,
            link: Link::new(conn),
            drain,
            signed: None,
            selected: None,
            watching: None,
            external: false,
            dialect: Dialect::default(),
            tag: String::new(),
            origin: None,
            sign_in_failures: 0,
            unreadable: 0,
            selections: 0,
            began: SystemTime::now(),
        }
    }

    /// Serves commands until the session ends.
    pub(crate) async fn run(&mut self) {
        let end = match self.greet().await {
            Ok(()) => self.commands().await,
            Err(end) => end,
        };
        if let Hangup::Bye(text) = &end {
            self.say("BYE", text);
        }
        // A broken connection takes no more output, and that is logged below.
        let _ = self.link.flush().await;
        self.link.close().await;
        self.log_end(&end);
    }

    /// How the client's strings are read and its mailbox names written.
    pub(crate) fn names(&self) -> Names {
        if self.dialect.utf8 || self.dialect.rev2 { Names::Utf8 } else { Names::Utf7 }
    }

    fn log_end(&self, end: &Hangup) {
        let why = match end {
            Hangup::Closed => "connection closed",
            Hangup::Io(error) => &error.to_string(),
            Hangup::LoggedOut | Hangup::Answered => "logout",
            Hangup::Bye(text) | Hangup::Refused(_, text) => text,
        };
        let close = Close {
            peer: Some(self.link.peer()),
            user: self.signed.as_ref().map(|signed| signed.account_id.as_str()),
            began: self.began,
            received: self.link.received,
            sent: self.link.sent,
            counts: &[u64::from(self.selections)],
        };
        tracing::info!(category = "Account", "{close} {why}");
    }

    async fn greet(&mut self) -> Result<(), Hangup> {
        let config = &self.deps.config;
        let banner = daemon::banner(&config.banner, &config.hostname, "IMAP4");
        command::certificate::look(self);
        let signed = match Box::pin(command::certificate::straight_away(self)).await {
            Some(identity) => self.sign_in(identity).is_ok(),
            None => false,
        };
        let status = if signed { Status::Preauth } else { Status::Ok };
        let greeting = Reply { status, ..Reply::ok(banner) }.code(command::capability::line(self));
        greeting.print(&mut self.link.out, self.dialect.language, None);
        self.link.flush().await
    }

    async fn commands(&mut self) -> Hangup {
        loop {
            if let Err(end) = self.one_command().await {
                return end;
            }
        }
    }

    async fn one_command(&mut self) -> Result<(), Hangup> {
        match self.next_event().await? {
            Event::Command => {
                // An APPEND without any literal is one of URLs (RFC 4469).
                match append::parse_head(self.link.splitter.text(), self.names()) {
                    Some(Ok(append::Head::Begun(begun))) => return self.append(begun, At::End).await,
                    Some(Ok(append::Head::Name)) | None => {}
                    Some(Err((tag, error))) => {
                        self.link.splitter.finish();
                        return self.refuse(Some(&tag), &Reply::from(&error));
                    }
                }
                let request = Request::parse_in(self.link.splitter.text(), self.names());
                if let Err(unreadable) = &request {
                    command::sign_in::unreadable(self, &unreadable.verb);
                }
                self.link.splitter.finish();
                match request {
                    Ok(request) => {
                        let (name, began) = (measured::name(&request.command), Instant::now());
                        let done = self.obey(request).await;
                        if let Some(name) = name {
                            meters::command("imap", name, began.elapsed());
                        }
                        done?;
                    }
                    Err(unreadable) => {
                        let reply = Reply::from(&unreadable.error);
                        // A SELECT that fails leaves no mailbox selected (RFC 3501 §6.3.1), also when its name is impossible.
                        if matches!(unreadable.verb.as_str(), "SELECT" | "EXAMINE") && reply.status == Status::No {
                            command::leave(self);
                        }
                        self.refuse(unreadable.tag.as_deref(), &reply)?;
                    }
                }
            }
            Event::Literal(announced) => self.literal(announced).await?,
            Event::TooLong => {
                let tag = self.link.splitter.refused_tag();
                self.refuse(tag.as_deref(), &Reply::bad("Command line is too long"))?;
            }
            Event::More | Event::Streaming => {}
        }
        Ok(())
    }

    /// The next whole thing from the client. Output is written before waiting for it; a client that says nothing for too long is
    /// logged out; between commands the drain ends the session.
    pub(crate) async fn next_event(&mut self) -> Result<Event, Hangup> {
        let mut since = clock::now();
        loop {
            match self.link.splitter.advance() {
                Event::More => {}
                event => return Ok(event),
            }
            self.link.flush().await?;
            self.link.release();
            let patience = if self.signed.is_some() { self.deps.config.service.idle_timeout } else { SIGN_IN };
            if !self.link.splitter.is_idle() {
                clock::timeout(patience, self.link.read()).await.map_err(|_| IDLE_TOO_LONG)??;
                continue;
            }
            // News that are told in between give no more time.
            let regroups = self.regroups_at().filter(|_| self.watching.is_some());
            let until = regroups.map_or(since + patience, |at| at.min(since + patience));
            let left = until.saturating_duration_since(clock::now());
            let news = tokio::select! {
                biased;
                () = self.drain.started() => return Err(Hangup::Bye(self.drain.farewell())),
                read = clock::timeout(left, self.link.read()) => match read {
                    Ok(read) => {
                        read?;
                        since = clock::now();
                        continue;
                    }
                    Err(_) if clock::now() >= since + patience => return Err(IDLE_TOO_LONG),
                    Err(_) => None,
                },
                news = command::notify::news(self.watching.as_deref(), self.selected.as_deref()) => Some(news),
            };
            match news {
                Some(news) => Box::pin(self.tell_news(news, Expunges::Hold)).await?,
                None => Box::pin(self.tell_groups(Expunges::Hold)).await?,
            }
        }
    }

    /// APPEND or REPLACE, from its mailbox on.
    async fn append(&mut self, begun: append::Begun, at: At) -> Result<(), Hangup> {
        let (tag, numbers) = match begun.action {
            Action::Append => (begun.tag.clone(), Numbers::Sequence),
            Action::Replace(numbers, _) => (begun.tag.clone(), numbers),
        };
        let fault = match begun.action {
            _ if self.signed.is_none() => Some("Sign in first"),
            Action::Replace(..) if self.selected.is_none() => Some("No mailbox selected"),
            _ => None,
        };
        if let Some(text) = fault {
            match at {
                At::Literal => self.link.splitter.refuse_literal(),
                At::End => self.link.splitter.finish(),
            }
            self.answer(Some(&tag), &Reply::bad(text));
            return Ok(());
        }
        if self.dialect.uid_only && matches!(begun.action, Action::Replace(Numbers::Sequence, _)) {
            match at {
                At::Literal => self.link.splitter.refuse_literal(),
                At::End => self.link.splitter.finish(),
            }
            self.answer(Some(&tag), &Reply::bad("Only UIDs are used").code("UIDREQUIRED"));
            return Ok(());
        }
        self.tag.clone_from(&tag);
        self.regroup_selected().await;
        let (began, mailbox) = (Instant::now(), begun.mailbox.clone());
        let reply = Box::pin(command::append::run(self, begun, at)).await?;
        meters::command("imap", "APPEND", began.elapsed());
        if self.watching.is_some() {
            Box::pin(self.tell_watched(&[mailbox])).await?;
        }
        self.finish(&tag, &reply, Tells::All, numbers).await
    }

    /// A literal was announced: it becomes a part of the command, or is a message, or is refused.
    async fn literal(&mut self, announced: Announced) -> Result<(), Hangup> {
        match append::parse_head(self.link.splitter.text(), self.names()) {
            Some(Ok(append::Head::Begun(begun))) if self.may_send(announced) => {
                return self.append(begun, At::Literal).await;
            }
            Some(Ok(append::Head::Begun(_))) => {}
            Some(Err((tag, error))) => {
                self.link.splitter.refuse_literal();
                return self.refuse(Some(&tag), &Reply::from(&error));
            }
            Some(Ok(append::Head::Name)) | None => {}
        }
        if let Err(unreadable) = Request::may_go_on(self.link.splitter.text(), self.names())
            && !matches!(append::parse_head(self.link.splitter.text(), self.names()), Some(Ok(_)))
        {
            self.link.splitter.refuse_literal();
            return self.refuse(unreadable.tag.as_deref(), &Reply::from(&unreadable.error));
        }
        let tag = imap_wire::command::tag_of(self.link.splitter.text());
        if !self.may_send(announced) {
            self.link.splitter.refuse_literal();
            return self.refuse(tag.as_deref(), &Reply::bad("Literal is too large to come unasked"));
        }
        if self.link.splitter.keep_literal() {
            if announced.synchronising {
                self.link.out.extend_from_slice(b"+ OK\r\n");
            }
            return Ok(());
        }
        self.link.splitter.refuse_literal();
        self.answer(tag.as_deref(), &Reply::no("Literal is too large").code("TOOBIG"));
        Ok(())
    }

    /// RFC 7888 §5: with LITERAL- a literal that is not asked for has 4096 octets at most.
    pub(crate) fn may_send(&self, announced: Announced) -> bool {
        !self.deps.config.literal_minus || announced.synchronising || announced.size <= 4096
    }

    async fn obey(&mut self, Request { tag, command }: Request) -> Result<(), Hangup> {
        let rule = rule(&command);
        let state_fault = match rule.allowed {
            Allowed::Always => None,
            Allowed::NotAuthenticated => self.signed.is_some().then_some("Already signed in"),
            Allowed::Authenticated => self.signed.is_none().then_some("Sign in first"),
            Allowed::Selected if self.signed.is_none() => Some("Sign in first"),
            Allowed::Selected => self.selected.is_none().then_some("No mailbox selected"),
        };
        if let Some(text) = state_fault {
            self.answer(Some(&tag), &Reply::bad(text));
            return Ok(());
        }
        if self.dialect.uid_only && needs_sequence_numbers(&command) {
            self.answer(Some(&tag), &Reply::bad("Only UIDs are in use on this connection").code("UIDREQUIRED"));
            return Ok(());
        }
        self.unreadable = 0;
        self.tag.clone_from(&tag);
        self.regroup_selected().await;
        let own_doing = match self.watching {
            Some(_) => command::notify::names_of(&command),
            None => Vec::new(),
        };
        // Boxed: what a command needs while it runs is not kept by a session that idles.
        let reply = match command::run(self, command).await {
            Ok(reply) => reply,
            Err(Hangup::Answered) => return Ok(()),
            Err(Hangup::LoggedOut) => {
                Reply::ok("LOGOUT completed").print(&mut self.link.out, self.dialect.language, Some(&tag));
                return Err(Hangup::LoggedOut);
            }
            Err(Hangup::Refused(reply, bye)) => {
                reply.print(&mut self.link.out, self.dialect.language, Some(&tag));
                return Err(Hangup::Bye(bye));
            }
            Err(end) => return Err(end),
        };
        if !own_doing.is_empty() {
            Box::pin(self.tell_watched(&own_doing)).await?;
        }
        self.finish(&tag, &reply, rule.tells, rule.numbers).await
    }

    /// The sync point at the end of a command, and its tagged response.
    async fn finish(&mut self, tag: &str, reply: &Reply, tells: Tells, numbers: Numbers) -> Result<(), Hangup> {
        if tells == Tells::All {
            self.sync(Expunges::Tell, numbers).await?;
        }
        if self.watching.is_some() {
            Box::pin(self.fetch_new()).await;
        }
        self.tell_what_is_held_back();
        command::update_contexts(self).await;
        self.answer(Some(tag), reply);
        self.link.flush_full().await
    }

    /// While an EXPUNGE waits, a client must not take the MODSEQs that it is told for all there is (RFC 7162 §3.2, §6).
    pub(crate) fn tell_what_is_held_back(&mut self) {
        if let Some(selected) = &self.selected
            && self.dialect.qresync
            && !selected.view.ghosts.is_empty()
        {
            let settled = selected.view.settled;
            self.say(&format!("OK [HIGHESTMODSEQ {settled}]"), "Removed messages are told later");
        }
    }

    /// `* words text`, the text in the client's language.
    pub(crate) fn say(&mut self, words: &str, text: &str) {
        let out = &mut self.link.out;
        out.extend_from_slice(format!("* {words} ").as_bytes());
        print::text(out, &self.dialect.language.say(text));
        out.extend_from_slice(b"\r\n");
    }

    /// Tells what has changed in the selected mailbox.
    pub(crate) async fn sync(&mut self, expunges: Expunges, numbers: Numbers) -> Result<(), Hangup> {
        // RFC 5465 §5.1: who asked for changes of flags gets them with the UID.
        let of_selected = self.watching.as_ref().and_then(|watching| watching.selected.as_ref());
        let numbers = if of_selected.is_some_and(|of| of.events.flag_change) { Numbers::Uid } else { numbers };
        let telling = telling(expunges, numbers, self.dialect);
        match &mut self.selected {
            Some(selected) => selected.sync(&self.deps.pool, telling, &mut self.link.out).await,
            None => Ok(()),
        }
    }

    /// Writes the tagged response of a command that could be read, whatever became of it.
    fn answer(&mut self, tag: Option<&str>, reply: &Reply) {
        reply.print(&mut self.link.out, self.dialect.language, tag);
        self.unreadable = 0;
    }

    /// Writes the response to what could not be read, and ends the session when there is too much of that in a row.
    fn refuse(&mut self, tag: Option<&str>, reply: &Reply) -> Result<(), Hangup> {
        if reply.status != Status::Bad {
            self.answer(tag, reply);
            return Ok(());
        }
        reply.print(&mut self.link.out, self.dialect.language, tag);
        self.unreadable += 1;
        let most = if self.signed.is_some() { BAD_AFTER_LOGIN } else { BAD_BEFORE_LOGIN };
        if self.unreadable > most { Err(Hangup::Bye("Too many invalid commands")) } else { Ok(()) }
    }

    /// Somebody has signed in.
    pub(crate) fn sign_in(&mut self, identity: Identity) -> Result<(), StoreError> {
        let account_id = AccountId::new(&identity.user.store_id)?;
        daemon::session::signed_in(Some(account_id.as_str()));
        self.signed = Some(Box::new(Signed { identity, account_id, account: None, visitor: None }));
        self.link.splitter.set_limits(FrameLimits::after_login());
        Ok(())
    }

    /// The account of who has signed in; opened at first use, since many sessions only check a password.
    pub(crate) async fn account(&mut self) -> Result<Account, Reply> {
        let visitor = self.visitor().await?;
        let Some(signed) = &mut self.signed else { return Err(Reply::bad("Sign in first")) };
        if let Some(account) = &signed.account {
            return Ok(account.clone().seen_by(visitor));
        }
        let user = &signed.identity.user;
        let (bytes, messages) = self.deps.quota.limits(user);
        let options = AccountOptions {
            partition: user.partition.clone(),
            quota: Some(QuotaLimits { bytes, messages, overdraft: false }),
        };
        let (store, id) = (self.deps.store.clone(), signed.account_id.clone());
        match self.deps.pool.run(move || store.account_with(&id, &options)).await {
            Ok(account) => {
                signed.account = Some(account.clone());
                Ok(account.seen_by(visitor))
            }
            Err(error) => Err(crate::reply::store_failure(&error)),
        }
    }

    /// Runs blocking work on the account. The outer error is the answer for the client.
    pub(crate) async fn with_account<T, F>(&mut self, work: F) -> Result<Result<T, StoreError>, Reply>
    where
        F: FnOnce(&Account) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let account = self.account().await?;
        Ok(self.deps.pool.run(move || work(&account)).await)
    }
}

const IDLE_TOO_LONG: Hangup = Hangup::Bye("Idle for too long");
