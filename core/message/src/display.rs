//! Header values as a person may read them: subjects, addresses, file names.

use crate::address::{Address, AddressKind, MISSING_DOMAIN, MISSING_MAILBOX, SYNTAX_ERROR};
use crate::digest::PartRef;
use crate::encoded_word;

/// Parameters of one field that are looked at; real mail has fewer than ten.
const MOST_PARAMETERS: usize = 256;
/// Characters of the longest file name that is offered.
const LONGEST_FILE_NAME: usize = 180;

/// A header value decoded, with one blank for each run of blanks. Never holds control characters.
pub fn text(value: &[u8]) -> String {
    let decoded = encoded_word::decode(value);
    let mut tidy = String::with_capacity(decoded.len());
    for word in decoded.split_whitespace() {
        if !tidy.is_empty() {
            tidy.push(' ');
        }
        tidy.push_str(word);
    }
    tidy
}

/// A mailbox as a person may read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DisplayAddress {
    /// The decoded display name; empty where there is none.
    pub name: String,
    /// `local@domain`; empty where neither can be made out.
    pub address: String,
}

impl DisplayAddress {
    /// The name, or the address where there is none.
    pub fn label(&self) -> &str {
        if self.name.is_empty() { &self.address } else { &self.name }
    }

    /// True where the name itself holds an address that is not this one: a common way to deceive.
    pub fn name_contains_other_address(&self) -> bool {
        self.name.split(|c: char| c.is_whitespace() || "<>()[]\"',;".contains(c)).any(|word| {
            word.split_once('@').is_some_and(|(local, domain)| {
                !local.is_empty() && domain.contains('.') && !word.eq_ignore_ascii_case(&self.address)
            })
        })
    }
}

/// One mailbox; group marks give `None`.
pub fn address(address: &Address<'_>) -> Option<DisplayAddress> {
    if address.kind() != AddressKind::Mailbox {
        return None;
    }
    let known = |text: Option<&[u8]>, placeholders: &[&[u8]]| match text {
        Some(text) if !placeholders.contains(&text) => self::text(text),
        _ => String::new(),
    };
    let local = known(address.mailbox, &[MISSING_MAILBOX]);
    let host = known(address.host, &[MISSING_DOMAIN, SYNTAX_ERROR]);
    let local = if is_dot_atom(&local) || local.is_empty() { local } else { quote(&local) };
    let address_text = if host.is_empty() { local } else { format!("{local}@{host}") };
    Some(DisplayAddress { name: address.name.map(self::text).unwrap_or_default(), address: address_text })
}

/// The mailboxes of a list, without group marks.
pub fn addresses<'a>(list: impl Iterator<Item = Address<'a>>) -> Vec<DisplayAddress> {
    list.filter_map(|member| address(&member)).collect()
}

fn is_dot_atom(local: &str) -> bool {
    local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c))
}

fn quote(local: &str) -> String {
    format!("\"{}\"", local.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The file name of a part: of its disposition, or else its type.
pub fn file_name(part: &PartRef<'_>) -> Option<String> {
    let of_disposition = part.disposition.and_then(|disposition| param(disposition.params, "filename"));
    of_disposition.or_else(|| param(part.params, "name")).map(|name| safe_file_name(&name)).filter(|n| !n.is_empty())
}

/// A decoded parameter by its plain name, from parameters in any of the forms that servers hand out:
/// extended (`name*`), in numbered pieces (`name*0*`, `name*1`), plain, plain with encoded words.
pub fn param<'a>(params: impl Iterator<Item = (&'a [u8], &'a [u8])>, name: &str) -> Option<String> {
    let mut plain = None;
    let mut pieces: Vec<(u32, bool, &[u8])> = Vec::new();
    for (key, value) in params {
        let Some((front, rest)) = key.split_at_checked(name.len()) else { continue };
        if !front.eq_ignore_ascii_case(name.as_bytes()) {
            continue;
        }
        match rest {
            [] => plain = plain.or(Some(value)),
            b"*" => return Some(encoded_word::decode_extended(value)),
            [b'*', index @ ..] => {
                let (index, extended) = index.strip_suffix(b"*").map_or((index, false), |index| (index, true));
                if let Some(index) = std::str::from_utf8(index).ok().and_then(|index| index.parse().ok()) {
                    pieces.push((index, extended, value));
                }
            }
            _ => {}
        }
    }
    if pieces.iter().any(|(index, ..)| *index == 0) {
        return Some(join(pieces));
    }
    plain.map(text)
}

/// All parameters by their plain names in lower case, each decoded as [`param`] does it.
pub fn parameters(params: &[(&[u8], &[u8])]) -> Vec<(String, String)> {
    let params = &params[..params.len().min(MOST_PARAMETERS)];
    let mut decoded: Vec<(String, String)> = Vec::new();
    for (key, _) in params {
        let base = key.split(|&byte| byte == b'*').next().unwrap_or_default();
        let name = String::from_utf8_lossy(base).to_ascii_lowercase();
        if !decoded.iter().any(|(known, _)| *known == name)
            && let Some(value) = param(params.iter().copied(), &name)
        {
            decoded.push((name, value));
        }
    }
    decoded
}

/// Joins numbered pieces up to the first gap.
fn join(mut pieces: Vec<(u32, bool, &[u8])>) -> String {
    pieces.sort_by_key(|(index, ..)| *index);
    let extended = pieces.iter().any(|(_, extended, _)| *extended);
    let mut value = Vec::new();
    for ((index, piece_extended, text), expected) in pieces.into_iter().zip(0..) {
        if index != expected {
            break;
        }
        if index == 0 && extended && !piece_extended {
            value.extend_from_slice(b"''");
        }
        for &byte in text {
            if extended && !piece_extended && byte == b'%' {
                value.extend_from_slice(b"%25");
            } else {
                value.push(byte);
            }
        }
    }
    if extended { encoded_word::decode_extended(&value) } else { text(&value) }
}

/// A name that is safe to save under and to look at: the last path component, without control
/// characters, without the bidirectional marks that make `exe.doc` of `cod.exe`.
pub fn safe_file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last
        .chars()
        .map(|c| if c.is_control() || "<>:\"|?*".contains(c) { '_' } else { c })
        .filter(|c| !is_invisible(*c))
        .collect();
    let trimmed = clean.trim_matches(|c: char| c.is_whitespace() || c == '.');
    match trimmed.char_indices().nth(LONGEST_FILE_NAME) {
        None => trimmed.to_owned(),
        Some(_) => shorten(trimmed),
    }
}

/// Keeps the extension, which tells what the file is.
fn shorten(name: &str) -> String {
    let extension = name.rfind('.').map(|dot| &name[dot..]).filter(|extension| extension.chars().count() <= 12);
    let extension = extension.unwrap_or_default();
    let stem: String = name.chars().take(LONGEST_FILE_NAME - extension.chars().count()).collect();
    stem + extension
}

/// Bidirectional controls, zero-width characters and their kin: they change how other text looks.
pub fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
