//! The last look at cleaned HTML: nothing in it that is not allowed, and links that say one thing and do another.

use super::policy::{ANYWHERE, ATTRIBUTES, ELEMENTS};
use ammonia::Url;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use std::cell::{Cell, RefCell};

/// Links that are told about.
const MOST_LINKS: usize = 20;
/// Bytes of a link's text that are looked at.
const LONGEST_TEXT: usize = 300;

/// A link whose text names another host than it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeceivingLink {
    /// The host that the reader sees.
    pub shown: String,
    /// The host that the link goes to.
    pub goes_to: String,
}

/// Reads HTML as a browser's tokenizer does; `None` if it holds anything that the policy forbids.
pub(super) fn audit(html: &str) -> Option<Vec<DeceivingLink>> {
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(html));
    let tokenizer = Tokenizer::new(Auditor::default(), TokenizerOpts::default());
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    let auditor = tokenizer.sink;
    (!auditor.refused.get()).then(|| auditor.deceiving.into_inner())
}

#[derive(Default)]
struct Auditor {
    refused: Cell<bool>,
    deceiving: RefCell<Vec<DeceivingLink>>,
    /// The host that the open link goes to, and its text so far.
    open: RefCell<Option<(String, String)>>,
}

impl TokenSink for Auditor {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) => self.tag(&tag),
            Token::CharacterTokens(text) => {
                if let Some((_, shown)) = &mut *self.open.borrow_mut()
                    && shown.len() < LONGEST_TEXT
                {
                    shown.push_str(&text);
                }
            }
            Token::CommentToken(_) | Token::DoctypeToken(_) | Token::NullCharacterToken => self.refused.set(true),
            Token::EOFToken | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

impl Auditor {
    fn tag(&self, tag: &Tag) {
        if !ELEMENTS.contains(&&*tag.name)
            || !tag.attrs.iter().all(|attr| allowed(&tag.name, &attr.name.local, &attr.value))
        {
            return self.refused.set(true);
        }
        if &*tag.name != "a" {
            return;
        }
        self.close_link();
        if tag.kind == TagKind::StartTag {
            let href = tag.attrs.iter().find(|attr| &*attr.name.local == "href");
            let host = href.and_then(|href| Url::parse(&href.value).ok()?.host_str().map(str::to_owned));
            *self.open.borrow_mut() = host.map(|host| (host, String::new()));
        }
    }

    fn close_link(&self) {
        let Some((goes_to, text)) = self.open.borrow_mut().take() else { return };
        let mut deceiving = self.deceiving.borrow_mut();
        if deceiving.len() < MOST_LINKS
            && let Some(shown) = named_host(&text)
            && !same_site(&shown, &goes_to)
        {
            deceiving.push(DeceivingLink { shown, goes_to });
        }
    }
}

fn allowed(element: &str, attribute: &str, value: &str) -> bool {
    let known = ANYWHERE.contains(&attribute)
        || ATTRIBUTES.iter().any(|(name, attributes)| *name == element && attributes.contains(&attribute))
        || (element == "a" && matches!(attribute, "rel" | "target"));
    let safe = match attribute {
        "href" => {
            ["http://", "https://", "mailto:", "tel:", super::target::COMPOSER].iter().any(|s| value.starts_with(s))
        }
        "src" => {
            ["http://", "https://", "cid:"].iter().any(|s| value.starts_with(s))
                || (value.starts_with('/') && !value.starts_with("//"))
        }
        "style" => value == super::style::clean(value),
        _ => true,
    };
    known && safe
}

/// The host that a text is, or begins with as a URL; `None` for words.
fn named_host(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let first = text.split_whitespace().next()?;
    let rest = first.strip_prefix("https://").or_else(|| first.strip_prefix("http://"));
    let candidate = rest.unwrap_or(first).split(['/', '?', '#', ':']).next()?;
    let candidate = candidate.rsplit('@').next()?.trim_end_matches(['.', ',']);
    let last = candidate.rsplit('.').next()?;
    let looks = candidate.contains('.')
        && candidate
            .split('.')
            .all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'))
        && last.chars().count() >= 2
        && last.chars().all(char::is_alphabetic);
    // A single word with a dot may be a file name or the end of a sentence: only what is all of the text counts.
    let whole = rest.is_some() || text.split_whitespace().count() == 1 && (first == candidate || first.contains('/'));
    (looks && whole).then(|| Url::parse(&format!("http://{candidate}/")).ok()?.host_str().map(str::to_owned))?
}

/// One is the other, or lies below it, `www.` aside. Without a list of public suffixes this warns too
/// often rather than too rarely: two hosts of one owner side by side are told about.
fn same_site(shown: &str, goes_to: &str) -> bool {
    let bare = |host: &str| host.strip_prefix("www.").unwrap_or(host).to_owned();
    let (shown, goes_to) = (bare(shown), bare(goes_to));
    let below = |inner: &str, outer: &str| inner == outer || inner.ends_with(&format!(".{outer}"));
    below(&goes_to, &shown) || (below(&shown, &goes_to) && goes_to.contains('.'))
}
