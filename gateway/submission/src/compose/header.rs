//! The header of the message: every value through lettre's types, none with a line end in it.

use std::time::SystemTime;

use lettre::message::header::{self, HeaderName, HeaderValue, Headers};
use rand::RngCore;

use super::fold;
use crate::{Draft, DraftError, Mailbox, Priority, address::no_line_ends};

/// Answers to answers keep the first and the last of a long thread.
const MOST_REFERENCES: usize = 20;

/// The draft's own id, or a new one.
pub(super) fn message_id(draft: &Draft, domain: &str) -> String {
    if let Some(id) = draft.message_id.as_deref().filter(|id| is_message_id(id)) {
        return id.to_owned();
    }
    let mut random = [0; 16];
    rand::rng().fill_bytes(&mut random);
    let name: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let domain: String = domain.chars().filter(|c| c.is_ascii_alphanumeric() || ".-".contains(*c)).collect();
    format!("<{name}@{}>", if domain.is_empty() { "localhost" } else { &domain })
}

/// `<left@right>` of printable ASCII: what comes from other people's messages is not trusted to be one.
pub(super) fn is_message_id(text: &str) -> bool {
    let inner = text.strip_prefix('<').and_then(|t| t.strip_suffix('>'));
    inner.is_some_and(|inner| {
        inner.len() <= 900 && inner.contains('@') && inner.bytes().all(|b| b.is_ascii_graphic() && !b"<>".contains(&b))
    })
}

fn list(mailboxes: &[Mailbox]) -> Result<lettre::message::Mailboxes, DraftError> {
    mailboxes.iter().map(Mailbox::lettre).collect()
}

/// A field with a value made of plain ASCII words.
pub(super) fn plain(headers: &mut Headers, name: &'static str, value: String) {
    headers.insert_raw(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
}

/// The fields of the message and, apart, its Bcc field.
pub(super) fn top(draft: &Draft, message_id: &str) -> Result<(Vec<u8>, Vec<u8>), DraftError> {
    no_line_ends(&draft.subject, "subject")?;
    let mut headers = Headers::new();
    headers.set(header::Date::new(draft.date.unwrap_or_else(SystemTime::now)));
    headers.set(header::From::from(list(std::slice::from_ref(&draft.from))?));
    if let Some(sender) = &draft.sender {
        headers.set(header::Sender::from(sender.lettre()?));
    }
    if !draft.reply_to.is_empty() {
        headers.set(header::ReplyTo::from(list(&draft.reply_to)?));
    }
    if !draft.to.is_empty() {
        headers.set(header::To::from(list(&draft.to)?));
    }
    if !draft.cc.is_empty() {
        headers.set(header::Cc::from(list(&draft.cc)?));
    }
    if fold::is_endless(&draft.subject) {
        let name = HeaderName::new_from_ascii_str("Subject");
        let encoded = fold::encoded(&draft.subject);
        headers.insert_raw(HeaderValue::dangerous_new_pre_encoded(name, draft.subject.clone(), encoded));
    } else {
        headers.set(header::Subject::from(draft.subject.clone()));
    }
    plain(&mut headers, "Message-ID", message_id.to_owned());
    if let Some(id) = draft.in_reply_to.as_ref().filter(|id| is_message_id(id)) {
        plain(&mut headers, "In-Reply-To", id.clone());
    }
    let references: Vec<&str> = draft.references.iter().map(String::as_str).filter(|id| is_message_id(id)).collect();
    if let Some((first, rest)) = references.split_first() {
        let rest = &rest[rest.len().saturating_sub(MOST_REFERENCES)..];
        plain(&mut headers, "References", [&[*first], rest].concat().join(" "));
    }
    match draft.priority {
        Priority::High => plain(&mut headers, "Importance", "high".to_owned()),
        Priority::Low => plain(&mut headers, "Importance", "low".to_owned()),
        Priority::Normal => {}
    }
    if draft.receipt {
        // RFC 8098 §2.1: the address alone, so that nothing in a name can be misread.
        plain(&mut headers, "Disposition-Notification-To", format!("<{}>", draft.sent_by().smtp()?));
    }
    headers.set(header::MIME_VERSION_1_0);
    let mut hidden = Headers::new();
    if !draft.bcc.is_empty() {
        hidden.set(header::Bcc::from(list(&draft.bcc)?));
    }
    Ok((headers.to_string().into_bytes(), hidden.to_string().into_bytes()))
}
