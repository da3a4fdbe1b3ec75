//! The sanitiser: the only door to unescaped output.
//!
//! HTML from a message passes a gauge that bounds the work (`gauge`), then an allow-list of elements,
//! attributes, styles and link targets (`policy`, `style`, `target`) until another pass changes
//! nothing: what a browser makes of the result is what was looked at. The last pass puts our own links
//! in. `audit` reads the result once more, finds links that deceive, and is the reason why a fault
//! in the passes before would show an error and not a hole.

mod audit;
mod gauge;
mod policy;
mod style;
mod target;

use super::plain_text;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

pub use audit::DeceivingLink;

/// Bytes of HTML that are looked at; more is offered for download.
pub const LARGEST_BODY: usize = 2 << 20;
/// Passes after which HTML that still changes is given up.
const MOST_PASSES: usize = 6;

/// HTML that may be printed as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SafeHtml(String);

impl SafeHtml {
    pub(super) fn new(html: String) -> Self {
        Self(html)
    }

    /// The HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SafeHtml {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for SafeHtml {}

/// Where a link may lead.
pub(super) enum LinkTarget {
    /// Out into the web.
    Web(String),
    /// To our composer.
    Composer(String),
}

/// Decides over the target of a link that was found in text; the same rules as for links in HTML.
pub(super) fn link_target(url: &str) -> Option<LinkTarget> {
    Some(match target::link(url)? {
        target::Link::Web(url) => LinkTarget::Web(url),
        target::Link::Mail(mail) => LinkTarget::Composer(mail.composer()),
    })
}

/// How a body is cleaned.
pub struct BodyOptions<'a> {
    /// Leave remote images in.
    pub remote_images: bool,
    /// Our URL of the part with a Content-ID, given without angle brackets; `None` drops the image.
    pub cid: &'a dyn Fn(&str) -> Option<String>,
}

/// A cleaned body.
#[derive(Debug, Default)]
pub struct CleanBody {
    /// What goes inside the frame's body.
    pub html: SafeHtml,
    /// Remote images that were left out.
    pub blocked_images: usize,
    /// Links whose text names another host than they go to.
    pub deceiving_links: Vec<DeceivingLink>,
}

/// A body that is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// More than [`LARGEST_BODY`].
    #[error("the HTML is too large to show")]
    TooLarge,
    /// Nested too deep, or built so that a parser makes far more of it than there is.
    #[error("the HTML is nested too deep to show")]
    TooDeep,
    /// Another pass still changes it, or the audit found what must not be there.
    #[error("the HTML cannot be made safe")]
    Unsafe,
}

/// Cleans the HTML of a message. Takes time and memory linear in its length, neither of them small:
/// call it where blocking is fine.
pub fn message_body(html: &str, options: &BodyOptions<'_>) -> Result<CleanBody, BodyError> {
    let profile = policy::Profile { images: true, remote_images: options.remote_images, styles: true };
    let settled = settle(html, profile)?;
    let parts: HashMap<String, String> =
        settled.cids.into_iter().filter_map(|id| (options.cid)(&id).map(|url| (id, url))).collect();
    let html = policy::pass(&settled.html, profile, &policy::Links::Ours(Arc::new(parts))).html;
    let deceiving_links = audit::audit(&html).ok_or(BodyError::Unsafe)?;
    Ok(CleanBody { html: SafeHtml(html), blocked_images: settled.blocked_images, deceiving_links })
}

/// HTML of a message for the rich-text editor: structure and words, no images, no styles. What cannot
/// be cleaned becomes escaped text.
pub fn compose_quote(html: &str) -> SafeHtml {
    let profile = policy::Profile { images: false, remote_images: false, styles: false };
    match settle(html, profile) {
        Ok(settled) if audit::audit(&settled.html).is_some() => SafeHtml(settled.html),
        _ => plain_text::to_html(&plain_text::of_html(html), None),
    }
}

/// HTML that another pass leaves as it is.
struct Settled {
    html: String,
    blocked_images: usize,
    /// Content-IDs of images that the message brings along.
    cids: Vec<String>,
}

fn settle(html: &str, profile: policy::Profile) -> Result<Settled, BodyError> {
    if html.len() > LARGEST_BODY {
        return Err(BodyError::TooLarge);
    }
    if !gauge::is_bounded(html) {
        return Err(BodyError::TooDeep);
    }
    let first = policy::pass(html, profile, &policy::Links::Theirs);
    let (blocked_images, mut now) = (first.blocked_images, first);
    for _ in 1..MOST_PASSES {
        // A pass may nest what was not nested before; it is never let loose on what was not gauged.
        if now.html.len() > 4 * LARGEST_BODY || !gauge::is_bounded(&now.html) {
            return Err(BodyError::TooDeep);
        }
        let next = policy::pass(&now.html, profile, &policy::Links::Theirs);
        if next.html == now.html {
            return Ok(Settled { html: next.html, blocked_images, cids: next.cids });
        }
        now = next;
    }
    Err(BodyError::Unsafe)
}
