//! How large a message may become: sizes count as they are sent, in base64 (Guide §5.7.2).

/// Bytes of `bytes` in base64, in lines of 76 characters that end in CRLF: 5,242,880 are about 3.75 MB of content.
pub fn encoded_size(bytes: u64) -> u64 {
    let characters = bytes.div_ceil(3).saturating_mul(4);
    characters.saturating_add(characters.div_ceil(76).saturating_mul(2))
}

/// Header lines and boundary around one attachment, at most.
pub(crate) const AROUND_A_FILE: u64 = 512;

/// The bound for all files of one draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// `service.http.maxmessagesize`: bytes of the encoded message.
    pub message_bytes: u64,
    /// What the rest of the message (text, header) already takes of it.
    pub other_bytes: u64,
}

impl Limit {
    /// A bound of `message_bytes` for files alone.
    pub fn message(message_bytes: u64) -> Self {
        Self { message_bytes, other_bytes: 0 }
    }

    /// Encoded size of a message with files of these sizes.
    pub(crate) fn size(self, files: impl IntoIterator<Item = u64>) -> u64 {
        files
            .into_iter()
            .fold(self.other_bytes, |sum, bytes| sum.saturating_add(encoded_size(bytes)).saturating_add(AROUND_A_FILE))
    }
}
