//! LMTP command lines (RFC 2033 §4; RFC 5321 §4.1; RFC 1870 SIZE; RFC 3030 BDAT; RFC 6531 SMTPUTF8).

use crate::address::{self, Path};
use crate::reply::Reply;

/// A command that was understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Lhlo(String),
    Mail(Sender),
    Rcpt(Path),
    Data,
    Bdat(Chunk),
    Rset,
    Noop,
    Vrfy,
    Quit,
    Help,
}

/// MAIL with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sender {
    pub(crate) path: Path,
    /// Bytes announced by SIZE; 0 is unknown.
    pub(crate) size: u64,
    pub(crate) utf8: bool,
}

/// The announcement of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) size: u64,
    pub(crate) last: bool,
}

const BAD_ARGUMENT: Reply = Reply::new("501", "5.5.4", "Syntax error in arguments");
const BAD_SENDER: Reply = Reply::new("501", "5.1.7", "Bad sender address syntax");
const BAD_RECIPIENT: Reply = Reply::new("501", "5.1.3", "Bad recipient address syntax");
const UNKNOWN_PARAMETER: Reply = Reply::new("555", "5.5.4", "Unsupported parameter");

/// Reads a line without its line end.
pub(crate) fn parse(line: &[u8]) -> Result<Command, Reply> {
    let line = std::str::from_utf8(line).map_err(|_| Reply::new("500", "5.5.2", "Line is not UTF-8"))?;
    if line.chars().any(char::is_control) {
        return Err(Reply::new("500", "5.5.2", "Control character in command"));
    }
    let line = line.trim_end_matches(' ');
    let (verb, arguments) = line.split_once(' ').unwrap_or((line, ""));
    let arguments = arguments.trim_start_matches(' ');
    let alone = |command: Command| if arguments.is_empty() { Ok(command) } else { Err(BAD_ARGUMENT) };
    let verb_is = |word: &str| verb.eq_ignore_ascii_case(word);
    match () {
        () if verb_is("RCPT") => recipient(arguments),
        () if verb_is("MAIL") => sender(arguments),
        () if verb_is("DATA") => alone(Command::Data),
        () if verb_is("BDAT") => chunk(arguments),
        () if verb_is("LHLO") => hello(arguments),
        () if verb_is("RSET") => alone(Command::Rset),
        () if verb_is("NOOP") => Ok(Command::Noop),
        () if verb_is("QUIT") => alone(Command::Quit),
        () if verb_is("HELP") => Ok(Command::Help),
        () if verb_is("VRFY") => {
            if arguments.is_empty() {
                Err(BAD_ARGUMENT)
            } else {
                Ok(Command::Vrfy)
            }
        }
        // RFC 2033 §4.1: a client must not take this for an SMTP server.
        () if verb_is("HELO") || verb_is("EHLO") => Err(Reply::new("500", "5.5.1", "This is LMTP: use LHLO")),
        () => Err(Reply::new("500", "5.5.2", "Command not recognized")),
    }
}

fn hello(arguments: &str) -> Result<Command, Reply> {
    let literal = arguments.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let good = match literal {
        Some(inner) => {
            !inner.is_empty() && inner.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:-".contains(&byte))
        }
        None => arguments.is_ascii() && address::is_domain(arguments),
    };
    if good && arguments.len() <= 255 {
        Ok(Command::Lhlo(arguments.to_owned()))
    } else {
        Err(Reply::new("501", "5.5.4", "LHLO needs a host name"))
    }
}

fn sender(arguments: &str) -> Result<Command, Reply> {
    let (path, parameters) = after(arguments, "FROM:").and_then(address::path).ok_or(BAD_SENDER)?;
    let mut sender = Sender { path, size: 0, utf8: false };
    for parameter in parameters_of(parameters).ok_or(BAD_SENDER)? {
        let (name, value) = match parameter.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (parameter, None),
        };
        match (name.to_ascii_uppercase().as_str(), value) {
            ("SIZE", Some(digits)) => sender.size = number(digits).ok_or(BAD_ARGUMENT)?,
            ("BODY", Some(body)) if body.eq_ignore_ascii_case("7BIT") || body.eq_ignore_ascii_case("8BITMIME") => {}
            ("SMTPUTF8", None) => sender.utf8 = true,
            _ => return Err(UNKNOWN_PARAMETER),
        }
    }
    if !sender.utf8 && !sender.path.is_ascii() {
        return Err(Reply::new("550", "5.6.7", "Address is not ASCII and SMTPUTF8 was not given"));
    }
    Ok(Command::Mail(sender))
}

fn recipient(arguments: &str) -> Result<Command, Reply> {
    let (path, parameters) = after(arguments, "TO:").and_then(address::path).ok_or(BAD_RECIPIENT)?;
    if parameters_of(parameters).ok_or(BAD_RECIPIENT)?.next().is_some() {
        return Err(UNKNOWN_PARAMETER);
    }
    match path {
        Path::Null => Err(BAD_RECIPIENT),
        path => Ok(Command::Rcpt(path)),
    }
}

fn chunk(arguments: &str) -> Result<Command, Reply> {
    let mut words = arguments.split(' ').filter(|word| !word.is_empty());
    let size = words.next().and_then(number).ok_or(BAD_ARGUMENT)?;
    let last = match words.next() {
        None => false,
        Some(word) if word.eq_ignore_ascii_case("LAST") => true,
        Some(_) => return Err(BAD_ARGUMENT),
    };
    if words.next().is_some() { Err(BAD_ARGUMENT) } else { Ok(Command::Bdat(Chunk { size, last })) }
}

/// What follows `keyword` (any case); blanks between the two are forgiven.
fn after<'a>(arguments: &'a str, keyword: &str) -> Option<&'a str> {
    let head = arguments.get(..keyword.len())?;
    head.eq_ignore_ascii_case(keyword).then(|| arguments[keyword.len()..].trim_start_matches(' '))
}

/// The words behind a path; there must be a blank between the two.
fn parameters_of(rest: &str) -> Option<impl Iterator<Item = &str>> {
    (rest.is_empty() || rest.starts_with(' ')).then(|| rest.split(' ').filter(|word| !word.is_empty()))
}

/// Up to 20 digits (RFC 1870 §3); what does not fit 64 bits counts as the largest number.
fn number(digits: &str) -> Option<u64> {
    let good = (1..=20).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    good.then(|| digits.parse().unwrap_or(u64::MAX))
}
