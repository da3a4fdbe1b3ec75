//! Paths of the screens. A mailbox name is one encoded path segment, slashes inside; [`MailboxName`] reads it back.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// One path segment or query value.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// `/mail/{mailbox}`
pub fn mailbox(name: &str) -> String {
    // Browsers resolve "." and ".." as whole segments away, percent-encoded too: such names get an escape of our own,
    // whose mark is then escaped itself.
    match name {
        "." => "/mail/~2E".to_owned(),
        ".." => "/mail/~2E~2E".to_owned(),
        _ => format!("/mail/{}", encoded(&name.replace('~', "~7E"))),
    }
}

/// Bytes of the longest name that is looked for: no server makes longer ones.
const LONGEST_NAME: usize = 1000;

/// The mailbox that a path names.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct MailboxName(pub String);

impl TryFrom<String> for MailboxName {
    type Error = &'static str;

    fn try_from(segment: String) -> Result<Self, Self::Error> {
        if segment.len() > LONGEST_NAME {
            return Err("the name of the folder is too long");
        }
        Ok(Self(segment.replace("~2E", ".").replace("~7E", "~")))
    }
}

/// `/mail/{mailbox}?page=…&q=…`, each only where it says something.
pub fn page(name: &str, page: u32, query: Option<&str>) -> String {
    let mut url = mailbox(name);
    let mut mark = '?';
    if let Some(query) = query {
        url = format!("{url}{mark}q={}", encoded(query));
        mark = '&';
    }
    if page > 1 {
        url = format!("{url}{mark}page={page}");
    }
    url
}

/// `/mail/{mailbox}/{uid}`, remembering which list it was opened from.
pub fn message(name: &str, uid: u32, page: u32, query: Option<&str>) -> String {
    let mut url = format!("{}/{uid}", mailbox(name));
    let mut mark = '?';
    if let Some(query) = query {
        url = format!("{url}{mark}q={}", encoded(query));
        mark = '&';
    }
    if page > 1 {
        url = format!("{url}{mark}page={page}");
    }
    url
}
