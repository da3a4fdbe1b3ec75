//! COMPARATOR (RFC 5255 §4.7): there is one comparator, i;unicode-casemap, which everything is compared by.

use imap_wire::print;

use crate::reply::{Handled, Reply};
use crate::session::Session;

/// RFC 5051; the default, too.
const ONLY: &str = "i;unicode-casemap";

/// COMPARATOR: tells which one is active, after looking whether a wish fits it.
pub(super) fn comparator(session: &mut Session, wishes: &[Vec<u8>]) -> Handled {
    let fits =
        |wish: &Vec<u8>| wish.eq_ignore_ascii_case(b"default") || matches(&wish.to_ascii_lowercase(), ONLY.as_bytes());
    if !wishes.is_empty() && !wishes.iter().any(fits) {
        return Ok(Reply::no("No such comparator").code("BADCOMPARATOR"));
    }
    session.link.out.extend_from_slice(b"* COMPARATOR ");
    print::astring(&mut session.link.out, ONLY.as_bytes());
    session.link.out.extend_from_slice(b"\r\n");
    Ok(Reply::ok("COMPARATOR completed"))
}

/// collation-wild of RFC 4790 §3.2: `*` stands for any text. Other parts of a collation order, behind a semicolon and a sign, are no
/// part of this comparator's name.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let pattern = pattern.strip_prefix(b"+").unwrap_or(pattern);
    let mut pieces = pattern.split(|byte| *byte == b'*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut last: Option<&[u8]> = None;
    for piece in pieces {
        if let Some(piece) = last {
            match memchr::memmem::find(rest, piece) {
                Some(at) => rest = &rest[at + piece.len()..],
                None => return false,
            }
        }
        last = Some(piece);
    }
    last.map_or(rest.is_empty(), |last| rest.ends_with(last))
}
