//! IMAP URLs that name a message or a part of one (RFC 5092; RFC 4467 for URLAUTH; RFC 5550 §3.8 for PARTIAL).

use crate::cursor::Cursor;
use crate::date::Day;
use crate::fetch::Section;

/// Longest URL that is read, in octets.
pub const MAX_URL: usize = 8192;

/// `imap://user@host:port`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Whose mailboxes; `None` where the URL does not say.
    pub user: Option<String>,
    /// The host in lower case.
    pub host: String,
    /// The port; `None` is 143.
    pub port: Option<u16>,
}

/// Who may use an authorized URL (RFC 4467 §3, RFC 5092 §6.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// `submit+user`: a submission server acting for that user.
    Submit(String),
    /// `user+user`: a session of that user.
    User(String),
    /// `authuser`: every session that has signed in.
    AuthUser,
    /// `anonymous`: every session.
    Anonymous,
}

/// `;URLAUTH=…`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// Who may use the URL.
    pub access: Access,
    /// Octets of the URL that are authorized: up to and with the access identifier.
    pub rump: usize,
    /// Mechanism in upper case and token in lower case; `None` in a rump.
    pub token: Option<(String, String)>,
}

/// What an URL names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageUrl {
    /// `None` for a relative URL.
    pub server: Option<Server>,
    /// `None` for the selected mailbox.
    pub mailbox: Option<String>,
    /// The mailbox must have this UIDVALIDITY.
    pub uid_validity: Option<u32>,
    /// The message.
    pub uid: u32,
    /// The part of it.
    pub section: Section,
    /// First octet of the part, and how many at most.
    pub partial: Option<(u64, Option<u64>)>,
    /// Seconds since 1970 after which the URL is void.
    pub expire: Option<i64>,
    /// Present in URLs of URLAUTH.
    pub authorization: Option<Authorization>,
}

impl MessageUrl {
    /// Reads an URL. `None` when it is none, or names no message.
    pub fn parse(url: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(url).ok()?;
        if text.len() > MAX_URL || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let (server, path) = server(text)?;
        let at = find(path, ";UID=")?;
        let place = path.get(..at)?;
        let place = place.strip_suffix('/').unwrap_or(place);
        let place = place.strip_prefix('/').unwrap_or(place);
        let (mailbox, uid_validity) = match find(place, ";UIDVALIDITY=") {
            Some(at) => (place.get(..at)?, Some(nz_number(place.get(at + ";UIDVALIDITY=".len()..)?)?)),
            None => (place, None),
        };
        let mailbox = mailbox.strip_suffix('/').unwrap_or(mailbox);
        let mut found = Self {
            server,
            mailbox: if mailbox.is_empty() { None } else { Some(name(mailbox)?) },
            uid_validity,
            uid: 0,
            section: Section::default(),
            partial: None,
            expire: None,
            authorization: None,
        };
        found.parameters(text, path.get(at..)?)?;
        // An URL with a server is of that server's mailboxes, of which none is selected.
        if found.server.is_some() && found.mailbox.is_none() { None } else { Some(found) }
    }

    /// `;UID=…[/;SECTION=…][/;PARTIAL=…][;EXPIRE=…][;URLAUTH=…]`, each once and in this order.
    fn parameters(&mut self, url: &str, mut rest: &str) -> Option<()> {
        const ORDER: [&str; 5] = ["UID", "SECTION", "PARTIAL", "EXPIRE", "URLAUTH"];
        let mut next = 0;
        while !rest.is_empty() {
            let parameter = rest.strip_prefix('/').unwrap_or(rest).strip_prefix(';')?;
            let (key, value) = parameter.split_once('=')?;
            let place =
                ORDER.iter().position(|known| known.eq_ignore_ascii_case(key)).filter(|place| *place >= next)?;
            next = place + 1;
            // What follows an access identifier is the mechanism and the token.
            let end = if place == 4 { value.len() } else { value.find(';').unwrap_or(value.len()) };
            let (value, after) = value.split_at(end);
            let value = if after.is_empty() { value } else { value.strip_suffix('/').unwrap_or(value) };
            rest = after;
            match place {
                0 => self.uid = nz_number(value)?,
                1 => {
                    let section = decode(value)?;
                    let mut cursor = Cursor::new(&section);
                    self.section = Section::parse(&mut cursor).ok()?;
                    cursor.end().ok()?;
                }
                2 => self.partial = Some(partial(value)?),
                3 => self.expire = Some(date_time(value)?),
                _ => self.authorization = Some(authorization(url.len() - value.len(), value)?),
            }
        }
        Some(())
    }
}

/// Splits `imap://[user[;AUTH=type]@]host[:port]` off; the rest begins with the slash behind it.
fn server(text: &str) -> Option<(Option<Server>, &str)> {
    let Some(scheme) = text.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("imap://")) else {
        // Another scheme, or another server without a scheme.
        let other = text.starts_with("//") || text.split(['/', ';']).next().is_some_and(|first| first.contains(':'));
        return if other { None } else { Some((None, text)) };
    };
    let rest = text.get(scheme.len()..)?;
    let (authority, path) = rest.split_at(rest.find('/')?);
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(';').next().unwrap_or_default();
            (Some(String::from_utf8(decode(user)?).ok()?).filter(|user| !user.is_empty()), host)
        }
        None => (None, authority),
    };
    // A colon inside brackets belongs to an IPv6 address.
    let (host, port) = match host.rsplit_once(':').filter(|(_, port)| !port.contains(']')) {
        Some((host, port)) => (host, Some(port.parse().ok()?)),
        None => (host, None),
    };
    if host.is_empty() {
        return None;
    }
    Some((Some(Server { user, host: host.to_ascii_lowercase(), port }), path))
}

/// Where `parameter` stands, in any case.
fn find(text: &str, parameter: &str) -> Option<usize> {
    text.to_ascii_uppercase().find(parameter)
}

fn name(encoded: &str) -> Option<String> {
    let name = String::from_utf8(decode(encoded)?).ok()?;
    Some(if name.eq_ignore_ascii_case("INBOX") { "INBOX".to_owned() } else { name })
}

fn nz_number(digits: &str) -> Option<u32> {
    number(digits).and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0)
}

fn number(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) { None } else { digits.parse().ok() }
}

/// partial-range: `offset[.length]`
fn partial(range: &str) -> Option<(u64, Option<u64>)> {
    match range.split_once('.') {
        Some((origin, count)) => Some((number(origin)?, Some(u64::from(nz_number(count)?)))),
        None => Some((number(range)?, None)),
    }
}

/// `access[:mechanism:token]`; `at` is where it stands in the URL.
fn authorization(at: usize, value: &str) -> Option<Authorization> {
    let mut fields = value.split(':');
    let identifier = fields.next()?;
    let lower = identifier.to_ascii_lowercase();
    let user =
        |prefix: usize| String::from_utf8(decode(identifier.get(prefix..)?)?).ok().filter(|user| !user.is_empty());
    let access = match lower.as_str() {
        "authuser" => Access::AuthUser,
        "anonymous" => Access::Anonymous,
        _ if lower.starts_with("submit+") => Access::Submit(user(7)?),
        _ if lower.starts_with("user+") => Access::User(user(5)?),
        _ => return None,
    };
    let token = match (fields.next(), fields.next(), fields.next()) {
        (None, ..) => None,
        (Some(mechanism), Some(token), None) if !mechanism.is_empty() => {
            let hex = token.len() >= 32 && token.bytes().all(|digit| digit.is_ascii_hexdigit());
            Some((mechanism.to_ascii_uppercase(), hex.then(|| token.to_ascii_lowercase())?))
        }
        _ => return None,
    };
    Some(Authorization { access, rump: at + identifier.len(), token })
}

/// Undoes `%xx`.
fn decode(encoded: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte != b'%' {
            octets.push(byte);
            rest = after;
            continue;
        }
        let digits = std::str::from_utf8(after.get(..2)?).ok()?;
        let octet = u8::from_str_radix(digits, 16).ok().filter(|octet| *octet != 0)?;
        octets.push(octet);
        rest = after.get(2..)?;
    }
    Some(octets)
}

/// date-time of RFC 3339, as seconds since 1970.
fn date_time(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let two = |at: usize| number(text.get(at..at + 2)?).map(|number| number as i64);
    let mark = |at: usize, mark: u8| bytes.get(at).is_some_and(|byte| byte.eq_ignore_ascii_case(&mark)).then_some(());
    let year = number(text.get(..4)?)? as i64;
    mark(4, b'-')?;
    mark(7, b'-')?;
    mark(10, b'T')?;
    mark(13, b':')?;
    mark(16, b':')?;
    let day = Day::of(year, two(5)? as u32, two(8)? as u32)?;
    let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut zone = 19;
    if bytes.get(zone) == Some(&b'.') {
        let digits = bytes.get(zone + 1..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        zone += 1 + digits;
        if digits == 0 {
            return None;
        }
    }
    let offset = match bytes.get(zone)? {
        b'Z' | b'z' if zone + 1 == bytes.len() => 0,
        sign @ (b'+' | b'-') if zone + 6 == bytes.len() => {
            mark(zone + 3, b':')?;
            let (hours, minutes) = (two(zone + 1)?, two(zone + 4)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let offset = hours * 3600 + minutes * 60;
            if *sign == b'-' { -offset } else { offset }
        }
        _ => return None,
    };
    Some(day.0 * 86_400 + hour * 3600 + minute * 60 + second - offset)
}
