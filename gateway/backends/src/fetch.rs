//! Reading FETCH answers: flags, dates, ENVELOPE, BODYSTRUCTURE, bodies (RFC 3501 §7.4.2, RFC 8970).

use bytes::Bytes;

use crate::{
    Address, Disposition, Envelope, Flags, Part, Summary, decode,
    response::Data,
    token::{Malformed, Tokens},
};

type Read<T> = Result<T, Malformed>;

/// Deeper structures end in an opaque leaf: nobody reads that far, and the stack is finite.
const DEEPEST: usize = 100;
/// Parts beyond this are left out.
const MOST_PARTS: usize = 10_000;

/// Addresses of one field that are kept; the others are counted.
const MOST_ADDRESSES: usize = 5_000;
/// Longest address that mail can be sent to (RFC 5321 §4.5.3.1: 64, `@`, 255).
const LONGEST_ADDRESS: usize = 320;
/// Words that stand in the place of what a server could not make out of a field: they are no part of an address.
const PLACEHOLDERS: [&str; 4] = ["MISSING_MAILBOX", "MISSING_DOMAIN", "MISSING_HOST_NAME", "SYNTAX_ERROR"];

/// What one FETCH answer says. Items that were not sent stay empty.
#[derive(Default)]
pub(crate) struct Fetched {
    pub(crate) sequence: u32,
    pub(crate) uid: u32,
    pub(crate) flags: Option<Flags>,
    pub(crate) envelope: Option<Envelope>,
    pub(crate) structure: Option<Part>,
    received: Option<i64>,
    size: Option<u64>,
    preview: Option<String>,
    /// The one body section that was asked for; the inner `None` is NIL: there is no such part.
    pub(crate) body: Option<Option<Bytes>>,
}

impl Fetched {
    /// Reads one answer. What cannot be read ends it: the items before are kept, so that one odd message never
    /// hides a whole page.
    pub(crate) fn read(data: &Data) -> Self {
        let mut found = Self { sequence: data.number, ..Self::default() };
        if found.items(&mut data.tokens()).is_err() {
            tracing::warn!(uid = found.uid, "a FETCH answer could not be read to its end");
        }
        found
    }

    fn items(&mut self, tokens: &mut Tokens<'_>) -> Read<()> {
        tokens.expect(b'(')?;
        loop {
            tokens.space();
            if tokens.take(b')') {
                return Ok(());
            }
            let name = tokens.item_name();
            tokens.space();
            let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
            if is("UID") {
                self.uid = tokens.number32()?;
            } else if is("FLAGS") {
                self.flags = Some(flags(tokens)?);
            } else if is("ENVELOPE") {
                self.envelope = Some(envelope(tokens)?);
            } else if is("BODYSTRUCTURE") {
                let mut parts = 0;
                self.structure = Some(body(tokens, String::new(), 0, &mut parts)?);
            } else if is("INTERNALDATE") {
                self.received = tokens.nstring()?.and_then(|text| decode::date(&text));
            } else if is("RFC822.SIZE") {
                self.size = Some(tokens.number()?);
            } else if is("PREVIEW") {
                self.preview =
                    tokens.nstring()?.map(|text| decode::cut(String::from_utf8_lossy(&text).into_owned(), 300));
            } else if name.len() > 4 && name[..5].eq_ignore_ascii_case(b"BODY[") {
                self.body = Some(tokens.nbytes()?);
            } else if name.is_empty() {
                return Err(Malformed);
            } else {
                tokens.skip()?;
            }
        }
    }

    /// The unchanging part, if the answer had it.
    pub(crate) fn take_summary(&mut self) -> Option<Summary> {
        let envelope = self.envelope.take()?;
        Some(Summary {
            received: self.received.or(envelope.date).unwrap_or(0),
            envelope,
            structure: self.structure.take().unwrap_or_default(),
            size: self.size.unwrap_or(0),
            preview: self.preview.take().filter(|text| !text.is_empty()),
        })
    }
}

fn flags(tokens: &mut Tokens<'_>) -> Read<Flags> {
    let mut flags = Flags::default();
    tokens.expect(b'(')?;
    loop {
        tokens.space();
        if tokens.take(b')') {
            return Ok(flags);
        }
        let flag = tokens.atom();
        if flag.is_empty() {
            return Err(Malformed);
        }
        flags.take(flag);
    }
}

fn text(tokens: &mut Tokens<'_>) -> Read<String> {
    tokens.space();
    Ok(tokens.nstring()?.map(|raw| decode::header(&raw)).unwrap_or_default())
}

fn plain(tokens: &mut Tokens<'_>) -> Read<String> {
    tokens.space();
    Ok(tokens.nstring()?.map(|raw| decode::plain(&raw)).unwrap_or_default())
}

/// Text that means nothing when it is cut: beyond every sensible length it is left out.
fn short(tokens: &mut Tokens<'_>) -> Read<String> {
    Ok(Some(plain(tokens)?).filter(|text| text.len() <= 4 * decode::LONGEST_TEXT).unwrap_or_default())
}

fn lower(tokens: &mut Tokens<'_>) -> Read<String> {
    Ok(plain(tokens)?.to_ascii_lowercase())
}

fn envelope(tokens: &mut Tokens<'_>) -> Read<Envelope> {
    tokens.space();
    tokens.expect(b'(')?;
    let date_text = short(tokens)?;
    let mut left_out = 0;
    let envelope = Envelope {
        date: decode::date(date_text.as_bytes()),
        date_text,
        subject: text(tokens)?,
        from: addresses(tokens, &mut left_out)?,
        sender: addresses(tokens, &mut 0)?,
        reply_to: addresses(tokens, &mut 0)?,
        to: addresses(tokens, &mut left_out)?,
        cc: addresses(tokens, &mut left_out)?,
        bcc: addresses(tokens, &mut left_out)?,
        in_reply_to: short(tokens)?,
        message_id: short(tokens)?,
        left_out,
    };
    tokens.space();
    tokens.expect(b')')?;
    Ok(envelope)
}

/// `local@domain`, or nothing for what is no address.
fn email(mailbox: &str, host: &str) -> String {
    let missing = |text: &str| PLACEHOLDERS.contains(&text);
    if missing(mailbox) || missing(host) || mailbox.len() + host.len() >= LONGEST_ADDRESS {
        return String::new();
    }
    if host.is_empty() { mailbox.to_owned() } else { format!("{mailbox}@{host}") }
}

fn addresses(tokens: &mut Tokens<'_>, left_out: &mut usize) -> Read<Vec<Address>> {
    tokens.space();
    let mut list = Vec::new();
    if tokens.nil() {
        return Ok(list);
    }
    tokens.expect(b'(')?;
    let mut group: Option<String> = None;
    loop {
        tokens.space();
        if tokens.take(b')') {
            return Ok(list);
        }
        tokens.expect(b'(')?;
        let name = decode::cut(text(tokens)?, decode::LONGEST_NAME);
        tokens.space();
        tokens.nstring()?; // Source route: obsolete, and nobody wants to see it.
        tokens.space();
        let mailbox = tokens.nstring()?.map(|raw| decode::plain(&raw));
        tokens.space();
        let host = tokens.nstring()?.map(|raw| decode::plain(&raw));
        tokens.space();
        tokens.expect(b')')?;
        match (mailbox, host) {
            // RFC 3501: a NIL host marks the start of a group, and both NIL its end.
            (Some(mailbox), None) => group = Some(decode::cut(mailbox, decode::LONGEST_NAME)),
            (None, None) => group = None,
            (_, Some(_)) if list.len() >= MOST_ADDRESSES => *left_out += 1,
            (mailbox, Some(host)) => {
                let email = email(&mailbox.unwrap_or_default(), &host);
                list.push(Address { name, email, group: group.clone() });
            }
        }
    }
}

/// Parameters as they are sent: names and values in turn, or NIL.
fn params(tokens: &mut Tokens<'_>) -> Read<Vec<(String, String)>> {
    tokens.space();
    if tokens.nil() {
        return Ok(Vec::new());
    }
    tokens.expect(b'(')?;
    let mut raw = Vec::new();
    loop {
        tokens.space();
        if tokens.take(b')') {
            return Ok(decode::params(&raw));
        }
        let name = tokens.string()?;
        tokens.space();
        let value = tokens.nstring()?.unwrap_or_default();
        raw.push((name, value));
    }
}

fn disposition(tokens: &mut Tokens<'_>) -> Read<Option<Disposition>> {
    tokens.space();
    if tokens.nil() {
        return Ok(None);
    }
    if tokens.peek() != Some(b'(') {
        // Some servers send a bare string.
        return Ok(Some(Disposition { kind: lower(tokens)?, params: Vec::new() }));
    }
    tokens.expect(b'(')?;
    let found = Disposition { kind: lower(tokens)?, params: params(tokens)? };
    tokens.space();
    tokens.expect(b')')?;
    Ok(Some(found))
}

fn languages(tokens: &mut Tokens<'_>) -> Read<Vec<String>> {
    tokens.space();
    if !tokens.take(b'(') {
        return Ok(tokens.nstring()?.map(|raw| decode::plain(&raw)).into_iter().collect());
    }
    let mut list = Vec::new();
    loop {
        tokens.space();
        if tokens.take(b')') {
            return Ok(list);
        }
        list.push(decode::plain(&tokens.string()?));
    }
}

/// Section number of the `n`th part (from 1) inside `parent`.
fn child(parent: &str, n: usize) -> String {
    if parent.is_empty() { n.to_string() } else { format!("{parent}.{n}") }
}

/// Extension data up to the closing parenthesis of the body.
fn extensions(tokens: &mut Tokens<'_>, part: &mut Part) -> Read<()> {
    let more = |tokens: &mut Tokens<'_>| {
        tokens.space();
        tokens.peek() != Some(b')')
    };
    if more(tokens) {
        part.disposition = disposition(tokens)?;
    }
    if more(tokens) {
        part.language = languages(tokens)?;
    }
    if more(tokens) {
        part.location = tokens.nstring()?.map(|raw| decode::plain(&raw));
    }
    while more(tokens) {
        tokens.skip()?;
    }
    tokens.expect(b')')
}

/// One body. `section` is its number: empty for the message itself, whose single part is `1`.
fn body(tokens: &mut Tokens<'_>, section: String, depth: usize, parts: &mut usize) -> Read<Part> {
    tokens.space();
    *parts += 1;
    if depth > DEEPEST || *parts > MOST_PARTS {
        tokens.skip()?;
        return Ok(Part { section, kind: "application".into(), subtype: "octet-stream".into(), ..Part::default() });
    }
    tokens.expect(b'(')?;
    if tokens.peek() == Some(b'(') {
        return multipart(tokens, section, depth, parts);
    }
    let mut part = Part {
        section: if section.is_empty() { "1".to_owned() } else { section },
        kind: lower(tokens)?,
        subtype: lower(tokens)?,
        params: params(tokens)?,
        ..Part::default()
    };
    tokens.space();
    part.id = tokens.nstring()?.map(|raw| decode::plain(&raw).trim().trim_matches(['<', '>']).to_owned());
    tokens.space();
    part.description = tokens.nstring()?.map(|raw| decode::header(&raw));
    part.encoding = lower(tokens)?;
    tokens.space();
    part.octets = if tokens.nil() { 0 } else { tokens.number()? };
    tokens.space();
    if part.is("message", "rfc822") && tokens.peek() == Some(b'(') {
        part.envelope = Some(Box::new(envelope(tokens)?));
        // A multipart inside has the number of the message part itself; a single part is its first.
        tokens.space();
        let mut ahead = tokens.clone();
        ahead.expect(b'(')?;
        let inside = if ahead.peek() == Some(b'(') { part.section.clone() } else { child(&part.section, 1) };
        let inner = body(tokens, inside, depth + 1, parts)?;
        part.parts.push(inner);
        tokens.space();
    }
    if tokens.peek().is_some_and(|b| b.is_ascii_digit()) {
        part.lines = Some(tokens.number()?);
        tokens.space();
    }
    if tokens.peek() != Some(b')') {
        tokens.nstring()?; // MD5
    }
    extensions(tokens, &mut part)?;
    Ok(part)
}

fn multipart(tokens: &mut Tokens<'_>, section: String, depth: usize, parts: &mut usize) -> Read<Part> {
    let mut part = Part { kind: "multipart".to_owned(), ..Part::default() };
    while tokens.peek() == Some(b'(') {
        let inside = child(&section, part.parts.len() + 1);
        part.parts.push(body(tokens, inside, depth + 1, parts)?);
        tokens.space();
    }
    part.section = section;
    part.subtype = lower(tokens)?;
    tokens.space();
    if tokens.peek() != Some(b')') {
        part.params = params(tokens)?;
    }
    extensions(tokens, &mut part)?;
    Ok(part)
}
