//! Where links and images of a message may lead.

use ammonia::Url;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// How links to the composer begin.
pub(in crate::views) const COMPOSER: &str = "/compose?";

/// Longest link that is kept.
const LONGEST: usize = 8 << 10;

/// Everything but what never needs an escape in a query.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@');

/// A link that may stay.
pub(in crate::views) enum Link {
    /// http, https or tel, as a parser writes it: no blanks, tabs, line breaks or backslashes in it.
    Web(String),
    /// A mail to someone.
    Mail(Mail),
}

/// The fields of a `mailto:` link that count; the others (attach, bcc …) would act behind the user's back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::views) struct Mail {
    fields: Vec<(&'static str, String)>,
}

/// An image that may be shown.
pub(super) enum Image {
    /// Of a part of the same message, by Content-ID.
    Part(String),
    /// From the network.
    Remote(String),
}

/// Decides over the target of a link.
pub(in crate::views) fn link(value: &str) -> Option<Link> {
    let url = parse(value)?;
    match url.scheme() {
        "http" | "https" => url.host_str().filter(|host| !host.is_empty()).map(|_| Link::Web(url.to_string())),
        "tel" => {
            let number = url.path();
            let plain = number.chars().all(|c| c.is_ascii_digit() || "+*#-.();=".contains(c));
            (plain && number.len() <= 64).then(|| Link::Web(format!("tel:{number}")))
        }
        "mailto" => Some(Link::Mail(Mail::read(&url))),
        _ => None,
    }
}

/// Decides over the source of an image.
pub(super) fn image(value: &str) -> Option<Image> {
    let url = parse(value)?;
    match url.scheme() {
        "http" | "https" => url.host_str().filter(|host| !host.is_empty()).map(|_| Image::Remote(url.to_string())),
        "cid" => {
            let rest = value.trim().get(4..)?;
            let id = percent_decode_str(rest).decode_utf8().ok()?;
            let id = id.trim_start_matches('<').trim_end_matches('>');
            let plain = !id.is_empty() && id.len() <= 998 && !id.chars().any(|c| c.is_control() || c.is_whitespace());
            plain.then(|| Image::Part(id.to_owned()))
        }
        _ => None,
    }
}

/// A Content-ID as a URL.
pub(super) fn cid(id: &str) -> String {
    format!("cid:{}", utf8_percent_encode(id, QUERY))
}

fn parse(value: &str) -> Option<Url> {
    (value.len() <= LONGEST).then(|| Url::parse(value.trim()).ok()).flatten()
}

impl Mail {
    fn read(url: &Url) -> Self {
        let mut mail = Self::default();
        mail.add("to", &decode(url.path()));
        for pair in url.query().unwrap_or_default().split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            // In a mailto: link a plus is a plus (RFC 6068 §5).
            mail.add(&decode(name).to_ascii_lowercase(), &decode(value));
        }
        mail
    }

    fn add(&mut self, name: &str, value: &str) {
        let Some(name) = ["to", "cc", "subject", "body"].into_iter().find(|known| *known == name) else { return };
        let value: String = match name {
            "body" => value.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')).collect(),
            _ => value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
        };
        if value.trim().is_empty() {
            return;
        }
        match self.fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, list)) if matches!(name, "to" | "cc") => {
                list.push_str(", ");
                list.push_str(&value);
            }
            Some(_) => {}
            None => self.fields.push((name, value)),
        }
    }

    /// The link to our composer.
    pub(in crate::views) fn composer(&self) -> String {
        let query: Vec<_> = self.fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let query = query.join("&");
        if query.is_empty() { format!("{COMPOSER}to=") } else { format!("{COMPOSER}{query}") }
    }

    /// The link as mail programs know it.
    pub(super) fn mailto(&self) -> String {
        let to = self.fields.iter().find(|(name, _)| *name == "to").map(|(_, value)| encode(value)).unwrap_or_default();
        let rest: Vec<_> = self
            .fields
            .iter()
            .filter(|(name, _)| *name != "to")
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        if rest.is_empty() { format!("mailto:{to}") } else { format!("mailto:{to}?{}", rest.join("&")) }
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, QUERY).to_string()
}
