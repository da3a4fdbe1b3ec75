//! Distinguished names: out of certificates, out of configuration text, compared and written (RFC 4514).

use std::fmt;

use x509_parser::x509::X509Name;

/// A distinguished name, the most specific part first as RFC 4514 writes it.
#[derive(Clone, Debug, Default)]
pub struct DistinguishedName {
    parts: Vec<(String, String)>,
}

/// Attribute types that have a name: object identifier, name in DNs. The first name of an identifier is the one that is written.
const TYPES: [(&str, &str); 19] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "street"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.42", "givenName"),
    ("2.5.4.43", "initials"),
    ("2.5.4.97", "organizationIdentifier"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.3", "mail"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "E"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    ("2.5.4.8", "S"),
];

impl DistinguishedName {
    /// Reads the name of a certificate. Values that are no text are written as `#` and hex digits.
    pub(crate) fn of(name: &X509Name<'_>) -> DistinguishedName {
        let mut parts: Vec<(String, String)> = name
            .iter_attributes()
            .map(|attribute| {
                let value = match attribute.as_str() {
                    Ok(text) => text.to_owned(),
                    Err(_) => {
                        let hex: String = attribute.as_slice().iter().map(|byte| format!("{byte:02x}")).collect();
                        format!("#{hex}")
                    }
                };
                (type_name(&attribute.attr_type().to_id_string()), value)
            })
            .collect();
        // Certificates have the country first (X.501), text the person.
        parts.reverse();
        DistinguishedName { parts }
    }

    /// Reads text such as `CN=Mail CA, O=Example, C=SE`. `None` if a part has no `=` or an escape is cut off.
    pub fn parse(text: &str) -> Option<DistinguishedName> {
        let mut parts = Vec::new();
        let mut letters = text.trim().chars().peekable();
        while letters.peek().is_some() {
            let name: String =
                std::iter::from_fn(|| letters.next_if(|letter| !matches!(letter, '=' | ',' | '+'))).collect();
            if letters.next() != Some('=') || name.trim().is_empty() {
                return None;
            }
            let value = value(&mut letters)?;
            parts.push((type_name(name.trim()), value));
        }
        Some(DistinguishedName { parts })
    }

    /// The values of an attribute type, by any of its names and without regard to case.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let wanted = type_name(name);
        self.parts.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(&wanted)).map(|(_, value)| value.as_str())
    }

    /// Attribute types and values, the most specific first.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = (&str, &str)> {
        self.parts.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there is no part at all.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether both name the same: without regard to case and to repeated blanks. Since tools disagree about the order
    /// in which they print a name, one of them may be written the other way round.
    pub fn is_same(&self, other: &DistinguishedName) -> bool {
        let folded = |name: &DistinguishedName| -> Vec<(String, String)> {
            let fold = |value: &str| value.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            name.parts.iter().map(|(name, value)| (name.to_ascii_lowercase(), fold(value))).collect()
        };
        let (own, mut others) = (folded(self), folded(other));
        if own == others {
            return true;
        }
        others.reverse();
        own == others
    }
}

/// A value up to the next separator, without its escapes; quoted values are the form of RFC 2253's forerunner.
fn value(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let mut bytes = Vec::new();
    // Blanks at the end count only if they are escaped.
    let mut keep = 0;
    let mut quoted = false;
    while letters.next_if_eq(&' ').is_some() {}
    while let Some(letter) = letters.next() {
        match letter {
            '"' => quoted = !quoted,
            ',' | '+' if !quoted => break,
            '\\' => {
                let next = letters.next()?;
                match next.to_digit(16) {
                    Some(high) if letters.peek().is_some_and(char::is_ascii_hexdigit) => {
                        let low = letters.next()?.to_digit(16)?;
                        bytes.push(u8::try_from(high * 16 + low).ok()?);
                    }
                    _ => bytes.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes()),
                }
                keep = bytes.len();
                continue;
            }
            letter => bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        if letter != ' ' || quoted {
            keep = bytes.len();
        }
    }
    bytes.truncate(keep);
    String::from_utf8(bytes).ok()
}

/// The name that is written for a type given by identifier or by any of its names; unknown ones stay as they are.
fn type_name(given: &str) -> String {
    let id = TYPES.iter().find(|(id, name)| *id == given || name.eq_ignore_ascii_case(given)).map(|(id, _)| *id);
    let name = id.and_then(|id| TYPES.iter().find(|(other, _)| *other == id)).map(|(_, name)| *name);
    name.unwrap_or(given).to_owned()
}

/// The RFC 4514 form.
impl fmt::Display for DistinguishedName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, value)) in self.parts.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(out, "{comma}{name}=")?;
            let last = value.chars().count().saturating_sub(1);
            for (at, letter) in value.chars().enumerate() {
                match letter {
                    '"' | '+' | ',' | ';' | '<' | '>' | '\\' => write!(out, "\\{letter}")?,
                    '#' if at == 0 && !value.bytes().skip(1).all(|byte| byte.is_ascii_hexdigit()) => {
                        out.write_str("\\#")?
                    }
                    ' ' if at == 0 || at == last => out.write_str("\\ ")?,
                    letter if letter.is_control() => {
                        for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
                            write!(out, "\\{byte:02x}")?;
                        }
                    }
                    letter => write!(out, "{letter}")?,
                }
            }
        }
        Ok(())
    }
}
