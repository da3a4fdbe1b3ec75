//! The beginning of a message's text as one line, for lists of messages (RFC 8970 §3.3).

use crate::charset::CharsetDecoder;
use crate::digest::{DigestRef, PartKind, PartRef};
use crate::transfer::{self, TransferEncoding};
use crate::{display, flowed};

mod markup;

/// Characters of a preview: what RFC 8970 §3.3 recommends as the most.
pub const LENGTH: usize = 200;

/// Octets of a part that are looked at: mail made by machines has style sheets before its first word.
const LOOKED_AT: u64 = 64 * 1024;
/// Parts that are tried until one has text.
const TRIED: usize = 8;

/// The preview of `message`; empty where it has no text. Takes time in proportion to the beginning of its text only.
pub fn preview(message: &[u8], digest: &DigestRef<'_>) -> String {
    let mut texts = Vec::new();
    gather(&digest.root(), &mut texts);
    texts.iter().map(|part| of_part(message, part)).find(|text| !text.is_empty()).unwrap_or_default()
}

/// Text parts in the order in which they are tried. As deep as the digest's depth limit.
fn gather<'a>(part: &PartRef<'a>, texts: &mut Vec<PartRef<'a>>) {
    let attached = part.disposition.is_some_and(|disposition| disposition.kind.eq_ignore_ascii_case(b"attachment"));
    if attached || texts.len() >= TRIED {
        return;
    }
    match part.kind {
        // What is encrypted says nothing, and its control part is no text of the sender's.
        PartKind::Multipart if part.is("multipart", "encrypted") => {}
        PartKind::Multipart if part.is("multipart", "alternative") => {
            // The plain form first, where there is one.
            let from = texts.len();
            part.children().for_each(|child| gather(&child, texts));
            if let Some(rest) = texts.get_mut(from..) {
                rest.sort_by_key(|part| !part.is("text", "plain"));
            }
        }
        PartKind::Multipart => part.children().for_each(|child| gather(&child, texts)),
        PartKind::Text if part.is("text", "plain") || part.is("text", "html") || part.is("text", "enriched") => {
            texts.push(*part);
        }
        PartKind::Text | PartKind::Message | PartKind::Basic => {}
    }
}

fn of_part(message: &[u8], part: &PartRef<'_>) -> String {
    let range = part.body_range();
    let end = range.end.min(range.start.saturating_add(LOOKED_AT));
    let clamp = |at: u64| usize::try_from(at).map_or(message.len(), |at| at.min(message.len()));
    let octets = message.get(clamp(range.start)..clamp(end)).unwrap_or_default();
    let mut text = String::new();
    CharsetDecoder::new(part.param("charset"))
        .push(&transfer::decode(TransferEncoding::from_name(part.encoding), octets), &mut text);
    match part.is("text", "plain") {
        true => one_line(own_words(&text)),
        false => one_line(markup::text(&text).as_str().split('\n')),
    }
}

/// Lines that the sender has written: without quotations and their introduction, and not what follows the signature mark.
fn own_words(text: &str) -> impl Iterator<Item = &str> {
    let lines = || text.lines().take_while(|line| line.trim_end() != "--");
    let quoted = |line: &str| flowed::split_quote(line).0 > 0;
    let only_quoted = lines().all(|line| quoted(line) || line.trim().is_empty());
    lines().filter(move |line| only_quoted || !quoted(line))
}

/// Joins lines with one blank for each run of blanks, without what cannot be seen, and cuts at [`LENGTH`] characters.
fn one_line<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::new();
    let mut count = 0;
    for word in lines.flat_map(str::split_whitespace) {
        let letters = || word.chars().filter(|letter| !letter.is_control() && !display::is_invisible(*letter));
        if letters().next().is_none() {
            continue;
        }
        if count > 0 {
            out.push(' ');
            count += 1;
        }
        for letter in letters() {
            if count >= LENGTH {
                return out.trim_end().to_owned();
            }
            out.push(letter);
            count += 1;
        }
    }
    out
}
