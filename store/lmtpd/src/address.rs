//! Mail addresses in MAIL and RCPT (RFC 5321 §4.1.2, with the UTF-8 of RFC 6531 §3.3).
//!
//! More is taken than the grammar has where no meaning is in doubt, since the MTA in front has accepted the mail already: dots may
//! stand anywhere in a local part, and a domain may be missing.

use std::fmt;

/// Longest path taken, in bytes; the RFC's 256 are too few for many bounce addresses.
const LONGEST: usize = 1000;

/// One address, unquoted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mailbox {
    pub(crate) local: String,
    /// Name or `[literal]`; empty if there is none.
    pub(crate) domain: String,
}

/// What stood between `<` and `>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    /// `<>`: the null sender.
    Null,
    Mailbox(Mailbox),
}

impl Path {
    pub(crate) fn is_ascii(&self) -> bool {
        match self {
            Path::Null => true,
            Path::Mailbox(mailbox) => mailbox.local.is_ascii() && mailbox.domain.is_ascii(),
        }
    }
}

/// Reads a path at the start of `text`; also returns what follows it. A source route is dropped (RFC 5321 appendix C).
pub(crate) fn path(text: &str) -> Option<(Path, &str)> {
    let inner = text.strip_prefix('<')?;
    if let Some(rest) = inner.strip_prefix('>') {
        return Some((Path::Null, rest));
    }
    let inner = if inner.starts_with('@') { inner.split_once(':')?.1 } else { inner };
    let (local, rest) = local_part(inner)?;
    let (domain, rest) = match rest.strip_prefix('@') {
        Some(rest) => {
            let end = rest.find('>')?;
            (domain(&rest[..end])?, &rest[end..])
        }
        None => (String::new(), rest),
    };
    let rest = rest.strip_prefix('>')?;
    if text.len() - rest.len() > LONGEST {
        return None;
    }
    Some((Path::Mailbox(Mailbox { local, domain }), rest))
}

fn local_part(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|letter: char| !is_atom(letter)).unwrap_or(text.len());
        return (end > 0).then(|| (text[..end].to_owned(), &text[end..]));
    };
    let mut local = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((local, &quoted[at + 1..])),
            '\\' => local.push(letters.next().map(|(_, escaped)| escaped).filter(|escaped| !escaped.is_control())?),
            letter if letter.is_control() => return None,
            letter => local.push(letter),
        }
    }
    None
}

fn domain(text: &str) -> Option<String> {
    let literal = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let good = match literal {
        Some(inner) => {
            !inner.is_empty() && inner.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:-".contains(&byte))
        }
        None => is_domain(text),
    };
    good.then(|| text.trim_end_matches('.').to_owned())
}

/// Labels of letters (also outside ASCII), digits, `-` and `_`, between dots; one dot may end it.
pub(crate) fn is_domain(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    !text.is_empty()
        && text.split('.').all(|label| {
            !label.is_empty()
                && label
                    .chars()
                    .all(|letter| letter.is_alphanumeric() || letter == '-' || letter == '_' || is_mark(letter))
        })
}

/// Combining marks are no letters, and many scripts' domain names have them.
fn is_mark(letter: char) -> bool {
    !letter.is_ascii() && !letter.is_control() && !letter.is_whitespace()
}

fn is_atom(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(letter) || is_mark(letter)
}

impl fmt::Display for Mailbox {
    /// As it stands in a path, without the brackets: the local part quoted where it must be.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.local.is_empty() && self.local.chars().all(is_atom) {
            out.write_str(&self.local)?;
        } else {
            out.write_str("\"")?;
            for letter in self.local.chars() {
                if matches!(letter, '"' | '\\') {
                    out.write_str("\\")?;
                }
                write!(out, "{letter}")?;
            }
            out.write_str("\"")?;
        }
        if self.domain.is_empty() { Ok(()) } else { write!(out, "@{}", self.domain) }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Null => out.write_str("<>"),
            Path::Mailbox(mailbox) => write!(out, "<{mailbox}>"),
        }
    }
}
