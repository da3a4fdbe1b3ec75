//! Paths of the screens. A mailbox name is one encoded path segment, slashes inside.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// One path segment or query value.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// `/mail/{mailbox}`
pub fn mailbox(name: &str) -> String {
    // "." and ".." as whole segments would be resolved away by the browser.
    match name {
        "." => "/mail/%2E".to_owned(),
        ".." => "/mail/%2E%2E".to_owned(),
        _ => format!("/mail/{}", encoded(name)),
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
