//! POP command lines (RFC 1939 §3, §5–§7; RFC 2449; RFC 2595; RFC 5034; RFC 6856). Parsing does no I/O and returns for every line.

use crate::reply::Reply;

/// A command that was understood. Not `Debug`: it may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Apop,
    /// Without a mechanism it asks which there are.
    Auth(Option<Mechanism>),
    Capa,
    Dele(usize),
    /// Without a language it asks which there are.
    Lang(Option<String>),
    List(Option<usize>),
    Noop,
    Pass(String),
    Quit,
    Retr(usize),
    Rset,
    Stat,
    Stls,
    /// Message and number of body lines.
    Top(usize, u64),
    Uidl(Option<usize>),
    User(String),
    Utf8,
}

/// What AUTH names.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Mechanism {
    /// In capitals.
    pub(crate) name: String,
    /// The initial response, still in base64.
    pub(crate) initial: Option<Vec<u8>>,
}

impl Command {
    /// The name under which it is timed.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Apop => "APOP",
            Self::Auth(_) => "AUTH",
            Self::Capa => "CAPA",
            Self::Dele(_) => "DELE",
            Self::Lang(_) => "LANG",
            Self::List(_) => "LIST",
            Self::Noop => "NOOP",
            Self::Pass(_) => "PASS",
            Self::Quit => "QUIT",
            Self::Retr(_) => "RETR",
            Self::Rset => "RSET",
            Self::Stat => "STAT",
            Self::Stls => "STLS",
            Self::Top(..) => "TOP",
            Self::Uidl(_) => "UIDL",
            Self::User(_) => "USER",
            Self::Utf8 => "UTF8",
            #[allow(unreachable_patterns)]
            _ => "OTHER",
        }
    }
}

const UNKNOWN: Reply = Reply::err("Unknown command");
const BAD_ARGUMENT: Reply = Reply::err("Bad or missing argument");
const NO_ARGUMENT: Reply = Reply::err("Command takes no argument");

/// Reads a line without its line end.
pub(crate) fn parse(line: &[u8]) -> Result<Command, Reply> {
    let line = std::str::from_utf8(line).map_err(|_| Reply::err("Line is not UTF-8"))?;
    if line.chars().any(char::is_control) {
        return Err(Reply::err("Control character in command"));
    }
    // One blank separates; a password may begin or end with others (RFC 1939 §7 PASS).
    let (keyword, text) = match line.split_once(' ') {
        Some((keyword, text)) => (keyword, Some(text)),
        None => (line, None),
    };
    let words: Vec<&str> = text.unwrap_or("").split(' ').filter(|word| !word.is_empty()).collect();
    let alone = |command: Command| if words.is_empty() { Ok(command) } else { Err(NO_ARGUMENT) };
    match keyword.to_ascii_uppercase().as_str() {
        "APOP" => Ok(Command::Apop),
        "AUTH" => auth(&words),
        "CAPA" => alone(Command::Capa),
        "DELE" => one(&words).map(Command::Dele),
        "LANG" => match words[..] {
            [] => Ok(Command::Lang(None)),
            [range] => Ok(Command::Lang(Some(range.to_owned()))),
            _ => Err(BAD_ARGUMENT),
        },
        "LIST" => at_most_one(&words).map(Command::List),
        "NOOP" => alone(Command::Noop),
        "PASS" => whole(text).map(Command::Pass),
        "QUIT" => alone(Command::Quit),
        "RETR" => one(&words).map(Command::Retr),
        "RSET" => alone(Command::Rset),
        "STAT" => alone(Command::Stat),
        "STLS" => alone(Command::Stls),
        "TOP" => match words[..] {
            [message, lines] => Ok(Command::Top(message_number(message)?, number(lines)?)),
            _ => Err(BAD_ARGUMENT),
        },
        "UIDL" => at_most_one(&words).map(Command::Uidl),
        "USER" => whole(text).map(Command::User),
        "UTF8" => alone(Command::Utf8),
        _ => Err(UNKNOWN),
    }
}

fn auth(words: &[&str]) -> Result<Command, Reply> {
    let (mechanism, initial) = match *words {
        [] => return Ok(Command::Auth(None)),
        [mechanism] => (mechanism, None),
        [mechanism, initial] => (mechanism, Some(initial.as_bytes().to_vec())),
        _ => return Err(BAD_ARGUMENT),
    };
    Ok(Command::Auth(Some(Mechanism { name: mechanism.to_ascii_uppercase(), initial })))
}

/// Everything behind the one blank.
fn whole(text: Option<&str>) -> Result<String, Reply> {
    text.filter(|text| !text.is_empty()).map(str::to_owned).ok_or(BAD_ARGUMENT)
}

fn one(words: &[&str]) -> Result<usize, Reply> {
    at_most_one(words)?.ok_or(BAD_ARGUMENT)
}

fn at_most_one(words: &[&str]) -> Result<Option<usize>, Reply> {
    match *words {
        [] => Ok(None),
        [word] => message_number(word).map(Some),
        _ => Err(BAD_ARGUMENT),
    }
}

/// What is too large for a number is no message either.
fn message_number(word: &str) -> Result<usize, Reply> {
    number(word).map(|number| usize::try_from(number).unwrap_or(usize::MAX))
}

fn number(word: &str) -> Result<u64, Reply> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(word.parse().unwrap_or(u64::MAX))
    } else {
        Err(BAD_ARGUMENT)
    }
}
