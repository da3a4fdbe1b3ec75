//! An own reading of cleaned HTML: what a browser would find in it, against lists that are not the sanitiser's.

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use mshttpd::views::safe_html::{BodyOptions, CleanBody, message_body};
use std::cell::RefCell;

#[derive(Default)]
struct Collector {
    tags: RefCell<Vec<Tag>>,
    comments: RefCell<usize>,
}

impl TokenSink for Collector {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => self.tags.borrow_mut().push(tag),
            Token::CommentToken(_) | Token::DoctypeToken(_) => *self.comments.borrow_mut() += 1,
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// Cleans without remote images and with one known part, `cid:known`.
pub(super) fn clean(html: &str) -> CleanBody {
    let cid = |id: &str| (id == "known").then(|| "/part/token".to_owned());
    message_body(html, &BodyOptions { remote_images: false, cid: &cid })
        .unwrap_or_else(|error| panic!("{error}: {}", html.chars().take(200).collect::<String>()))
}

/// Cleans and gives the HTML.
pub(super) fn html(html: &str) -> String {
    clean(html).html.to_string()
}

const BAD_ELEMENTS: &[&str] = &[
    "script",
    "style",
    "svg",
    "math",
    "iframe",
    "frame",
    "frameset",
    "object",
    "embed",
    "applet",
    "form",
    "input",
    "button",
    "select",
    "option",
    "textarea",
    "link",
    "meta",
    "base",
    "title",
    "template",
    "noscript",
    "noembed",
    "noframes",
    "xmp",
    "plaintext",
    "audio",
    "video",
    "source",
    "track",
    "picture",
    "canvas",
    "details",
    "summary",
    "dialog",
    "marquee",
    "slot",
    "portal",
    "image",
    "isindex",
    "keygen",
    "body",
    "html",
    "head",
    "map",
    "area",
    "label",
    "fieldset",
    "output",
    "animate",
];

const GOOD_ATTRIBUTES: &[&str] = &[
    "abbr",
    "align",
    "alt",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "clear",
    "color",
    "colspan",
    "compact",
    "datetime",
    "dir",
    "face",
    "frame",
    "height",
    "href",
    "hspace",
    "lang",
    "noshade",
    "nowrap",
    "rel",
    "reversed",
    "rowspan",
    "rules",
    "scope",
    "size",
    "span",
    "src",
    "start",
    "style",
    "summary",
    "target",
    "title",
    "type",
    "valign",
    "value",
    "vspace",
    "width",
];

/// Asserts that nothing in cleaned HTML can run, load, send or cover anything.
pub(super) fn assert_harmless(cleaned: &str, source: &str) {
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(cleaned));
    let tokenizer = Tokenizer::new(Collector::default(), TokenizerOpts::default());
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    assert_eq!(*tokenizer.sink.comments.borrow(), 0, "a comment is left of {source:?}: {cleaned}");
    for tag in tokenizer.sink.tags.borrow().iter() {
        assert!(!BAD_ELEMENTS.contains(&&*tag.name), "<{}> is left of {source:?}: {cleaned}", tag.name);
        for attribute in &tag.attrs {
            let (name, value) = (&*attribute.name.local, attribute.value.to_string());
            let place = format!("{name}={value:?} of <{}> is left of {source:?}: {cleaned}", tag.name);
            assert!(GOOD_ATTRIBUTES.contains(&name), "{place}");
            match name {
                "href" => assert!(
                    ["https://", "http://", "mailto:", "tel:", "/compose?"]
                        .iter()
                        .any(|front| value.starts_with(front)),
                    "{place}"
                ),
                "src" => assert_eq!(value, "/part/token", "{place}"),
                "target" => assert_eq!(value, "_blank", "{place}"),
                "rel" => assert_eq!(value, "noopener noreferrer nofollow", "{place}"),
                "style" => assert_harmless_style(&value, &place),
                _ => {}
            }
        }
        if &*tag.name == "a" {
            assert!(tag.attrs.iter().any(|a| &*a.name.local == "rel"), "a link without rel is left of {source:?}");
        }
    }
}

fn assert_harmless_style(value: &str, place: &str) {
    let value = value.to_ascii_lowercase();
    for bad in [
        "url",
        "image",
        "cross-fade",
        "element(",
        "attr(",
        "var(",
        "env(",
        "expression",
        "behavior",
        "binding",
        "import",
        "\\",
        "/*",
        "<",
        "@",
        "fixed",
        "absolute",
        "sticky",
        "z-index",
        "--",
        "content:",
        "filter",
        "mask",
        "cursor",
        "transform",
        "animation",
        "transition",
    ] {
        assert!(!value.contains(bad), "{bad:?}: {place}");
    }
    for negative in [": -", "(-", ", -"] {
        assert!(!value.contains(negative), "{negative:?}: {place}");
    }
}
