//! Whom a trusted proxy asks for: `X-Forwarded-For` and `X-Forwarded-Proto`, or `Forwarded` (RFC 7239).
//!
//! Every proxy on the way appends the address that it was asked from. What the last untrusted hop wrote before that could be anything, so the
//! list is read from its end, for as long as the hops are our own.

use std::net::{IpAddr, SocketAddr};

use config::typed::ForwardedHeader;
use http::HeaderMap;

/// What the headers of a request say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// The nearest address that is no trusted proxy.
    pub client: IpAddr,
    /// The browser uses HTTPS.
    pub secure: bool,
}

/// Reads the header that the site's proxies set. `proxy` is the one that asks; `trusted` tells whether an address is one.
pub fn read(headers: &HeaderMap, header: ForwardedHeader, proxy: IpAddr, trusted: &dyn Fn(IpAddr) -> bool) -> Told {
    let hops: Vec<Hop> = match header {
        ForwardedHeader::XForwardedFor => {
            // One proxy of a chain speaks with the browser, and that is the first whose word is kept.
            let secure = items(headers, "x-forwarded-proto", ',').last().is_some_and(is_https);
            let of = |item: &str| Hop { from: address(item), secure };
            items(headers, "x-forwarded-for", ',').map(of).collect()
        }
        ForwardedHeader::Forwarded => items(headers, "forwarded", ',').map(element).collect(),
    };
    let mut told = Told { client: proxy, secure: hops.last().is_some_and(|hop| hop.secure) };
    if hops.is_empty() && header == ForwardedHeader::XForwardedFor {
        told.secure = items(headers, "x-forwarded-proto", ',').last().is_some_and(is_https);
    }
    for hop in hops.iter().rev() {
        // Hidden or unknown: what was before it cannot be believed, the proxy itself is all that is known.
        let Some(from) = hop.from else { break };
        told = Told { client: from, secure: hop.secure };
        if !trusted(from) {
            break;
        }
    }
    told
}

#[derive(Debug, Default)]
struct Hop {
    from: Option<IpAddr>,
    secure: bool,
}

/// The items of all headers of this name, in order.
fn items<'a>(headers: &'a HeaderMap, name: &str, separator: char) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(name)
        .iter()
        .map(|value| value.to_str().unwrap_or_default())
        .flat_map(move |value| value.split(separator))
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

fn is_https(word: &str) -> bool {
    word.eq_ignore_ascii_case("https")
}

/// `for=192.0.2.60;proto=https;by=…` (RFC 7239 §4). Values have no commas or semicolons: they are addresses and words.
fn element(text: &str) -> Hop {
    let mut hop = Hop::default();
    for pair in text.split(';') {
        let Some((name, value)) = pair.split_once('=') else { continue };
        let value = value.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "for" => hop.from = address(value),
            "proto" => hop.secure = is_https(value),
            _ => {}
        }
    }
    hop
}

/// An address, with a port or not; IPv6 in brackets or not.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let found = bare.parse::<IpAddr>().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))?;
    Some(found.to_canonical())
}
