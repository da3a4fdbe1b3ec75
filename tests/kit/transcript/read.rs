//! Reading a transcript file.

use std::{collections::BTreeMap, fs, path::Path};

/// A file of cases.
#[derive(Debug)]
pub struct Transcript {
    /// The file's name without `.txt`.
    pub name: String,
    /// The cases in the order of the file.
    pub cases: Vec<Case>,
    /// The messages that the cases name, with CRLF line ends.
    pub messages: BTreeMap<String, Vec<u8>>,
}

/// Which servers a case or line is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marker {
    /// Every server.
    All,
    /// Only ours; the text says why.
    OnlyHeliograph(String),
    /// Dovecot answers differently; the text says how and by which section ours is right.
    DiffersFromDovecot(String),
}

/// One conversation with accounts of its own.
#[derive(Debug)]
pub struct Case {
    /// The heading.
    pub title: String,
    /// The line of the heading.
    pub line: usize,
    /// Which servers it is for.
    pub marker: Marker,
    /// The user names it needs; `alice` becomes a new account of that run, `$alice` its name.
    pub users: Vec<String>,
    /// Session number to the user who is signed in at the start; a session without one only has its greeting read.
    pub sessions: BTreeMap<u32, Option<String>>,
    /// What the sessions' users get before they start: IMAP commands in short form.
    pub setup: Vec<Setup>,
    /// The mailbox that every signed-in session has selected at the start.
    pub select: Option<String>,
    /// The conversation.
    pub steps: Vec<(usize, Step)>,
    /// Settings of ours that the case needs.
    pub settings: Vec<(String, String)>,
}

/// One line of preparation.
#[derive(Debug, Clone)]
pub enum Setup {
    /// CREATE.
    Create(String, String),
    /// SUBSCRIBE.
    Subscribe(String, String),
    /// APPEND of a named message, so many times.
    Append {
        /// Whose mailbox.
        user: String,
        /// The mailbox.
        mailbox: String,
        /// The message's name.
        message: String,
        /// `(\Seen)` or empty.
        flags: String,
        /// The internal date in quotes or empty.
        date: String,
        /// How many.
        count: usize,
    },
}

/// One line of a conversation.
#[derive(Debug, Clone)]
pub enum Step {
    /// The client sends a line with its literals.
    Client(u32, Vec<Piece>),
    /// The server answers with this line.
    Server(u32, String),
    /// The server may answer with this line.
    Maybe(u32, String),
    /// The server must not answer with this line.
    Never(u32, String),
    /// A new connection for the session; the greeting is expected by the next line.
    Open(u32),
    /// The connection is dropped without a word.
    Drop(u32),
    /// The server closes the connection.
    Closed(u32),
}

/// A piece of what the client sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text with `$captures`.
    Text(String),
    /// A literal whose bytes follow after the server's go-ahead.
    Literal(Content),
    /// A LITERAL+ literal: the bytes follow at once.
    Now(Content),
}

/// What a literal holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Text of the line itself, with `$captures`.
    Typed(Vec<u8>),
    /// A message, as it is.
    Message(Vec<u8>),
}

/// Reads a transcript; panics with file and line on anything it does not know.
#[track_caller]
pub fn read(file: &Path) -> Transcript {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut reader = Reader { file, messages: shared_messages(file), cases: Vec::new(), line: 0 };
    let lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    while at < lines.len() {
        at = reader.block(&lines, at);
    }
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    assert!(!reader.cases.is_empty(), "{}: no case in it", file.display());
    Transcript { name, cases: reader.cases, messages: reader.messages }
}

/// The messages that all transcripts may name: messages/*.eml beside them, with CRLF line ends.
fn shared_messages(file: &Path) -> BTreeMap<String, Vec<u8>> {
    let folder = file.parent().unwrap_or(Path::new(".")).join("messages");
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .map(|path| {
            let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), crate::corpus::crlf(&bytes))
        })
        .collect()
}

struct Reader<'a> {
    file: &'a Path,
    messages: BTreeMap<String, Vec<u8>>,
    cases: Vec<Case>,
    line: usize,
}

impl Reader<'_> {
    #[track_caller]
    fn fail(&self, reason: &str) -> ! {
        panic!("{}:{}: {reason}", self.file.display(), self.line)
    }

    /// Reads what begins at line `at`: a blank line, a comment, a message or a case. Returns the line after it.
    fn block(&mut self, lines: &[&str], at: usize) -> usize {
        self.line = at + 1;
        let line = lines[at];
        if line.trim().is_empty() || line.starts_with('#') {
            return at + 1;
        }
        if let Some(name) = line.strip_prefix("message ") {
            let body: Vec<&str> = lines[at + 1..].iter().map_while(|line| line.strip_prefix('|')).collect();
            let text: String =
                body.iter().map(|line| format!("{}\r\n", line.strip_prefix(' ').unwrap_or(line))).collect();
            self.messages.insert(name.trim_end_matches(':').to_owned(), text.into_bytes());
            return at + 1 + body.len();
        }
        match line.strip_prefix("== ") {
            Some(title) => self.case(title, lines, at),
            None => self.fail("expected '== title', 'message name:' or a comment"),
        }
    }

    fn case(&mut self, title: &str, lines: &[&str], at: usize) -> usize {
        let mut case = Case {
            title: title.trim().to_owned(),
            line: at + 1,
            marker: Marker::All,
            users: vec!["alice".to_owned()],
            sessions: BTreeMap::from([(1, Some("alice".to_owned()))]),
            setup: Vec::new(),
            select: None,
            steps: Vec::new(),
            settings: Vec::new(),
        };
        let mut end = at + 1;
        while end < lines.len() && !lines[end].starts_with("== ") && !lines[end].starts_with("message ") {
            self.line = end + 1;
            let line = lines[end].trim_end();
            end += 1;
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            match self.step(line) {
                Some(step) => case.steps.push((end, step)),
                None if case.steps.is_empty() => self.header(&mut case, line),
                None => self.fail(&format!("not a line of a conversation: {line}")),
            }
        }
        for user in case.sessions.values().flatten() {
            if !case.users.contains(user) {
                case.users.push(user.clone());
            }
        }
        self.cases.push(case);
        end
    }

    fn header(&self, case: &mut Case, line: &str) {
        let Some((key, value)) = line.split_once(':') else { self.fail(&format!("expected 'key: value': {line}")) };
        let value = value.trim();
        match key {
            "only" => {
                let reason = value.strip_prefix("heliograph").unwrap_or_else(|| self.fail("only: heliograph, reason"));
                case.marker = Marker::OnlyHeliograph(reason.trim_matches([',', ' ']).to_owned());
            }
            "differs-from-dovecot" => case.marker = Marker::DiffersFromDovecot(value.to_owned()),
            "users" => case.users = value.split(',').map(|user| user.trim().to_owned()).collect(),
            "sessions" => {
                case.sessions = value
                    .split(',')
                    .map(|session| {
                        let mut words = session.split_ascii_whitespace();
                        let number = words.next().and_then(|number| number.parse().ok());
                        let number = number.unwrap_or_else(|| self.fail("sessions: 1 alice, 2 bob, 3"));
                        (number, words.next().map(str::to_owned))
                    })
                    .collect();
            }
            "select" => case.select = Some(value.to_owned()),
            "set" => {
                let (name, value) = value.split_once('=').unwrap_or_else(|| self.fail("set: name = value"));
                case.settings.push((name.trim().to_owned(), value.trim().to_owned()));
            }
            "create" => case.setup.push(Setup::Create(self.user(case), value.to_owned())),
            "subscribe" => case.setup.push(Setup::Subscribe(self.user(case), value.to_owned())),
            "append" => case.setup.push(self.append(case, value)),
            _ => self.fail(&format!("unknown key '{key}'")),
        }
    }

    /// Preparation is for the first user.
    fn user(&self, case: &Case) -> String {
        case.users.first().cloned().unwrap_or_else(|| self.fail("no users"))
    }

    /// `append: INBOX simple (\Seen) "date" x3`, the last three optional.
    fn append(&self, case: &Case, value: &str) -> Setup {
        let (mailbox, rest) = match value.strip_prefix('"') {
            Some(rest) => rest.split_once('"').unwrap_or_else(|| self.fail("a quote is not closed")),
            None => value.split_once(' ').unwrap_or_else(|| self.fail("append: mailbox message")),
        };
        let rest = rest.trim();
        let (message, mut rest) = rest.split_once(' ').unwrap_or((rest, ""));
        if !self.messages.contains_key(message) {
            self.fail(&format!("no message '{message}'"));
        }
        let mut take = |open: char, close: char| -> String {
            let text = rest.trim_start();
            match text.strip_prefix(open).and_then(|inner| inner.find(close)) {
                Some(length) => {
                    let (taken, left) = text.split_at(length + 2);
                    rest = left;
                    taken.to_owned()
                }
                None => String::new(),
            }
        };
        let flags = take('(', ')');
        let date = take('"', '"');
        let count = match rest.trim() {
            "" => 1,
            count => count
                .strip_prefix('x')
                .and_then(|count| count.parse().ok())
                .unwrap_or_else(|| self.fail(&format!("what is '{count}'?"))),
        };
        let (user, mailbox) = (self.user(case), mailbox.to_owned());
        Setup::Append { user, mailbox, message: message.to_owned(), flags, date, count }
    }

    /// A line of a conversation: `[session ]C: …`, `S: …`, `S? …`, `S! …`, `open`, `drop`, `closed`.
    fn step(&self, line: &str) -> Option<Step> {
        let (session, rest) = match line.split_once(' ') {
            Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => (number.parse().ok()?, rest),
            _ => (1, line),
        };
        match rest {
            "open" => return Some(Step::Open(session)),
            "drop" => return Some(Step::Drop(session)),
            "closed" => return Some(Step::Closed(session)),
            _ => {}
        }
        let (kind, text) = (rest.get(..2)?, rest.get(2..)?);
        let text = text.strip_prefix(' ').unwrap_or(text).to_owned();
        match kind {
            "C:" => Some(Step::Client(session, self.pieces(&text))),
            "S:" => Some(Step::Server(session, text)),
            "S?" => Some(Step::Maybe(session, text)),
            "S!" => Some(Step::Never(session, text)),
            _ => None,
        }
    }

    /// Splits what the client sends at `{"text"}`, `{+"text"}`, `{=message}` and `{+=message}`.
    fn pieces(&self, text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = ["{\"", "{+\"", "{=", "{+="].iter().filter_map(|start| rest.find(start)).min() {
            pieces.push(Piece::Text(rest[..at].to_owned()));
            let inner = &rest[at + 1..];
            let (now, inner) = inner.strip_prefix('+').map_or((false, inner), |inner| (true, inner));
            let (bytes, after) = match inner.strip_prefix('=') {
                Some(name) => {
                    let (name, after) = name.split_once('}').unwrap_or_else(|| self.fail("'{=name}' is not closed"));
                    let message = self.messages.get(name);
                    let bytes = message.cloned().unwrap_or_else(|| self.fail(&format!("no message '{name}'")));
                    (Content::Message(bytes), after)
                }
                None => {
                    let (text, after) =
                        inner.split_once("\"}").unwrap_or_else(|| self.fail("'{\"text\"}' is not closed"));
                    (Content::Typed(self.unescaped(&text[1..])), after)
                }
            };
            pieces.push(if now { Piece::Now(bytes) } else { Piece::Literal(bytes) });
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        pieces
    }

    fn unescaped(&self, text: &str) -> Vec<u8> {
        let quoted = format!("\"{text}\"");
        match crate::tree::parse(quoted.as_bytes(), crate::tree::Quoting::Transcript) {
            Ok(nodes) => nodes.first().and_then(|node| node.bytes()).unwrap_or_default().to_vec(),
            Err(reason) => self.fail(&reason),
        }
    }
}
