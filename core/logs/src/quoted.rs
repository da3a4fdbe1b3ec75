//! The one door for user text into a log line (invariant 8 of ARCHITECTURE.md).

use std::fmt;

/// Longest text that is shown, in characters.
const LONGEST: usize = 128;

/// Text from a client as one word of a line: blanks, control characters and whatever looks like a line break or reorders
/// text are escaped, the empty text is `""`, and it is cut at 128 characters.
#[derive(Debug, Clone, Copy)]
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return out.write_str("\"\"");
        }
        for (place, letter) in self.0.chars().enumerate() {
            if place == LONGEST {
                return out.write_str("…");
            }
            match letter {
                ' ' => out.write_str("\\x20")?,
                '\\' => out.write_str("\\\\")?,
                letter if is_dangerous(letter) || letter.is_whitespace() => write!(out, "{}", letter.escape_unicode())?,
                letter => write!(out, "{letter}")?,
            }
        }
        Ok(())
    }
}

/// Whether a character could end a line, steer a terminal, or hide and reorder what stands beside it.
pub(crate) fn is_dangerous(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}
