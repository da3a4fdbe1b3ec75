//! Message IDs of a field, in a form that compares (RFC 5256 §3: quoting must not matter; case does).

/// Every valid message ID of a field, in order: without its angle brackets, blanks and quotes.
pub fn all(field: &[u8]) -> impl Iterator<Item = Box<[u8]>> + '_ {
    let mut rest = field;
    std::iter::from_fn(move || {
        loop {
            let start = memchr::memchr(b'<', rest)?;
            let (found, behind) = one(&rest[start + 1..]);
            rest = behind;
            if found.is_some() {
                return found;
            }
        }
    })
}

/// Reads what follows a `<`, and says where to look on.
fn one(text: &[u8]) -> (Option<Box<[u8]>>, &[u8]) {
    let mut id = Vec::new();
    let (mut quoted, mut at_sign) = (false, None);
    let mut octets = text.iter().enumerate();
    while let Some((at, &byte)) = octets.next() {
        match byte {
            b'"' => quoted = !quoted,
            b'\\' if quoted => id.extend(octets.next().map(|(_, escaped)| *escaped)),
            _ if quoted => id.push(byte),
            b'>' => {
                let valid = at_sign.is_some_and(|sign| sign > 0 && sign + 1 < id.len());
                return (valid.then(|| id.into()), &text[at + 1..]);
            }
            // The one before had no end.
            b'<' => return (None, &text[at..]),
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'@' => {
                at_sign = Some(id.len());
                id.push(byte);
            }
            _ => id.push(byte),
        }
    }
    (None, &[])
}
