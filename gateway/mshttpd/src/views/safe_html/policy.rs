//! What HTML of a message may consist of, and one pass that leaves only that.

use super::{style, target};
use ammonia::{Builder, UrlRelative};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

/// Elements that stay. No svg and no math: every way that markup changes between two parsers begins
/// there or in an element with raw text, and none of these is here.
pub(super) const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];

/// Elements that go with all that is in them; of other unknown ones the content stays.
const WITH_CONTENT: &[&str] = &[
    "annotation-xml",
    "applet",
    "audio",
    "base",
    "canvas",
    "datalist",
    "embed",
    "frame",
    "frameset",
    "iframe",
    "link",
    "math",
    "meta",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "option",
    "param",
    "plaintext",
    "script",
    "select",
    "source",
    "style",
    "svg",
    "template",
    "textarea",
    "title",
    "track",
    "video",
    "xmp",
];

/// Attributes that stay on any element. Neither id nor name (they shadow properties of the page), nor class.
pub(super) const ANYWHERE: &[&str] =
    &["align", "bgcolor", "dir", "height", "lang", "style", "title", "valign", "width"];

/// Attributes that stay on some elements.
pub(super) const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("a", &["href"]),
    ("img", &["alt", "border", "hspace", "src", "vspace"]),
    ("font", &["color", "face", "size"]),
    ("hr", &["color", "noshade", "size"]),
    ("br", &["clear"]),
    ("ol", &["compact", "reversed", "start", "type"]),
    ("ul", &["compact", "type"]),
    ("li", &["type", "value"]),
    ("table", &["border", "cellpadding", "cellspacing", "frame", "rules", "summary"]),
    ("td", &["abbr", "colspan", "nowrap", "rowspan", "scope"]),
    ("th", &["abbr", "colspan", "nowrap", "rowspan", "scope"]),
    ("col", &["span"]),
    ("colgroup", &["span"]),
    ("time", &["datetime"]),
];

/// What every link says.
pub(super) const REL: &str = "noopener noreferrer nofollow";

/// Longest value of an attribute that says how something looks.
const LONGEST_LOOK: usize = 200;

/// What a kind of output may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Profile {
    pub(super) images: bool,
    pub(super) remote_images: bool,
    pub(super) styles: bool,
}

/// How links and images that lead into the webmail itself are written.
pub(super) enum Links {
    /// As the message has them: `mailto:` and `cid:`.
    Theirs,
    /// As we serve them: the composer, and the URLs of parts by Content-ID.
    Ours(Arc<HashMap<String, String>>),
}

/// What a pass leaves, and what it met.
pub(super) struct Passed {
    pub(super) html: String,
    pub(super) blocked_images: usize,
    pub(super) cids: Vec<String>,
}

/// Counts of one pass; behind a lock only because the cleaner wants to be able to share its filter.
#[derive(Default)]
struct Met {
    blocked_images: usize,
    cids: Vec<String>,
}

/// One pass over gauged HTML.
pub(super) fn pass(html: &str, profile: Profile, links: &Links) -> Passed {
    let met = Arc::new(Mutex::new(Met::default()));
    let ours = match links {
        Links::Theirs => None,
        Links::Ours(parts) => Some(Arc::clone(parts)),
    };
    let filter = Filter { profile, ours: ours.clone(), met: Arc::clone(&met) };
    let mut builder = Builder::empty();
    builder
        .tags(ELEMENTS.iter().copied().filter(|name| profile.images || *name != "img").collect())
        .clean_content_tags(WITH_CONTENT.iter().copied().collect())
        .generic_attributes(ANYWHERE.iter().copied().filter(|name| profile.styles || *name != "style").collect())
        .tag_attributes(
            ATTRIBUTES
                .iter()
                .map(|(element, names)| (*element, names.iter().copied().collect::<HashSet<_>>()))
                .collect(),
        )
        .url_schemes(["http", "https", "mailto", "tel", "cid"].into_iter().collect())
        .link_rel(Some(REL))
        .set_tag_attribute_value("a", "target", "_blank")
        .strip_comments(true)
        .attribute_filter(move |element, attribute, value| filter.filter(element, attribute, value));
    // A relative link of a message would lead into the webmail. Of ours, the filter has just written
    // each one; it drops all others before they come here.
    builder.url_relative(match ours {
        None => UrlRelative::Deny,
        Some(parts) => {
            let known: HashSet<String> = parts.values().cloned().collect();
            UrlRelative::Custom(Box::new(OurLinks { known }))
        }
    });
    let html = builder.clean(html).to_string();
    let met = std::mem::take(&mut *met.lock().unwrap_or_else(PoisonError::into_inner));
    Passed { html, blocked_images: met.blocked_images, cids: met.cids }
}

struct OurLinks {
    known: HashSet<String>,
}

impl<'a> ammonia::UrlRelativeEvaluate<'a> for OurLinks {
    fn evaluate<'url>(&self, url: &'url str) -> Option<Cow<'url, str>> {
        (self.known.contains(url) || url.starts_with(target::COMPOSER)).then_some(Cow::Borrowed(url))
    }
}

struct Filter {
    profile: Profile,
    ours: Option<Arc<HashMap<String, String>>>,
    met: Arc<Mutex<Met>>,
}

impl Filter {
    fn filter<'v>(&self, element: &str, attribute: &str, value: &'v str) -> Option<Cow<'v, str>> {
        match (element, attribute) {
            ("a", "href") => self.link(value).map(Cow::Owned),
            ("img", "src") => self.image(value).map(Cow::Owned),
            ("a", "target" | "rel") => Some(Cow::Borrowed(value)),
            (_, "href" | "src" | "target" | "rel") => None,
            (_, "style") => Some(style::clean(value)).filter(|style| !style.is_empty()).map(Cow::Owned),
            (_, "alt" | "title" | "summary" | "abbr") => Some(Cow::Borrowed(value)),
            // Colours, sizes, alignments: never more than a short plain word.
            _ => is_look(value).then_some(Cow::Borrowed(value)),
        }
    }

    fn link(&self, value: &str) -> Option<String> {
        let target = target::link(value)?;
        match (&self.ours, target) {
            (Some(_), target::Link::Mail(mail)) => Some(mail.composer()),
            (None, target::Link::Mail(mail)) => Some(mail.mailto()),
            (_, target::Link::Web(url)) => Some(url),
        }
    }

    fn image(&self, value: &str) -> Option<String> {
        match target::image(value)? {
            target::Image::Part(id) => match &self.ours {
                Some(parts) => parts.get(&id).cloned(),
                None => {
                    let url = target::cid(&id);
                    self.met.lock().unwrap_or_else(PoisonError::into_inner).cids.push(id);
                    Some(url)
                }
            },
            target::Image::Remote(url) if self.profile.remote_images => Some(url),
            target::Image::Remote(_) => {
                self.met.lock().unwrap_or_else(PoisonError::into_inner).blocked_images += 1;
                None
            }
        }
    }
}

fn is_look(value: &str) -> bool {
    value.len() <= LONGEST_LOOK
        && value
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, ' ' | '#' | '%' | '.' | ',' | '-' | '+' | '_' | ':'))
}
