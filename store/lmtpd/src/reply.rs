//! Replies: a code, an enhanced code (RFC 2034, RFC 3463) and a sentence.

/// A reply without anything of the client's in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    code: &'static str,
    enhanced: &'static str,
    text: &'static str,
}

impl Reply {
    pub(crate) const fn new(code: &'static str, enhanced: &'static str, text: &'static str) -> Reply {
        Reply { code, enhanced, text }
    }

    /// Appends the reply's line.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        self.write_about(out, None);
    }

    /// The same with an address in front of the sentence.
    pub(crate) fn write_about(self, out: &mut Vec<u8>, about: Option<&crate::address::Mailbox>) {
        out.extend_from_slice(self.code.as_bytes());
        out.push(b' ');
        out.extend_from_slice(self.enhanced.as_bytes());
        out.push(b' ');
        if let Some(mailbox) = about {
            out.extend_from_slice(format!("<{mailbox}> ").as_bytes());
        }
        out.extend_from_slice(self.text.as_bytes());
        out.extend_from_slice(b"\r\n");
    }

    /// What came of a delivery with this reply, for the metrics.
    pub(crate) fn result(self) -> &'static str {
        match self.code.as_bytes().first() {
            Some(b'2') => "delivered",
            Some(b'4') => "deferred",
            _ => "refused",
        }
    }

    /// The sentence, for the log.
    pub(crate) fn text(self) -> &'static str {
        self.text
    }

    /// Whether this is a reply of class 2.
    pub(crate) fn is_good(self) -> bool {
        self.code.starts_with('2')
    }
}

pub(crate) const OK: Reply = Reply::new("250", "2.0.0", "OK");
pub(crate) const SAVED: Reply = Reply::new("250", "2.0.0", "Saved");
pub(crate) const TOO_LARGE: Reply = Reply::new("552", "5.3.4", "Message is too large");
pub(crate) const TRY_LATER: Reply = Reply::new("451", "4.3.0", "Temporary failure, try again later");
pub(crate) const STORE_FULL: Reply = Reply::new("452", "4.3.1", "Message store is full, try again later");
pub(crate) const BARE_LF: Reply = Reply::new("550", "5.6.0", "Message has a line feed without a carriage return");
pub(crate) const HAS_NUL: Reply = Reply::new("550", "5.6.0", "Message has a NUL character");
pub(crate) const NO_SUCH_USER: Reply = Reply::new("550", "5.1.1", "User unknown");
