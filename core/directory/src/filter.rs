//! Search filters (RFC 4515): reading them, filling in login names, writing them for a server, and deciding them here.
//!
//! This is the one place where user text becomes part of a filter: it is put into a parsed filter as a value, and
//! [`Display`](std::fmt::Display) escapes every value. Text can therefore never become syntax.

use std::fmt;

use crate::Entry;

/// A filter. Extensible matches (`cn:dn:=x`) are not among them: the embedded directory could not decide them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All of them; none is always true.
    And(Vec<Filter>),
    /// At least one of them; none is never true.
    Or(Vec<Filter>),
    /// Not this one.
    Not(Box<Filter>),
    /// The attribute has this value (`=` and `~=`).
    Equal(String, Vec<u8>),
    /// The attribute has a value with these parts: a start, pieces in order, an end; each may be empty.
    Substring(String, Vec<Vec<u8>>),
    /// The attribute has a value at or above this one.
    AtLeast(String, Vec<u8>),
    /// The attribute has a value at or below this one.
    AtMost(String, Vec<u8>),
    /// The attribute has a value.
    Present(String),
}

/// What is wrong with a filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("search filter {filter:?}: {reason}")]
pub struct FilterSyntax {
    /// The filter.
    pub filter: String,
    /// Why it is refused.
    pub reason: &'static str,
}

/// The parts of a login name that a filter may ask for.
#[derive(Clone, Copy, Debug)]
pub struct FilterNames<'a> {
    /// `%U`: the part in front of the separator.
    pub user: &'a str,
    /// `%V`: the domain, by its canonical name; empty where the whole tree is searched.
    pub domain: &'a str,
    /// `%o`: the login name as typed.
    pub typed: &'a str,
}

/// Deepest nesting of parentheses.
const DEEPEST: usize = 32;

impl Filter {
    /// Reads a filter. A single comparison may lack its parentheses (`uid=%U_%V`), as in old settings.
    pub fn parse(text: &str) -> Result<Filter, FilterSyntax> {
        let refuse = |reason| FilterSyntax { filter: text.to_owned(), reason };
        let trimmed = text.trim();
        let whole = if trimmed.starts_with('(') { trimmed.to_owned() } else { format!("({trimmed})") };
        let mut rest = whole.as_str();
        let filter = filter(&mut rest, DEEPEST).map_err(refuse)?;
        if rest.trim().is_empty() { Ok(filter) } else { Err(refuse("text behind the last parenthesis")) }
    }

    /// Reads a login filter: as [`Filter::parse`], and of the `%` codes only `%U`, `%V`, `%o` and `%%` may occur, in values.
    pub fn parse_template(text: &str) -> Result<Filter, FilterSyntax> {
        let filter = Filter::parse(text)?;
        let nobody = FilterNames { user: "", domain: "", typed: "" };
        let known = filter.values().all(|value| fill(value, nobody).is_some());
        match known {
            true => Ok(filter),
            false => {
                Err(FilterSyntax { filter: text.to_owned(), reason: "of the % codes there are %U, %V, %o and %%" })
            }
        }
    }

    /// The filter for one login name.
    pub fn for_login(&self, names: FilterNames<'_>) -> Filter {
        let fill = |value: &Vec<u8>| fill(value, names).unwrap_or_else(|| value.clone());
        let each = |filters: &Vec<Filter>| filters.iter().map(|filter| filter.for_login(names)).collect();
        match self {
            Filter::And(filters) => Filter::And(each(filters)),
            Filter::Or(filters) => Filter::Or(each(filters)),
            Filter::Not(filter) => Filter::Not(Box::new(filter.for_login(names))),
            Filter::Equal(name, value) => Filter::Equal(name.clone(), fill(value)),
            Filter::Substring(name, parts) => Filter::Substring(name.clone(), parts.iter().map(fill).collect()),
            Filter::AtLeast(name, value) => Filter::AtLeast(name.clone(), fill(value)),
            Filter::AtMost(name, value) => Filter::AtMost(name.clone(), fill(value)),
            Filter::Present(name) => Filter::Present(name.clone()),
        }
    }

    /// Shorthand for [`Filter::Equal`].
    pub fn equal(attribute: &str, value: &str) -> Filter {
        Filter::Equal(attribute.to_owned(), value.as_bytes().to_vec())
    }

    /// Whether an entry fits.
    pub fn fits(&self, entry: &Entry) -> bool {
        match self {
            Filter::And(filters) => filters.iter().all(|filter| filter.fits(entry)),
            Filter::Or(filters) => filters.iter().any(|filter| filter.fits(entry)),
            Filter::Not(filter) => !filter.fits(entry),
            Filter::Equal(name, wanted) => {
                let wanted = normal(name, wanted);
                values(entry, name).any(|value| normal(name, value) == wanted)
            }
            Filter::Substring(name, parts) => {
                values(entry, name).any(|value| has_parts(&normal(name, value), name, parts))
            }
            Filter::AtLeast(name, bound) => values(entry, name).any(|value| order(name, value, bound).is_ge()),
            Filter::AtMost(name, bound) => values(entry, name).any(|value| order(name, value, bound).is_le()),
            Filter::Present(name) => values(entry, name).next().is_some(),
        }
    }

    /// Names of all attributes that it compares.
    pub(crate) fn attributes(&self) -> Vec<&str> {
        match self {
            Filter::And(filters) | Filter::Or(filters) => filters.iter().flat_map(Filter::attributes).collect(),
            Filter::Not(filter) => filter.attributes(),
            Filter::Equal(name, _)
            | Filter::Substring(name, _)
            | Filter::AtLeast(name, _)
            | Filter::AtMost(name, _)
            | Filter::Present(name) => vec![name],
        }
    }

    fn values(&self) -> Box<dyn Iterator<Item = &Vec<u8>> + '_> {
        match self {
            Filter::And(filters) | Filter::Or(filters) => Box::new(filters.iter().flat_map(Filter::values)),
            Filter::Not(filter) => filter.values(),
            Filter::Equal(_, value) | Filter::AtLeast(_, value) | Filter::AtMost(_, value) => {
                Box::new(std::iter::once(value))
            }
            Filter::Substring(_, parts) => Box::new(parts.iter()),
            Filter::Present(_) => Box::new(std::iter::empty()),
        }
    }
}

/// Replaces the `%` codes; `None` if there is an unknown one.
fn fill(value: &[u8], names: FilterNames<'_>) -> Option<Vec<u8>> {
    let mut filled = Vec::with_capacity(value.len() + names.user.len());
    let mut bytes = value.iter();
    while let Some(byte) = bytes.next() {
        if *byte != b'%' {
            filled.push(*byte);
            continue;
        }
        match bytes.next()? {
            b'U' => filled.extend_from_slice(names.user.as_bytes()),
            b'V' => filled.extend_from_slice(names.domain.as_bytes()),
            b'o' => filled.extend_from_slice(names.typed.as_bytes()),
            b'%' => filled.push(b'%'),
            _ => return None,
        }
    }
    Some(filled)
}

/// All values of an attribute, whatever its options.
pub(crate) fn values<'a>(entry: &'a Entry, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    entry
        .attributes
        .iter()
        .filter(move |row| row.name.split(';').next().is_some_and(|own| own.eq_ignore_ascii_case(name)))
        .map(|row| row.value.as_slice())
}

/// Whether blanks and hyphens mean nothing in the attribute (telephoneNumberMatch, RFC 4517 §4.2.29).
fn is_telephone(name: &str) -> bool {
    ["telephoneNumber", "mobile", "homePhone", "pager", "facsimileTelephoneNumber"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(name))
}

/// The form in which values are compared: no case, blanks at the ends gone and inner ones counted once
/// (caseIgnoreMatch, RFC 4518 §2.6.1). Values that are no text are compared byte by byte.
pub(crate) fn normal(name: &str, value: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(value) else { return value.to_vec() };
    if is_telephone(name) {
        return text.to_lowercase().replace([' ', '-'], "").into_bytes();
    }
    if text.is_ascii() && !text.contains("  ") && !text.starts_with(' ') && !text.ends_with(' ') {
        return value.to_ascii_lowercase();
    }
    text.to_lowercase().split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ").into_bytes()
}

/// Numbers by their size, everything else as text.
fn order(name: &str, value: &[u8], bound: &[u8]) -> std::cmp::Ordering {
    let (value, bound) = (normal(name, value), normal(name, bound));
    let number = |text: &[u8]| std::str::from_utf8(text).ok().and_then(|text| text.parse::<i64>().ok());
    match (number(&value), number(&bound)) {
        (Some(value), Some(bound)) => value.cmp(&bound),
        _ => value.cmp(&bound),
    }
}

fn has_parts(value: &[u8], name: &str, parts: &[Vec<u8>]) -> bool {
    let mut rest = value;
    let last = parts.len().saturating_sub(1);
    for (at, part) in parts.iter().enumerate() {
        let part = normal(name, part);
        if part.is_empty() {
            continue;
        }
        let found = if at == 0 {
            rest.starts_with(&part).then_some(0)
        } else if at == last {
            rest.ends_with(&part).then(|| rest.len() - part.len())
        } else {
            rest.windows(part.len()).position(|window| window == part)
        };
        match found {
            Some(start) => rest = &rest[start + part.len()..],
            None => return false,
        }
    }
    true
}

fn filter(rest: &mut &str, depth: usize) -> Result<Filter, &'static str> {
    let Some(depth) = depth.checked_sub(1) else { return Err("too deep") };
    skip_blanks(rest);
    take(rest, '(')?;
    skip_blanks(rest);
    let filter = match rest.chars().next() {
        Some('&') => Filter::And(list(rest, depth)?),
        Some('|') => Filter::Or(list(rest, depth)?),
        Some('!') => {
            *rest = &rest[1..];
            Filter::Not(Box::new(filter(rest, depth)?))
        }
        _ => comparison(rest)?,
    };
    skip_blanks(rest);
    take(rest, ')')?;
    Ok(filter)
}

fn list(rest: &mut &str, depth: usize) -> Result<Vec<Filter>, &'static str> {
    *rest = &rest[1..];
    let mut filters = Vec::new();
    loop {
        skip_blanks(rest);
        if !rest.starts_with('(') {
            return Ok(filters);
        }
        filters.push(filter(rest, depth)?);
    }
}

fn comparison(rest: &mut &str) -> Result<Filter, &'static str> {
    let sign = rest.find(['=', '(', ')']).filter(|at| rest[*at..].starts_with('=')).ok_or("a comparison without =")?;
    let (kind, end) = match rest.as_bytes()[..sign].last() {
        Some(kind @ (b'>' | b'<' | b'~')) => (*kind, sign - 1),
        Some(b':') => return Err("extensible matches (:=) are not supported"),
        _ => (b'=', sign),
    };
    let name = rest[..end].trim().to_owned();
    if !crate::ldif::is_attribute_name(&name) {
        return Err("not an attribute name");
    }
    *rest = &rest[sign + 1..];
    let close = rest.find(['(', ')']).filter(|at| rest[*at..].starts_with(')')).ok_or("a missing parenthesis")?;
    let raw = &rest[..close];
    *rest = &rest[close..];
    match kind {
        b'>' => return Ok(Filter::AtLeast(name, unescaped(raw)?)),
        b'<' => return Ok(Filter::AtMost(name, unescaped(raw)?)),
        _ => {}
    }
    if raw == "*" && kind == b'=' {
        return Ok(Filter::Present(name));
    }
    if kind == b'=' && raw.contains('*') {
        return Ok(Filter::Substring(name, raw.split('*').map(unescaped).collect::<Result<_, _>>()?));
    }
    Ok(Filter::Equal(name, unescaped(raw)?))
}

/// `\xx` to bytes.
fn unescaped(raw: &str) -> Result<Vec<u8>, &'static str> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.filter(|two| two.bytes().all(|digit| digit.is_ascii_hexdigit()));
        bytes.push(byte.and_then(|two| u8::from_str_radix(two, 16).ok()).ok_or("a backslash without two hex digits")?);
        rest = &after[2..];
    }
    Ok(bytes)
}

fn skip_blanks(rest: &mut &str) {
    *rest = rest.trim_start();
}

fn take(rest: &mut &str, wanted: char) -> Result<(), &'static str> {
    *rest = rest.strip_prefix(wanted).ok_or("a missing parenthesis")?;
    Ok(())
}

impl fmt::Display for Filter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let several = |out: &mut fmt::Formatter<'_>, sign: char, filters: &[Filter]| {
            write!(out, "({sign}")?;
            filters.iter().try_for_each(|filter| filter.fmt(out))?;
            out.write_str(")")
        };
        match self {
            Filter::And(filters) => several(out, '&', filters),
            Filter::Or(filters) => several(out, '|', filters),
            Filter::Not(filter) => write!(out, "(!{filter})"),
            Filter::Equal(name, value) => write!(out, "({name}={})", Escaped(value)),
            Filter::AtLeast(name, value) => write!(out, "({name}>={})", Escaped(value)),
            Filter::AtMost(name, value) => write!(out, "({name}<={})", Escaped(value)),
            Filter::Present(name) => write!(out, "({name}=*)"),
            Filter::Substring(name, parts) => {
                write!(out, "({name}=")?;
                for (at, part) in parts.iter().enumerate() {
                    let star = if at == 0 { "" } else { "*" };
                    write!(out, "{star}{}", Escaped(part))?;
                }
                out.write_str(")")
            }
        }
    }
}

/// A value in a filter: everything but letters, digits and a few harmless signs as `\xx` (RFC 4515 §3).
struct Escaped<'a>(&'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'@' | b'+' | b' ' | b',' | b'=' => {
                    write!(out, "{}", char::from(*byte))?;
                }
                byte => write!(out, "\\{byte:02x}")?,
            }
        }
        Ok(())
    }
}
