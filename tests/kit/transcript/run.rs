//! Playing a transcript against a server.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt::Write as _,
    net::SocketAddr,
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    matching::{Captures, Pattern, expunged, line_expunge},
    read::{Case, Content, Marker, Piece, Setup, Step, Transcript, read},
};
use crate::{
    dovecot::{Dovecot, MASTER},
    imap::ImapClient,
    site::{Site, SiteOptions, password},
};

/// Which server a transcript is played against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// Ours.
    Heliograph,
    /// Debian's Dovecot.
    Dovecot,
}

/// A running server with accounts for one transcript.
pub enum Target {
    /// Ours.
    Heliograph(Box<Site>),
    /// Debian's Dovecot.
    Dovecot(Box<Dovecot>),
}

impl Target {
    fn start(kind: TargetKind, users: &[String], settings: &[(String, String)]) -> Self {
        match kind {
            TargetKind::Heliograph => {
                // The same administrator that Dovecot has as its master user.
                let mut users = users.to_vec();
                users.push(MASTER.to_owned());
                let mut options = SiteOptions::default().users(&users).set("store.admins", MASTER);
                options.settings.extend_from_slice(settings);
                Self::Heliograph(Box::new(Site::start(options)))
            }
            TargetKind::Dovecot => Self::Dovecot(Box::new(Dovecot::start(users))),
        }
    }

    fn address(&self) -> SocketAddr {
        match self {
            Self::Heliograph(site) => site.listener("imap"),
            Self::Dovecot(dovecot) => dovecot.imap_address(),
        }
    }
}

/// Plays every case of a file and panics with the conversation of each that failed.
#[track_caller]
pub fn run_file(file: &Path, kind: TargetKind) {
    let transcript = read(file);
    let mut groups: BTreeMap<&[(String, String)], Vec<&Case>> = BTreeMap::new();
    for case in &transcript.cases {
        match (&case.marker, kind) {
            (Marker::OnlyHeliograph(_) | Marker::DiffersFromDovecot(_), TargetKind::Dovecot) => {}
            _ => groups.entry(&case.settings).or_default().push(case),
        }
    }
    let mut failures = Vec::new();
    let mut played = 0;
    for (settings, cases) in groups {
        let accounts: Vec<BTreeMap<&str, String>> = cases.iter().map(|case| accounts(case)).collect();
        let users: Vec<String> = accounts.iter().flat_map(|accounts| accounts.values().cloned()).collect();
        let target = Target::start(kind, &users, settings);
        for (case, accounts) in cases.iter().zip(&accounts) {
            played += 1;
            if let Err(failure) = Player::new(&transcript, case, accounts, target.address()).play() {
                failures.push(format!("{}:{} == {}\n{failure}", file.display(), case.line, case.title));
            }
        }
        if !failures.is_empty()
            && let Target::Dovecot(dovecot) = &target
        {
            failures.push(dovecot.log());
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {played} cases failed against {kind:?}\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}

/// A new account for every user that the case names.
fn accounts(case: &Case) -> BTreeMap<&str, String> {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    case.users.iter().map(|user| (user.as_str(), format!("{user}{number}"))).collect()
}

/// What is expected of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Must,
    Maybe,
    Never,
}

struct Expected {
    line: usize,
    text: String,
    need: Need,
    pattern: Pattern,
    met: bool,
}

struct Session {
    client: ImapClient,
    /// Read while waiting for a go-ahead, not yet compared.
    early: VecDeque<Vec<u8>>,
}

struct Player<'a> {
    transcript: &'a Transcript,
    case: &'a Case,
    accounts: &'a BTreeMap<&'a str, String>,
    address: SocketAddr,
    sessions: BTreeMap<u32, Session>,
    captures: Captures,
    log: String,
}

impl<'a> Player<'a> {
    fn new(
        transcript: &'a Transcript,
        case: &'a Case,
        accounts: &'a BTreeMap<&'a str, String>,
        address: SocketAddr,
    ) -> Self {
        let mut captures: Captures =
            accounts.iter().map(|(user, name)| ((*user).to_owned(), name.clone().into_bytes())).collect();
        captures.insert("password".to_owned(), password().as_bytes().to_vec());
        Self { transcript, case, accounts, address, sessions: BTreeMap::new(), captures, log: String::new() }
    }

    fn play(mut self) -> Result<(), String> {
        let result = self.prepare().and_then(|()| self.converse());
        result.map_err(|reason| format!("{reason}\n--- conversation\n{}", self.log))
    }

    /// Sets the accounts up, on a connection that is closed before the sessions begin.
    fn prepare(&mut self) -> Result<(), String> {
        for setup in &self.case.setup {
            let (user, commands) = match setup {
                Setup::Create(user, mailbox) => (user, vec![format!("CREATE \"{mailbox}\"")]),
                Setup::Subscribe(user, mailbox) => (user, vec![format!("SUBSCRIBE \"{mailbox}\"")]),
                Setup::Append { user, .. } => (user, Vec::new()),
            };
            let mut client = ImapClient::connect(self.address);
            client.login(&self.accounts[user.as_str()], password());
            for command in commands {
                client.command(&command);
            }
            if let Setup::Append { mailbox, message, flags, date, count, .. } = setup {
                let arguments = [flags.as_str(), date.as_str()].map(str::trim).join(" ");
                for _ in 0..*count {
                    client.append(mailbox, arguments.trim(), &self.transcript.messages[message]);
                }
            }
            client.command("LOGOUT");
        }
        for (number, user) in &self.case.sessions {
            let mut client = ImapClient::connect(self.address);
            if let Some(user) = user {
                client.login(&self.accounts[user.as_str()], password());
                if let Some(mailbox) = &self.case.select {
                    client.command(&format!("SELECT \"{mailbox}\""));
                }
            }
            self.sessions.insert(*number, Session { client, early: VecDeque::new() });
        }
        Ok(())
    }

    fn converse(&mut self) -> Result<(), String> {
        let steps = &self.case.steps;
        let mut at = 0;
        while at < steps.len() {
            let (line, step) = &steps[at];
            at += 1;
            match step {
                Step::Client(number, pieces) => self.send(*number, *line, pieces)?,
                Step::Open(number) => {
                    let _ = writeln!(self.log, "{number} open");
                    let client = ImapClient::connect(self.address);
                    let greeting = client.greeting().as_bytes().to_vec();
                    let mut early = VecDeque::new();
                    // The greeting is compared when the transcript says something about it.
                    if let Some((_, Step::Server(next, _))) = steps.get(at)
                        && next == number
                    {
                        early.push_back(greeting);
                    }
                    self.sessions.insert(*number, Session { client, early });
                }
                Step::Drop(number) => {
                    let _ = writeln!(self.log, "{number} drop");
                    self.sessions.remove(number);
                }
                Step::Closed(number) => {
                    let session = self.session(*number)?;
                    match session.client.try_response() {
                        Ok(response) => return Err(format!("line {line}: expected the end, got {}", response.text())),
                        Err(reason) if reason.contains("closed the connection") || reason.contains("reset") => {
                            let _ = writeln!(self.log, "{number} closed");
                        }
                        Err(reason) => return Err(format!("line {line}: expected the end: {reason}")),
                    }
                }
                Step::Server(number, _) | Step::Maybe(number, _) | Step::Never(number, _) => {
                    at -= 1;
                    let length = steps[at..]
                        .iter()
                        .take_while(|(_, step)| match step {
                            Step::Server(other, _) | Step::Maybe(other, _) | Step::Never(other, _) => other == number,
                            _ => false,
                        })
                        .count();
                    let group = &steps[at..at + length];
                    at += length;
                    self.expect(*number, group)?;
                }
            }
        }
        Ok(())
    }

    fn session(&mut self, number: u32) -> Result<&mut Session, String> {
        self.sessions.get_mut(&number).ok_or_else(|| format!("no session {number}"))
    }

    fn log(&mut self, number: u32, side: char, bytes: &[u8]) {
        let shown = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
        let text: String = String::from_utf8_lossy(shown).chars().take(4000).collect();
        let _ = writeln!(self.log, "{number} {side}: {}", text.replace("\r\n", "\r\n       ").replace('\r', ""));
    }

    fn send(&mut self, number: u32, line: usize, pieces: &[Piece]) -> Result<(), String> {
        let mut bytes = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => {
                    bytes.extend(self.filled_in(text).map_err(|reason| format!("line {line}: {reason}"))?)
                }
                Piece::Now(literal) => {
                    let literal = self.literal(literal).map_err(|reason| format!("line {line}: {reason}"))?;
                    bytes.extend(format!("{{{}+}}\r\n", literal.len()).bytes());
                    bytes.extend(literal);
                }
                Piece::Literal(literal) => {
                    let literal = self.literal(literal).map_err(|reason| format!("line {line}: {reason}"))?;
                    bytes.extend(format!("{{{}}}\r\n", literal.len()).bytes());
                    self.log(number, 'C', &bytes);
                    self.session(number)?.client.send(&bytes);
                    self.wait_for_go_ahead(number, line)?;
                    bytes = literal;
                }
            }
        }
        bytes.extend(b"\r\n");
        self.log(number, 'C', &bytes);
        self.session(number)?.client.send(&bytes);
        Ok(())
    }

    fn wait_for_go_ahead(&mut self, number: u32, line: usize) -> Result<(), String> {
        loop {
            let response =
                self.session(number)?.client.try_response().map_err(|reason| format!("line {line}: {reason}"))?;
            self.log(number, 'S', &response.0);
            match response.0.first() {
                Some(b'+') => return Ok(()),
                Some(b'*') => self.session(number)?.early.push_back(response.0),
                _ => return Err(format!("line {line}: no go-ahead for a literal, but: {}", response.text())),
            }
        }
    }

    /// A literal's bytes: names are filled in where it was typed into the line, not in messages.
    fn literal(&self, literal: &Content) -> Result<Vec<u8>, String> {
        match literal {
            Content::Typed(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) if text.contains('$') => self.filled_in(text),
                _ => Ok(bytes.clone()),
            },
            Content::Message(bytes) => Ok(bytes.clone()),
        }
    }

    /// What the client sends, with `$names`, `${xHH}` bytes and `${base64:…}` filled in.
    fn filled_in(&self, text: &str) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            bytes.extend(before.bytes());
            if let Some(after) = after.strip_prefix('$') {
                bytes.push(b'$');
                rest = after;
                continue;
            }
            if let Some(inner) = after.strip_prefix("{base64:") {
                let (inner, after) = inner.split_once('}').ok_or("'${base64:' is not closed")?;
                let plain = self.filled_in(&inner.replace("\\0", "\0"))?;
                bytes.extend(STANDARD.encode(plain).bytes());
                rest = after;
                continue;
            }
            if let Some((digits, after)) = after.strip_prefix("{x").and_then(|inner| inner.split_once('}')) {
                bytes.push(u8::from_str_radix(digits, 16).map_err(|error| format!("${{x{digits}}}: {error}"))?);
                rest = after;
                continue;
            }
            let (braces, inner) = after.strip_prefix('{').map_or((false, after), |inner| (true, inner));
            let length = inner.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
            let (name, after) = inner.split_at(length);
            match self.captures.get(name) {
                Some(value) => bytes.extend(value),
                // A keyword such as $Forwarded, or a lone dollar.
                None if !braces && !name.starts_with(|letter: char| letter.is_ascii_lowercase()) => {
                    bytes.extend(format!("${name}").bytes());
                }
                None => return Err(format!("nothing was captured as ${name}")),
            }
            rest = if braces { after.strip_prefix('}').unwrap_or(after) } else { after };
        }
        bytes.extend(rest.bytes());
        Ok(bytes)
    }

    /// Reads until everything expected by these lines has come.
    fn expect(&mut self, number: u32, group: &[(usize, Step)]) -> Result<(), String> {
        let mut segment: Vec<Expected> = Vec::new();
        for (line, step) in group {
            let (need, text) = match step {
                Step::Server(_, text) => (Need::Must, text),
                Step::Maybe(_, text) => (Need::Maybe, text),
                Step::Never(_, text) => (Need::Never, text),
                _ => continue,
            };
            let pattern = Pattern::new(text).map_err(|reason| format!("line {line}: {reason}"))?;
            let expected = Expected { line: *line, text: text.clone(), need, pattern, met: false };
            if text.starts_with('*') {
                segment.push(expected);
            } else {
                self.read_until(number, std::mem::take(&mut segment), Some(expected))?;
            }
        }
        if !segment.is_empty() {
            self.read_until(number, segment, None)?;
        }
        Ok(())
    }

    /// Reads untagged lines until `end` comes (a tagged line or a go-ahead), or, without one, until all are met.
    fn read_until(&mut self, number: u32, mut segment: Vec<Expected>, end: Option<Expected>) -> Result<(), String> {
        // Which messages are removed counts, not the order in which the numbers tell it.
        let (wanted, others): (Vec<Expected>, Vec<Expected>) = segment
            .into_iter()
            .partition(|expected| expected.need == Need::Must && expected.pattern.expunge().is_some());
        segment = others;
        let wanted_numbers: Vec<u64> = wanted.iter().filter_map(|expected| expected.pattern.expunge()).collect();
        let mut removed = Vec::new();
        loop {
            let mut missing: Vec<String> = segment
                .iter()
                .filter(|expected| expected.need == Need::Must && !expected.met)
                .map(|expected| format!("line {}: expected {}", expected.line, expected.text))
                .collect();
            if expunged(&removed) != expunged(&wanted_numbers) {
                missing.extend(
                    wanted.iter().map(|expected| format!("line {}: expected {}", expected.line, expected.text)),
                );
            }
            if end.is_none() && missing.is_empty() {
                return Ok(());
            }
            let session = self.session(number)?;
            let line = match session.early.pop_front() {
                Some(line) => line,
                None => {
                    let response = session.client.try_response().map_err(|reason| {
                        let wanted = end.as_ref().map(|end| format!("\nline {}: expected {}", end.line, end.text));
                        format!("session {number}: {reason}\n{}{}", missing.join("\n"), wanted.unwrap_or_default())
                    })?;
                    self.log(number, 'S', &response.0);
                    response.0
                }
            };
            if !wanted.is_empty()
                && let Some(number) = line_expunge(&line)
            {
                removed.push(number);
                continue;
            }
            if line.starts_with(b"* ") {
                self.untagged(number, &line, &mut segment)?;
                continue;
            }
            let got = format!("got {}", String::from_utf8_lossy(&line));
            let Some(end) = &end else { return Err(format!("session {number}: {}\n{got}", missing.join("\n"))) };
            if !end.pattern.matches(&line, &mut self.captures) {
                return Err(format!("session {number}, line {}: expected {}\n{got}", end.line, end.text));
            }
            if !missing.is_empty() {
                return Err(format!("session {number}: {}\nnot there when {got}", missing.join("\n")));
            }
            return Ok(());
        }
    }

    fn untagged(&mut self, number: u32, line: &[u8], segment: &mut [Expected]) -> Result<(), String> {
        let text = String::from_utf8_lossy(line).into_owned();
        for expected in segment.iter().filter(|expected| expected.need == Need::Never) {
            if expected.pattern.matches(line, &mut self.captures.clone()) {
                return Err(format!("session {number}, line {}: must not come: {text}", expected.line));
            }
        }
        let open = segment.iter_mut().filter(|expected| !expected.met && expected.need != Need::Never);
        for expected in open {
            if expected.pattern.matches(line, &mut self.captures) {
                expected.met = true;
                return Ok(());
            }
        }
        if is_ambient(&text) {
            return Ok(());
        }
        let open: Vec<String> = segment
            .iter()
            .filter(|expected| expected.need == Need::Must && !expected.met)
            .map(|expected| format!("line {}: {}", expected.line, expected.text))
            .collect();
        Err(format!("session {number}: unexpected {text}\nstill expected\n{}", open.join("\n")))
    }
}

/// Lines that a server may send unasked without saying anything that a test is about.
fn is_ambient(line: &str) -> bool {
    line.starts_with("* OK") || line.starts_with("* FLAGS ") || line.ends_with(" RECENT")
}
