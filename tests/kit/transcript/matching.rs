//! Comparing a server's line with an expected one by what it means: order of FETCH items, of flags and of numbers
//! found does not matter, quoted strings and literals are the same.

use std::collections::BTreeMap;

use crate::tree::{Node, Quoting, parse};

/// What names stand for: captured from the server, or set by the runner (`$alice`).
pub type Captures = BTreeMap<String, Vec<u8>>;

/// An expected line.
#[derive(Debug, Clone)]
pub struct Pattern {
    nodes: Vec<Node>,
    text: Option<String>,
}

/// How two values are compared, by where they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Quoted is quoted and atom is atom; strings by their bytes.
    Strict,
    /// Atoms and strings with the same bytes are the same (mailbox names).
    Name,
    /// As `Strict`, strings without regard to case (body structures).
    Structure,
}

/// Attributes that a server may add or leave out as it likes; they count only when the expected line has them.
const FREE: [&[u8]; 3] = [b"\\Recent", b"\\Marked", b"\\UnMarked"];

impl Pattern {
    /// Reads an expected line.
    pub fn new(line: &str) -> Result<Self, String> {
        let (nodes, text) = values(line.as_bytes(), Quoting::Transcript)?;
        Ok(Self { nodes, text })
    }

    /// The number, when an untagged EXPUNGE is expected.
    pub fn expunge(&self) -> Option<u64> {
        expunge(&self.nodes)
    }

    /// Whether `line` is what is expected; names it captures are added to `captures` then.
    pub fn matches(&self, line: &[u8], captures: &mut Captures) -> bool {
        let Ok((nodes, text)) = values(line, Quoting::Wire) else { return false };
        let mut tried = captures.clone();
        let same = line_matches(&self.nodes, &nodes, &mut tried)
            && match (&self.text, &text) {
                (None, _) => true,
                (Some(want), Some(have)) => glob(want.as_bytes(), have.as_bytes(), false, &mut tried),
                (Some(_), None) => false,
            };
        if same {
            *captures = tried;
        }
        same
    }
}

/// The number of a received untagged EXPUNGE.
pub fn line_expunge(line: &[u8]) -> Option<u64> {
    values(line, Quoting::Wire).ok().and_then(|(nodes, _)| expunge(&nodes))
}

fn expunge(nodes: &[Node]) -> Option<u64> {
    nodes.get(2)?.bytes()?.eq_ignore_ascii_case(b"EXPUNGE").then_some(())?;
    nodes.get(1)?.number()
}

/// Which messages a row of EXPUNGE responses removes, by the numbers they had before the first one: the same
/// messages may be told in another order with other numbers.
pub fn expunged(numbers: &[u64]) -> Vec<u64> {
    let mut gone: Vec<u64> = Vec::new();
    for number in numbers {
        let mut before = *number;
        for other in &gone {
            if *other <= before {
                before += 1;
            }
        }
        gone.push(before);
        gone.sort_unstable();
    }
    gone
}

/// The values of a line. A status line has its code as a list and its human text apart.
fn values(line: &[u8], quoting: Quoting) -> Result<(Vec<Node>, Option<String>), String> {
    let mut words = line.splitn(3, |byte| *byte == b' ');
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let rest = words.next();
    let atom = |bytes: &[u8]| Node::Atom(bytes.to_vec());
    if first == b"+" {
        let text = String::from_utf8_lossy(line.get(2..).unwrap_or_default()).into_owned();
        return Ok((vec![atom(first)], (!text.is_empty()).then_some(text)));
    }
    if !["OK", "NO", "BAD", "BYE", "PREAUTH"].iter().any(|word| second.eq_ignore_ascii_case(word.as_bytes())) {
        return Ok((parse(line, quoting)?, None));
    }
    let mut nodes = vec![atom(first), atom(second)];
    let mut rest = rest.unwrap_or_default();
    if let Some(inner) = rest.strip_prefix(b"[")
        && let Some(end) = code_end(inner)
    {
        nodes.push(Node::List(parse(&inner[..end], quoting)?));
        rest = &inner[end + 1..];
        rest = rest.strip_prefix(b" ").unwrap_or(rest);
    }
    let text = String::from_utf8_lossy(rest).into_owned();
    Ok((nodes, (!text.is_empty()).then_some(text)))
}

/// Where the response code ends; brackets inside strings do not count.
fn code_end(bytes: &[u8]) -> Option<usize> {
    let mut quoted = false;
    bytes.iter().position(|byte| {
        quoted ^= *byte == b'"';
        *byte == b']' && !quoted
    })
}

fn line_matches(want: &[Node], have: &[Node], captures: &mut Captures) -> bool {
    let word = |index: usize| {
        let bytes = have.get(index).and_then(Node::bytes).unwrap_or_default();
        bytes.to_ascii_uppercase()
    };
    let is_status = ["OK", "NO", "BAD", "BYE", "PREAUTH"].iter().any(|status| word(1) == status.as_bytes());
    if is_status {
        // A code that is not asked for may be there.
        let wanted = &want[..want.len().min(2)];
        return sequence(wanted, &have[..2], Place::Strict, captures)
            && match (want.get(2), have.get(2)) {
                (None, _) => true,
                (Some(want), Some(have)) => code_matches(want.items(), have.items(), captures),
                (Some(_), None) => false,
            };
    }
    match word(1).as_slice() {
        b"CAPABILITY" => starts_alike(want, have, 2, captures) && subset(&want[2..], &have[2..], captures),
        b"SEARCH" | b"ENABLED" => starts_alike(want, have, 2, captures) && set(&want[2..], &have[2..], captures),
        b"FLAGS" => starts_alike(want, have, 2, captures) && lists_as_sets(want.get(2), have.get(2), captures),
        b"LIST" | b"LSUB" => {
            starts_alike(want, have, 2, captures)
                && lists_as_sets(want.get(2), have.get(2), captures)
                && sequence(&want[3..], &have[3..], Place::Name, captures)
        }
        b"STATUS" => {
            starts_alike(want, have, 2, captures)
                && want.len() == have.len()
                && sequence(&want[2..3], &have[2..3], Place::Name, captures)
                && pairs(want.get(3), have.get(3), captures)
        }
        b"MYRIGHTS" => {
            want.len() == 4
                && have.len() == 4
                && sequence(&want[1..3], &have[1..3], Place::Name, captures)
                && rights(&want[3], &have[3], captures)
        }
        b"ACL" => {
            starts_alike(want, have, 2, captures)
                && want.len() == have.len()
                && sequence(&want[2..3], &have[2..3], Place::Name, captures)
                && acl_entries(&want[3..], &have[3..], captures)
        }
        b"LISTRIGHTS" if want.len() > 4 && have.len() > 4 => {
            sequence(&want[..4], &have[..4], Place::Name, captures)
                && rights(&want[4], &have[4], captures)
                && set(&want[5..], &have[5..], captures)
        }
        _ if word(2) == b"FETCH" || word(2) == b"UIDFETCH" => {
            starts_alike(want, have, 3, captures) && pairs(want.get(3), have.get(3), captures)
        }
        _ => sequence(want, have, Place::Strict, captures),
    }
}

/// Rights letters in any order.
fn rights(want: &Node, have: &Node, captures: &mut Captures) -> bool {
    let sorted = |node: &Node| {
        let mut letters = node.bytes().unwrap_or_default().to_vec();
        letters.sort_unstable();
        letters
    };
    node(want, have, Place::Name, captures) || sorted(want) == sorted(have)
}

/// Identifiers with their rights, in any order.
fn acl_entries(want: &[Node], have: &[Node], captures: &mut Captures) -> bool {
    let mut left: Vec<&[Node]> = have.chunks(2).collect();
    want.chunks(2).all(|wanted| {
        let found = left.iter().position(|have| {
            let mut tried = captures.clone();
            let same = wanted.len() == 2
                && have.len() == 2
                && node(&wanted[0], &have[0], Place::Name, &mut tried)
                && rights(&wanted[1], &have[1], &mut tried);
            if same {
                *captures = tried;
            }
            same
        });
        found.map(|at| left.remove(at)).is_some()
    })
}

fn starts_alike(want: &[Node], have: &[Node], length: usize, captures: &mut Captures) -> bool {
    want.len() >= length && have.len() >= length && sequence(&want[..length], &have[..length], Place::Strict, captures)
}

/// A response code: word and arguments; PERMANENTFLAGS as a set.
fn code_matches(want: &[Node], have: &[Node], captures: &mut Captures) -> bool {
    let word = have.first().and_then(Node::bytes).unwrap_or_default().to_ascii_uppercase();
    match word.as_slice() {
        b"PERMANENTFLAGS" if want.len() > 1 => {
            starts_alike(want, have, 1, captures) && lists_as_sets(want.get(1), have.get(1), captures)
        }
        b"CAPABILITY" => starts_alike(want, have, 1, captures) && subset(&want[1..], &have[1..], captures),
        _ => sequence(want, have, Place::Strict, captures),
    }
}

/// Values in the same order. `$..` at the end stands for any that are left.
fn sequence(want: &[Node], have: &[Node], place: Place, captures: &mut Captures) -> bool {
    let (want, open) = without_rest(want);
    (want.len() == have.len() || (open && want.len() <= have.len()))
        && want.iter().zip(have).all(|(want, have)| node(want, have, place, captures))
}

fn without_rest(want: &[Node]) -> (&[Node], bool) {
    match want.split_last() {
        Some((Node::Atom(last), before)) if last == b"$.." => (before, true),
        _ => (want, false),
    }
}

fn is_free(want: &[Node], have: &Node) -> bool {
    let named = |name: &[u8], node: &Node| node.bytes().is_some_and(|bytes| bytes.eq_ignore_ascii_case(name));
    FREE.iter().any(|name| named(name, have) && !want.iter().any(|want| named(name, want)))
}

fn lists_as_sets(want: Option<&Node>, have: Option<&Node>, captures: &mut Captures) -> bool {
    match (want, have) {
        (Some(Node::List(want)), Some(Node::List(have))) => set(want, have, captures),
        (Some(want), Some(have)) => node(want, have, Place::Strict, captures),
        _ => false,
    }
}

fn set(want: &[Node], have: &[Node], captures: &mut Captures) -> bool {
    let (wanted, open) = without_rest(want);
    let have: Vec<Node> = have.iter().filter(|have| !is_free(want, have)).cloned().collect();
    (open || wanted.len() == have.len()) && subset(wanted, &have, captures)
}

/// Every wanted value is there, each a different one.
fn subset(want: &[Node], have: &[Node], captures: &mut Captures) -> bool {
    let mut left: Vec<&Node> = have.iter().collect();
    want.iter().all(|want| {
        let found = left.iter().position(|have| node(want, have, Place::Strict, captures));
        found.map(|index| left.remove(index)).is_some()
    })
}

/// `NAME value` pairs in any order. Values by name: flags are a set, structures do not care for case.
fn pairs(want: Option<&Node>, have: Option<&Node>, captures: &mut Captures) -> bool {
    let (Some(Node::List(want)), Some(Node::List(have))) = (want, have) else { return false };
    let (want, open) = without_rest(want);
    if want.len() % 2 != 0 || have.len() % 2 != 0 || (!open && want.len() != have.len()) {
        return false;
    }
    let mut left: Vec<&[Node]> = have.chunks_exact(2).collect();
    want.chunks_exact(2).all(|want| {
        let found = left.iter().position(|have| {
            let mut tried = captures.clone();
            let same = node(&want[0], &have[0], Place::Strict, &mut tried) && value(want, have, &mut tried);
            if same {
                *captures = tried;
            }
            same
        });
        found.map(|index| left.remove(index)).is_some()
    })
}

fn value(want: &[Node], have: &[Node], captures: &mut Captures) -> bool {
    match have[0].bytes().unwrap_or_default().to_ascii_uppercase().as_slice() {
        b"FLAGS" => lists_as_sets(Some(&want[1]), Some(&have[1]), captures),
        b"BODY" | b"BODYSTRUCTURE" => node(&want[1], &have[1], Place::Structure, captures),
        _ => node(&want[1], &have[1], Place::Strict, captures),
    }
}

fn node(want: &Node, have: &Node, place: Place, captures: &mut Captures) -> bool {
    if let Node::Atom(atom) = want {
        if atom == b"$*" {
            return true;
        }
        // A name alone takes any value whole.
        if let Some(name) = whole_name(atom) {
            let value = have.bytes().map_or_else(|| have.to_string().into_bytes(), <[u8]>::to_vec);
            return match captures.get(&name) {
                Some(known) => *known == value,
                None => captures.insert(name, value).is_none(),
            };
        }
    }
    match (want, have) {
        (Node::List(want), Node::List(have)) => sequence(want, have, place, captures),
        (Node::Atom(want), Node::Atom(have)) => glob(want, have, true, captures),
        (Node::Text(want), Node::Text(have)) => glob(want, have, place == Place::Structure, captures),
        (Node::Atom(want), Node::Text(have)) | (Node::Text(want), Node::Atom(have)) if place == Place::Name => {
            glob(want, have, false, captures)
        }
        _ => false,
    }
}

/// `$name` or `${name}` and nothing else.
fn whole_name(atom: &[u8]) -> Option<String> {
    let rest = atom.strip_prefix(b"$")?;
    let name = rest.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}")).unwrap_or(rest);
    let letters = name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    (letters && name.first().is_some_and(u8::is_ascii_lowercase)).then(|| String::from_utf8_lossy(name).into_owned())
}

/// A piece of a text pattern.
#[derive(Debug)]
enum Part {
    Byte(u8),
    Any,
    Number,
    Name(String),
}

/// `$$` a dollar, `$*` anything, `$#` a number, `$name`/`${name}` a name.
fn parts(pattern: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = pattern;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'$' {
            parts.push(Part::Byte(byte));
            continue;
        }
        match after.first() {
            Some(b'$') => parts.push(Part::Byte(b'$')),
            Some(b'*') => parts.push(Part::Any),
            Some(b'#') => parts.push(Part::Number),
            _ => {
                let braces = after.first() == Some(&b'{');
                let inner = if braces { &after[1..] } else { after };
                let length = inner.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
                if length == 0 {
                    parts.push(Part::Byte(b'$'));
                    continue;
                }
                parts.push(Part::Name(String::from_utf8_lossy(&inner[..length]).into_owned()));
                rest = inner[length..].strip_prefix(b"}").filter(|_| braces).unwrap_or(&inner[length..]);
                continue;
            }
        }
        rest = &after[1..];
    }
    parts
}

fn glob(want: &[u8], have: &[u8], fold: bool, captures: &mut Captures) -> bool {
    glob_parts(&parts(want), have, fold, captures)
}

fn glob_parts(want: &[Part], have: &[u8], fold: bool, captures: &mut Captures) -> bool {
    let Some((first, rest)) = want.split_first() else { return have.is_empty() };
    match first {
        Part::Byte(byte) => match have.split_first() {
            Some((other, after)) if byte == other || (fold && byte.eq_ignore_ascii_case(other)) => {
                glob_parts(rest, after, fold, captures)
            }
            _ => false,
        },
        Part::Any => (0..=have.len()).any(|length| glob_parts(rest, &have[length..], fold, captures)),
        Part::Number => {
            let digits = have.iter().take_while(|byte| byte.is_ascii_digit()).count();
            digits > 0 && glob_parts(rest, &have[digits..], fold, captures)
        }
        Part::Name(name) => match captures.get(name).cloned() {
            Some(known) => {
                have.strip_prefix(known.as_slice()).is_some_and(|after| glob_parts(rest, after, fold, captures))
            }
            None => (1..=have.len()).any(|length| {
                let mut tried = captures.clone();
                tried.insert(name.clone(), have[..length].to_vec());
                let same = glob_parts(rest, &have[length..], fold, &mut tried);
                if same {
                    *captures = tried;
                }
                same
            }),
        },
    }
}
