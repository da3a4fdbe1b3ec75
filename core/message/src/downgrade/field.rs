//! Which field is downgraded how (RFC 6857 §3.1, §3.2).

use super::folded::Folded;
use super::{addresses, params};
use crate::content;
use crate::header::Header;

/// What can be done with the non-ASCII text of a field.
enum Kind {
    /// It is text.
    Text,
    /// It is text with commas between its members.
    Phrases,
    /// Names in it are text; addresses are told otherwise where they must.
    Addresses,
    /// Parameters have a form for it.
    Params,
    /// Only comments may hold text.
    Comments,
    /// It has no place for another form: kept under a name that nothing acts on.
    Encapsulated,
}

const KINDS: &[(&[&str], Kind)] = &[
    (
        &[
            "from",
            "sender",
            "to",
            "cc",
            "bcc",
            "reply-to",
            "resent-from",
            "resent-sender",
            "resent-to",
            "resent-cc",
            "resent-bcc",
            "resent-reply-to",
            "disposition-notification-to",
        ],
        Kind::Addresses,
    ),
    (&["content-type", "content-disposition"], Kind::Params),
    (
        &[
            "date",
            "resent-date",
            "mime-version",
            "content-id",
            "content-transfer-encoding",
            "content-language",
            "accept-language",
            "auto-submitted",
            "received",
        ],
        Kind::Comments,
    ),
    (
        &[
            "message-id",
            "resent-message-id",
            "in-reply-to",
            "references",
            "original-recipient",
            "final-recipient",
            "return-path",
        ],
        Kind::Encapsulated,
    ),
    (&["keywords"], Kind::Phrases),
];

/// The field in ASCII with CRLF at its end; `None` when it stays as it is: it is ASCII, no UTF-8, or no field.
pub(super) fn downgrade(field: &Header<'_>) -> Option<Vec<u8>> {
    if field.raw.is_ascii() || !is_name(field.name) {
        return None;
    }
    let unfolded = field.unfolded();
    let value = std::str::from_utf8(&unfolded).ok()?.trim_end();
    let name = field.name;
    let kind = KINDS.iter().find(|(names, _)| names.iter().any(|known| field.is(known)));
    match kind.map_or(&Kind::Text, |(_, kind)| kind) {
        Kind::Text => Some(unstructured(name, value)),
        Kind::Phrases => Some(phrases(name, value)),
        Kind::Addresses => Some(addresses::downgrade(name, value).unwrap_or_else(|| unstructured(name, value))),
        Kind::Params => match params::downgrade(field) {
            params::Made::Field(made) => Some(made),
            params::Made::Nothing => Some(encapsulated(name, value)),
            params::Made::Untouchable => None,
        },
        Kind::Comments => Some(comments(name, value).unwrap_or_else(|| encapsulated(name, value))),
        Kind::Encapsulated => Some(encapsulated(name, value)),
    }
}

/// Content-Type of a message in a message whose headers become ASCII.
pub(super) fn global_as_rfc822(field: &Header<'_>) -> Option<Vec<u8>> {
    let found = content::parse_content_type(field.value);
    if !found.subtype.eq_ignore_ascii_case(b"global") {
        return None;
    }
    let mut line = Folded::new(field.name);
    line.put(" ", b"message/rfc822");
    params::write(&found.params, &mut line);
    Some(line.finish())
}

fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| matches!(byte, 33..=126) && *byte != b':')
}

/// UNSTRUCTURED downgrading.
fn unstructured(name: &[u8], value: &str) -> Vec<u8> {
    let mut line = Folded::new(name);
    write_text(&mut line, " ", value);
    line.finish()
}

/// ENCAPSULATION.
fn encapsulated(name: &[u8], value: &str) -> Vec<u8> {
    let name = [b"Downgraded-", name].concat();
    let mut line = Folded::new(&name);
    line.encode(" ", value.trim_start());
    line.finish()
}

fn phrases(name: &[u8], value: &str) -> Vec<u8> {
    let mut line = Folded::new(name);
    line.reserve(1);
    for (index, phrase) in value.split(',').enumerate() {
        if index > 0 {
            line.put("", b",");
        }
        write_text(&mut line, " ", phrase);
    }
    line.finish()
}

/// COMMENT downgrading, and in Received the removal of clauses (§3.2); `None` when something non-ASCII is left that is no comment.
fn comments(name: &[u8], value: &str) -> Option<Vec<u8>> {
    let mut line = Folded::new(name);
    let is_received = name.eq_ignore_ascii_case(b"received");
    let mut pending: Option<(&str, &str)> = None;
    for (gap, token) in tokens(value) {
        let Some(inner) = token.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) else {
            if token.is_ascii() {
                if let Some((gap, held)) = pending.replace((gap, token)) {
                    line.put(gap, held.as_bytes());
                }
                continue;
            }
            // FOR and ID clauses with UTF-8 go, keyword and all; anything else has no ASCII form.
            let clause =
                pending.take().filter(|(_, word)| ["for", "id"].iter().any(|known| word.eq_ignore_ascii_case(known)));
            if !is_received || clause.is_none() {
                return None;
            }
            if let Some(rest) = token.split_once(';').map(|(_, rest)| rest) {
                line.put("", b";");
                line.put("", rest.as_bytes());
            }
            continue;
        };
        if let Some((gap, held)) = pending.take() {
            line.put(gap, held.as_bytes());
        }
        if token.is_ascii() {
            line.put(gap, token.as_bytes());
        } else {
            line.put(gap, b"(");
            line.reserve(1);
            write_text(&mut line, "", inner);
            line.reserve(0);
            line.put("", b")");
        }
    }
    if let Some((gap, held)) = pending {
        line.put(gap, held.as_bytes());
    }
    line.fits().then(|| line.finish())
}

/// Blanks and what follows them: a comment with all in it, or a run of other octets.
fn tokens(value: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = value;
    std::iter::from_fn(move || {
        let text = rest.trim_start_matches([' ', '\t']);
        let gap = match &rest[..rest.len() - text.len()] {
            "" if rest.len() == value.len() => " ",
            gap => gap,
        };
        if text.is_empty() {
            return None;
        }
        let (token, behind) = text.split_at(token_end(text));
        rest = behind;
        Some((gap, token))
    })
}

fn token_end(text: &str) -> usize {
    let mut level = 0usize;
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '(' if level == 0 && at > 0 => return at,
            '(' => level += 1,
            ')' if level > 0 => {
                level -= 1;
                if level == 0 {
                    return at + 1;
                }
            }
            ' ' | '\t' if level == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

/// Text word by word: those with UTF-8 become encoded words, blanks between two such are in them, the others stay.
pub(super) fn write_text(line: &mut Folded, first_gap: &str, text: &str) {
    let words: Vec<(&str, &str)> = words(text).collect();
    let needs = |word: &str| !word.is_ascii();
    let mut at = 0;
    while at < words.len() {
        let (gap, word) = words[at];
        let gap = if at == 0 { first_gap } else { gap };
        if !needs(word) {
            line.put(gap, word.as_bytes());
            at += 1;
            continue;
        }
        let mut run = String::new();
        // Blanks between encoded words are none to a reader: where the neighbour is one already, the blank goes into ours (RFC 2047 §6.2).
        if at > 0 && is_encoded(words[at - 1].1) {
            run.push_str(gap);
        }
        run.push_str(word);
        at += 1;
        while let Some((gap, word)) = words.get(at).filter(|(_, word)| needs(word)) {
            run.push_str(gap);
            run.push_str(word);
            at += 1;
        }
        if let Some((gap, _)) = words.get(at).filter(|(_, word)| is_encoded(word)) {
            run.push_str(gap);
        }
        line.encode(gap, &run);
    }
}

fn is_encoded(word: &str) -> bool {
    word.starts_with("=?") && word.ends_with("?=")
}

/// Each word with the blanks before it.
fn words(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let word = rest.trim_start_matches([' ', '\t']);
        if word.is_empty() {
            return None;
        }
        let gap = &rest[..rest.len() - word.len()];
        let (word, behind) = word.split_at(word.find([' ', '\t']).unwrap_or(word.len()));
        rest = behind;
        Some((gap, word))
    })
}
