//! Addresses as people type them, checked before they get near a header or an SMTP command (RFC 5322 §3.4).

use std::str::FromStr;

use message::address::{AddressKind, MISSING_DOMAIN, MISSING_MAILBOX, SYNTAX_ERROR, parse};

use crate::DraftError;

/// A person or a role: display name and address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mailbox {
    /// Display name; empty if there is none.
    pub name: String,
    /// `local@domain`, valid.
    pub address: String,
}

impl Mailbox {
    /// A mailbox of these; both are checked.
    pub fn new(name: &str, address: &str) -> Result<Self, DraftError> {
        no_line_ends(name, "name")?;
        let address = address.trim();
        lettre::Address::from_str(address).map_err(|_| DraftError::BadAddress(shown(address)))?;
        Ok(Self { name: name.trim().to_owned(), address: address.to_owned() })
    }

    /// The part after the `@`, lower case.
    pub fn domain(&self) -> String {
        self.address.rsplit('@').next().unwrap_or_default().to_lowercase()
    }

    pub(crate) fn lettre(&self) -> Result<lettre::message::Mailbox, DraftError> {
        let name = (!self.name.is_empty()).then(|| self.name.clone());
        no_line_ends(&self.name, "name")?;
        Ok(lettre::message::Mailbox::new(name, self.smtp()?))
    }

    pub(crate) fn smtp(&self) -> Result<lettre::Address, DraftError> {
        lettre::Address::from_str(&self.address).map_err(|_| DraftError::BadAddress(shown(&self.address)))
    }
}

/// Reads the content of a To, Cc or Bcc field as typed: names and addresses, divided by commas, semicolons or line ends.
/// A bare word gets `default_domain`. The first thing that is no address is the error.
pub fn parse_list(text: &str, default_domain: Option<&str>) -> Result<Vec<Mailbox>, DraftError> {
    if text.contains('\0') {
        return Err(DraftError::LineEnd("address"));
    }
    let mut list = Vec::new();
    for piece in pieces(text) {
        let bad = || DraftError::BadAddress(shown(&piece));
        if at_signs(&piece) > 1 {
            return Err(bad());
        }
        let found = parse(piece.as_bytes());
        let [one] = found.as_slice() else { return Err(bad()) };
        let (name, local) = (one.name.as_deref().unwrap_or_default(), one.mailbox.as_deref().unwrap_or_default());
        let name = message::display::text(name);
        let local = std::str::from_utf8(local).map_err(|_| bad())?;
        let host = one.host.as_deref().and_then(|host| std::str::from_utf8(host).ok());
        let address = match (one.as_ref().kind(), host, default_domain) {
            // No `@` at all: a colleague's name.
            (_, _, Some(domain)) if is_word(&piece) => format!("{piece}@{domain}"),
            // The parser puts upper-case words in the place of what is missing.
            (AddressKind::Mailbox, Some(host), _) if !is_placeholder(host) && !is_placeholder(local) => {
                format!("{}@{host}", quoted_if_needed(local))
            }
            _ => return Err(bad()),
        };
        list.push(Mailbox::new(&name, &address).map_err(|_| bad())?);
    }
    Ok(list)
}

fn is_placeholder(text: &str) -> bool {
    [MISSING_DOMAIN, MISSING_MAILBOX, SYNTAX_ERROR].contains(&text.as_bytes())
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || ".-_+".contains(c))
}

fn quoted_if_needed(local: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    if local.chars().all(plain) {
        local.to_owned()
    } else {
        format!("\"{}\"", local.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

/// Divides at commas, semicolons and line ends outside of quotes, comments and angle brackets.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut quoted, mut escaped, mut depth) = (false, false, 0_u32);
    for c in text.chars() {
        let divides = !quoted && depth == 0 && matches!(c, ',' | ';' | '\r' | '\n');
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted || depth > 0 => escaped = true,
            '"' => quoted = !quoted,
            '(' | '<' if !quoted => depth += 1,
            ')' | '>' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        match pieces.last_mut() {
            Some(last) if !divides => last.push(if c.is_control() { ' ' } else { c }),
            _ => pieces.push(String::new()),
        }
    }
    pieces.into_iter().map(|piece| piece.trim().to_owned()).filter(|piece| !piece.is_empty()).collect()
}

/// Number of `@` outside of quotes and comments: the parser would stop at the second one and keep quiet about the rest.
fn at_signs(piece: &str) -> usize {
    let (mut quoted, mut escaped, mut comments, mut found) = (false, false, 0_u32, 0);
    for c in piece.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted || comments > 0 => escaped = true,
            '"' if comments == 0 => quoted = !quoted,
            '(' if !quoted => comments += 1,
            ')' if !quoted => comments = comments.saturating_sub(1),
            '@' if !quoted && comments == 0 => found += 1,
            _ => {}
        }
    }
    found
}

/// What is left of wrong input in a message to the user.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

pub(crate) fn no_line_ends(text: &str, field: &'static str) -> Result<(), DraftError> {
    if text.chars().any(|c| matches!(c, '\0' | '\r' | '\n')) { Err(DraftError::LineEnd(field)) } else { Ok(()) }
}
