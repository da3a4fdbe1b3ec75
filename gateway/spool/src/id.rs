//! Names of drafts and files: 128 random bits in hexadecimal digits, the only thing that gets into a path.

use std::fmt::{self, Write};

use rand::RngCore;
use serde::{Deserialize, Serialize};

const DIGITS: usize = 32;

fn random() -> String {
    let mut bytes = [0; DIGITS / 2];
    rand::rng().fill_bytes(&mut bytes);
    hex(&bytes)
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn parse(text: &str) -> Option<String> {
    (text.len() == DIGITS && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))).then(|| text.to_owned())
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// A new one that nobody can guess.
            pub fn random() -> Self {
                Self(random())
            }

            /// Reads one from a form or a URL: 32 hexadecimal digits, nothing else.
            pub fn parse(text: &str) -> Option<Self> {
                parse(text).map(Self)
            }

            /// Its digits.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text).ok_or("not 32 hexadecimal digits")
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )*};
}

ids! {
    /// A message being written.
    DraftId;
    /// A file in the spool.
    FileId;
}
