//! Checking a value against its key's type, and bringing it into the one form that is stored.

use std::net::{IpAddr, SocketAddr};

use crate::{key::Kind, schedule::Schedule};

/// The stored form of `value`, or the reason why it is refused, in words for the administrator.
pub(crate) fn normalise(kind: Kind, value: &str) -> Result<String, String> {
    if value.chars().any(|c| c.is_control() && !(c == '\t' && kind == Kind::Text)) {
        return Err("control characters and line ends are not allowed".to_owned());
    }
    if value.len() > kind.longest() {
        return Err(format!("it has {} octets, at most {} are allowed", value.len(), kind.longest()));
    }
    // An empty value clears the option: the default holds again, whatever its type.
    if value.is_empty() {
        return Ok(String::new());
    }
    match kind {
        Kind::Bool => boolean(value)
            .map(|on| if on { "yes" } else { "no" }.to_owned())
            .ok_or_else(|| "give yes or no (1 and 0 are understood)".to_owned()),
        Kind::Number { min, max, unit: "bytes" } => number(&in_bytes(value), min, max),
        Kind::Number { min, max, .. } => number(value, min, max),
        Kind::Port => number(value, 1, 65535).map_err(|_| "a port is a number from 1 to 65535".to_owned()),
        Kind::Choice(words) => words
            .iter()
            .find(|word| word.eq_ignore_ascii_case(value))
            .map(|word| (*word).to_owned())
            .ok_or_else(|| format!("give one of {}", words.join(", "))),
        Kind::Host => host(value),
        Kind::Addresses => addresses(value),
        Kind::Servers => match value.split_whitespace().find(|word| server(word).is_none()) {
            None => Ok(value.split_whitespace().collect::<Vec<_>>().join(" ")),
            Some(word) => Err(format!("'{word}' is not an IP address with or without :port")),
        },
        Kind::Networks => {
            value.parse::<access::Networks>().map(|networks| networks.to_string()).map_err(|error| error.to_string())
        }
        Kind::AccessFilters => {
            access::Rules::check(value).map(|()| value.to_owned()).map_err(|error| error.to_string())
        }
        Kind::ConnLimits => {
            value.parse::<access::ConnLimits>().map(|_| value.to_owned()).map_err(|error| error.to_string())
        }
        Kind::Schedule if value.eq_ignore_ascii_case("off") => Ok("off".to_owned()),
        Kind::Schedule => value
            .parse::<Schedule>()
            .map(|_| value.split_whitespace().collect::<Vec<_>>().join(" "))
            .map_err(|error| error.to_string()),
        Kind::Word if value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') => {
            Ok(value.to_owned())
        }
        Kind::Word => Err("only letters, digits, - and _ are allowed".to_owned()),
        Kind::Secret if value.bytes().all(|b| b == b'*') => {
            Err("that is how listings hide a secret, not the secret itself".to_owned())
        }
        Kind::Paths => Ok(value.split_whitespace().collect::<Vec<_>>().join(" ")),
        Kind::Path | Kind::Text | Kind::Banner | Kind::Secret => Ok(value.to_owned()),
    }
}

/// The truth value of a word, as `configutil` has always understood it.
pub(crate) fn boolean(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "yes" | "1" | "on" | "true" => Some(true),
        "no" | "0" | "off" | "false" => Some(false),
        _ => None,
    }
}

fn number(value: &str, min: i64, max: i64) -> Result<String, String> {
    let bounds = || {
        if max == i64::MAX {
            format!("give a whole number of at least {min}")
        } else {
            format!("give a whole number from {min} to {max}")
        }
    };
    let parsed: i64 = value.parse().map_err(|_| bounds())?;
    if (min..=max).contains(&parsed) { Ok(parsed.to_string()) } else { Err(bounds()) }
}

/// `20M` as a number of bytes, as quotas are written (Reference §6); anything else as it is.
fn in_bytes(value: &str) -> String {
    let scaled = || {
        let unit = value.chars().next_back()?;
        let scale: i64 = match unit.to_ascii_uppercase() {
            'K' => 1 << 10,
            'M' => 1 << 20,
            'G' => 1 << 30,
            _ => return None,
        };
        let count: i64 = value.strip_suffix(unit)?.parse().ok()?;
        count.checked_mul(scale)
    };
    scaled().map_or_else(|| value.to_owned(), |bytes| bytes.to_string())
}

/// Whether `value` is a host name or an IP address.
pub fn is_host(value: &str) -> bool {
    let plain = value.trim_start_matches('[').trim_end_matches(']');
    plain.parse::<IpAddr>().is_ok()
        || (value.len() <= 253
            && value.split('.').all(|label| {
                (1..=63).contains(&label.len())
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            }))
}

fn host(value: &str) -> Result<String, String> {
    if is_host(value) { Ok(value.to_owned()) } else { Err("give a host name or an IP address".to_owned()) }
}

/// A name server; DNS has port 53.
pub(crate) fn server(word: &str) -> Option<SocketAddr> {
    let bare = word.trim_start_matches('[').trim_end_matches(']');
    word.parse().ok().or_else(|| bare.parse().ok().map(|address: IpAddr| SocketAddr::new(address, 53)))
}

fn addresses(value: &str) -> Result<String, String> {
    let list: Result<Vec<String>, String> = value
        .split_whitespace()
        .map(|word| {
            word.parse::<IpAddr>().map(|ip| ip.to_string()).map_err(|_| format!("'{word}' is not an IP address"))
        })
        .collect();
    Ok(list?.join(" "))
}
