//! Finds links and addresses in a line of text and writes the line as HTML.

use super::escape;
use crate::views::safe_html::{self, LinkTarget};

/// Longest piece of text that is taken for a link.
const LONGEST: usize = 2048;

/// Writes a line: what is a link as a link, all else escaped. Linear in its length.
pub(super) fn write(line: &str, out: &mut String) {
    let mut plain = 0;
    let mut at = 0;
    while let Some(length) = next_word(&line[at..]) {
        let (start, end) = (at + length.start, at + length.end);
        at = end;
        let word = &line[start..end];
        let Some((front, link, target)) = find(word) else { continue };
        let link_start = start + front;
        escape(&line[plain..link_start], out);
        write_link(link, &target, out);
        plain = link_start + link.len();
    }
    escape(&line[plain..], out);
}

/// The next run of characters that a link may hold.
fn next_word(text: &str) -> Option<std::ops::Range<usize>> {
    let ends = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"');
    let start = text.find(|c| !ends(c))?;
    let end = text[start..].find(ends).map_or(text.len(), |length| start + length);
    Some(start..end)
}

/// The link in a word: where it begins, its text and its target.
fn find(word: &str) -> Option<(usize, &str, String)> {
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    let web = ["https://", "http://", "www.", "mailto:"].iter().filter_map(|mark| lower.find(mark)).min();
    if let Some(front) = web {
        // `www.` counts at the start of a word only.
        let starts_word = word[..front].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        let link = trim_end(&word[front..]);
        if starts_word {
            let url = if lower[front..].starts_with("www.") { format!("http://{link}") } else { link.to_owned() };
            return target(&url, link).map(|target| (front, link, target));
        }
        return None;
    }
    let front = word.len() - word.trim_start_matches(['(', '[', '{', ',', ';', ':', '\'']).len();
    let link = trim_end(&word[front..]);
    is_address(link).then(|| target(&format!("mailto:{link}"), link).map(|target| (front, link, target)))?
}

fn target(url: &str, shown: &str) -> Option<String> {
    // At least something behind the scheme or `www.`.
    if shown.len() <= 4 {
        return None;
    }
    match safe_html::link_target(url)? {
        LinkTarget::Web(url) => Some(url),
        LinkTarget::Composer(url) => Some(url),
    }
}

/// Punctuation at the end belongs to the sentence; a closing bracket too, unless it was opened in the link.
fn trim_end(link: &str) -> &str {
    let mut link = link;
    while let Some(last) = link.chars().next_back() {
        let shorter = &link[..link.len() - last.len_utf8()];
        let belongs = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' | '|' => false,
            ')' => shorter.matches('(').count() > shorter.matches(')').count(),
            ']' => shorter.matches('[').count() > shorter.matches(']').count(),
            '}' => shorter.matches('{').count() > shorter.matches('}').count(),
            _ => true,
        };
        if belongs {
            return link;
        }
        link = shorter;
    }
    link
}

/// A plain address; what goes beyond it (quoted local parts, parameters) is not worth the risk.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    !local.is_empty()
        && local.len() <= 64
        && local.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%*+-=^_`{|}~.".contains(c))
        && domain.contains('.')
        && domain.len() <= 255
        && domain.split('.').all(label)
}

fn write_link(shown: &str, target: &str, out: &mut String) {
    out.push_str("<a href=\"");
    escape(target, out);
    out.push_str("\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">");
    escape(shown, out);
    out.push_str("</a>");
}
