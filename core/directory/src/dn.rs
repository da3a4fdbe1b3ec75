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

/// A form in which equal DNs are equal text: lower case, no blanks around `,` and `=`.
pub(crate) fn normalized(dn: &str) -> String {
    components(dn).map(normalized_component).collect::<Vec<_>>().join(",")
}

/// Whether normalized `dn` is `above` or lies below it.
pub(crate) fn is_at_or_below(dn: &str, above: &str) -> bool {
    dn.strip_suffix(above).is_some_and(|rest| rest.is_empty() || rest.ends_with(','))
}

fn normalized_component(component: &str) -> String {
    match component.split_once('=') {
        Some((name, value)) => {
            format!("{}={}", name.trim().to_lowercase(), value.trim_start().to_lowercase().trim_end())
        }
        None => component.trim().to_lowercase(),
    }
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
