//! The base subject (RFC 5256 §2.1): a subject without what replies, forwards and lists put around it.

use message::display;

/// Octets of a subject that are looked at.
const LONGEST: usize = 64 * 1024;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct BaseSubject {
    pub(crate) text: String,
    /// What was taken off says that this is a reply or a forward (RFC 5256 §3, REFERENCES).
    pub(crate) is_reply: bool,
}

/// The base subject of a Subject field as it stands in the message.
pub(crate) fn base(field: &[u8]) -> BaseSubject {
    // Step 1: decoded, each run of blanks one space.
    let decoded = display::text(field.get(..LONGEST).unwrap_or(field));
    let mut text = decoded.as_str();
    let mut is_reply = false;
    loop {
        // Step 2: trailers.
        loop {
            text = text.trim_end_matches(' ');
            let Some(shorter) = without_suffix(text, "(fwd)") else { break };
            (text, is_reply) = (shorter, true);
        }
        // Steps 3 to 5: leaders and blobs.
        loop {
            text = text.trim_start_matches(' ');
            let (last_blob, behind_blobs) = blobs(text);
            if let Some(rest) = without_refwd(behind_blobs) {
                (text, is_reply) = (rest, true);
                continue;
            }
            // A blob goes only where something is left behind it.
            text = if behind_blobs.is_empty() { last_blob } else { behind_blobs };
            break;
        }
        // Step 6: a forward in brackets holds a subject of its own.
        match without_prefix(text, "[fwd:").and_then(|inner| inner.strip_suffix(']')) {
            Some(inner) => (text, is_reply) = (inner, true),
            None => return BaseSubject { text: text.to_owned(), is_reply },
        }
    }
}

/// Where the last of the blobs in front begins, and what is behind them.
fn blobs(text: &str) -> (&str, &str) {
    let (mut last, mut rest) = (text, text);
    while let Some(behind) = without_blob(rest) {
        (last, rest) = (rest, behind);
    }
    (last, rest)
}

/// subj-blob: `[` without brackets inside `]`, and blanks.
fn without_blob(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('[')?;
    let end = inside.find(['[', ']'])?;
    inside[end..].strip_prefix(']').map(|behind| behind.trim_start_matches(' '))
}

/// subj-refwd: `Re:`, `Fw:` or `Fwd:`, with a blob before the colon at most.
fn without_refwd(text: &str) -> Option<&str> {
    let word = ["re", "fwd", "fw"].into_iter().find_map(|word| without_prefix(text, word))?;
    let word = word.trim_start_matches(' ');
    without_blob(word).unwrap_or(word).strip_prefix(':')
}

fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (front, rest) = text.split_at_checked(prefix.len())?;
    front.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn without_suffix<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let (rest, back) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
    back.eq_ignore_ascii_case(suffix).then_some(rest)
}
