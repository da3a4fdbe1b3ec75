//! The words of an HTML body, with line breaks where a reader would see them.

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use std::cell::RefCell;

/// Elements whose content no reader sees.
const UNSEEN: &[&str] = &["head", "noembed", "noframes", "noscript", "script", "style", "template", "title"];

/// Reads the HTML token by token, without a tree, so that nesting costs nothing.
pub(super) fn of_html(html: &str) -> String {
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(html));
    let tokenizer = Tokenizer::new(Words::default(), TokenizerOpts::default());
    while !queue.is_empty() {
        let _ = tokenizer.feed(&queue);
    }
    tokenizer.end();
    tokenizer.sink.state.into_inner().finish()
}

#[derive(Default)]
struct Words {
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    out: String,
    /// Line breaks that are due before the next word.
    breaks: usize,
    blank: bool,
    quote: usize,
    preformatted: usize,
    unseen: Option<String>,
}

impl TokenSink for Words {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.state.borrow_mut();
        match token {
            Token::TagToken(tag) => {
                state.tag(&tag);
                if tag.kind == TagKind::StartTag {
                    return match &*tag.name {
                        "script" => TokenSinkResult::RawData(ScriptData),
                        "style" | "xmp" | "iframe" | "noembed" | "noframes" => TokenSinkResult::RawData(Rawtext),
                        "title" | "textarea" => TokenSinkResult::RawData(Rcdata),
                        _ => TokenSinkResult::Continue,
                    };
                }
            }
            Token::CharacterTokens(text) => state.text(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl State {
    fn tag(&mut self, tag: &Tag) {
        let name = &*tag.name;
        let starts = tag.kind == TagKind::StartTag;
        if let Some(unseen) = &self.unseen {
            // A body ends a head that was not closed.
            if (!starts && unseen == name) || (starts && name == "body") {
                self.unseen = None;
            }
            return;
        }
        match name {
            _ if starts && UNSEEN.contains(&name) => self.unseen = Some(name.to_owned()),
            "br" => self.breaks += 1,
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "dl" | "table" | "hr" => self.break_lines(2),
            "div" | "tr" | "dt" | "dd" | "section" | "article" | "header" | "footer" | "center" | "address" => {
                self.break_lines(1);
            }
            "li" if starts => {
                self.break_lines(1);
                self.text("- ");
            }
            "td" | "th" => self.blank = true,
            "pre" => {
                self.break_lines(2);
                self.preformatted = if starts { self.preformatted + 1 } else { self.preformatted.saturating_sub(1) };
            }
            "blockquote" => {
                self.break_lines(1);
                self.settle_breaks();
                self.quote = if starts { self.quote + 1 } else { self.quote.saturating_sub(1) };
            }
            "img" if starts => {
                let alt = tag.attrs.iter().find(|attr| &*attr.name.local == "alt").map(|attr| attr.value.trim());
                if let Some(alt) = alt.filter(|alt| !alt.is_empty()) {
                    self.text(&format!("[{alt}]"));
                }
            }
            _ => {}
        }
    }

    fn break_lines(&mut self, count: usize) {
        if !self.out.is_empty() {
            let written = self.out.len() - self.out.trim_end_matches('\n').len();
            self.breaks = self.breaks.max(count.saturating_sub(written));
        }
    }

    /// Writes the line breaks that are due with the quote level of now.
    fn settle_breaks(&mut self) {
        let count = std::mem::take(&mut self.breaks).min(3);
        for _ in 0..count {
            self.out.truncate(self.out.trim_end_matches(' ').len());
            self.out.push('\n');
        }
        if count > 0 {
            self.blank = false;
        }
    }

    fn text(&mut self, text: &str) {
        if self.unseen.is_some() {
            return;
        }
        if self.preformatted > 0 {
            for (index, line) in text.split('\n').enumerate() {
                self.breaks += usize::from(index > 0);
                self.word(line.trim_end_matches('\r'));
            }
            return;
        }
        if text.starts_with(|c: char| c.is_ascii_whitespace()) {
            self.blank = true;
        }
        for word in text.split_ascii_whitespace() {
            self.word(word);
            self.blank = true;
        }
        if !text.ends_with(|c: char| c.is_ascii_whitespace()) {
            self.blank = false;
        }
    }

    fn word(&mut self, word: &str) {
        if word.is_empty() {
            return;
        }
        self.settle_breaks();
        let at_start = self.out.is_empty() || self.out.ends_with('\n');
        if at_start && self.quote > 0 {
            self.out.push_str(&">".repeat(self.quote.min(20)));
            self.out.push(' ');
        } else if !at_start && self.blank {
            self.out.push(' ');
        }
        self.out.push_str(word);
        self.blank = false;
    }

    fn finish(self) -> String {
        let mut out = self.out.trim_end().to_owned();
        if !out.is_empty() {
            out.push('\n');
        }
        out.replace('\u{a0}', " ")
    }
}
