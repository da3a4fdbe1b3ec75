//! What the server says: untagged data, go-aheads and tagged results (RFC 3501 §7).

use bytes::Bytes;

use crate::token::Tokens;

/// The outcome of a command or a status line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    No,
    Bad,
    PreAuth,
    Bye,
}

impl Status {
    fn of(word: &[u8]) -> Option<Self> {
        let table =
            [("OK", Self::Ok), ("NO", Self::No), ("BAD", Self::Bad), ("PREAUTH", Self::PreAuth), ("BYE", Self::Bye)];
        table.iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes())).map(|(_, status)| *status)
    }
}

/// A status line: `OK [CODE args] words`.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) status: Status,
    /// Name of the response code in upper case, empty if there is none.
    pub(crate) code: String,
    /// Arguments of the code.
    pub(crate) arguments: Vec<u8>,
    /// The words for people.
    pub(crate) text: String,
}

impl Outcome {
    fn read(status: Status, tokens: &mut Tokens<'_>) -> Self {
        tokens.space();
        let rest = tokens.rest();
        let (code, text) = match rest.strip_prefix(b"[").and_then(|r| Some(r.split_at(memchr::memchr(b']', r)?))) {
            Some((code, text)) => (code, &text[1..]),
            None => (&b""[..], rest),
        };
        let name = code.split(|b| *b == b' ').next().unwrap_or_default();
        Self {
            status,
            code: String::from_utf8_lossy(name).to_ascii_uppercase(),
            arguments: code.get(name.len() + 1..).unwrap_or_default().to_vec(),
            text: String::from_utf8_lossy(text).trim().to_owned(),
        }
    }

    /// The numbers among the code's arguments.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        self.arguments.split(|b| !b.is_ascii_digit()).filter_map(|word| std::str::from_utf8(word).ok()?.parse().ok())
    }

    /// Code and words, for the log.
    pub(crate) fn words(&self) -> String {
        if self.code.is_empty() { self.text.clone() } else { format!("[{}] {}", self.code, self.text) }
    }
}

/// One whole response.
#[derive(Debug)]
pub(crate) enum Response {
    /// `+ …`
    Continue,
    /// `<tag> OK …`
    Tagged { tag: u32, outcome: Outcome },
    /// `* OK …` and its like.
    Status(Outcome),
    /// `* 12 EXISTS`, `* LIST …`
    Data(Data),
}

/// Untagged data.
#[derive(Debug)]
pub(crate) struct Data {
    bytes: Bytes,
    /// The number in front, 0 without one.
    pub(crate) number: u32,
    /// The name in upper case; `""` for names that are too long to matter.
    pub(crate) name: Name,
    at: usize,
}

/// The kinds of untagged data that are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Exists,
    Expunge,
    Fetch,
    List,
    Lsub,
    Status,
    Search,
    Quota,
    Acl,
    MyRights,
    Namespace,
    Capability,
    Other,
}

impl Name {
    fn of(word: &[u8]) -> Self {
        let table = [
            ("FETCH", Self::Fetch),
            ("EXISTS", Self::Exists),
            ("EXPUNGE", Self::Expunge),
            ("LIST", Self::List),
            ("LSUB", Self::Lsub),
            ("STATUS", Self::Status),
            ("SEARCH", Self::Search),
            ("QUOTA", Self::Quota),
            ("ACL", Self::Acl),
            ("MYRIGHTS", Self::MyRights),
            ("NAMESPACE", Self::Namespace),
            ("CAPABILITY", Self::Capability),
        ];
        table.iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes())).map_or(Self::Other, |(_, kind)| *kind)
    }
}

impl Data {
    /// The data after the name.
    pub(crate) fn tokens(&self) -> Tokens<'_> {
        Tokens::new(&self.bytes, self.at)
    }
}

impl Response {
    /// Reads one whole response; `None` if it is none.
    pub(crate) fn read(bytes: Bytes) -> Option<Self> {
        if bytes.starts_with(b"+") {
            return Some(Self::Continue);
        }
        if !bytes.starts_with(b"* ") {
            let mut tokens = Tokens::new(&bytes, 0);
            let tag = std::str::from_utf8(tokens.atom().strip_prefix(b"h")?).ok()?.parse().ok()?;
            tokens.space();
            let status = Status::of(tokens.atom())?;
            return Some(Self::Tagged { tag, outcome: Outcome::read(status, &mut tokens) });
        }
        let mut tokens = Tokens::new(&bytes, 2);
        tokens.space();
        let number = if tokens.peek()?.is_ascii_digit() { Some(tokens.number32().ok()?) } else { None };
        tokens.space();
        let word = tokens.atom();
        if let (None, Some(status)) = (number, Status::of(word)) {
            return Some(Self::Status(Outcome::read(status, &mut tokens)));
        }
        let name = Name::of(word);
        tokens.space();
        let at = bytes.len() - tokens.remaining();
        Some(Self::Data(Data { number: number.unwrap_or(0), name, at, bytes }))
    }
}
