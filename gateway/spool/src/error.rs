//! Why a file could not be kept.

use std::io;

/// What can go wrong in the spool.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// The message would be larger than `service.http.maxmessagesize`.
    #[error("the message would have {size} bytes, {limit} are allowed")]
    TooLarge {
        /// Bytes allowed, encoded.
        limit: u64,
        /// Bytes that it would have had at the moment of refusal, encoded.
        size: u64,
    },
    /// The session holds as much as one session may.
    #[error("the session's spool would hold more than {limit} bytes")]
    SessionFull {
        /// Bytes allowed.
        limit: u64,
    },
    /// There is no such file (any more).
    #[error("no such file in the spool")]
    NoSuchFile,
    /// The disk said no.
    #[error("spool: {0}")]
    Io(#[from] io::Error),
}

impl SpoolError {
    /// A sentence for the user; sizes are in it, paths are not.
    pub fn user_text(&self) -> String {
        match self {
            Self::TooLarge { limit, size } => {
                let (size, limit) = apart(*size, *limit, readable);
                format!(
                    "The message is too large: {size} of at most {limit} (attachments grow by a third when they are sent)."
                )
            }
            Self::SessionFull { limit } => {
                format!(
                    "Your attachments waiting to be sent take more than {}. Send or discard some first.",
                    readable(*limit)
                )
            }
            Self::NoSuchFile => "This attachment is not there any more. Please attach it again.".to_owned(),
            Self::Io(_) => "The attachment could not be kept. Please try again.".to_owned(),
        }
    }
}

/// Two sizes as `print` shows them, or in bytes where they would read the same without being it.
pub fn apart(one: u64, other: u64, print: impl Fn(u64) -> String) -> (String, String) {
    let shown = (print(one), print(other));
    if one != other && shown.0 == shown.1 { (format!("{one} bytes"), format!("{other} bytes")) } else { shown }
}

/// Bytes as people read them.
fn readable(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["bytes", "KB", "MB", "GB"];
    let mut unit = 0;
    let mut scaled = u128::from(bytes) * 10;
    while scaled >= 10 * 1024 && unit + 1 < UNITS.len() {
        scaled /= 1024;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} bytes") } else { format!("{}.{} {}", scaled / 10, scaled % 10, UNITS[unit]) }
}
