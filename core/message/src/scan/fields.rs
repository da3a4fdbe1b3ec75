//! The header fields that ENVELOPE and BODYSTRUCTURE are made of (RFC 3501 §7.4.2, RFC 2045).

use crate::address::{self, OwnedAddress, for_humans};
use crate::content::{self, ContentType, Param};
use crate::date::{self, SentDate};
use crate::digest::PartKind;
use crate::header::{Header, headers, unfold};

/// ENVELOPE as read; `None` where the field is absent.
#[derive(Debug, Default)]
pub(crate) struct Envelope {
    pub(crate) date: Option<Vec<u8>>,
    pub(crate) subject: Option<Vec<u8>>,
    pub(crate) from: Vec<OwnedAddress>,
    pub(crate) sender: Vec<OwnedAddress>,
    pub(crate) reply_to: Vec<OwnedAddress>,
    pub(crate) to: Vec<OwnedAddress>,
    pub(crate) cc: Vec<OwnedAddress>,
    pub(crate) bcc: Vec<OwnedAddress>,
    pub(crate) in_reply_to: Option<Vec<u8>>,
    pub(crate) message_id: Option<Vec<u8>>,
    pub(crate) references: Option<Vec<u8>>,
    pub(crate) sent: Option<SentDate>,
}

/// What the Content- fields say, defaults filled in.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) media_type: Vec<u8>,
    pub(crate) subtype: Vec<u8>,
    pub(crate) params: Vec<Param>,
    pub(crate) id: Option<Vec<u8>>,
    pub(crate) description: Option<Vec<u8>>,
    pub(crate) encoding: Option<Vec<u8>>,
    pub(crate) md5: Option<Vec<u8>>,
    pub(crate) disposition: Option<ContentType>,
    pub(crate) languages: Vec<Vec<u8>>,
    pub(crate) location: Option<Vec<u8>>,
    pub(crate) boundary: Option<Vec<u8>>,
}

impl Default for Content {
    fn default() -> Self {
        Self {
            media_type: b"text".to_vec(),
            subtype: b"plain".to_vec(),
            params: vec![(b"charset".to_vec(), b"us-ascii".to_vec())],
            id: None,
            description: None,
            encoding: None,
            md5: None,
            disposition: None,
            languages: Vec::new(),
            location: None,
            boundary: None,
        }
    }
}

impl Content {
    pub(crate) fn kind(&self) -> PartKind {
        if self.media_type.eq_ignore_ascii_case(b"multipart") {
            PartKind::Multipart
        } else if self.media_type.eq_ignore_ascii_case(b"message")
            && (self.subtype.eq_ignore_ascii_case(b"rfc822") || self.subtype.eq_ignore_ascii_case(b"global"))
        {
            PartKind::Message
        } else if self.media_type.eq_ignore_ascii_case(b"text") {
            PartKind::Text
        } else {
            PartKind::Basic
        }
    }

    /// True for what every message without Content- fields is.
    fn is_default(&self) -> bool {
        let charset =
            |(name, value): &Param| name.eq_ignore_ascii_case(b"charset") && value.eq_ignore_ascii_case(b"us-ascii");
        self.media_type.eq_ignore_ascii_case(b"text")
            && self.subtype.eq_ignore_ascii_case(b"plain")
            && self.params.iter().all(charset)
            && self.encoding.as_ref().is_none_or(|encoding| encoding.eq_ignore_ascii_case(b"7bit"))
            && self.languages.is_empty()
            && self.disposition.is_none()
            && [&self.id, &self.description, &self.md5, &self.location].into_iter().all(Option::is_none)
    }

    /// Spells a message that says the default as one that says nothing: the digests of most mail are
    /// then alike, and so are the answers of the servers that do the same.
    pub(crate) fn normalise_default(&mut self) {
        if self.is_default() {
            *self = Self::default();
        }
    }

    /// Makes a part that is nested too deep one that nobody looks into.
    pub(crate) fn make_opaque(&mut self) {
        self.media_type = b"application".to_vec();
        self.subtype = b"octet-stream".to_vec();
        self.params.clear();
    }

    fn set_type(&mut self, found: ContentType) {
        // RFC 2045 §5.2: what is no type is the default type.
        if found.media_type.is_empty() || found.subtype.is_empty() {
            return;
        }
        self.boundary = found.param("boundary").map(<[u8]>::to_vec);
        self.media_type = found.media_type;
        self.subtype = found.subtype;
        self.params = found.params;
        if self.kind() == PartKind::Text && !self.params.iter().any(|(name, _)| name.eq_ignore_ascii_case(b"charset")) {
            self.params.push((b"charset".to_vec(), b"us-ascii".to_vec()));
        }
    }
}

/// What one header says.
pub(crate) struct Fields {
    pub(crate) content: Content,
    pub(crate) envelope: Envelope,
}

/// Reads the header of a part. Inside of a multipart only the Content- fields count.
pub(crate) fn read(header: &[u8], in_multipart: bool, in_digest: bool) -> Fields {
    let mut content = Content::default();
    let mut envelope = Envelope::default();
    let mut is_mime = in_multipart;
    let mut has_type = false;
    for field in headers(header) {
        if let Some(rest) = strip_prefix_case(field.name, b"Content-") {
            if rest.eq_ignore_ascii_case(b"Type") {
                is_mime = true;
                if !std::mem::replace(&mut has_type, true) {
                    content.set_type(content::parse_content_type(field.value));
                }
            } else {
                read_content_field(rest, &field, &mut content);
            }
        } else if field.is("MIME-Version") {
            is_mime = true;
        } else if !in_multipart {
            read_envelope_field(&field, &mut envelope);
        }
    }
    if !is_mime {
        content = Content::default();
    }
    if in_digest && !has_type {
        // RFC 2046 §5.1.5
        content.media_type = b"message".to_vec();
        content.subtype = b"rfc822".to_vec();
        content.params.clear();
    }
    Fields { content, envelope }
}

fn strip_prefix_case<'a>(name: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (front, rest) = name.split_at_checked(prefix.len())?;
    front.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// The first field of each name counts: a second one must not be able to change what was checked.
fn read_content_field(rest: &[u8], field: &Header<'_>, content: &mut Content) {
    let text = || Some(unfold(field.value).into_owned());
    match rest.to_ascii_lowercase().as_slice() {
        b"id" if content.id.is_none() => content.id = text(),
        b"description" if content.description.is_none() => content.description = text(),
        b"md5" if content.md5.is_none() => content.md5 = text(),
        b"location" if content.location.is_none() => content.location = text(),
        b"transfer-encoding" if content.encoding.is_none() => {
            content.encoding = content::parse_transfer_encoding(field.value);
        }
        b"disposition" if content.disposition.is_none() => {
            content.disposition = content::parse_disposition(field.value);
        }
        b"language" if content.languages.is_empty() => content.languages = content::parse_languages(field.value),
        _ => {}
    }
}

fn read_envelope_field(field: &Header<'_>, envelope: &mut Envelope) {
    // Most fields of real mail are trace and X- fields: the length rules nearly all of them out.
    if !matches!(field.name.len(), 2..=4 | 6..=8 | 10 | 11) {
        return;
    }
    let text = || Some(unfold(field.value).into_owned());
    // Several fields count as one with commas between: whoever checks one From must not be shown another.
    let addresses = |list: &mut Vec<OwnedAddress>| list.append(&mut address::parse(field.value));
    match field.name.to_ascii_lowercase().as_slice() {
        b"date" => {
            envelope.date = text();
            envelope.sent = date::parse(field.value);
        }
        b"subject" => envelope.subject = Some(for_humans(field.value)),
        b"from" => addresses(&mut envelope.from),
        b"sender" => addresses(&mut envelope.sender),
        b"reply-to" => addresses(&mut envelope.reply_to),
        b"to" => addresses(&mut envelope.to),
        b"cc" => addresses(&mut envelope.cc),
        b"bcc" => addresses(&mut envelope.bcc),
        b"in-reply-to" => envelope.in_reply_to = text(),
        b"message-id" => envelope.message_id = text(),
        b"references" => envelope.references = text(),
        _ => {}
    }
}
