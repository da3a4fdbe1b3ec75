//! Plain text bodies as HTML, and HTML as plain text.
//!
//! Text becomes HTML piece by piece: it is cut into links and the rest first, and each piece is escaped
//! by itself. No mark stands in for a link in between, so no text can forge one.

mod linkify;
mod words;

use super::safe_html::SafeHtml;
use message::flowed;

/// Quote levels that are shown as such; more of them look like the last.
const MOST_QUOTES: usize = 20;

/// `format=flowed` (RFC 3676).
#[derive(Clone, Copy, Debug)]
pub struct Flowed {
    /// `DelSp=yes`
    pub delsp: bool,
}

/// Text as HTML for a `white-space: pre-wrap` block: escaped, with links, quotes as nested blockquotes.
pub fn to_html(text: &str, flowed: Option<Flowed>) -> SafeHtml {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut level = 0;
    let mut first = true;
    let mut write = |quote: usize, line: &str| {
        let quote = quote.min(MOST_QUOTES);
        // A blockquote is a block: the line break before and behind it is its own.
        if quote == level && !first {
            out.push('\n');
        }
        first = false;
        while level < quote {
            out.push_str("<blockquote>");
            level += 1;
        }
        while level > quote {
            out.push_str("</blockquote>");
            level -= 1;
        }
        linkify::write(line, &mut out);
    };
    match flowed {
        Some(Flowed { delsp }) => flowed::decode(text, delsp).iter().for_each(|line| write(line.quote, &line.text)),
        None => text.lines().for_each(|line| {
            let (quote, rest) = split_quote(line);
            write(quote, rest);
        }),
    }
    out.push_str(&"</blockquote>".repeat(level));
    SafeHtml::new(out)
}

/// Quote marks of fixed text: `>` with at most one blank between two and behind the last.
fn split_quote(line: &str) -> (usize, &str) {
    let mut rest = line;
    let mut quote = 0;
    while let Some(behind) = rest.strip_prefix('>') {
        quote += 1;
        rest = behind.strip_prefix(' ').unwrap_or(behind);
    }
    (quote, rest)
}

/// Escapes text for HTML, in content and in quoted attributes.
fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\0' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
}

/// Readable text of HTML: for replies, and for whoever prefers words.
pub fn of_html(html: &str) -> String {
    words::of_html(html)
}

/// Text quoted for a reply.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for line in text.lines() {
        let line = line.trim_end();
        out.push('>');
        if !line.is_empty() && !line.starts_with('>') {
            out.push(' ');
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}
