//! style attributes: parsed, checked against lists, and written anew.
//!
//! Nothing of the text of a style is kept. Each declaration is read into tokens (which undoes every
//! escape), looked at, and written again from those tokens; a declaration with a token that is not
//! known here is left out.

use cssparser::{Delimiter, ParseError, Parser, ToCss, Token};
use std::fmt::Write as _;

/// Longest style that is looked at.
const LONGEST: usize = 16 << 10;
/// Functions inside of functions.
const DEEPEST: usize = 4;

/// Properties that may be set. None moves a box out of its place, none loads anything.
const PROPERTIES: &[&str] = &[
    "background",
    "background-color",
    "border",
    "border-bottom",
    "border-bottom-color",
    "border-bottom-left-radius",
    "border-bottom-right-radius",
    "border-bottom-style",
    "border-bottom-width",
    "border-collapse",
    "border-color",
    "border-left",
    "border-left-color",
    "border-left-style",
    "border-left-width",
    "border-radius",
    "border-right",
    "border-right-color",
    "border-right-style",
    "border-right-width",
    "border-spacing",
    "border-style",
    "border-top",
    "border-top-color",
    "border-top-left-radius",
    "border-top-right-radius",
    "border-top-style",
    "border-top-width",
    "border-width",
    "box-sizing",
    "caption-side",
    "clear",
    "color",
    "direction",
    "display",
    "empty-cells",
    "float",
    "font",
    "font-family",
    "font-size",
    "font-style",
    "font-variant",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style",
    "list-style-position",
    "list-style-type",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-height",
    "max-width",
    "min-height",
    "min-width",
    "overflow",
    "overflow-wrap",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "position",
    "table-layout",
    "text-align",
    "text-decoration",
    "text-decoration-color",
    "text-decoration-line",
    "text-decoration-style",
    "text-indent",
    "text-overflow",
    "text-transform",
    "vertical-align",
    "visibility",
    "white-space",
    "width",
    "word-break",
    "word-spacing",
    "word-wrap",
];

const FUNCTIONS: &[&str] = &["rgb", "rgba", "hsl", "hsla", "calc"];

const UNITS: &[&str] =
    &["px", "em", "rem", "ex", "ch", "pt", "pc", "cm", "mm", "in", "vw", "vh", "vmin", "vmax", "deg", "fr"];

/// The declarations of a style attribute that may stay, in a form of our own. Doing it twice changes nothing.
pub(super) fn clean(style: &str) -> String {
    let mut out = String::new();
    if style.len() > LONGEST {
        return out;
    }
    let mut parser = Parser::new(style);
    while !parser.is_exhausted() {
        let declaration = parser.parse_until_after(Delimiter::Semicolon, |parser| {
            let declaration = read_declaration(parser);
            // What is left of a refused declaration belongs to it.
            while parser.next().is_ok() {}
            Ok::<_, ParseError<()>>(declaration)
        });
        if let Ok(Some((name, value))) = declaration {
            if !out.is_empty() {
                out.push(' ');
            }
            let _ = write!(out, "{name}: {value};");
        }
    }
    out
}

fn read_declaration(parser: &mut Parser<'_>) -> Option<(&'static str, String)> {
    let name = parser.expect_ident().ok()?.to_ascii_lowercase();
    let name = PROPERTIES.iter().copied().find(|known| *known == name)?;
    parser.expect_colon().ok()?;
    let mut value = Value { property: name, out: String::new() };
    value.read(parser, DEEPEST)?;
    let value = value.out.trim().to_owned();
    let fits = match name {
        "position" => matches!(value.as_str(), "static" | "relative"),
        _ => !value.is_empty(),
    };
    fits.then_some((name, value))
}

struct Value {
    property: &'static str,
    out: String,
}

impl Value {
    fn read(&mut self, parser: &mut Parser<'_>, deeper: usize) -> Option<()> {
        loop {
            let Ok(token) = parser.next_including_whitespace() else { return Some(()) };
            match token.clone() {
                Token::WhiteSpace(_) => {
                    if !self.out.ends_with([' ', '(']) {
                        self.out.push(' ');
                    }
                }
                Token::Comma => {
                    self.out.truncate(self.out.trim_end().len());
                    self.out.push_str(", ");
                }
                Token::Ident(word) => self.word(&word)?,
                Token::Hash(digits) | Token::IDHash(digits) => {
                    let plain = digits.len() <= 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                    plain.then(|| self.put(&format!("#{}", digits.to_ascii_lowercase())))?;
                }
                token @ (Token::Number { .. } | Token::Percentage { .. } | Token::Dimension { .. }) => {
                    self.number(&token)?;
                }
                Token::QuotedString(text) if matches!(self.property, "font-family" | "font") => {
                    let plain = text.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
                    plain.then(|| self.put(&format!("\"{text}\"")))?;
                }
                Token::Delim('/') if matches!(self.property, "font" | "border-radius") || deeper < DEEPEST => {
                    self.put("/");
                }
                Token::Delim(sign @ ('*' | '+' | '-')) if deeper < DEEPEST => {
                    self.out.truncate(self.out.trim_end().len());
                    self.put(&format!(" {sign} "));
                }
                Token::Delim('!') => {
                    let important = parser.expect_ident().ok()?.eq_ignore_ascii_case("important");
                    self.out.truncate(self.out.trim_end().len());
                    important.then(|| self.put(" !important"))?;
                    return parser.is_exhausted().then_some(());
                }
                Token::Function(name) if deeper > 0 => {
                    let name = FUNCTIONS.iter().find(|known| name.eq_ignore_ascii_case(known))?;
                    // A calculation could come to less than nothing.
                    if *name == "calc"
                        && !matches!(
                            self.property,
                            "width" | "max-width" | "min-width" | "height" | "max-height" | "min-height"
                        )
                    {
                        return None;
                    }
                    self.put(name);
                    self.block(parser, deeper)?;
                }
                Token::ParenthesisBlock if deeper > 0 && deeper < DEEPEST => self.block(parser, deeper)?,
                _ => return None,
            }
        }
    }

    fn block(&mut self, parser: &mut Parser<'_>, deeper: usize) -> Option<()> {
        self.out.push('(');
        let inside = parser
            .parse_nested_block(|parser| self.read(parser, deeper - 1).ok_or_else(ParseError::<()>::unexpected_token));
        inside.ok()?;
        self.out.truncate(self.out.trim_end().len());
        self.out.push(')');
        Some(())
    }

    /// A plain word. Words of old browsers' extensions name functions or files and are none.
    fn word(&mut self, word: &str) -> Option<()> {
        let plain =
            word.len() <= 64 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let starts_well = word.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'-');
        (plain && starts_well && !word.starts_with("--")).then(|| self.put(&word.to_ascii_lowercase()))
    }

    fn number(&mut self, token: &Token<'_>) -> Option<()> {
        let (value, unit) = match token {
            Token::Number { value, .. } => (*value, String::new()),
            Token::Percentage { unit_value, .. } => (*unit_value, String::from("%")),
            Token::Dimension { value, unit, .. } => (*value, unit.to_ascii_lowercase()),
            _ => return None,
        };
        if !(unit.is_empty() || unit == "%" || UNITS.contains(&unit.as_str())) {
            return None;
        }
        // Below zero a margin or an indent draws over what is not the message's own.
        if !(0.0..=100_000.0).contains(&value) {
            return None;
        }
        self.put(&token.to_css_string().to_ascii_lowercase());
        Some(())
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }
}
