//! The grammar of filters (reference §2.2): `service_list : client_list`, several joined by `$`.

use crate::{
    ParseError,
    filter::{ClientSpec, Filter, List, ServiceSpec, UserPattern},
    host::HostPattern,
    protocol::ServiceName,
};

/// `a EXCEPT b EXCEPT c …`: nobody means more, and evaluation goes as deep.
const DEEPEST: usize = 32;

/// Every filter of a value.
pub(crate) fn filters(text: &str) -> Result<Vec<Filter>, ParseError> {
    pieces(text).map(|piece| filter(piece).map_err(|error| error.within(piece))).collect()
}

/// The filters of a value as text, without empty ones.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').map(str::trim).filter(|piece| !piece.is_empty())
}

/// One filter.
pub(crate) fn filter(text: &str) -> Result<Filter, ParseError> {
    let colon = colon(text).ok_or_else(|| {
        ParseError::new("a filter is SERVICES : CLIENTS, such as 'ALL: LOCAL' or 'imap: .siroe.com'; there is no ':'")
    })?;
    let services = list(&words(&text[..colon]), "services", &service, 0)?;
    let clients = list(&words(&text[colon + 1..]), "clients", &client, 0)?;
    Ok(Filter { services, clients, text: text.to_owned() })
}

/// The first colon that is not inside the brackets of an IPv6 address.
fn colon(text: &str) -> Option<usize> {
    let mut inside = false;
    text.bytes().position(|byte| {
        match byte {
            b'[' => inside = true,
            b']' => inside = false,
            _ => {}
        }
        byte == b':' && !inside
    })
}

/// Words between blanks and commas. A dot that stands alone belongs to the next word: the manual prints `. siroe.com`.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut dot = false;
    for word in text.split(|letter: char| letter.is_whitespace() || letter == ',').filter(|word| !word.is_empty()) {
        if dot && !word.starts_with('.') {
            words.push(format!(".{word}"));
            dot = false;
        } else if word == "." {
            dot = true;
        } else {
            words.push(word.to_owned());
        }
    }
    if dot {
        words.push(".".to_owned());
    }
    words
}

fn list<T>(
    words: &[String],
    of: &str,
    item: &dyn Fn(&str) -> Result<T, ParseError>,
    depth: usize,
) -> Result<List<T>, ParseError> {
    if depth > DEEPEST {
        return Err(ParseError::new(format!("more than {DEEPEST} EXCEPTs in each other")));
    }
    let end = words.iter().position(|word| word.eq_ignore_ascii_case("EXCEPT"));
    let items = &words[..end.unwrap_or(words.len())];
    if items.is_empty() {
        let place = match (depth, end) {
            (0, None) => "the list is empty",
            (0, Some(_)) => "nothing stands before EXCEPT",
            _ => "nothing stands after EXCEPT",
        };
        return Err(ParseError::new(format!("{of}: {place}")));
    }
    let items = items.iter().map(|word| item(word)).collect::<Result<_, _>>()?;
    let except = end.map(|at| list(&words[at + 1..], of, item, depth + 1).map(Box::new)).transpose()?;
    Ok(List { items, except })
}

fn service(word: &str) -> Result<ServiceSpec, ParseError> {
    let (name, host) = match word.split_once('@') {
        Some((name, host)) => (name, Some(HostPattern::parse(host)?)),
        None => (word, None),
    };
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if name != "*" && (name.is_empty() || !name.bytes().all(good)) {
        return Err(ParseError::new(format!("'{name}' is not the name of a service")));
    }
    Ok(ServiceSpec { name: ServiceName::read(name), host })
}

fn client(word: &str) -> Result<ClientSpec, ParseError> {
    // An @ in front is a netgroup's.
    let at = word.char_indices().skip(1).find(|(_, letter)| *letter == '@').map(|(at, _)| at);
    let Some(at) = at else { return Ok(ClientSpec { user: None, host: HostPattern::parse(word)? }) };
    let (user, host) = (&word[..at], &word[at + 1..]);
    if user.starts_with('@') || host.is_empty() {
        return Err(ParseError::new(format!("'{word}' is not USER@HOST")));
    }
    let user = match user.to_ascii_uppercase().as_str() {
        "ALL" | "*" => UserPattern::All,
        "KNOWN" => UserPattern::Known,
        "UNKNOWN" => UserPattern::Unknown,
        _ => UserPattern::Name(user.to_owned()),
    };
    Ok(ClientSpec { user: Some(user), host: HostPattern::parse(host)? })
}
