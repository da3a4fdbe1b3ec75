//! The words of an HTML text, for previews: no tags, no styles, no scripts, entities as characters.

/// Elements whose text nobody sees.
const HIDDEN: [&str; 6] = ["style", "script", "head", "title", "noscript", "template"];
/// Entities that are common in mail; others stand for a blank.
const ENTITIES: [(&str, &str); 30] = [
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", " "),
    ("auml", "ä"),
    ("ouml", "ö"),
    ("uuml", "ü"),
    ("Auml", "Ä"),
    ("Ouml", "Ö"),
    ("Uuml", "Ü"),
    ("szlig", "ß"),
    ("eacute", "é"),
    ("egrave", "è"),
    ("ecirc", "ê"),
    ("agrave", "à"),
    ("acirc", "â"),
    ("ccedil", "ç"),
    ("ntilde", "ñ"),
    ("euro", "€"),
    ("copy", "©"),
    ("reg", "®"),
    ("hellip", "…"),
    ("ndash", "–"),
    ("mdash", "—"),
    ("lsquo", "‘"),
    ("rsquo", "’"),
    ("ldquo", "“"),
    ("rdquo", "”"),
];

/// The text of `html`, a line break or a blank where a tag stood. One pass; takes anything.
pub(super) fn text(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, marked) = rest.split_at(at);
        out.push_str(before);
        rest = match marked.strip_prefix('<') {
            Some(tag) => after_tag(tag, &mut out),
            None => after_entity(marked, &mut out),
        };
    }
    out.push_str(rest);
    out
}

/// Behind a tag, a comment, or an element that is not shown.
fn after_tag<'a>(tag: &'a str, out: &mut String) -> &'a str {
    if let Some(comment) = tag.strip_prefix("!--") {
        return comment.split_once("-->").map_or("", |(_, after)| after);
    }
    if !tag.starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '/' | '!' | '?')) {
        // No tag: a sign of comparison.
        out.push('<');
        return tag;
    }
    let name_end = tag.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '/').unwrap_or(tag.len());
    let name = tag[..name_end].to_ascii_lowercase();
    let after = tag.split_once('>').map_or("", |(_, after)| after);
    // Words on both sides of emphasis belong together; anything else separates them.
    if !matches!(name.trim_matches('/'), "b" | "i" | "u" | "em" | "strong" | "span" | "a" | "font" | "small" | "wbr") {
        out.push('\n');
    }
    if HIDDEN.contains(&name.as_str()) { behind_end(after, &name) } else { after }
}

/// Behind `</name>`.
fn behind_end<'a>(text: &'a str, name: &str) -> &'a str {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("</") {
        if after.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return after.split_once('>').map_or("", |(_, after)| after);
        }
        rest = after;
    }
    ""
}

fn after_entity<'a>(marked: &'a str, out: &mut String) -> &'a str {
    let inner = &marked[1..];
    let end = inner.bytes().take(12).position(|byte| byte == b';');
    let Some((name, after)) = end.and_then(|end| Some((inner.get(..end)?, inner.get(end + 1..)?))) else {
        out.push('&');
        return inner;
    };
    let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => number.parse().ok(),
    });
    match number.and_then(char::from_u32) {
        Some(letter) => out.push(letter),
        None => out.push_str(ENTITIES.iter().find(|(known, _)| *known == name).map_or(" ", |(_, text)| text)),
    }
    after
}
