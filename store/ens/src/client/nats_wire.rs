//! The lines of NATS' client protocol that are needed here, and the subjects of events (PROTOCOL.md, "Through NATS").

use bytes::Bytes;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

use super::endpoint::NatsAccount;
use crate::reference::EventReference;
use crate::wire::WireError;

/// The longest line: INFO of a server in a large cluster.
const LONGEST_LINE: u64 = 64 * 1024;
/// The header that has the event reference.
const REFERENCE: &str = "Event-Reference";
/// The header that has the kind of event, for those who only look at headers.
const EVENT_TYPE: &str = "Event-Type";
/// The first line of headers.
const VERSION: &str = "NATS/1.0\r\n";
/// What a publisher says that had to drop events.
pub(super) const LOST: &str = "enp-lost";

/// What a server says.
#[derive(Debug)]
pub(super) enum Said {
    Info(String),
    Message { subscription: u64, headers: Bytes, payload: Bytes },
    Ping,
    Pong,
    Ok,
    Error(String),
}

impl Said {
    /// The next one; `None` when the server has closed the connection.
    pub(super) async fn read(
        reader: &mut (impl AsyncBufRead + Unpin),
        largest: usize,
    ) -> Result<Option<Self>, WireError> {
        let mut line = Vec::new();
        reader.take(LONGEST_LINE).read_until(b'\n', &mut line).await?;
        let Some(line) = line.strip_suffix(b"\n") else { return Ok(None) };
        let line = std::str::from_utf8(line.strip_suffix(b"\r").unwrap_or(line))
            .map_err(|_| WireError::Syntax("a line is UTF-8"))?;
        let (word, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        Ok(Some(match word.to_ascii_uppercase().as_str() {
            "INFO" => Self::Info(rest.trim().to_owned()),
            "PING" => Self::Ping,
            "PONG" => Self::Pong,
            "+OK" => Self::Ok,
            "-ERR" => Self::Error(rest.trim_matches([' ', '\'']).to_owned()),
            word @ ("MSG" | "HMSG") => {
                // MSG subject sid [reply-to] bytes, HMSG subject sid [reply-to] header-bytes bytes
                let words: Vec<&str> = rest.split_ascii_whitespace().collect();
                let number = |from_end: usize| {
                    let word = words.len().checked_sub(from_end).and_then(|at| words.get(at));
                    word.and_then(|word| word.parse::<usize>().ok())
                };
                let wrong = || WireError::Syntax("MSG subject sid bytes");
                let total = number(1).ok_or_else(wrong)?;
                let header = if word == "HMSG" { number(2).ok_or_else(wrong)? } else { 0 };
                let subscription = words.get(1).and_then(|sid| sid.parse().ok()).ok_or_else(wrong)?;
                if total > largest || header > total {
                    return Err(WireError::LargePayload);
                }
                let mut bytes = vec![0; total + 2];
                reader.read_exact(&mut bytes).await?;
                bytes.truncate(total);
                let mut headers = Bytes::from(bytes);
                let payload = headers.split_off(header);
                Self::Message { subscription, headers, payload }
            }
            _ => return Err(WireError::Syntax("unknown word")),
        }))
    }
}

/// The event reference in the headers of a message.
pub(super) fn reference_in(headers: &[u8]) -> Option<EventReference> {
    let text = std::str::from_utf8(headers).ok()?;
    let value = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(REFERENCE).then_some(value.trim())
    })?;
    EventReference::parse(value).ok()
}

/// `CONNECT {…}` for this account.
pub(super) fn connect(account: &NatsAccount, out: &mut Vec<u8>) {
    let mut options = vec![
        "\"verbose\":false,\"pedantic\":false,\"lang\":\"rust\",\"version\":\"1\",\"name\":\"heliograph\"".to_owned(),
        // What this process publishes its own sessions know; without headers there are no references.
        "\"protocol\":1,\"echo\":false,\"headers\":true,\"no_responders\":false".to_owned(),
    ];
    match account {
        NatsAccount::Nobody => {}
        NatsAccount::User { name, password } => {
            options.push(format!("\"user\":{},\"pass\":{}", quoted(name), quoted(password)));
        }
        NatsAccount::Token(token) => options.push(format!("\"auth_token\":{}", quoted(token))),
    }
    out.extend_from_slice(format!("CONNECT {{{}}}\r\n", options.join(",")).as_bytes());
}

/// Whether a flag of INFO is true.
pub(super) fn info_flag(info: &str, name: &str) -> bool {
    info_value(info, name).is_some_and(|value| value.starts_with("true"))
}

/// A number of INFO.
pub(super) fn info_number(info: &str, name: &str) -> Option<usize> {
    let value = info_value(info, name)?;
    let digits = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    value[..digits].parse().ok()
}

/// INFO is flat where it matters here: the first mention of a quoted name is the option.
fn info_value<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    let quoted = format!("\"{name}\"");
    let after = &info[info.find(&quoted)? + quoted.len()..];
    Some(after.trim_start().strip_prefix(':')?.trim_start())
}

fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if u32::from(c) < 0x20 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The subject of a key: `enp://127.0.0.1/store/alice/Sent Items` is `enp.127%2E0%2E0%2E1.store.alice.Sent%20Items`.
pub(super) fn subject(reference: &EventReference) -> String {
    let key = reference.key().strip_prefix("enp://").unwrap_or(reference.key());
    let mut subject = String::from("enp");
    for token in key.split('/') {
        subject.push('.');
        for c in token.chars() {
            match c {
                // What NATS gives a meaning in a subject.
                '.' | '*' | '>' => subject.push_str(&format!("%{:02X}", u32::from(c))),
                c => subject.push(c),
            }
        }
    }
    subject
}

/// `HPUB` of an event; a payload that the server would refuse is cut.
pub(super) fn publish(reference: &EventReference, payload: &[u8], largest: usize, out: &mut Vec<u8>) {
    let event_type = reference.parameter("evtType").unwrap_or_default();
    // The type is ours or a subscriber's own: a word at any rate.
    let event_type: String = event_type.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    let headers = format!("{VERSION}{REFERENCE}: {reference}\r\n{EVENT_TYPE}: {event_type}\r\n\r\n");
    let payload = &payload[..payload.len().min(largest.saturating_sub(headers.len()))];
    let (subject, total) = (subject(reference), headers.len() + payload.len());
    out.extend_from_slice(format!("HPUB {subject} {} {total}\r\n{headers}", headers.len()).as_bytes());
    out.extend_from_slice(payload);
    out.extend_from_slice(b"\r\n");
}

/// `SUB` to a key and to all below it.
pub(super) fn subscribe(id: u32, reference: &EventReference, out: &mut Vec<u8>) {
    let subject = subject(reference);
    let [at, below] = sids(id);
    out.extend_from_slice(format!("SUB {subject} {at}\r\nSUB {subject}.> {below}\r\n").as_bytes());
}

/// Ends what [`subscribe`] began.
pub(super) fn unsubscribe(id: u32, out: &mut Vec<u8>) {
    for sid in sids(id) {
        out.extend_from_slice(format!("UNSUB {sid}\r\n").as_bytes());
    }
}

/// The server's number for the subject of lost events.
pub(super) const LOST_SID: u64 = 1;

fn sids(id: u32) -> [u64; 2] {
    let first = (u64::from(id) + 1) * 2;
    [first, first + 1]
}

/// The subscription that a server's number belongs to.
pub(super) fn subscription(sid: u64) -> Option<u32> {
    u32::try_from((sid / 2).checked_sub(1)?).ok()
}
