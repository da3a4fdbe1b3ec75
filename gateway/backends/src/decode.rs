//! From the raw bytes of IMAP answers to text that can be shown: the bridge to the `message` crate.

use std::borrow::Cow;

/// Parameters of one part beyond this are left out.
const MOST_PARAMS: usize = 64;

/// Bytes of a header field that are looked at: more than anybody reads, in any encoding.
const MOST_RAW: usize = 32 << 10;
/// Characters of a text that are kept: what is longer is cut when it comes in, so that neither pages nor the cache hold it.
pub(crate) const LONGEST_TEXT: usize = 1000;
/// Characters of a person's name that are kept.
pub(crate) const LONGEST_NAME: usize = 200;

/// Header text: encoded words decoded, stray bytes guessed, controls gone; of bounded length.
pub(crate) fn header(raw: &[u8]) -> String {
    let text = cut(message::display::text(&raw[..raw.len().min(MOST_RAW)]), LONGEST_TEXT);
    if raw.len() > MOST_RAW && !text.ends_with('…') { text + "…" } else { text }
}

/// The first `most` characters, with an ellipsis for what is left out.
pub(crate) fn cut(mut text: String, most: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(most) {
        let end = text[..end].char_indices().next_back().map_or(0, |(last, _)| last);
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Text that has no encoded words; nothing is left in it that could end a header line.
pub(crate) fn plain(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw);
    if text.bytes().any(|b| matches!(b, 0 | b'\r' | b'\n')) {
        return text.chars().filter(|c| !matches!(c, '\0' | '\r' | '\n')).collect();
    }
    text.into_owned()
}

/// A Date or INTERNALDATE in seconds since 1970.
pub(crate) fn date(raw: &[u8]) -> Option<i64> {
    message::date::parse(raw).map(|date| date.epoch)
}

/// Name and value as they are sent.
pub(crate) type Param<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// Parameters with their names in lower case and RFC 2231 pieces joined; servers differ in how much of that they do.
pub(crate) fn params(raw: &[Param<'_>]) -> Vec<(String, String)> {
    let mut names: Vec<String> = Vec::new();
    for (name, _) in raw {
        let base = name.split(|b| *b == b'*').next().unwrap_or_default();
        let base = String::from_utf8_lossy(base).to_ascii_lowercase();
        if names.len() < MOST_PARAMS && !names.contains(&base) {
            names.push(base);
        }
    }
    let value = |name: &str| message::display::param(raw.iter().take(4 * MOST_PARAMS).map(|(k, v)| (&**k, &**v)), name);
    names
        .into_iter()
        .filter_map(|name| value(&name).map(|value| (cut(name, LONGEST_TEXT), cut(value, LONGEST_TEXT))))
        .collect()
}
