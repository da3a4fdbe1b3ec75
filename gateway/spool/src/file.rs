//! What is known about a file in the spool: the sidecar.

use serde::{Deserialize, Serialize};

use crate::{DraftId, FileId, Limit};

/// A file that is about to come.
#[derive(Clone, Debug)]
pub struct NewFile<'a> {
    /// The message it is for.
    pub draft: &'a DraftId,
    /// Name that the browser gave; kept as text only.
    pub file_name: &'a str,
    /// Media type that the browser gave.
    pub media_type: &'a str,
    /// Bound for the draft's files together.
    pub limit: Limit,
}

/// A file in the spool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpoolFile {
    /// Its name in the spool.
    pub id: FileId,
    /// The message it is for.
    pub draft: DraftId,
    /// Name that the browser gave: last path component, without control characters.
    pub file_name: String,
    /// Media type: `type/subtype` of token characters, else `application/octet-stream`.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the content, hexadecimal.
    pub sha256: String,
    /// When it came, milliseconds since 1970; files are listed in this order.
    pub received: u64,
}

const LONGEST_NAME: usize = 200;

/// The last component of what a browser calls the file, short and without control characters.
pub(crate) fn tidy_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let tidy: String = last.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    let tidy = tidy.trim();
    if tidy.is_empty() { "attachment".to_owned() } else { tidy.to_owned() }
}

/// `type/subtype` if it is one: it becomes a header field.
pub(crate) fn tidy_type(media_type: &str) -> String {
    let bare = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let token = |text: &str| {
        !text.is_empty()
            && text.len() <= 127
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    let fits = bare.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype));
    // Composite types would need content that is built, not a file.
    if fits && !bare.starts_with("multipart/") && !bare.starts_with("message/") {
        bare
    } else {
        "application/octet-stream".to_owned()
    }
}
