//! The beginning of a command: its tag and its name, and which names there are (RFC 3501 §2.2.1, §9 `command`).

use crate::command::{Numbers, Unreadable};
use crate::cursor::{Cursor, is_astring_char};
use crate::error::WireError;

/// tag: ASTRING-CHARs without `+`.
pub(crate) fn tag(cursor: &mut Cursor<'_>) -> Option<String> {
    match cursor.run(|byte| is_astring_char(byte) && byte != b'+') {
        [] => None,
        tag => Some(String::from_utf8_lossy(tag).into_owned()),
    }
}

/// The tag of a command that is not whole yet, for the answer when its literal is refused.
pub fn tag_of(text: &[u8]) -> Option<String> {
    let mut cursor = Cursor::new(text);
    tag(&mut cursor).filter(|_| cursor.peek() == Some(b' '))
}

/// What stands before the arguments.
pub(crate) struct Beginning {
    pub(crate) tag: String,
    /// In upper case, without UID.
    pub(crate) verb: String,
    pub(crate) numbers: Numbers,
}

impl Beginning {
    pub(crate) fn parse(cursor: &mut Cursor<'_>) -> std::result::Result<Self, Unreadable> {
        let Some(tag) = tag(cursor) else {
            return Err(Unreadable { tag: None, verb: String::new(), error: WireError::bad("Expected a tag") });
        };
        let unreadable = |verb: &str, error| Unreadable { tag: Some(tag.clone()), verb: verb.to_owned(), error };
        if !cursor.eat(b' ') {
            return Err(match cursor.rest() {
                [] => unreadable("", WireError::bad("Expected a command")),
                _ => Unreadable { tag: None, verb: String::new(), error: WireError::bad("Invalid tag") },
            });
        }
        let mut verb = match cursor.keyword() {
            Ok(verb) => verb,
            Err(_) => return Err(unreadable("", WireError::bad("Expected a command"))),
        };
        let mut numbers = Numbers::Sequence;
        if verb == "UID" {
            numbers = Numbers::Uid;
            match cursor.space().and_then(|()| cursor.keyword()) {
                Ok(next) if WITH_UIDS.contains(&next.as_str()) => verb = next,
                _ => return Err(unreadable("UID", WireError::bad("Unknown UID command"))),
            }
        }
        Ok(Self { tag, verb, numbers })
    }
}

/// Commands that UID may stand before.
const WITH_UIDS: [&str; 8] = ["FETCH", "STORE", "SEARCH", "SORT", "THREAD", "COPY", "MOVE", "EXPUNGE"];

/// Commands that have no arguments.
pub(crate) const WITHOUT_ARGUMENTS: [&str; 11] = [
    "CAPABILITY",
    "NOOP",
    "LOGOUT",
    "STARTTLS",
    "NAMESPACE",
    "IDLE",
    "UNAUTHENTICATE",
    "CHECK",
    "NETSCAPE",
    "CLOSE",
    "UNSELECT",
];

/// Commands that have arguments, or may have.
pub(crate) const WITH_ARGUMENTS: [&str; 48] = [
    "COMPARATOR",
    "LANGUAGE",
    "GENURLAUTH",
    "RESETKEY",
    "URLFETCH",
    "XSERVERINFO",
    "XMAILBOXINFO",
    "GETANNOTATION",
    "SETANNOTATION",
    "SETACL",
    "DELETEACL",
    "GETACL",
    "LISTRIGHTS",
    "MYRIGHTS",
    "NOTIFY",
    "AUTHENTICATE",
    "COMPRESS",
    "LOGIN",
    "PROXYAUTH",
    "ID",
    "ENABLE",
    "SELECT",
    "EXAMINE",
    "CREATE",
    "DELETE",
    "RENAME",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "LIST",
    "LSUB",
    "STATUS",
    "APPEND",
    "EXPUNGE",
    "SEARCH",
    "UIDBATCHES",
    "CANCELUPDATE",
    "ESEARCH",
    "GETMETADATA",
    "SETMETADATA",
    "GETQUOTA",
    "GETQUOTAROOT",
    "SETQUOTA",
    "SORT",
    "THREAD",
    "FETCH",
    "STORE",
    "COPY",
    "MOVE",
];
