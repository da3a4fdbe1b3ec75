//! Reading mbox files (RFC 4155 and its dialects): messages begin at `From ` lines after a blank line, `>From ` is unquoted.

use std::io::BufRead;

use mailstore::{FlagSet, Flags};

use super::Found;

/// Hands every message of `source` to `each`, in order.
pub fn read(mut source: impl BufRead, each: &mut impl FnMut(Found<'_>) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut message: Option<Message> = None;
    let mut line = Vec::new();
    let mut after_blank = true;
    loop {
        line.clear();
        if source.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if after_blank && line.starts_with(b"From ") {
            if let Some(message) = message.take() {
                message.hand_over(each)?;
            }
            message = Some(Message { date: from_line_date(&line), bytes: Vec::new() });
            after_blank = false;
            continue;
        }
        let quoted = line.iter().take_while(|byte| **byte == b'>').count();
        let unquoted = if quoted > 0 && line[quoted..].starts_with(b"From ") { &line[1..] } else { &line[..] };
        match &mut message {
            Some(message) => message.bytes.extend_from_slice(unquoted),
            None if line.trim_ascii().is_empty() => {}
            None => anyhow::bail!("this is not an mbox file: it does not begin with a 'From ' line"),
        }
        after_blank = line.trim_ascii().is_empty();
    }
    match message {
        Some(message) => message.hand_over(each),
        None => Ok(()),
    }
}

struct Message {
    date: Option<i64>,
    bytes: Vec<u8>,
}

impl Message {
    fn hand_over(mut self, each: &mut impl FnMut(Found<'_>) -> anyhow::Result<()>) -> anyhow::Result<()> {
        // The blank line before the next `From ` belongs to the format, not to the message.
        for end in [&b"\r\n"[..], b"\n"] {
            if self.bytes.ends_with(&[end, end].concat()) {
                self.bytes.truncate(self.bytes.len() - end.len());
                break;
            }
        }
        each(Found { below: "", flags: status_flags(&self.bytes), date: self.date, bytes: &self.bytes })
    }
}

/// Flags from the `Status` and `X-Status` headers that mbox programs write.
fn status_flags(message: &[u8]) -> FlagSet {
    let mut flags = Flags::NONE;
    for line in message.split(|byte| *byte == b'\n').take_while(|line| !line.trim_ascii().is_empty()) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = line.split_at(colon);
        if !name.eq_ignore_ascii_case(b"Status") && !name.eq_ignore_ascii_case(b"X-Status") {
            continue;
        }
        for letter in value {
            flags = flags.union(match letter {
                b'R' => Flags::SEEN,
                b'A' => Flags::ANSWERED,
                b'F' => Flags::FLAGGED,
                b'D' => Flags::DELETED,
                b'T' => Flags::DRAFT,
                _ => Flags::NONE,
            });
        }
    }
    FlagSet { system: flags, ..FlagSet::default() }
}

/// The date of `From address Thu Nov 21 10:01:02 2026`, taken as UTC as the format says.
fn from_line_date(line: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(line).ok()?;
    let words: Vec<&str> = text.split_whitespace().collect();
    let [.., month, day, clock, year] = words[..] else { return None };
    let format =
        time::macros::format_description!("[month repr:short] [day padding:none] [hour]:[minute]:[second] [year]");
    let date = time::PrimitiveDateTime::parse(&format!("{month} {day} {clock} {year}"), format).ok()?;
    Some(date.assume_utc().unix_timestamp())
}
