//! format=flowed text, both ways (RFC 3676).

/// A line as its writer meant it: flowed lines joined, quote marks counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowedLine {
    /// How many `>` stood in front.
    pub quote: usize,
    /// The text without quote marks and stuffing.
    pub text: String,
}

/// Undoes format=flowed. With `delsp` the blank that marks a flowed line is no part of the text.
pub fn decode(text: &str, delsp: bool) -> Vec<FlowedLine> {
    let mut lines: Vec<FlowedLine> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let (quote, rest) = split_quote(line);
        let content = rest.strip_prefix(' ').unwrap_or(rest);
        // The signature separator is never flowed (§4.3).
        let signature = content == "-- ";
        let flows = content.ends_with(' ') && !signature;
        let kept = if flows && delsp { &content[..content.len() - 1] } else { content };
        match lines.last_mut() {
            Some(last) if open && last.quote == quote && !signature => last.text.push_str(kept),
            _ => lines.push(FlowedLine { quote, text: kept.to_owned() }),
        }
        open = flows;
    }
    lines
}

/// Splits the quote marks off a line.
pub fn split_quote(line: &str) -> (usize, &str) {
    let quote = line.bytes().take_while(|&byte| byte == b'>').count();
    (quote, &line[quote..])
}

/// Writes text as format=flowed with CRLF line breaks: long lines break at blanks within 72 columns,
/// quoted lines keep their marks, lines that could be misread are stuffed with a blank.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 32);
    for line in text.lines() {
        let (quote, rest) = split_quote(line);
        let prefix = ">".repeat(quote);
        let rest = if quote > 0 { rest.strip_prefix(' ').unwrap_or(rest) } else { rest };
        // A blank at the end would make a fixed line flow; the signature separator has to keep its own.
        let rest = if rest == "-- " { rest } else { rest.trim_end_matches(' ') };
        let mut left = rest;
        loop {
            let (piece, next) = break_line(left, 72usize.saturating_sub(quote + 1));
            out.push_str(&prefix);
            if quote > 0 || piece.starts_with([' ', '>']) || piece.starts_with("From ") {
                out.push(' ');
            }
            out.push_str(piece);
            out.push_str("\r\n");
            match next {
                Some(next) => left = next,
                None => break,
            }
        }
    }
    out
}

/// The front of a line up to a blank within the width, and the rest. A longer word stays whole.
fn break_line(line: &str, width: usize) -> (&str, Option<&str>) {
    if line == "-- " || line.chars().count() <= width {
        return (line, None);
    }
    let mut best = None;
    for (column, (at, character)) in line.char_indices().enumerate() {
        if character == ' ' {
            let behind = at + 1;
            let rest = &line[behind..];
            if !rest.is_empty() && !rest.starts_with(' ') {
                best = Some(behind);
            }
        }
        if column >= width && best.is_some() {
            break;
        }
    }
    match best {
        Some(at) => (&line[..at], Some(&line[at..])),
        None => (line, None),
    }
}
