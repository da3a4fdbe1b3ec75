//! The part tree of a message: BODYSTRUCTURE ready for display (RFC 3501 §7.4.2).

use super::Envelope;

/// How a part wants to be shown (RFC 2183).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disposition {
    /// `inline`, `attachment` …, lower case.
    pub kind: String,
    /// Parameters, names in lower case, values decoded (RFC 2231 and encoded words).
    pub params: Vec<(String, String)>,
}

/// One node of the part tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Section number for [`MailSession::part`](crate::MailSession::part) (`1`, `2.1` …); empty for a multipart at the top.
    pub section: String,
    /// Media type, lower case (`text`).
    pub kind: String,
    /// Media subtype, lower case (`plain`).
    pub subtype: String,
    /// Parameters, names in lower case, values decoded.
    pub params: Vec<(String, String)>,
    /// `Content-ID` without angle brackets.
    pub id: Option<String>,
    /// `Content-Description`, decoded.
    pub description: Option<String>,
    /// `Content-Transfer-Encoding`, lower case.
    pub encoding: String,
    /// Size in bytes as encoded.
    pub octets: u64,
    /// Lines of text parts and messages.
    pub lines: Option<u64>,
    /// `Content-Disposition`.
    pub disposition: Option<Disposition>,
    /// `Content-Language`.
    pub language: Vec<String>,
    /// `Content-Location`.
    pub location: Option<String>,
    /// Envelope of a `message/rfc822` part.
    pub envelope: Option<Box<Envelope>>,
    /// Parts of a multipart, or the one body of a `message/rfc822`.
    pub parts: Vec<Part>,
}

fn find<'a>(params: &'a [(String, String)], name: &str) -> Option<&'a str> {
    params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

impl Part {
    /// `text/plain` and so on, lower case.
    pub fn media_type(&self) -> String {
        format!("{}/{}", self.kind, self.subtype)
    }

    /// Whether it is of this media type.
    pub fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind == kind && self.subtype == subtype
    }

    /// Whether it is a multipart.
    pub fn is_multipart(&self) -> bool {
        self.kind == "multipart"
    }

    /// A parameter of the media type; `name` in lower case.
    pub fn param(&self, name: &str) -> Option<&str> {
        find(&self.params, name)
    }

    /// `charset`, as written.
    pub fn charset(&self) -> Option<&str> {
        self.param("charset")
    }

    /// The file name it came with, decoded; not safe for paths or headers as it is.
    pub fn file_name(&self) -> Option<&str> {
        let disposition = self.disposition.as_ref().and_then(|d| find(&d.params, "filename"));
        disposition.or_else(|| self.param("name")).filter(|name| !name.is_empty())
    }

    /// Whether it says of itself that it is an attachment.
    pub fn is_attachment(&self) -> bool {
        self.disposition.as_ref().is_some_and(|d| d.kind == "attachment")
    }

    /// Size after decoding, as near as one can know without reading it.
    pub fn decoded_size(&self) -> u64 {
        // Base64 in lines of 76 characters and CRLF: 57 bytes in 78.
        if self.encoding == "base64" { self.octets / 78 * 57 + self.octets % 78 * 3 / 4 } else { self.octets }
    }

    /// This part and all below it, in order.
    pub fn walk(&self) -> impl Iterator<Item = &Part> {
        let mut waiting = vec![self];
        std::iter::from_fn(move || {
            let part = waiting.pop()?;
            waiting.extend(part.parts.iter().rev());
            Some(part)
        })
    }

    /// The part with this section number.
    pub fn find(&self, section: &str) -> Option<&Part> {
        self.walk().find(|part| part.section == section && !(part.is_multipart() && section.is_empty()))
    }

    /// The part with this `Content-ID` (without angle brackets).
    pub fn find_id(&self, id: &str) -> Option<&Part> {
        self.walk().find(|part| part.id.as_deref() == Some(id))
    }

    pub(crate) fn weight(&self) -> usize {
        let pairs = |params: &[(String, String)]| params.iter().map(|(k, v)| k.len() + v.len() + 48).sum::<usize>();
        let own = size_of::<Self>()
            + self.section.len()
            + self.kind.len()
            + self.subtype.len()
            + self.encoding.len()
            + pairs(&self.params)
            + self.id.as_ref().map_or(0, String::len)
            + self.description.as_ref().map_or(0, String::len)
            + self.disposition.as_ref().map_or(0, |d| d.kind.len() + pairs(&d.params))
            + self.envelope.as_ref().map_or(0, |e| e.weight());
        own + self.parts.iter().map(Part::weight).sum::<usize>()
    }
}
