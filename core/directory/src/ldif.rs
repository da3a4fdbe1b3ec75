//! LDIF text to entries and back (RFC 2849): folding, base64 values, comments; order and unknown attributes are kept.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The content of an LDIF file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ldif {
    /// Entries in file order.
    pub entries: Vec<Entry>,
    /// Comment lines after the last entry, without `#`.
    pub trailing_comments: Vec<String>,
}

/// One directory entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Comment lines in front of the entry or inside it, without `#`; written in front.
    pub comments: Vec<String>,
    /// Distinguished name.
    pub dn: String,
    /// Attribute values in order, one row a value.
    pub attributes: Vec<Attribute>,
}

/// One value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Name, as spelled in the file, with its options (`cn;lang-fr`).
    pub name: String,
    /// The value; most are UTF-8 text.
    pub value: Vec<u8>,
}

/// A place that is not LDIF.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct LdifError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: &'static str,
}

/// Longest line that is written, without its line end.
const FOLD_AT: usize = 76;

impl Entry {
    /// The first text value of an attribute (name without regard to case); values that are not UTF-8 are passed over.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .filter(|attribute| attribute.name.eq_ignore_ascii_case(name))
            .find_map(|attribute| std::str::from_utf8(&attribute.value).ok())
    }

    /// All text values of an attribute.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.attributes
            .iter()
            .filter(move |attribute| attribute.name.eq_ignore_ascii_case(name))
            .filter_map(|attribute| std::str::from_utf8(&attribute.value).ok())
    }

    /// Whether `objectClass` has this value, without regard to case.
    pub fn has_class(&self, class: &str) -> bool {
        self.values("objectClass").any(|value| value.eq_ignore_ascii_case(class))
    }

    /// Adds a text value at the end.
    pub fn push(&mut self, name: &str, value: &str) {
        self.attributes.push(Attribute { name: name.to_owned(), value: value.as_bytes().to_vec() });
    }
}

impl Ldif {
    /// Reads content records. Change records and `<` URLs are refused: a directory file has neither.
    pub fn parse(text: &[u8]) -> Result<Ldif, LdifError> {
        let mut ldif = Ldif::default();
        let mut comments = Vec::new();
        let mut open: Option<Entry> = None;
        for (line, logical) in unfold(text)? {
            if logical.is_empty() {
                ldif.entries.extend(open.take());
                continue;
            }
            if let Some(comment) = logical.strip_prefix(b"#") {
                let comment = String::from_utf8_lossy(comment).into_owned();
                open.as_mut().map_or(&mut comments, |entry| &mut entry.comments).push(comment);
                continue;
            }
            let attribute = attribute(&logical).map_err(|reason| LdifError { line, reason })?;
            match &mut open {
                Some(_) if attribute.name.eq_ignore_ascii_case("dn") => {
                    return Err(LdifError { line, reason: "dn inside an entry" });
                }
                Some(_) if attribute.name.eq_ignore_ascii_case("changetype") => {
                    return Err(LdifError { line, reason: "a change record; only whole entries are allowed" });
                }
                Some(entry) => entry.attributes.push(attribute),
                None if attribute.name.eq_ignore_ascii_case("dn") => {
                    let dn = String::from_utf8(attribute.value)
                        .map_err(|_| LdifError { line, reason: "dn is not UTF-8" })?;
                    open = Some(Entry { comments: std::mem::take(&mut comments), dn, attributes: Vec::new() });
                }
                None if attribute.name.eq_ignore_ascii_case("version") && ldif.entries.is_empty() => {
                    if attribute.value != b"1" {
                        return Err(LdifError { line, reason: "only LDIF version 1 is known" });
                    }
                }
                None => return Err(LdifError { line, reason: "an entry must begin with dn" }),
            }
        }
        ldif.entries.extend(open);
        ldif.trailing_comments = comments;
        Ok(ldif)
    }

    /// Writes everything, `version: 1` first.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = b"version: 1\n".to_vec();
        let comment = |out: &mut Vec<u8>, text: &str| {
            out.push(b'#');
            // A comment never holds a line end: it came from one line.
            out.extend(text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')));
            out.push(b'\n');
        };
        for entry in &self.entries {
            out.push(b'\n');
            for text in &entry.comments {
                comment(&mut out, text);
            }
            write_value(&mut out, "dn", entry.dn.as_bytes());
            for attribute in &entry.attributes {
                write_value(&mut out, &attribute.name, &attribute.value);
            }
        }
        if !self.trailing_comments.is_empty() {
            out.push(b'\n');
            for text in &self.trailing_comments {
                comment(&mut out, text);
            }
        }
        out
    }
}

/// Joins folded lines; each comes with the number of its first line.
fn unfold(text: &[u8]) -> Result<Vec<(usize, Vec<u8>)>, LdifError> {
    let mut lines: Vec<(usize, Vec<u8>)> = Vec::new();
    for (at, raw) in text.split(|byte| *byte == b'\n').enumerate() {
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        match raw.strip_prefix(b" ") {
            Some(more) => match lines.last_mut() {
                Some((_, line)) if !line.is_empty() => line.extend_from_slice(more),
                _ => return Err(LdifError { line: at + 1, reason: "a folded line without a line to belong to" }),
            },
            None => lines.push((at + 1, raw.to_vec())),
        }
    }
    Ok(lines)
}

/// `name: text`, `name:: base64`.
fn attribute(line: &[u8]) -> Result<Attribute, &'static str> {
    let colon = line.iter().position(|byte| *byte == b':').ok_or("no colon")?;
    let name = std::str::from_utf8(&line[..colon])
        .ok()
        .filter(|name| is_attribute_name(name))
        .ok_or("not an attribute name")?;
    let rest = &line[colon + 1..];
    let value = match rest.first() {
        Some(b':') => STANDARD.decode(rest[1..].trim_ascii()).map_err(|_| "damaged base64")?,
        Some(b'<') => return Err("values from URLs are not allowed"),
        // FILL is blanks only (RFC 2849): a form feed or a tab in front belongs to the value.
        _ => rest[rest.iter().take_while(|byte| **byte == b' ').count()..].to_vec(),
    };
    Ok(Attribute { name: name.to_owned(), value })
}

/// Attribute description: letters, digits, `-`, and options behind `;` (RFC 4512 §2.5).
pub(crate) fn is_attribute_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b';' | b'.'))
}

fn write_value(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    let mut line = name.as_bytes().to_vec();
    if is_safe(value) {
        line.extend_from_slice(b": ");
        line.extend_from_slice(value);
    } else {
        line.extend_from_slice(b":: ");
        line.extend_from_slice(STANDARD.encode(value).as_bytes());
    }
    // The blank of a continuation line counts too.
    let first = line.len().min(FOLD_AT);
    out.extend_from_slice(&line[..first]);
    for piece in line[first..].chunks(FOLD_AT - 1) {
        out.extend_from_slice(b"\n ");
        out.extend_from_slice(piece);
    }
    out.push(b'\n');
}

/// SAFE-STRING of RFC 2849, and no blank at the end.
fn is_safe(value: &[u8]) -> bool {
    let safe_first = !matches!(value.first(), Some(b' ' | b':' | b'<'));
    safe_first
        && value.last() != Some(&b' ')
        && value.iter().all(|byte| byte.is_ascii() && !matches!(byte, 0 | b'\r' | b'\n'))
}
