//! LANGUAGE (RFC 5255 §3), and NAMESPACE with what its names are called in other languages (RFC 2342, RFC 5255 §3.4).

use imap_wire::print;

use crate::language::Language;
use crate::reply::{Handled, Reply};
use crate::session::Session;
use crate::sharing;

/// LANGUAGE: which ones there are, or another one from here on.
pub(super) fn language(session: &mut Session, ranges: &[Vec<u8>]) -> Handled {
    if ranges.is_empty() {
        session.link.out.extend_from_slice(b"* LANGUAGE ");
        print::list(&mut session.link.out, Language::ALL.map(Language::tag));
        session.link.out.extend_from_slice(b"\r\n");
        return Ok(Reply::ok("LANGUAGE completed"));
    }
    let ranges: Option<Vec<&str>> = ranges.iter().map(|range| checked(range)).collect();
    let Some(ranges) = ranges else { return Ok(Reply::bad("Invalid language range")) };
    let preferred = preferred(session);
    let fits = |range: &&str| match *range {
        // What a user prefers is in the directory; `*` is anything.
        "*" => Some(preferred),
        range if range.eq_ignore_ascii_case("default") => Some(preferred),
        range => Language::of_range(range),
    };
    let Some(language) = ranges.iter().find_map(fits) else {
        return Ok(Reply::no("This language is not spoken here"));
    };
    session.dialect.language = language;
    session.link.out.extend_from_slice(format!("* LANGUAGE ({})\r\n", language.tag()).as_bytes());
    if session.signed.is_some() {
        print_namespace(session);
    }
    Ok(Reply::ok("LANGUAGE completed"))
}

/// language-range of RFC 4647 §2.1.
fn checked(range: &[u8]) -> Option<&str> {
    let range = std::str::from_utf8(range).ok()?;
    let subtag = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (range == "*" || range.split('-').all(subtag)).then_some(range)
}

/// The user's `preferredLanguage`, which a domain may give all its users: a tag, or several with commas.
fn preferred(session: &Session) -> Language {
    let said = session.signed.as_ref().and_then(|signed| signed.identity.user.preferred_language.as_deref());
    let tags = said.unwrap_or_default().split(',').map(|tag| tag.split(';').next().unwrap_or_default().trim());
    tags.filter_map(Language::of_range).next().unwrap_or_default()
}

/// NAMESPACE.
pub(super) fn namespace(session: &mut Session) -> Handled {
    print_namespace(session);
    Ok(Reply::ok("NAMESPACE completed"))
}

/// The prefixes of one's own mailboxes, of other users' ones and of public ones.
const NAMESPACES: [&[&str]; 3] = [&[""], &[sharing::OTHERS], &[sharing::PUBLIC]];
/// The same where nobody sees anybody else's.
const ALONE: [&[&str]; 3] = [&[""], &[], &[]];

fn print_namespace(session: &mut Session) {
    let language = session.dialect.language;
    let namespaces = if session.deps.config.shared_folders { NAMESPACES } else { ALONE };
    let out = &mut session.link.out;
    out.extend_from_slice(b"* NAMESPACE");
    for prefixes in namespaces {
        out.push(b' ');
        if prefixes.is_empty() {
            out.extend_from_slice(b"NIL");
            continue;
        }
        out.push(b'(');
        for prefix in prefixes {
            print_prefix(out, prefix, language);
        }
        out.push(b')');
    }
    out.extend_from_slice(b"\r\n");
}

fn print_prefix(out: &mut Vec<u8>, prefix: &str, language: Language) {
    out.push(b'(');
    print::string(out, prefix.as_bytes());
    out.extend_from_slice(b" \"/\"");
    let translated = language.say(prefix);
    if translated != prefix {
        out.extend_from_slice(b" \"TRANSLATION\" (");
        // In modified UTF-7 always (RFC 5255 §3.4).
        print::string(out, &imap_wire::mailbox::encode(&translated));
        out.push(b')');
    }
    out.push(b')');
}
