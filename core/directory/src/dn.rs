//! Distinguished names: comparing them and building them (RFC 4514). The one place where user text becomes part of a DN.

/// Writes `value` so that it can stand in a DN (RFC 4514 §2.4).
pub fn escape_dn_value(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (at, letter) in value.chars().enumerate() {
        match letter {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=' => escaped.extend(['\\', letter]),
            '#' if at == 0 => escaped.push_str("\\#"),
            ' ' if at == 0 || at == last => escaped.push_str("\\ "),
            '\0' => escaped.push_str("\\00"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// A form in which equal DNs are equal text: lower case, no blanks around `,` and `=`, one way of escaping.
pub(crate) fn normalized(dn: &str) -> String {
    components(dn).map(normalized_component).collect::<Vec<_>>().join(",")
}

/// Whether normalized `dn` is `above` or lies below it. Everything lies below the empty DN.
pub(crate) fn is_at_or_below(dn: &str, above: &str) -> bool {
    above.is_empty() || dn.strip_suffix(above).is_some_and(|rest| rest.is_empty() || rest.ends_with(','))
}

/// The DN above, as written; `None` at the top.
pub(crate) fn parent(dn: &str) -> Option<&str> {
    let first = components(dn).next()?;
    dn.get(first.len() + 1..).map(str::trim_start).filter(|above| !above.is_empty())
}

/// The domain that a DN of a DC tree stands for: `dc=siroe,dc=com,o=internet` below `o=internet` is `siroe.com`.
pub(crate) fn dc_domain(dn: &str, root: &str) -> Option<String> {
    let (dn, root) = (normalized(dn), normalized(root));
    let labels = if root.is_empty() { dn.as_str() } else { dn.strip_suffix(&root)?.strip_suffix(',')? };
    let labels: Option<Vec<&str>> = components(labels).map(|label| label.strip_prefix("dc=")).collect();
    labels.map(|labels| labels.join(".")).filter(|name| !name.is_empty())
}

/// The other way round: where a domain's entry is in a DC tree.
pub(crate) fn dc_entry(domain: &str, root: &str) -> String {
    let labels = domain.split('.').map(|label| format!("dc={}", escape_dn_value(label)));
    labels.chain(Some(root.to_owned()).filter(|root| !root.is_empty())).collect::<Vec<_>>().join(",")
}

fn normalized_component(component: &str) -> String {
    match component.split_once('=') {
        Some((name, value)) => {
            let value = unescaped(value.trim_start()).to_lowercase();
            format!("{}={}", name.trim().to_lowercase(), escape_dn_value(value.trim_end()))
        }
        None => component.trim().to_lowercase(),
    }
}

/// `\,` and `\2c` to the letter itself.
fn unescaped(value: &str) -> String {
    if !value.contains('\\') {
        return value.to_owned();
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let pair = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match pair.filter(|two| two.bytes().all(|digit| digit.is_ascii_hexdigit())) {
            Some(two) => {
                bytes.extend(u8::from_str_radix(two, 16));
                rest = &after[2..];
            }
            None => {
                bytes.extend(after.first());
                rest = after.get(1..).unwrap_or_default();
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The parts between commas that are not escaped.
fn components(dn: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(dn);
    std::iter::from_fn(move || {
        let text = rest?;
        let mut escaped = false;
        let end = text.bytes().position(|byte| {
            let found = byte == b',' && !escaped;
            escaped = byte == b'\\' && !escaped;
            found
        });
        rest = end.map(|end| &text[end + 1..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}
