//! Event references: which event it is, and which events a subscriber wants.

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// The longest reference in bytes, as it is written.
pub const LONGEST: usize = 4096;

/// What a key may not hold as it is. `%` comes first: everything is decoded before it is encoded.
const IN_KEY: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'\\').add(b'`');
/// What a parameter may not hold as it is.
const IN_PARAMETER: &AsciiSet = &IN_KEY.add(b'&').add(b'=').add(b'+');

/// `enp://host/path?name=value&…` (reference form of the Event Notification Service).
///
/// The same words say what happened and what is wanted: an event's reference has everything about it, a
/// subscription's only what it asks for. The host is part of the name and says nothing about where a broker runs
/// (Guide §5.6.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventReference {
    key: String,
    parameters: Vec<(String, String)>,
}

/// Why a text is no event reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// It is longer than [`LONGEST`].
    #[error("an event reference has at most {LONGEST} bytes")]
    TooLong,
    /// It does not begin with `enp://` and a host.
    #[error("an event reference begins with enp:// and a host")]
    NoScheme,
    /// A percent sign without two hexadecimal digits, or bytes that are not UTF-8.
    #[error("an event reference is UTF-8, percent-encoded")]
    Encoding,
    /// A parameter without a name.
    #[error("a parameter of an event reference is name=value")]
    Parameter,
}

impl EventReference {
    /// A reference without parameters. `key` is plain text such as `enp://127.0.0.1/store/alice/Notes & more`.
    pub fn new(key: &str) -> Self {
        Self { key: utf8_percent_encode(key, IN_KEY).to_string(), parameters: Vec::new() }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.parameters.push((name.to_owned(), value.to_string()));
        self
    }

    /// Reads one as it is written on the wire or typed by a person: blanks in the key need not be encoded.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        if text.len() > LONGEST {
            return Err(ReferenceError::TooLong);
        }
        let (key, query) = match text.split_once('?') {
            Some((key, query)) => (key, Some(query)),
            None => (text, None),
        };
        let rest = key.strip_prefix("enp://").ok_or(ReferenceError::NoScheme)?;
        let host = decode(rest.split('/').next().unwrap_or_default())?;
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(ReferenceError::NoScheme);
        }
        let mut reference = Self::new(decode(key)?.trim_end_matches('/'));
        for pair in query.into_iter().flat_map(|query| query.split('&')).filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or(ReferenceError::Parameter)?;
            if name.is_empty() {
                return Err(ReferenceError::Parameter);
            }
            reference = reference.with(&decode(name)?, decode(value)?);
        }
        Ok(reference)
    }

    /// Everything before the question mark, percent-encoded in the one way that this type writes.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// A parameter's value; names do not care about case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(each, _)| each.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All parameters in order.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether a subscription to `self` wants `event`: the event's key is this key or lies below it, and the event has every
    /// parameter that is given here with the same value.
    pub fn wants(&self, event: &Self) -> bool {
        let below = event.key.strip_prefix(&self.key).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        below && self.parameters().all(|(name, value)| event.parameter(name) == Some(value))
    }
}

impl fmt::Display for EventReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        let mut mark = '?';
        for (name, value) in self.parameters() {
            let name = utf8_percent_encode(name, IN_PARAMETER);
            let value = utf8_percent_encode(value, IN_PARAMETER);
            write!(f, "{mark}{name}={value}")?;
            mark = '&';
        }
        Ok(())
    }
}

fn decode(text: &str) -> Result<String, ReferenceError> {
    let bytes = text.as_bytes();
    let broken = |at: usize| !bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
    if bytes.iter().enumerate().any(|(at, byte)| *byte == b'%' && broken(at)) {
        return Err(ReferenceError::Encoding);
    }
    percent_decode_str(text).decode_utf8().map(|text| text.into_owned()).map_err(|_| ReferenceError::Encoding)
}
