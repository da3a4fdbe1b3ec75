//! Address fields: names as encoded words, domains in their ASCII form, other addresses in the name of an empty group (RFC 6857 §3.1, §3.2).

use super::field::write_text;
use super::folded::Folded;
use crate::address::{self, AddressKind, MISSING_DOMAIN, MISSING_MAILBOX, OwnedAddress, SYNTAX_ERROR};

/// Octets of a domain in UTF-8: four for each of the 253 that its A-labels may have (RFC 1035 §2.3.4).
const LONGEST_DOMAIN: usize = 4 * 253;

/// The list anew; `None` when it cannot be read.
pub(super) fn downgrade(name: &[u8], value: &str) -> Option<Vec<u8>> {
    let list = address::parse(value.as_bytes());
    let unreadable = |address: &OwnedAddress| {
        let host = address.host.as_deref();
        host == Some(MISSING_DOMAIN)
            || host == Some(SYNTAX_ERROR)
            || address.mailbox.as_deref() == Some(MISSING_MAILBOX)
    };
    if list.is_empty() || list.iter().any(unreadable) {
        return None;
    }
    let mut line = Folded::new(name);
    // For the signs that follow a name at once: `,` or `:` and `;`.
    line.reserve(2);
    let mut is_first = true;
    // Members of a group that have no ASCII form: a group in a group there is not, so they follow it.
    let (mut in_group, mut behind) = (false, Vec::new());
    for address in &list {
        match address.as_ref().kind() {
            AddressKind::GroupStart => {
                separate(&mut line, &mut is_first);
                phrase(&mut line, text(address.mailbox.as_deref())?);
                line.put("", b":");
                (in_group, is_first) = (true, true);
            }
            AddressKind::GroupEnd => {
                line.put("", b";");
                (in_group, is_first) = (false, false);
                for address in std::mem::take(&mut behind) {
                    separate(&mut line, &mut is_first);
                    removed(&mut line, address)?;
                }
            }
            AddressKind::Mailbox => match ascii_address(address) {
                Some(plain) => {
                    separate(&mut line, &mut is_first);
                    mailbox(&mut line, address, &plain)?;
                }
                None if in_group => behind.push(address),
                None => {
                    separate(&mut line, &mut is_first);
                    removed(&mut line, address)?;
                }
            },
        }
    }
    Some(line.finish())
}

fn text(octets: Option<&[u8]>) -> Option<&str> {
    std::str::from_utf8(octets.unwrap_or_default()).ok()
}

fn separate(line: &mut Folded, is_first: &mut bool) {
    if !std::mem::replace(is_first, false) {
        line.put("", b",");
    }
}

fn mailbox(line: &mut Folded, address: &OwnedAddress, plain: &str) -> Option<()> {
    match text(address.name.as_deref())? {
        "" => line.put(" ", plain.as_bytes()),
        name => {
            phrase(line, name);
            line.put(" ", format!("<{plain}>").as_bytes());
        }
    }
    Some(())
}

/// The address cannot be used any more, only read.
fn removed(line: &mut Folded, address: &OwnedAddress) -> Option<()> {
    match text(address.name.as_deref())? {
        "" => {}
        name => phrase(line, name),
    }
    let (local, domain) = (text(address.mailbox.as_deref())?, text(address.host.as_deref())?);
    line.put(" ", b"Internationalized");
    line.put(" ", b"Address");
    line.encode(" ", &format!("{local}@{domain}"));
    line.put(" ", b"Removed:;");
    Some(())
}

/// Local part and domain, quoted where needed; `None` without an ASCII form. Only domains have one (DOMAIN downgrading).
fn ascii_address(address: &OwnedAddress) -> Option<String> {
    let local = text(address.mailbox.as_deref())?;
    let host = text(address.host.as_deref())?;
    if !local.is_ascii() {
        return None;
    }
    let domain = match host {
        ascii if ascii.is_ascii() => host.to_owned(),
        // Longer than any domain; turning it into A-labels would take long.
        endless if endless.len() > LONGEST_DOMAIN => return None,
        _ => idna::domain_to_ascii(host).ok()?,
    };
    let is_dot_atom = !local.is_empty() && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atext));
    Some(if is_dot_atom { format!("{local}@{domain}") } else { format!("{}@{domain}", quoted(local)) })
}

/// A display name: words in ASCII as they are, or in quotes where they need them.
fn phrase(line: &mut Folded, name: &str) {
    let is_plain = |word: &str| word.bytes().all(is_atext);
    if name.is_ascii() {
        if name.split(' ').all(is_plain) {
            write_text(line, " ", name);
        } else {
            line.put(" ", quoted(name).as_bytes());
        }
    } else if name.split(' ').all(|word| !word.is_ascii() || is_plain(word)) {
        write_text(line, " ", name);
    } else {
        // A word that would have to be quoted goes into the encoded words with the rest.
        line.encode(" ", name);
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

/// RFC 5322 §3.2.3.
fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}
